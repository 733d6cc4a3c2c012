//! The detection core: pure, single-threaded state machines behind every driver.
//!
//! A driver shows every record's time to a [`Watermark`] in arrival order, drops duplicates
//! ([`Dedupe`]), joins the halves of changes of access ([`Joins`]) and appends them to the
//! [`PolicyLog`], and routes all of it ([`Routing`]) to 256 [`Partition`]s. How it cuts rounds and spreads partitions over threads changes nothing.
//! A history, if there is one, comes first and only teaches ([`Partition::teach`]).
//! [`mod@reference`] evaluates the same semantics from first principles; `tests/detect_core`
//! holds the two together.

mod alert;
mod baseline;
mod chain;
mod dedupe;
mod group_of;
mod join;
mod judged;
mod key_sizes;
mod known;
mod new_terms;
mod partition;
mod past;
mod peaks;
mod policy;
mod profile;
mod query;
pub mod reference;
mod routing;
mod scheduled;
mod sequence;
mod stats;
mod suppress;
mod table;
mod threshold;
mod trace;
mod watermark;
mod window;

pub(crate) use alert::vault_of;
pub use alert::{Alert, Changes, Evidence, KeyClass, Request, StepValues, Subject, Triage, Values};
pub use dedupe::{Dedupe, record_key};
pub use join::{Joined, Joins, rules_for_completed};
pub use judged::Absorbed;
pub use key_sizes::KeySizes;
pub use partition::{Context, Output, Partition};
pub use peaks::{Census, Peaks};
pub use policy::{PolicyDrops, PolicyLog};
pub use routing::{PARTITIONS, Pick, Routing, routing_field};
pub use stats::{RuleStats, StateStats};
pub use trace::{Excuse, Fate, Trace, Watch};
pub use watermark::Watermark;
