//! The cast: who and what there is in somebody's own logs, by name, for attacks to play on.
//!
//! Plain data that a caller fills in; a tenant is then built from it instead of being drawn. The
//! estate beside it still says how people and services behave. Nothing here is checked: what cannot
//! be (an index out of range) is left out, and a cast without vaults or identities has no campaigns.

use std::collections::BTreeMap;

pub use crate::tenant::{Kind as IdentityKind, Network, Position};

/// Everybody and everything that campaigns can act as, or be after.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    /// Of the directory; drawn where the logs do not say.
    pub tenant_id: Option<u128>,
    /// At most 50,000 count.
    pub vaults: Vec<CastVault>,
    /// Client strings, and what goes with each; at least one where there are identities.
    pub clients: Vec<CastClient>,
    /// In any order.
    pub identities: Vec<CastIdentity>,
}

/// A vault, spelled as in the logs.
#[derive(Debug, Clone)]
pub struct CastVault {
    /// Its name.
    pub name: String,
    /// Id of its subscription.
    pub subscription: u128,
    /// Name of its resource group.
    pub resource_group: String,
    /// Its resource id as its own records spell it; in capitals where that is not known.
    pub resource_id: Option<String>,
    /// Its region; that of the estate where nobody says.
    pub location: Option<String>,
    /// Roles decide about access, not access policies.
    pub roles: bool,
    /// Who may connect.
    pub network: Network,
    /// Writes records of its own; of the others only the Activity Log knows.
    pub logged: bool,
    /// Secrets, those used most first.
    pub secrets: Vec<CastObject>,
    /// Keys, likewise.
    pub keys: Vec<CastObject>,
    /// Certificates, likewise.
    pub certificates: Vec<CastObject>,
    /// Secrets that are gone: deleted, or asked for in vain. Without any, one is made up.
    pub deleted: Vec<String>,
}

/// A secret, key or certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CastObject {
    /// Its name.
    pub name: String,
    /// Its version, where the logs say.
    pub version: Option<u128>,
}

/// One client string.
#[derive(Debug, Clone)]
pub struct CastClient {
    /// As vaults see it.
    pub agent: String,
    /// As the management plane does, where that is another.
    pub arm_agent: Option<String>,
    /// API version of its calls to vaults.
    pub api_version: String,
    /// And to the management plane.
    pub arm_api_version: String,
    /// TLS version, as records spell it.
    pub tls: String,
    /// How often a sequence of requests begins with an anonymous 401, from 0 to 1.
    pub challenge: f64,
    /// A browser in the portal.
    pub portal: bool,
    /// Used by people; `app_id` is then the application it signs them in with.
    pub people: bool,
    /// Its public application.
    pub app_id: Option<u128>,
}

/// Somebody or something that calls vaults.
#[derive(Debug, Clone)]
pub struct CastIdentity {
    /// What the directory says it is.
    pub kind: IdentityKind,
    /// What it is there for.
    pub position: Position,
    /// User principal name of people; of others nothing is rendered.
    pub name: String,
    /// Its object id.
    pub object_id: u128,
    /// Its application; people borrow that of their client.
    pub app_id: u128,
    /// Resource id of a managed identity.
    pub resource: Option<String>,
    /// Indexes of its clients: for a person portal and command line, else the same twice.
    pub clients: [usize; 2],
    /// Indexes of the vaults it is at home in, those used most first.
    pub vaults: Vec<usize>,
    /// Secrets it reads, most often first: index of the vault and of the secret in it.
    pub secrets: Vec<(usize, usize)>,
    /// Index of a vault, and the assignment that lets it in there; drawn for other vaults.
    pub assignments: Vec<(usize, u128)>,
    /// What the management plane says of it; drawn where nothing is known.
    pub opaque: BTreeMap<OpaqueClaim, String>,
    /// Its public IPv4 addresses, and how often each was seen.
    pub public: Vec<(u32, f64)>,
    /// Its addresses behind private endpoints.
    pub private: Vec<u32>,
    /// Records a day.
    pub events_per_day: f64,
    /// Of a person.
    pub sessions_per_day: f64,
    /// Settings of vaults changed a day.
    pub writes_per_day: f64,
}

/// What records of the management plane say of a caller, the same or alike each time, and nobody can
/// make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpaqueClaim {
    /// `aio`.
    Aio,
    /// `puid`.
    Puid,
    /// `rh`.
    Rh,
    /// `.../claims/nameidentifier`.
    NameIdentifier,
    /// `roleAssignmentId` of the evidence.
    RoleAssignmentId,
}
