//! What the papers of identities in somebody's own logs say: their assignments, and claims that nobody can
//! make up.
//!
//! Contract: what is not known of an identity is not here, and drawn by who renders it.

use std::collections::BTreeMap;

use super::world::Tenant;
use crate::cast::{CastIdentity, OpaqueClaim};

/// Papers by index of the identity.
#[derive(Debug, Default)]
pub(crate) struct Papers {
    /// With the index of the vault.
    assignments: BTreeMap<(u32, u16), u128>,
    opaque: BTreeMap<(u32, OpaqueClaim), String>,
}

impl Papers {
    /// Notes those of the identity with this index.
    pub(super) fn add(&mut self, identity: u32, known: &CastIdentity) {
        for &(vault, assignment) in &known.assignments {
            if let Ok(vault) = u16::try_from(vault) {
                self.assignments.insert((identity, vault), assignment);
            }
        }
        for (&claim, text) in &known.opaque {
            self.opaque.insert((identity, claim), text.clone());
        }
    }
}

impl Tenant {
    /// The assignment that lets `identity` into `vault`, where it is known.
    pub(crate) fn known_assignment(&self, identity: u32, vault: u16) -> Option<u128> {
        self.papers.as_ref()?.assignments.get(&(identity, vault)).copied()
    }

    /// What records say of `identity`, where it is known.
    pub(crate) fn known_claim(&self, identity: u32, claim: OpaqueClaim) -> Option<&str> {
        self.papers.as_ref()?.opaque.get(&(identity, claim)).map(String::as_str)
    }
}
