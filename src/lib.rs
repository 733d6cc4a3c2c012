//! Drills Key Vault alarms.
