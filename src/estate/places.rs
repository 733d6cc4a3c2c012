//! Vaults, objects and clients of the logs.

use vaultdrill_generators::Network;

use super::counts::Counts;
use super::details::Door;
use crate::event::{TickSpan, Ticks};

/// One vault.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Lower case.
    pub(super) name: String,
    /// Its resource id in lower case.
    pub(super) resource: String,
    /// The same as its own records spell it.
    pub(super) resource_id: Option<String>,
    /// Group and name as they were given, where a record says so.
    pub(super) given: Option<(String, String)>,
    pub(super) first: Ticks,
    pub(super) last: Ticks,
    pub(super) records: u64,
    /// Its own records; the others are of the Activity Log.
    pub(super) logged: u64,
    /// Its region, as the first record that names one.
    pub(super) location: Option<String>,
    /// As the newest record that says so.
    pub(super) roles: Option<bool>,
    /// Callers let in through a private endpoint, and through selected networks.
    pub(super) private: u64,
    pub(super) selected: u64,
    /// Deleted, and nothing has succeeded since.
    pub(super) is_gone: bool,
}

impl Place {
    pub(super) fn open(&mut self, door: Option<Door>) {
        match door {
            Some(Door::Private) => self.private += 1,
            Some(Door::Selected) => self.selected += 1,
            None => {}
        }
    }

    /// Who may connect, as far as its records say.
    pub(super) fn network(&self) -> Network {
        match (self.private, self.selected) {
            (1.., _) => Network::Private,
            (_, 1..) => Network::Firewalled,
            _ => Network::Public,
        }
    }

    /// Came and went within a day.
    pub(super) fn is_short_lived(&self) -> bool {
        self.last.since(self.first) < TickSpan::days(1)
    }

    /// Subscription and resource group, in lower case; nothing of a vault that nobody located.
    pub(super) fn home(&self) -> Option<(&str, &str)> {
        let mut parts = self.resource.split('/').skip_while(|part| part.is_empty());
        let mut after =
            |name: &str| parts.next().filter(|part| *part == name).and_then(|_| parts.next());
        Some((after("subscriptions")?, after("resourcegroups")?))
    }

    /// Resource group and name, spelled as well as the logs know.
    pub(super) fn spelled(&self) -> Option<(&str, &str)> {
        let (_, group) = self.home()?;
        match &self.given {
            Some((group, name)) => Some((group, name)),
            None => Some((group, &self.name)),
        }
    }
}

/// Group and name of the vault `name` (lower case) in a resource id or address, as spelled there.
pub(super) fn given(text: &str, name: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = text.split(['/', '?']).collect();
    let after = |known: &str| {
        let at = parts.iter().position(|part| part.eq_ignore_ascii_case(known))?;
        parts.get(at + 1).copied()
    };
    let vault = after("vaults").filter(|found| found.eq_ignore_ascii_case(name))?;
    // Where everything is in capitals nobody has spelled anything.
    let (group, is_spelled) =
        (after("resourceGroups")?, vault.bytes().any(|b| b.is_ascii_lowercase()));
    is_spelled.then(|| (group.to_owned(), vault.to_owned()))
}

/// A secret, key or certificate.
#[derive(Clone, Debug, Default)]
pub(super) struct Thing {
    pub(super) vault: u32,
    pub(super) collection: Collection,
    /// As spelled first.
    pub(super) name: String,
    pub(super) version: Option<u128>,
    /// Calls that succeeded.
    pub(super) used: u64,
    /// Calls that found nothing.
    pub(super) missed: u64,
    /// Deleted, and nothing has succeeded since.
    pub(super) is_gone: bool,
}

/// Where an object is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Collection {
    #[default]
    Secrets,
    Keys,
    Certificates,
}

impl Collection {
    /// Of `vault/collection/name`.
    pub(super) fn of(object: &str) -> Option<Self> {
        match object.split('/').nth(1)? {
            "secrets" => Some(Self::Secrets),
            "keys" => Some(Self::Keys),
            "certificates" => Some(Self::Certificates),
            _ => None,
        }
    }
}

/// A client string.
#[derive(Clone, Debug, Default)]
pub(super) struct Tool {
    pub(super) agent: String,
    /// Of calls to vaults.
    pub(super) api_version: String,
    /// Of calls to the management plane.
    pub(super) arm_api_version: String,
    pub(super) tls_version: String,
    /// Anonymous requests, and all others to vaults.
    pub(super) challenges: u64,
    pub(super) calls: u64,
    /// Requests to vaults, and through the management plane.
    pub(super) using: u64,
    pub(super) managing: u64,
    /// Calls of people, by the application that signed them in.
    pub(super) apps: Counts<u128>,
}

impl Tool {
    /// A browser, which means the portal.
    pub(super) fn is_portal(&self) -> bool {
        self.agent.starts_with("Mozilla/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_taken_from_texts_that_have_any() {
        let address = "https://management.azure.com/subscriptions/s/resourceGroups/Rg-A/providers/Microsoft.KeyVault/vaults/Kv-A?api-version=1";
        assert_eq!(given(address, "kv-a"), Some(("Rg-A".to_owned(), "Kv-A".to_owned())));
        assert_eq!(given(address, "kv-b"), None);
        assert_eq!(given(&address.to_uppercase(), "kv-a"), None);
        assert_eq!(given("/subscriptions/s", "kv-a"), None);
    }

    #[test]
    fn a_vault_is_at_home_where_its_resource_id_says() {
        let place = |resource: &str| Place { resource: resource.to_owned(), ..Place::default() };
        let known =
            place("/subscriptions/s/resourcegroups/g/providers/microsoft.keyvault/vaults/v");
        assert_eq!(known.home(), Some(("s", "g")));
        assert_eq!(place("").home(), None);
        assert_eq!(place("/subscriptions/s").home(), None);
    }
}
