//! Scripts: how anybody, benign or hostile, turns an intention into records.
//!
//! Workloads, look-alikes and attacks all speak through this one type, so that nothing about a
//! record (its spacing, its duration, its fields) tells who meant it. A script only appends
//! descriptors; delivery and rendering come later.

mod account;
mod management;
mod objects;

pub(crate) use account::{Caller, Place, Script};
