//! The naive evaluator: detection semantics written down once more, with nothing kept or clever.
//!
//! For every record it looks again at all that arrived before it: quadratic and worse, meant for
//! corpora of some hundred records that tests compare the engine on. It shares with the engine only
//! the types of events, rules and alerts: no keys where values will do, no watermark taken from the
//! event, no table, no window. It does not compute triage and knows none of the engine's bounds.

mod evaluate;
mod history;
mod scheduled;
mod sequence;
mod sightings;

pub use evaluate::{Verdicts, evaluate, evaluate_after};
pub use history::History;
pub use scheduled::LeftOut;
