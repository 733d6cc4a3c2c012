//! Scenario files: what the generator is told. Wire form (serde, unknown keys refused) -> validated
//! types.
//!
//! The crate reads no file: callers hand the text over, with the name that errors shall carry.

mod assumptions;
mod calibration;
mod campaigns;
mod error;
mod estate;
mod habits;
mod overlay;
mod scheduled;
mod values;

pub use assumptions::Assumption;
pub(crate) use calibration::Published;
pub(crate) use campaigns::{BenignClass, CampaignFile, Days, Schedule, check_head, read_name};
pub use error::ScenarioError;
pub(crate) use error::read;
pub use estate::Estate;
pub(crate) use estate::{Delay, Delivery, NamedApp, Rhythm};
pub(crate) use habits::{Arrivals, CommandLine};
pub(crate) use scheduled::ScheduledFile;
pub(crate) use values::{
    Block, CountRange, DaysRange, MOST_REQUESTS_PER_DAY, MinutesRange, SecondsRange, Share,
    SittingHours,
};
