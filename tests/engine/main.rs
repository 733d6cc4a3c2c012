//! The engine over whole files: the same result for any workers and blocks, nothing lost, every
//! input accounted for, and alerts equal to those of the naive reference.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod accounting;
mod alert_changes;
mod alert_text;
mod determinism;
mod equivalence;
mod grants;
mod history;
mod lanes;
mod limits;
mod nearest;
mod pace;
mod scheduled;
mod support;
