//! The report as text: well-formed, closed to the outside, true to score.json, deaf to hostile names.
//!
//! One small drill is staged once and looked at by every test. What only a browser can tell is in
//! `tests/report_browser`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod budget;
mod contents;
mod markup;
mod policy;
mod refusals;
mod stage;
mod sweep;
