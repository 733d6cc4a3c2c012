//! Which keys of which objects have places: those that normalization asks for.
//!
//! Contract: a key has the place from which the struct that names it reads it; the structs themselves
//! say which. An object that is in none of them is of no interest.

use crate::ingest::line::Envelope;
use crate::ingest::{activity, audit, claims};

/// An object of a record, by who reads its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Envelope,
    Identity,
    Claims,
    Properties,
    SecretProperties,
    /// Nobody.
    Other,
}

impl Scope {
    /// How many there are.
    pub(super) const COUNT: usize = Self::Other as usize + 1;

    /// The places of the member with this key: one for each struct that reads it.
    pub(super) fn places_of(self, key: &str) -> impl Iterator<Item = usize> + Clone + use<> {
        let places = match self {
            Self::Envelope => [Envelope::place_of(key), None],
            Self::Identity => [claims::Identity::place_of(key), None],
            Self::Claims => [claims::Claims::place_of(key), None],
            Self::Properties => {
                [audit::Properties::place_of(key), activity::Properties::place_of(key)]
            }
            Self::SecretProperties => [audit::SecretProperties::place_of(key), None],
            Self::Other => [None, None],
        };
        places.into_iter().flatten()
    }

    /// What an object under this key is.
    pub(super) fn within(self, key: &str) -> Self {
        match (self, key) {
            (Self::Envelope, "identity") => Self::Identity,
            (Self::Envelope, "properties") => Self::Properties,
            (Self::Identity, "claim" | "claims") => Self::Claims,
            (Self::Properties, "secretProperties") => Self::SecretProperties,
            _ => Self::Other,
        }
    }
}
