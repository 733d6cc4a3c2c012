//! Scenario files: what the generator is told. Wire form (serde, unknown keys refused) -> validated
//! types.
//!
//! The crate reads no file: callers hand the text over, with the name that errors shall carry.

mod campaigns;
mod error;
mod estate;
mod values;

pub(crate) use campaigns::{CampaignFile, Days, Schedule, check_head, read_name};
pub use error::ScenarioError;
pub(crate) use error::read;
pub use estate::Estate;
pub(crate) use estate::{CommandLine, Delay, Delivery, NamedApp, Rhythm};
pub(crate) use values::{Block, CountRange, DaysRange, MOST_REQUESTS_PER_DAY, SecondsRange, Share};
