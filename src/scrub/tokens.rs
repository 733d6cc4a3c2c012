//! Text, token by token: addresses, GUIDs, hosts, words that identify nobody, and names.
//!
//! Contract: a function of the key and the text alone, so that one name gives the same pseudonym wherever
//! it stands: in a resource id, an address, a sentence. What is on no list is taken for a name.

use super::key::Keyed;
use super::{addresses, guids, names, words};

/// Longest number that is kept: a port, a year, a version, a count.
const MAX_NUMBER_DIGITS: usize = 4;

/// What kind of text it is: it decides which words are kept beside those of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An address, an id, a name, or nobody knows.
    Plain,
    /// Sentences of a service.
    Message,
    /// The string by which a client names itself.
    Client,
}

/// `text` with every token that may identify somebody replaced.
pub(super) fn scrubbed(keyed: &Keyed, text: &str, kind: Kind) -> String {
    if let Some(address) = addresses::pseudonym(keyed, text) {
        return address;
    }
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut place) = (text, Place::default());
    while let Some(c) = rest.chars().next() {
        let (length, new) = match take_token(rest) {
            Some(token) => (token.len(), replaced(keyed, token, kind, &mut place)),
            None => {
                place.pass(c);
                (c.len_utf8(), c.to_string())
            }
        };
        out.push_str(&new);
        rest = &rest[length..];
    }
    out
}

/// Where in a resource id a token stands: types and names take turns after a provider.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// Slashes since the provider, where there is one.
    after_provider: Option<u32>,
    /// Slashes right before.
    slashes: u32,
}

impl Place {
    fn pass(&mut self, separator: char) {
        self.slashes = if separator == '/' { self.slashes + 1 } else { 0 };
        self.after_provider = match (self.after_provider, separator) {
            (Some(slashes), '/') => Some(slashes + 1),
            _ => None,
        };
    }

    fn is_type(self) -> bool {
        self.after_provider.is_some_and(|slashes| slashes % 2 == 1)
    }
}

/// The token that `text` begins with, if it does: an IPv6 address, or letters, digits and what names may
/// hold, with percent-encoded bytes among them.
fn take_token(text: &str) -> Option<&str> {
    let of_address = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
    let address = text.find(|c| !of_address(c)).map_or(text, |end| &text[..end]);
    let address = address.trim_end_matches([':', '.']);
    if address.bytes().filter(|byte| *byte == b':').count() > 1
        && address.parse::<std::net::Ipv6Addr>().is_ok()
    {
        return Some(address);
    }
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(&byte) = bytes.get(end) {
        if is_encoded(&bytes[end..]) {
            end += 3;
        } else if byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"-_.~$!*+".contains(&byte) {
            end += 1;
        } else {
            break;
        }
    }
    (end > 0).then(|| &text[..end])
}

/// Whether a percent-encoded byte comes first.
fn is_encoded(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

fn replaced(keyed: &Keyed, token: &str, kind: Kind, place: &mut Place) -> String {
    if token.contains('%') {
        return encoded(&scrubbed(keyed, &decoded(token), kind));
    }
    // Full stops end sentences and masks; no name ends with one.
    let inner = token.trim_end_matches('.');
    let mut new = word(keyed, inner, kind, place);
    new.push_str(&token[inner.len()..]);
    new
}

fn word(keyed: &Keyed, word: &str, kind: Kind, place: &mut Place) -> String {
    if let Some(digits) = guids::digits(word) {
        let public = words::is_public_id(&digits);
        return if public { word.to_owned() } else { guids::pseudonym(keyed, &digits, word) };
    }
    // What follows a product is its version, even one that could be an address.
    let is_version = kind == Kind::Client && place.slashes == 1;
    place.slashes = 0;
    if !is_version && let Some(address) = addresses::pseudonym(keyed, word) {
        return address;
    }
    if is_provider(word) {
        place.after_provider = Some(0);
        return word.to_owned();
    }
    let is_kept = (kind != Kind::Client
        && place.is_type()
        && word.bytes().all(|byte| byte.is_ascii_alphabetic()))
        || is_number(word)
        || words::is_of_addresses(word)
        || (kind == Kind::Message && words::is_of_messages(word))
        || (kind == Kind::Client && is_client(word));
    if is_kept { word.to_owned() } else { host(keyed, word) }
}

/// A provider of Microsoft's, such as `Microsoft.KeyVault`.
fn is_provider(word: &str) -> bool {
    const PREFIX: &str = "microsoft.";
    word.get(..PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(PREFIX))
        && word[PREFIX.len()..].bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'.')
        && words::public_domain(word).is_none()
}

/// A short number, a version of short numbers, or a date, with `-preview` or without: nothing that could be
/// somebody's telephone.
fn is_number(word: &str) -> bool {
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let date: Vec<&str> = word.strip_suffix("-preview").unwrap_or(word).split('-').collect();
    let is_date = |parts: &[&str]| parts.iter().map(|part| part.len()).eq([4, 2, 2]);
    digits(word, MAX_NUMBER_DIGITS)
        || (is_date(&date) && date.iter().all(|part| digits(part, 4)))
        || (word.split('.').count() <= 3 && word.split('.').all(|part| digits(part, 2)))
}

/// Whether every part of `word` is a number or a word of clients, with a number behind it or not.
fn is_client(word: &str) -> bool {
    const MAX_DIGITS: usize = 8;
    word.split(['.', '-', '_', '+']).all(|part| {
        let name = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = part.len() - name.len();
        digits <= MAX_DIGITS
            && (name.is_empty() || words::is_of_clients(name) || words::is_of_clients(part))
    })
}

/// A name, or a host whose domain is kept where everybody uses it.
fn host(keyed: &Keyed, word: &str) -> String {
    const SERVICES: [&str; 2] = ["vault", "managedhsm"];
    let labels: Vec<&str> = word.split('.').collect();
    let kept = match words::public_domain(word) {
        Some(domain) => domain.split('.').count(),
        // A vault is called the same in every cloud, even in one that nobody knows.
        None if labels.len() > 2
            && SERVICES.iter().any(|one| one.eq_ignore_ascii_case(labels[1])) =>
        {
            0
        }
        None => return names::pseudonym(keyed, word),
    };
    let own = labels.len() - kept;
    let new = labels.iter().enumerate().map(|(at, label)| {
        let is_service = at == 1 && SERVICES.iter().any(|one| one.eq_ignore_ascii_case(label));
        let is_kept = at >= own || is_service || words::is_of_addresses(label);
        if is_kept { (*label).to_owned() } else { names::pseudonym(keyed, label) }
    });
    new.collect::<Vec<_>>().join(".")
}

fn decoded(token: &str) -> String {
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.as_bytes();
    while let Some(&byte) = rest.first() {
        let code = rest
            .get(1..3)
            .filter(|_| is_encoded(rest))
            .and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &rest[3..];
            }
            None => {
                bytes.push(byte);
                rest = &rest[1..];
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$!*+".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, kind: Kind) -> String {
        scrubbed(&Keyed::new(&[7; 16]).unwrap(), text, kind)
    }

    fn name(text: &str) -> String {
        names::pseudonym(&Keyed::new(&[7; 16]).unwrap(), text)
    }

    fn guid(text: &str) -> String {
        let keyed = Keyed::new(&[7; 16]).unwrap();
        guids::pseudonym(&keyed, &guids::digits(text).unwrap(), text)
    }

    const ID: &str = "c9eae519-c175-4667-b08d-19230ad477c0";
    const VERSION: &str = "1314d18a9baec4638697e0128d898ea8";

    #[test]
    fn a_name_is_the_same_wherever_it_stands() {
        let kv = name("kv-payments-prod");
        let text = format!(
            "https://kv-payments-prod.vault.azure.net:8443/secrets/Db-Pass/{VERSION}?api-version=7.4"
        );
        let expected = format!(
            "https://{kv}.vault.azure.net:8443/secrets/{}/{}?api-version=7.4",
            name("Db-Pass"),
            guid(VERSION),
        );
        assert_eq!(of(&text, Kind::Plain), expected);
        let text = format!(
            "/SUBSCRIPTIONS/{}/RESOURCEGROUPS/RG-PAY/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-PAYMENTS-PROD",
            ID.to_uppercase()
        );
        let expected = format!(
            "/SUBSCRIPTIONS/{}/RESOURCEGROUPS/{}/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/{}",
            guid(ID).to_uppercase(),
            name("RG-PAY"),
            kv.to_uppercase(),
        );
        assert_eq!(of(&text, Kind::Plain), expected);
        assert_eq!(
            of("kv-payments-prod.privatelink.vaultcore.azure.net", Kind::Plain),
            format!("{kv}.privatelink.vaultcore.azure.net")
        );
        assert_eq!(
            of("kv-payments-prod.vault.contoso.local", Kind::Plain),
            format!("{kv}.vault.{}.{}", name("contoso"), name("local"))
        );
        assert_eq!(
            of("kv-payments-prod;location=westeurope", Kind::Message),
            format!("{kv};location=westeurope")
        );
    }

    #[test]
    fn resource_ids_keep_their_types_and_lose_their_names() {
        let id = "/subscriptions/s/resourcegroups/rg/providers/Microsoft.Web/sites/shop/slots/blue";
        let expected = format!(
            "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.Web/sites/{}/slots/{}",
            name("s"),
            name("rg"),
            name("shop"),
            name("blue"),
        );
        assert_eq!(of(id, Kind::Plain), expected);
    }

    #[test]
    fn people_and_addresses_are_replaced_in_any_company() {
        let expected = format!("{}@{}", name("ada.petit"), name("contoso.example"));
        assert_eq!(of("ada.petit@contoso.example", Kind::Plain), expected);
        let guest = format!("{}#EXT#@{}.onmicrosoft.com", name("ada_gmail.com"), name("contoso"));
        assert_eq!(of("ada_gmail.com#EXT#@contoso.onmicrosoft.com", Kind::Plain), guest);
        let encoded = of("a%2Fb%20Ada%40c", Kind::Plain);
        assert_eq!(
            encoded,
            format!("{}%2F{}%20{}%40{}", name("a"), name("b"), name("Ada"), name("c"))
        );
        let [v4, v6] = ["81.2.69.144", "2a01:111:f100::7"].map(|text| of(text, Kind::Plain));
        let sentence = "Client address: 81.2.69.144.\r\nCaller: 2a01:111:f100::7: appid=";
        assert_eq!(
            of(sentence, Kind::Message),
            format!("Client address: {v4}.\r\nCaller: {v6}: appid=")
        );
    }

    #[test]
    fn client_strings_keep_products_and_versions_only() {
        for kept in [
            "azsdk-go-azsecrets/v1.3.1 (go1.23.9; linux)",
            "azsdk-net-Security.KeyVault.Secrets/4.6.0 (.NET 8.0.8; Microsoft Windows 10.0.20348)",
            "azsdk-python-keyvault-secrets/4.7.0 Python/3.11.5 (Linux-5.15.0-1064-azure-x86_64-with-glibc2.35)",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36 Edg/133.0.0.0",
            "FxVersion/4.7.3324.0 OSName/Windows OSVersion/6.2.9200.0 Microsoft.Azure.KeyVault.KeyVaultClient/3.0.3.0 (AzurePowershell/v12.4.0)",
            "HashiCorp Terraform/1.10.5 (+https://www.terraform.io) Terraform Plugin SDK/2.10.1 terraform-provider-azurerm/4.20.0",
        ] {
            assert_eq!(of(kept, Kind::Client), kept);
        }
        let text = format!("contoso-billing/1.4 (host-17.corp.example; {ID})");
        let new = of(&text, Kind::Client);
        assert_eq!(
            new,
            format!(
                "{}/1.4 ({}; {})",
                name("contoso-billing"),
                name("host-17.corp.example"),
                guid(ID)
            )
        );
    }

    #[test]
    fn public_ids_and_hosts_stay_and_numbers_that_could_name_somebody_do_not() {
        for kept in [
            "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
            "f25e0fa2a7c84377a97654943a77a395",
            "https://sts.windows.net/",
            "https://management.core.windows.net/",
            "2023-08-01-preview",
            "7.4",
            "",
            "/",
        ] {
            assert_eq!(of(kept, Kind::Plain), kept);
        }
        for changed in ["5551234567", "555-123-4567", "555.123.4567", "not-microsoft.com"] {
            assert_ne!(of(changed, Kind::Plain), changed);
        }
    }
}
