//! The engine: threads, blocks and rounds around the pure detection core.
