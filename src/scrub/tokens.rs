//! Text, token by token: addresses, GUIDs, hosts, words that identify nobody, and names.
//!
//! Contract: a function of the key and the text alone, so that one name gives the same pseudonym wherever
//! it stands: in a resource id, an address, a sentence. What is on no list is taken for a name.

use super::key::Keyed;
use super::{addresses, guids, names, words};

/// Longest number that is kept: a port, a year, a version, a count.
pub(super) const MAX_NUMBER_DIGITS: usize = 4;

/// How often text that was percent-encoded is decoded again; below that a percent sign separates.
const MAX_DECODED: usize = 4;

/// Longest IPv6 address.
const MAX_ADDRESS_BYTES: usize = "0000:0000:0000:0000:0000:ffff:255.255.255.255".len();

/// What a name follows in the sentences of services, in lower case.
const BEFORE_NAMES: [&str; 9] = [
    "/secrets/",
    "/keys/",
    "/certificates/",
    "/vaults/",
    "/managedhsms/",
    "/deletedsecrets/",
    "/deletedkeys/",
    "vault: ",
    "(name/id) ",
];

/// What kind of text it is: it decides which words are kept beside those of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An address, an id, a name, or nobody knows.
    Plain,
    /// Sentences of a service.
    Message,
    /// The string by which a client names itself.
    Client,
    /// What somebody wrote: nothing of it is known to identify nobody.
    Own,
}

/// `text` with every token that may identify somebody replaced.
pub(super) fn scrubbed(keyed: &Keyed, text: &str, kind: Kind) -> String {
    decoded_at(keyed, text, kind, 0)
}

/// As [`scrubbed`], of text that was decoded so often.
fn decoded_at(keyed: &Keyed, text: &str, kind: Kind, depth: usize) -> String {
    if let Some(address) = addresses::pseudonym(keyed, text) {
        return address;
    }
    let mut out = String::with_capacity(text.len());
    let (mut at, mut place, mut quoted) = (0, Place::default(), None);
    while let Some(c) = text[at..].chars().next() {
        let (before, rest) = text.split_at(at);
        let kind = if kind == Kind::Message && (quoted.is_some() || is_before_name(before)) {
            Kind::Plain
        } else {
            kind
        };
        let (length, new) = match take_token(rest, depth < MAX_DECODED) {
            Some(token) if token.contains('%') => {
                (token.len(), encoded(&decoded_at(keyed, &decoded(token), kind, depth + 1)))
            }
            Some(token) => {
                let block = addresses::block(keyed, token, &rest[token.len()..]);
                let block = block.filter(|_| kind != Kind::Client);
                block.unwrap_or_else(|| (token.len(), replaced(keyed, token, kind, &mut place)))
            }
            None => match operation(rest).filter(|_| kind == Kind::Message) {
                Some(operation) => (operation.len(), operation.to_owned()),
                None => {
                    quoted = quote(quoted, before, c);
                    place.pass(c);
                    (c.len_utf8(), c.to_string())
                }
            },
        };
        out.push_str(&new);
        at += length;
    }
    out
}

/// Whether a name comes next in a sentence.
fn is_before_name(before: &str) -> bool {
    let end = |mark: &str| before.len().checked_sub(mark.len()).and_then(|at| before.get(at..));
    BEFORE_NAMES.iter().any(|mark| end(mark).is_some_and(|end| end.eq_ignore_ascii_case(mark)))
}

/// The quote that is open after `c`: within quotes are names. An apostrophe opens none.
fn quote(open: Option<char>, before: &str, c: char) -> Option<char> {
    let is_quote = ['\'', '"', '`'].contains(&c);
    match open {
        Some(quote) => Some(quote).filter(|quote| *quote != c),
        None => {
            let is_inside = before.chars().next_back().is_some_and(char::is_alphanumeric);
            Some(c).filter(|_| is_quote && !is_inside)
        }
    }
}

/// An action of Microsoft's in quotes, with its quotes, that `text` begins with.
fn operation(text: &str) -> Option<&str> {
    const ENDS: [&str; 4] = ["/action", "/read", "/write", "/delete"];
    let inner = text.strip_prefix('\'')?;
    let inner = &inner[..memchr::memchr(b'\'', inner.as_bytes())?];
    let is_one = ENDS.iter().any(|end| inner.ends_with(end)) && super::fields::is_operation(inner);
    is_one.then(|| &text[..inner.len() + 2])
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
/// hold, and percent-encoded bytes among them if they are to be decoded.
fn take_token(text: &str, decodes: bool) -> Option<&str> {
    if let Some(address) = take_address(text) {
        return Some(address);
    }
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(&byte) = bytes.get(end) {
        if decodes && is_encoded(&bytes[end..]) {
            end += 3;
        } else if byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"-_.~$!*+".contains(&byte) {
            end += 1;
        } else {
            break;
        }
    }
    (end > 0).then(|| &text[..end])
}

/// The IPv6 address that `text` begins with, without what ends a sentence.
fn take_address(text: &str) -> Option<&str> {
    let of_address = |byte: &u8| byte.is_ascii_hexdigit() || b":.".contains(byte);
    // A run that is longer is none; two marks may follow it.
    let run = text.bytes().take(MAX_ADDRESS_BYTES + 3).take_while(of_address).count();
    let run = text[..run].trim_end_matches('.');
    let ends = [run, run.strip_suffix(':').unwrap_or(run), run.trim_end_matches([':', '.'])];
    let is_one = |end: &&str| end.contains(':') && end.parse::<std::net::Ipv6Addr>().is_ok();
    // Colons alone are no address that anybody has.
    ends.into_iter().find(is_one).filter(|end| end.bytes().any(|byte| byte != b':'))
}

/// Whether a percent-encoded byte comes first.
fn is_encoded(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

fn replaced(keyed: &Keyed, token: &str, kind: Kind, place: &mut Place) -> String {
    // Full stops end sentences and masks; no name ends with one.
    let inner = token.trim_end_matches('.');
    let mut new = word(keyed, inner, kind, place);
    new.push_str(&token[inner.len()..]);
    new
}

fn word(keyed: &Keyed, word: &str, kind: Kind, place: &mut Place) -> String {
    if let Some(digits) = guids::digits(word) {
        let public = kind != Kind::Own && words::is_public_id(&digits);
        return if public { word.to_owned() } else { guids::pseudonym(keyed, &digits, word) };
    }
    // What follows a product is its version, even one that could be an address.
    let is_version = kind == Kind::Client && place.slashes == 1;
    place.slashes = 0;
    if !is_version && let Some(address) = addresses::pseudonym(keyed, word) {
        return address;
    }
    if kind == Kind::Own {
        return names::pseudonym(keyed, word);
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
mod tests;
