//! Workloads: the behaviour models of identities. Each expands what one identity begins within one
//! slice of time, from a stream of its own.

mod chores;
mod cryptography;
mod habit;
mod human;
mod infrastructure;
mod poller;
mod rhythm;
mod scanner;
mod startup;

pub(crate) use cryptography::Cryptography;
pub(crate) use habit::{Habit, Moment};
pub(crate) use human::Human;
pub(crate) use infrastructure::Infrastructure;
pub(crate) use poller::{Poller, Target, Trouble};
pub(crate) use rhythm::Rhythms;
pub(crate) use scanner::Scanner;
pub(crate) use startup::Startup;
