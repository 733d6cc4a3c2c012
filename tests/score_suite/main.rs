//! Holds the definitions of scoring by small cases computed by hand.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod errors;
mod events;
mod fixture;
mod foreign;
mod foreign_formats;
mod matching;
mod nearest;
mod packs;
mod period;
mod properties;
mod rates;
mod summary;
mod timeliness;
