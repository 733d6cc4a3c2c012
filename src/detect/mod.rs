//! The detection core: pure, single-threaded state machines behind every driver.

mod alert;

pub use alert::{Alert, Evidence, Triage, Values};
