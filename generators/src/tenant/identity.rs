//! Identities: who they are to the directory, what they are for, and how they behave.

use serde::Serialize;

use crate::time::Ticks;
use crate::workloads::Habit;

/// Somebody or something that calls vaults.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) kind: Kind,
    pub(crate) position: Position,
    /// User principal name of people, display name of the rest.
    pub(crate) name: String,
    pub(crate) object_id: u128,
    /// Application id; people borrow that of their client.
    pub(crate) app_id: u128,
    /// Resource id of a managed identity.
    pub(crate) resource: Option<String>,
    /// Rows of [`super::Tenant::clients`]: for a person portal and command line, else the same
    /// twice.
    pub(crate) clients: [usize; 2],
    /// Vaults it is at home in.
    pub(crate) vaults: Vec<u16>,
    /// It does nothing before.
    pub(crate) since: Ticks,
    /// Nor from here on.
    pub(crate) until: Ticks,
    /// What a managed identity was before it was made again, or is since.
    pub(crate) twin: Option<u32>,
    pub(crate) habit: Habit,
}

impl Identity {
    pub(crate) fn is_person(&self) -> bool {
        matches!(self.kind, Kind::User | Kind::Guest)
    }
}

/// What the directory says an identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A person.
    User,
    /// A person of another directory.
    Guest,
    /// A service principal with a secret.
    SecretPrincipal,
    /// A service principal with a certificate.
    CertificatePrincipal,
    /// A managed identity of one resource.
    SystemManaged,
    /// A managed identity of its own.
    UserManaged,
    /// An application of Microsoft's.
    FirstParty,
}

impl Kind {
    /// The word of truth, which tells four kinds apart.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::User | Self::Guest => "user",
            Self::SecretPrincipal | Self::CertificatePrincipal => "service_principal",
            Self::SystemManaged | Self::UserManaged => "managed_identity",
            Self::FirstParty => "first_party",
        }
    }
}

/// What an identity is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// A person who looks after vaults for others.
    Administrator,
    /// Any other person of the directory.
    User,
    /// A person of another directory.
    Guest,
    /// A service that asks for its few objects again and again.
    Poller,
    /// A service that loads a whole vault when a process starts.
    Startup,
    /// A service that uses keys: storage, databases, disks.
    Cryptography,
    /// Secrets Store drivers of clusters.
    SecretsStore,
    /// External Secrets operators of clusters.
    ExternalSecrets,
    /// Sites and functions with references.
    AppService,
    /// Application gateways, which fetch their certificates.
    Gateway,
    /// Functions that give secrets new values.
    Rotation,
    /// Service connections of release pipelines.
    Pipeline,
    /// Jobs that copy objects.
    Backup,
    /// Jobs that read everything there is, now and then.
    Compliance,
    /// Without a habit: newly onboarded services and attackers' fresh identities.
    Reserve,
    /// Infrastructure code, which writes vaults.
    Automation,
    /// Third parties that write settings of vaults.
    Integration,
    /// Readers of every vault's settings.
    Scanner,
    /// Microsoft's backup of encrypted machines.
    BackupService,
    /// Front doors, which fetch every certificate.
    FrontDoor,
}

/// A group of the directory; only grants name it.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) object_id: u128,
}
