//! The normalized event: what every source shape becomes before any rule sees it.
//!
//! Contract: text fields hold normalized text (`Event` documents each); an absent field is the empty
//! string or the enum's `None`-like member, never a guess. Nothing here does I/O or reads a clock.

mod batch;
mod extra;
mod fields;
mod key;
mod pattern;
mod recipe;
mod time;

pub use batch::{Batch, Event, EventView, Origin, TextField};
pub use extra::Extra;
pub use fields::{Access, Change, CredentialType, Field, GrantScope, IdentityKind, Outcome, Plane};
pub use key::Key;
pub use pattern::Pattern;
pub use recipe::{
    Kind, Reading, Recipe, Source, document_prefix, envelope_names, is_moved, stored_names,
};
pub use time::{ParseTimeError, TickSpan, Ticks};
