//! The normalized event: what every source shape becomes before any rule sees it.
//!
//! Contract: text fields hold normalized text (`Event` documents each); an absent field is the empty
//! string or the enum's `None`-like member, never a guess. Nothing here does I/O or reads a clock.

mod batch;
mod fields;
mod key;
mod time;

pub use batch::{Batch, Completed, Event, EventView, Origin, TextField};
pub use fields::{Access, Change, CredentialType, Field, GrantScope, IdentityKind, Outcome, Plane};
pub use key::Key;
pub use time::{ParseTimeError, TickSpan, Ticks};
