//! What somebody's own logs say about the estate they come from.
//!
//! One pass over normalized events gives two things: an estate file without identifying values, which
//! can be shared and generated from, and a cast, which has them all and is kept in memory for campaigns
//! to play on. Contract: pure but for [`settled`], which rehearses a plan in memory; everything tracked
//! is bounded, and what a bound cuts off is counted; the order of records decides nothing but which of
//! equal spellings is kept.

mod calendar;
mod caller;
mod cast;
mod counts;
mod details;
mod figures;
mod file;
mod fit;
mod places;
mod settle;
mod shape;
mod toolbox;

pub use calendar::DayRange;
pub use cast::{CastSummary, Casting, usual_warmup_days, warmup_end};
pub use figures::Figures;
pub use file::{BASE, estate_file};
pub use fit::{Fit, Found};
pub use settle::settled;
