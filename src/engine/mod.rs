//! The engine: files, threads and rounds around the pure detection core.
//!
//! Contract: alerts and counts are functions of the inputs, the rules and the lateness alone; worker
//! count and block size change nothing but speed (`tests/engine` holds this).

mod block;
mod capture;
mod collect;
mod coordinator;
mod digest;
mod history;
mod jobs;
mod kept;
mod malformed;
mod order;
mod outcome;
mod pace;
mod pool;
mod run;
mod source;
mod storm;

pub(crate) use capture::in_parallel;
pub use capture::{Capture, MAX_CAPTURED, capture};
pub use malformed::{MalformedRecords, MalformedSample};
pub use outcome::{Counts, Findings, History, Lines, Outcome, RuleCounts, Stages};
pub use pace::{BacklogSample, News, OPEN, Pace, Paced, Replay};
pub use pool::WorkerPanicked;
pub use run::{
    Drive, EngineError, Options, Phase, Progress, detect, detect_watching, detect_with_history,
    drive,
};
pub use source::Laps;
pub use storm::{Dropped, MAX_ALERTS_PER_RULE};
