//! `vaultdrill rules`: explain the detections.
