//! The detection core: pure, single-threaded state machines behind every driver.
//!
//! A driver shows every record's time to a [`Watermark`] in arrival order, drops duplicates
//! ([`Dedupe`]), appends changes of access to the [`PolicyLog`], and routes the rest ([`Routing`]) to
//! 256 [`Partition`]s. How it cuts rounds and spreads partitions over threads changes nothing.
//! [`mod@reference`] evaluates the same semantics from first principles; `tests/detect_core`
//! holds the two together.

mod alert;
mod baseline;
mod dedupe;
mod judged;
mod new_terms;
mod partition;
mod policy;
mod profile;
mod query;
pub mod reference;
mod routing;
mod stats;
mod suppress;
mod table;
mod threshold;
mod watermark;
mod window;

pub use alert::{Alert, Evidence, Triage, Values};
pub use dedupe::{Dedupe, record_key};
pub use judged::Absorbed;
pub use partition::{Context, Output, Partition};
pub use policy::{PolicyDrops, PolicyLog};
pub use routing::{PARTITIONS, Pick, Routing, routing_field};
pub use stats::{RuleStats, StateStats};
pub use watermark::Watermark;
