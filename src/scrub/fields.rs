//! Which fields of a record identify nobody, and as what to read the others.
//!
//! A field that is not known here is scrubbed word by word: nothing leaks because a service adds a field.

use std::borrow::Cow;

use super::tokens::Kind;
use super::words;
use crate::event::Ticks;

/// Longest value of a kept field that is believed to be one.
const MAX_PLAIN_BYTES: usize = 80;

/// Fields of a record whose values are words of Azure's, numbers or times.
const KEPT: &str = "\
    time category operationversion resulttype resultsignature durationms level rolelocation \
    releaseversion stamp tlsversion addrauthtype algorithm httpstatuscode appidacr idtyp scp amr ver \
    iat nbf exp xms_tcdt eventcategory statuscode principaltype family bypass defaultaction kty crv \
    hsmplatform http://schemas.microsoft.com/claims/authnmethodsreferences \
    http://schemas.microsoft.com/claims/authnclassreference \
    http://schemas.microsoft.com/identity/claims/scope";

/// Fields of truth of the same sort, and the names that scores are told by.
const KEPT_IN_TRUTH: &str = "\
    type campaign_id class attack technique severity identity_kind start end time arrived operation \
    kind";

/// Fields with sentences.
const MESSAGES: &str = "resultdescription message statusmessage description";

/// Fields with the string of a client.
const CLIENTS: &str = "clientinfo useragent";

/// Objects whose keys and values are names that somebody gave.
const NAMED_KEYS: &str = "tags";

/// What to do with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    Keep,
    Scrub(Kind),
}

/// Whose fields they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Record,
    Truth,
}

fn holds(keys: &str, key: &str) -> bool {
    keys.split(' ').any(|known| known.eq_ignore_ascii_case(key))
}

/// What to do with the string `text` at `path`.
pub(super) fn of_text(form: Form, path: &[Cow<'_, str>], text: &str) -> Treatment {
    let key = path.last().map_or("", |key| key);
    if form == Form::Truth {
        return if holds(KEPT_IN_TRUTH, key) {
            Treatment::Keep
        } else {
            Treatment::Scrub(Kind::Plain)
        };
    }
    let is_kept = match key.to_ascii_lowercase().as_str() {
        "operationname" | "action" => is_operation(text),
        "message" if is_operation(text) => true,
        "type" | "contenttype" if words::is_content_type(text) => true,
        "role" => words::is_role(text),
        // In a request's body it is whatever somebody wrote there.
        "location" => words::is_region(text),
        lower => holds(KEPT, lower) && is_plain(text),
    };
    let is_named = path.iter().any(|above| holds(NAMED_KEYS, above));
    if (is_kept && !is_named) || Ticks::parse(text.as_bytes()).is_ok() {
        return Treatment::Keep;
    }
    Treatment::Scrub(match key {
        key if holds(MESSAGES, key) => Kind::Message,
        key if holds(CLIENTS, key) => Kind::Client,
        _ => Kind::Plain,
    })
}

/// Whether `key`, a member of the object at `path`, is a field's name and nobody's.
pub(super) fn is_kept_key(path: &[Cow<'_, str>], key: &str) -> bool {
    const CLAIM_SCHEMAS: [&str; 2] =
        ["http://schemas.microsoft.com/", "http://schemas.xmlsoap.org/"];
    const MAX_KEY_BYTES: usize = 64;
    let is_name = |byte: u8| byte.is_ascii_alphabetic() || b"_$".contains(&byte);
    let is_field = key.len() <= MAX_KEY_BYTES
        && key.bytes().next().is_some_and(is_name)
        && key.bytes().all(|byte| is_name(byte) || byte.is_ascii_digit())
        && super::guids::digits(key).is_none();
    let is_named = path.last().is_some_and(|parent| holds(NAMED_KEYS, parent));
    !is_named && (is_field || CLAIM_SCHEMAS.iter().any(|schema| key.starts_with(schema)))
}

/// The name of an operation: one of a vault's, or a path of letters below a provider of Microsoft's.
fn is_operation(text: &str) -> bool {
    const PREFIX: &str = "microsoft.";
    let letters =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    crate::ingest::is_operation(text)
        || (text.get(..PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(PREFIX))
            && text.split(['/', '.']).all(letters))
}

/// Words, numbers and versions, and no id among them.
fn is_plain(text: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b" _.,+-".contains(&byte);
    text.len() <= MAX_PLAIN_BYTES
        && text.bytes().all(is_sound)
        && text.parse::<std::net::IpAddr>().is_err()
        && text.split([' ', ',']).all(|word| super::guids::digits(word).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str, text: &str) -> Treatment {
        of_text(Form::Record, &["properties".into(), key.into()], text)
    }

    #[test]
    fn known_fields_keep_their_words_and_nothing_else() {
        assert_eq!(of("resultType", "Success"), Treatment::Keep);
        assert_eq!(of("resultSignature", "Succeeded.OK"), Treatment::Keep);
        assert_eq!(
            of("resultType", "c9eae519-c175-4667-b08d-19230ad477c0"),
            Treatment::Scrub(Kind::Plain)
        );
        assert_eq!(of("resultType", "81.2.69.144"), Treatment::Scrub(Kind::Plain));
        assert_eq!(of("resultType", "ada@contoso.example"), Treatment::Scrub(Kind::Plain));
        assert_eq!(of("operationName", "SecretGet"), Treatment::Keep);
        assert_eq!(of("operationName", "MICROSOFT.KEYVAULT/VAULTS/WRITE"), Treatment::Keep);
        assert_eq!(of("operationName", "Ada"), Treatment::Scrub(Kind::Plain));
        assert_eq!(of("role", "Key Vault Reader"), Treatment::Keep);
        assert_eq!(of("role", "Contoso Reader"), Treatment::Scrub(Kind::Plain));
        assert_eq!(of("type", "application/x-pkcs12"), Treatment::Keep);
        assert_eq!(of("type", "password of Ada"), Treatment::Scrub(Kind::Plain));
        assert_eq!(of("location", "westeurope"), Treatment::Keep);
        assert_eq!(of("location", "Building 7"), Treatment::Scrub(Kind::Plain));
        let tag = ["tags".into(), "level".into()];
        assert_eq!(of_text(Form::Record, &tag, "Ada"), Treatment::Scrub(Kind::Plain));
        assert_eq!(of("clientInfo", "curl/8.5.0"), Treatment::Scrub(Kind::Client));
        assert_eq!(of("resultDescription", "x"), Treatment::Scrub(Kind::Message));
        assert_eq!(of("somethingNew", "Success"), Treatment::Scrub(Kind::Plain));
        assert_eq!(of("somethingNew", "2026-03-02T08:00:00Z"), Treatment::Keep);
    }

    #[test]
    fn keys_are_kept_unless_somebody_chose_them() {
        let kept = |parent: &str, key: &str| is_kept_key(&[parent.into()], key);
        assert!(kept("properties", "addedAccessPolicy"));
        assert!(kept("claims", "http://schemas.microsoft.com/identity/claims/objectidentifier"));
        assert!(!kept("tags", "owner"));
        assert!(!kept("identity", "/subscriptions/s"));
        assert!(!kept("identity", "ada.petit"));
        assert!(!kept("identity", "d714d18a9baec4638697e0128d898ea8"));
    }
}
