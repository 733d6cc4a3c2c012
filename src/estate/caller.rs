//! One identity of the logs: what it does, where from, with what; and what it seems to be there for.

use std::collections::BTreeMap;

use vaultdrill_generators::{IdentityKind as CastKind, OpaqueClaim, Position};

use super::calendar::Sittings;
use super::counts::Counts;
use crate::event::{IdentityKind, Ticks};

/// What is told apart of one identity, in different ones; the counts of what came first stay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) vaults: usize,
    pub(super) objects: usize,
    pub(super) addresses: usize,
    pub(super) clients: usize,
}

/// Identities that get wide bounds, those that came first: memory is bounded by the others' then.
const WIDE_IDENTITIES: usize = 5_000;
const WIDE: Bounds = Bounds { vaults: 256, objects: 64, addresses: 64, clients: 16 };
const NARROW: Bounds = Bounds { vaults: 16, objects: 8, addresses: 8, clients: 4 };

impl Bounds {
    /// Of the identity that comes after so many others.
    pub(super) fn after(others: usize) -> Self {
        if others < WIDE_IDENTITIES { WIDE } else { NARROW }
    }
}

impl Default for Bounds {
    fn default() -> Self {
        WIDE
    }
}

/// Accesses given or taken that make a person one who looks after vaults for others.
const ADMINISTRATORS_GRANTS: u64 = 6;
/// Addresses a pipeline has at least: each of its runs has a new agent.
const PIPELINES_ADDRESSES: usize = 3;
/// A service that loads everything reads so many objects for each page of a list, the last number being
/// what a page holds; one that reads more lists only now and then.
const LOADED_A_PAGE: (u64, u64) = (2, 25);
/// One in so many records of a rotation sets a new value; in automation, is a call to the management
/// plane.
const RARELY: u64 = 20;

/// What is known of one identity.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    /// As in events: an object id, or `user:` or `app:` and a name.
    pub(super) id: String,
    pub(super) kind: IdentityKind,
    pub(super) app: String,
    /// As spelled first.
    pub(super) user: String,
    pub(super) resource: String,
    /// 1 a secret, 2 a certificate.
    pub(super) proof: String,
    pub(super) first: Ticks,
    pub(super) last: Ticks,
    pub(super) records: u64,
    /// Days on which it was seen, as far as records come day by day.
    pub(super) days: u64,
    pub(super) newest_day: Option<i64>,
    pub(super) sittings: Sittings,
    pub(super) calls: Calls,
    pub(super) vaults: Counts<u32>,
    /// Objects read.
    pub(super) objects: Counts<u32>,
    pub(super) public: Counts<u32>,
    pub(super) private: Counts<u32>,
    /// Records from addresses that are not IPv4.
    pub(super) elsewhere: u64,
    pub(super) clients: Counts<u32>,
    pub(super) managing: Counts<u32>,
    /// By vault, the assignment that let it in last.
    pub(super) assignments: BTreeMap<u32, u128>,
    /// What the management plane said of it last.
    pub(super) opaque: BTreeMap<OpaqueClaim, String>,
    pub(super) bounds: Bounds,
}

/// How many calls of each sort.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Calls {
    /// Values handed out, copies aside.
    pub(super) reads: u64,
    pub(super) lists: u64,
    pub(super) copies: u64,
    /// Uses of a key.
    pub(super) uses: u64,
    /// New values, objects and versions.
    pub(super) sets: u64,
    /// Looks at a vault's settings.
    pub(super) looks: u64,
    /// Reads of certificates.
    pub(super) certificates: u64,
    /// Changes through the management plane that succeeded.
    pub(super) changes: u64,
    /// Of those, accesses given or taken.
    pub(super) grants: u64,
    pub(super) denied: u64,
    pub(super) not_found: u64,
    pub(super) throttled: u64,
}

impl Caller {
    pub(super) fn is_person(&self) -> bool {
        self.kind == IdentityKind::User
    }

    /// People of another directory keep the address they came with, marked by a number sign.
    fn is_guest(&self) -> bool {
        self.user.contains('#')
    }

    /// What the directory says it is.
    pub(super) fn cast_kind(&self) -> CastKind {
        let is_own = self.resource.to_ascii_lowercase().contains("/userassignedidentities/");
        match self.kind {
            IdentityKind::User if self.is_guest() => CastKind::Guest,
            IdentityKind::User => CastKind::User,
            IdentityKind::FirstParty => CastKind::FirstParty,
            IdentityKind::ManagedIdentity if is_own => CastKind::UserManaged,
            IdentityKind::ManagedIdentity => CastKind::SystemManaged,
            _ if self.proof == "2" => CastKind::CertificatePrincipal,
            _ => CastKind::SecretPrincipal,
        }
    }

    /// What it seems to be there for, by what it does. Only positions that behaviour tells: sites,
    /// clusters' drivers and the like count as pollers.
    pub(super) fn position(&self) -> Position {
        let Calls { reads, lists, copies, uses, sets, looks, certificates, changes, .. } =
            self.calls;
        if self.is_person() {
            return match (self.is_guest(), self.calls.grants >= ADMINISTRATORS_GRANTS) {
                (true, _) => Position::Guest,
                (_, true) => Position::Administrator,
                _ => Position::User,
            };
        }
        if self.kind == IdentityKind::FirstParty {
            return match (copies, certificates, reads) {
                (1.., _, _) => Position::BackupService,
                (_, 1.., _) => Position::FrontDoor,
                (_, _, 0) if looks > 0 => Position::Scanner,
                // Nobody steals the account of a service of Microsoft's.
                _ => Position::AppService,
            };
        }
        let addresses = self.public.len();
        if changes > 0 && reads == 0 && lists == 0 {
            Position::Integration
        } else if changes * RARELY >= self.records {
            Position::Automation
        } else if copies > 0 && copies >= reads {
            Position::Backup
        } else if uses > 0 && uses >= reads {
            Position::Cryptography
        } else if sets * RARELY >= self.records {
            Position::Rotation
        } else if certificates > 0 && certificates >= reads {
            Position::Gateway
        } else if (LOADED_A_PAGE.0 * lists..=LOADED_A_PAGE.1 * lists).contains(&reads) && lists > 0
        {
            // Each run of a pipeline comes from somewhere else.
            let runs = usize::try_from(self.sittings.count).unwrap_or(usize::MAX);
            let runs = runs.min(self.bounds.addresses);
            let roams = addresses >= PIPELINES_ADDRESSES && addresses * 10 >= runs * 9;
            if roams { Position::Pipeline } else { Position::Startup }
        } else {
            Position::Poller
        }
    }
}
