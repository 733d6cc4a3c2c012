//! Key Vault URLs: which vault, which object, which version.

use super::ids::{is_hex32, next_segment, spells};
use crate::event::CredentialType;

/// What a URL of the data plane points at; empty parts where it does not go so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Location<'a> {
    /// Name of the vault or managed HSM.
    pub(super) vault: &'a str,
    /// `secrets`, `keys` or `certificates`; deleted objects count to where they came from.
    pub(super) collection: &'static str,
    pub(super) credential_type: CredentialType,
    /// Name of the object.
    pub(super) name: &'a str,
    /// Version of the object: 32 hex digits, unlike the actions that can stand in its place.
    pub(super) version: &'a str,
}

impl<'a> Location<'a> {
    /// Reads an object id or a request URI; Resource Manager's URIs point at nothing.
    pub(super) fn parse(url: &'a str) -> Self {
        if url.is_empty() {
            return Self::default();
        }
        let mut path = match url.strip_prefix("https://") {
            Some(address) => address,
            None => url.split_once("://").map_or("", |(_, address)| address),
        };
        let mut location =
            Self { vault: vault_of_host(next_segment(&mut path)), ..Self::default() };
        if location.vault.is_empty() {
            return location;
        }
        if let Some(end) = memchr::memchr2(b'?', b'#', path.as_bytes()) {
            path = &path[..end];
        }
        let mut next = || next_segment(&mut path);
        (location.collection, location.credential_type) = collection(next());
        if location.collection.is_empty() {
            return location;
        }
        let (name, version) = (next(), next());
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if location.collection == "certificates" && (is("issuers") || is("contacts")) {
            // Settings of the vault that live beside its certificates.
            return Self { vault: location.vault, ..Self::default() };
        }
        location.name = name;
        if is_hex32(version) {
            location.version = version;
        }
        location
    }
}

/// The first label of a vault's host, whatever the cloud and port.
fn vault_of_host(host: &str) -> &str {
    let Some(dot) = memchr::memchr(b'.', host.as_bytes()) else { return "" };
    let (name, domain) = (&host[..dot], &host[dot + 1..]);
    let starts = |prefix: &str| domain.get(..prefix.len()).is_some_and(|head| spells(head, prefix));
    if starts("vault.") || starts("managedhsm.") { name } else { "" }
}

fn collection(segment: &str) -> (&'static str, CredentialType) {
    let live = match segment.get(..7) {
        Some(prefix) if prefix.eq_ignore_ascii_case("deleted") => &segment[7..],
        _ => segment,
    };
    [
        ("secrets", CredentialType::Secret),
        ("keys", CredentialType::Key),
        ("certificates", CredentialType::Certificate),
    ]
    .into_iter()
    .find(|(name, _)| spells(live, name))
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &str = "0123456789abcdef0123456789ABCDEF";

    fn at(url: &str) -> (&str, &str, &str, &str) {
        let location = Location::parse(url);
        (location.vault, location.collection, location.name, location.version)
    }

    #[test]
    fn objects_are_found_in_any_form_of_url() {
        let versioned = format!("https://Contoso.vault.azure.net/secrets/Db/{VERSION}");
        assert_eq!(at(&versioned), ("Contoso", "secrets", "Db", VERSION));
        for (url, expected) in [
            (
                "https://c.vault.azure.net:8443/secrets/db/?api-version=7.4",
                ("c", "secrets", "db", ""),
            ),
            ("https://c.vault.azure.net/deletedkeys/k/recover", ("c", "keys", "k", "")),
            ("https://c.managedhsm.azure.net/keys/k/backup#x", ("c", "keys", "k", "")),
            ("https://c.vault.azure.cn/Certificates/tls/pending", ("c", "certificates", "tls", "")),
            ("https://c.vault.azure.net/secrets?maxresults=25&_=1", ("c", "secrets", "", "")),
            ("https://c.vault.azure.net/deletedcertificates", ("c", "certificates", "", "")),
            ("https://c.vault.azure.net/", ("c", "", "", "")),
            ("https://c.vault.azure.net", ("c", "", "", "")),
            ("https://c.vault.azure.net/certificates/issuers/ca", ("c", "", "", "")),
            ("https://c.vault.azure.net/storage/account", ("c", "", "", "")),
            ("https://management.azure.com/subscriptions/s/vaults/c", ("", "", "", "")),
            ("https://control.vaultcore.azure.net/secrets/db", ("", "", "", "")),
            ("not a url", ("", "", "", "")),
            ("", ("", "", "", "")),
        ] {
            assert_eq!(at(url), expected, "{url}");
        }
    }
}
