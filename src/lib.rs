//! Drills Key Vault alarms: replays Azure Key Vault logs through a detection core and scores it.
//!
//! The crate's stages follow the data, one direction, a file at every boundary; ARCHITECTURE.md
//! draws the map.

pub mod capacity;
pub mod cli;
pub mod detect;
pub mod drill;
pub mod engine;
mod escaped;
pub mod estate;
pub mod evasion;
pub mod event;
pub mod export;
pub mod gate;
pub mod ingest;
pub mod limits;
pub mod measure;
mod nearest;
pub mod noise;
pub mod output;
mod own_files;
pub mod records;
pub mod report;
pub mod rules;
pub mod scenarios;
pub mod score;
pub mod scrub;
pub mod sweep;
pub mod verify;
mod wrapped;
