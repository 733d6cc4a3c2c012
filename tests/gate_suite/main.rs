//! Holds the gate's verdicts by small cases computed by hand, and its outputs by golden files.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod comparing;
#[path = "../score_suite/fixture.rs"]
#[expect(dead_code, reason = "scoring's own tests use the rest of it")]
mod fixture;
mod lost;
mod outputs;
mod parsing;
mod speed;
mod verdicts;
mod world;
