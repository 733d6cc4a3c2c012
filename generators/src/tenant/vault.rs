//! Vaults and the objects in them.

use std::ops::Range;

use crate::time::{DAY, Ticks};

/// A key vault.
#[derive(Debug, Clone)]
pub(crate) struct Vault {
    /// As it was created; addresses are lower case, resource ids upper case.
    pub(crate) name: String,
    pub(crate) subscription: usize,
    pub(crate) resource_group: String,
    /// As its records spell it; in capitals where nobody says.
    pub(crate) resource_id: Option<String>,
    pub(crate) location: String,
    pub(crate) model: Model,
    pub(crate) network: Network,
    /// Told to log; of the others only the Activity Log knows.
    pub(crate) logged: bool,
    /// Indexes into the tenant's objects.
    pub(crate) secrets: Range<u32>,
    pub(crate) keys: Range<u32>,
    pub(crate) certificates: Range<u32>,
    /// The secrets by which certificates hand out their private part, in the same order.
    pub(crate) certificate_secrets: Range<u32>,
    /// Secrets that were deleted and can still be recovered; the first is one that somebody still
    /// asks for.
    pub(crate) deleted: Range<u32>,
    /// A key that is not there yet.
    pub(crate) unborn_key: u32,
}

impl Vault {
    /// An object somebody still asks for although it is gone.
    pub(crate) fn missing(&self) -> u32 {
        self.deleted.start
    }

    /// What somebody who knows nothing asks for; something that is gone where there are no secrets.
    pub(crate) fn asked_for(&self) -> u32 {
        if self.secrets.is_empty() { self.missing() } else { self.secrets.start }
    }

    /// Objects that a client with every read permission can fetch.
    pub(crate) fn readable(&self) -> impl Iterator<Item = u32> + use<> {
        self.secrets.clone().chain(self.keys.clone()).chain(self.certificates.clone())
    }
}

/// Who decides about access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    Roles,
    AccessPolicies,
}

/// Who may connect to a vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Everybody.
    Public,
    /// Selected networks.
    Firewalled,
    /// Private endpoints only.
    Private,
}

/// A secret, key or certificate.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) vault: u16,
    pub(crate) collection: Collection,
    pub(crate) name: String,
    /// Its only version, where it is known.
    pub(crate) version: Option<u128>,
    rotation: Ticks,
    phase: Ticks,
}

impl Object {
    pub(crate) fn new(
        vault: u16,
        collection: Collection,
        name: String,
        rotation: Ticks,
        phase: Ticks,
    ) -> Self {
        Self { vault, collection, name, version: None, rotation: rotation.max(DAY), phase }
    }

    /// How often it has been rotated by `time`; the version in its id is made of it.
    pub(crate) fn rotations(&self, time: Ticks) -> u64 {
        ((time + self.phase) / self.rotation) as u64
    }

    /// When it is rotated between `from` and `to`, if it is; the last time where several are.
    pub(crate) fn rotated(&self, from: Ticks, to: Ticks) -> Option<Ticks> {
        let at = (to - 1 + self.phase) / self.rotation * self.rotation - self.phase;
        (at >= from).then_some(at)
    }

    /// The secret behind a certificate.
    pub(super) fn private_part(&self) -> Self {
        Self { collection: Collection::Secrets, ..self.clone() }
    }
}

/// The first path segment of an object's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collection {
    Secrets,
    Keys,
    Certificates,
}

impl Collection {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Keys => "keys",
            Self::Certificates => "certificates",
        }
    }
}
