//! The threshold lab: a replay gives the alerts of a real run, a setting's figures are those of a real
//! score, and a recommendation is made on one part and reported on the other.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod replay;
mod scoring;
mod support;
