//! The vocabulary of the normalized event: its enums, and the names by which rules call its fields.
//!
//! `words!` ties each member to the one lower-case word that queries, groups and reports use.

use super::{Extra, TextField};

macro_rules! words {
    (
        $(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident = $word:literal,)+ }
        $($(#[$other_doc:meta])* or $other:ident($named:ty))?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$member_doc])* $member,)+
            $($(#[$other_doc])* $other($named),)?
        }

        impl $name {
            /// Every member that has a word of its own, in declaration order.
            pub const ALL: &[Self] = &[$(Self::$member,)+];

            /// The word by which queries and reports name the member.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$member => $word,)+
                    $(Self::$other(named) => <$named>::name(named),)?
                }
            }

            /// The member that `word` names.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|member| member.word() == word)
            }
        }
    };
}

words! {
    /// Which of Azure's two logs the record is from.
    Plane {
        /// `AuditEvent` resource log: calls to the vault itself.
        #[default]
        Data = "data",
        /// Activity Log: calls to Azure Resource Manager.
        Control = "control",
    }
}

words! {
    /// What the operation does.
    Access {
        /// Unknown operation, or one that touches no object.
        #[default]
        Other = "other",
        /// A 2xx that hands out a value: `SecretGet`, any `*Backup`, `KeyRelease`.
        Reveal = "reveal",
        /// Uses a key without handing it out: decrypt, unwrap, sign, encrypt, wrap, verify.
        Use = "use",
        /// Reads attributes or public parts: `KeyGet`, `CertificateGet`, `VaultGet`.
        Metadata = "metadata",
        /// Lists objects or versions.
        List = "list",
        /// Creates or changes an object, a vault or its settings.
        Change = "change",
        /// Deletes or purges.
        Destroy = "destroy",
        /// Restores or recovers.
        Recover = "recover",
        /// The `Authentication` challenge.
        Authenticate = "authenticate",
    }
}

words! {
    /// How the call ended; on the data plane from the HTTP status and result signature, because
    /// `resultType` says `Success` on denied reads.
    Outcome {
        /// 2xx, or the Activity Log's `Success`.
        #[default]
        Success = "success",
        /// 403, or a 401 of a caller who presented a token.
        Denied = "denied",
        /// The anonymous 401 by which clients learn their authority.
        Challenge = "challenge",
        /// 404.
        NotFound = "not_found",
        /// 429.
        Throttled = "throttled",
        /// Any other failure.
        Error = "error",
        /// Activity Log `Start`.
        Started = "started",
        /// Activity Log `Accept`.
        Accepted = "accepted",
    }
}

words! {
    /// Who called, as far as the claims say.
    IdentityKind {
        /// No identity in the record.
        #[default]
        None = "none",
        /// A person, through a delegated token.
        User = "user",
        /// An application with a secret or certificate.
        ServicePrincipal = "service_principal",
        /// A system- or user-assigned managed identity.
        ManagedIdentity = "managed_identity",
        /// One of Microsoft's own applications.
        FirstParty = "first_party",
    }
}

words! {
    /// What kind of object the call concerns.
    CredentialType {
        /// No object, or one that is no credential.
        #[default]
        None = "none",
        /// A secret.
        Secret = "secret",
        /// A key.
        Key = "key",
        /// A certificate, and a secret read that hands out a certificate's private part where the
        /// record says so.
        Certificate = "certificate",
    }
}

words! {
    /// What a record changes about who may reach a vault, or what is known of it.
    Change {
        /// Nothing of the kind.
        #[default]
        None = "none",
        /// Access given.
        Grant = "grant",
        /// Access taken away.
        Revoke = "revoke",
        /// Firewall, private endpoint or public access.
        Network = "network",
        /// Permission model switched between access policies and RBAC.
        Model = "model",
        /// Diagnostic settings.
        Diagnostics = "diagnostics",
        /// Soft delete or purge protection.
        Protection = "protection",
    }
}

words! {
    /// How wide a grant reaches.
    GrantScope {
        /// The record grants nothing.
        #[default]
        None = "none",
        /// One vault.
        Vault = "vault",
        /// Every vault of a resource group.
        ResourceGroup = "resource_group",
        /// Every vault of a subscription.
        Subscription = "subscription",
    }
}

words! {
    /// The fields that rules can name: the canonical ones, and [`Extra`].
    Field {
        /// `data` or `control`.
        #[default]
        Plane = "plane",
        /// Operation name in canonical case.
        Operation = "operation",
        /// What the operation does.
        Access = "access",
        /// How the call ended.
        Outcome = "outcome",
        /// Object id, or `user:<name>` or `app:<id>` where the record has none.
        Identity = "identity",
        /// Who called.
        IdentityKind = "identity_kind",
        /// Application id.
        App = "app",
        /// User principal name.
        User = "user",
        /// Vault name.
        Vault = "vault",
        /// `vault/collection/name`.
        Object = "object",
        /// Version of the object.
        ObjectVersion = "object_version",
        /// Kind of credential.
        CredentialType = "credential_type",
        /// What the record changes about access.
        Change = "change",
        /// Object ids granted access, separated by spaces.
        Grantee = "grantee",
        /// How wide the grant reaches.
        GrantScope = "grant_scope",
        /// Caller address.
        SourceIp = "source_ip",
        /// The caller's /24 or /48.
        SourceBlock = "source_block",
        /// Client string.
        Client = "client",
        /// HTTP status; 0 where the record has none.
        HttpStatus = "http_status",
        /// Correlation id.
        CorrelationId = "correlation_id",
        /// Azure resource id, lower case.
        ResourceId = "resource_id",
        /// Subscription id.
        Subscription = "subscription",
    }
    /// Any other field of the record, by its name.
    or Extra(Extra)
}

impl Field {
    /// The text field behind the field; `None` for enums, numbers and fields that are not canonical.
    #[inline]
    pub const fn text_field(self) -> Option<TextField> {
        Some(match self {
            Self::Operation => TextField::Operation,
            Self::Identity => TextField::Identity,
            Self::App => TextField::App,
            Self::User => TextField::User,
            Self::Vault => TextField::Vault,
            Self::Object => TextField::Object,
            Self::ObjectVersion => TextField::ObjectVersion,
            Self::Grantee => TextField::Grantee,
            Self::SourceIp => TextField::SourceIp,
            Self::SourceBlock => TextField::SourceBlock,
            Self::Client => TextField::Client,
            Self::CorrelationId => TextField::CorrelationId,
            Self::ResourceId => TextField::ResourceId,
            Self::Subscription => TextField::Subscription,
            Self::Plane
            | Self::Access
            | Self::Outcome
            | Self::IdentityKind
            | Self::CredentialType
            | Self::Change
            | Self::GrantScope
            | Self::HttpStatus
            | Self::Extra(_) => return None,
        })
    }
}
