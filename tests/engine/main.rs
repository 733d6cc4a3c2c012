//! The engine over whole files: the same result for any workers and blocks, nothing lost, every
//! input accounted for, and alerts equal to those of the naive reference.

mod accounting;
mod determinism;
mod equivalence;
mod lanes;
mod support;
