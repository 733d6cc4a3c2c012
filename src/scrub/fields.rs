//! Which fields of a record identify nobody, and as what to read the others.
//!
//! A field that is not known here is scrubbed word by word: nothing leaks because a service adds a field.

use std::borrow::Cow;

use super::tokens::{Kind, MAX_NUMBER_DIGITS};
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

/// Objects that callers write, or that quote what they wrote.
const BODIES: &str = "requestbody responsebody statusmessage";

/// Fields of bodies whose values are kept if they are among [`BODY_VALUES`].
const KEPT_IN_BODIES: &str = "\
    bypass category categorygroup createmode crv defaultaction family kty principaltype publicnetworkaccess";

/// What such fields may say.
const BODY_VALUES: &str = "\
    a alllogs allmetrics allow audit auditevent azurepolicyevaluationdetails azureservices b default deny device disabled ec ec-hsm enabled foreigngroup group none oct \
    oct-hsm p-256 p-256k p-384 p-521 purge recover rsa rsa-hsm securedbyperimeter serviceprincipal user";

/// Names of fields of Azure's that stand in objects that may have others.
const KNOWN_KEYS: &str = "\
    accesspolicies action actions addedaccesspolicy addediprule api-version appid applicationid \
    assignablescopes attributes authorization bypass capacity category categorygroup \
    certificateproperties certificates code condition contenttype created createmode crv dataactions \
    days defaultaction delegatedmanagedidentityresourceid description details displayname enabled \
    enabledfordeployment enabledfordiskencryption enabledfortemplatedeployment enablepurgeprotection \
    enablerbacauthorization enablesoftdelete encryption error eventhubauthorizationruleid eventhubname \
    evidence exp exportable family hsmplatform httpstatuscode id identity innererror iprules issuer \
    key_ops keyname keyopsproperties keyproperties keys keysize keysource keyuri keyvaultproperties \
    keyvaultproperty keyvaulturi keyversion kind kty location logs managedby message metrics name nbf \
    networkacls notactions notdataactions objectid operations parameters permissions policy principalid \
    principaltype privateendpoint privateendpointconnections privatelinkserviceconnectionstate \
    properties provisioningstate publicnetworkaccess recoverabledays recoverylevel removedaccesspolicy \
    removediprule resource resourceid retentionpolicy role roledefinitionid rolename scope \
    secretproperties secrets serviceendpoint size sku softdeleteretentionindays status statuscode \
    storage storageaccountid subnetid tags target tenantid tier type updated value values vaulturi \
    virtualnetworkrules workspaceid";

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
    if is_named(path) {
        return Treatment::Scrub(Kind::Own);
    }
    let is_kept = match key.to_ascii_lowercase().as_str() {
        "operationname" | "action" => is_operation(text),
        "message" if is_operation(text) => true,
        "type" | "contenttype" if words::is_content_type(text) => true,
        "role" => words::is_role(text),
        // In a request's body it is whatever somebody wrote there.
        "location" => words::is_region(text),
        lower if is_azures(&path[..path.len().saturating_sub(1)]) => {
            holds(KEPT, lower) && is_plain(text)
        }
        lower => {
            let is_value = |word: &str| holds(BODY_VALUES, word);
            holds(KEPT_IN_BODIES, lower) && text.split([' ', ',']).all(is_value)
        }
    };
    if is_kept || Ticks::parse(text.as_bytes()).is_ok() {
        return Treatment::Keep;
    }
    Treatment::Scrub(match key {
        key if holds(MESSAGES, key) => Kind::Message,
        key if holds(CLIENTS, key) => Kind::Client,
        _ => Kind::Plain,
    })
}

/// Whether the number at `path`, as written, is kept.
pub(super) fn is_kept_number(form: Form, path: &[Cow<'_, str>], number: &str) -> bool {
    let key = path.last().map_or("", |key| key);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_known = !is_in_body(path) && holds(KEPT, key);
    form == Form::Truth || (!is_named(path) && (is_known || digits <= MAX_NUMBER_DIGITS))
}

/// Whether `key`, a member of the object at `path`, is a field's name and nobody's.
pub(super) fn is_kept_key(form: Form, path: &[Cow<'_, str>], key: &str) -> bool {
    const CLAIM_SCHEMAS: [&str; 2] =
        ["http://schemas.microsoft.com/", "http://schemas.xmlsoap.org/"];
    const MAX_KEY_BYTES: usize = 64;
    let is_name = |byte: u8| byte.is_ascii_alphabetic() || b"_$".contains(&byte);
    let is_field = key.len() <= MAX_KEY_BYTES
        && key.bytes().next().is_some_and(is_name)
        && key.bytes().all(|byte| is_name(byte) || byte.is_ascii_digit())
        && key.split('_').all(|part| super::guids::digits(part).is_none());
    if is_named(path) {
        return false;
    }
    let is_azures = form == Form::Truth || is_azures(path);
    let is_claim = || CLAIM_SCHEMAS.iter().any(|schema| key.starts_with(schema));
    holds(KNOWN_KEYS, key) || (is_azures && (is_field || is_claim()))
}

/// Whether somebody gave the names at `path`, or of what is below it.
pub(super) fn is_named(path: &[Cow<'_, str>]) -> bool {
    path.iter().any(|key| holds(NAMED_KEYS, key))
}

/// Whether Azure alone decides what the fields of the object at `parent` are: of the record, of its
/// properties, and of the identity with its claims.
fn is_azures(parent: &[Cow<'_, str>]) -> bool {
    match parent {
        [] => true,
        [only] if only.eq_ignore_ascii_case("properties") => true,
        [first, ..] => first.eq_ignore_ascii_case("identity") && !is_in_body(parent),
    }
}

/// Whether callers wrote what is at `path`.
fn is_in_body(path: &[Cow<'_, str>]) -> bool {
    path.iter().any(|key| holds(BODIES, key))
}

/// The name of an operation: one of a vault's, or a path of letters below a provider of Microsoft's.
pub(super) fn is_operation(text: &str) -> bool {
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
        assert_eq!(of_text(Form::Record, &tag, "Ada"), Treatment::Scrub(Kind::Own));
        assert_eq!(of("clientInfo", "curl/8.5.0"), Treatment::Scrub(Kind::Client));
        assert_eq!(of("resultDescription", "x"), Treatment::Scrub(Kind::Message));
        assert_eq!(of("somethingNew", "Success"), Treatment::Scrub(Kind::Plain));
        assert_eq!(of("somethingNew", "2026-03-02T08:00:00Z"), Treatment::Keep);
    }

    #[test]
    fn what_callers_write_keeps_listed_values_only() {
        let of = |path: &[&str], text: &str| {
            let path: Vec<Cow<'_, str>> = path.iter().map(|key| (*key).into()).collect();
            of_text(Form::Record, &path, text)
        };
        for key in ["family", "category", "level", "resultType", "bypass"] {
            for above in
                [&["properties", "requestbody"], &["properties", "responseBody"], &["new", "x"]]
            {
                let path = [&above[..], &["properties", key]].concat();
                assert_eq!(of(&path, "Payroll Ada"), Treatment::Scrub(Kind::Plain), "{path:?}");
            }
        }
        let body = |key| of(&["properties", "requestbody", "properties", key], "Deny");
        assert_eq!(body("defaultAction"), Treatment::Keep);
        assert_eq!(body("owner"), Treatment::Scrub(Kind::Plain));
        let tag = ["properties", "requestbody", "tags", "born"];
        assert_eq!(of(&tag, "2026-03-02T08:00:00Z"), Treatment::Scrub(Kind::Own));
    }

    #[test]
    fn numbers_are_kept_if_they_are_known_or_short() {
        let kept = |path: &[&str], number: &str| {
            let path: Vec<Cow<'_, str>> = path.iter().map(|key| (*key).into()).collect();
            is_kept_number(Form::Record, &path, number)
        };
        assert!(kept(&["durationMs"], "15551234567"));
        assert!(kept(&["identity", "claims", "iat"], "1772428325"));
        assert!(kept(&["properties", "requestbody", "days"], "90"));
        assert!(!kept(&["properties", "phone"], "15551234567"));
        assert!(!kept(&["properties", "requestbody", "exp"], "15551234567"));
        assert!(!kept(&["properties", "tags", "costcenter"], "4711"));
    }

    #[test]
    fn keys_are_kept_unless_somebody_chose_them() {
        let kept = |path: &str, key: &str| {
            let path: Vec<Cow<'_, str>> = path.split('.').map(Into::into).collect();
            is_kept_key(Form::Record, &path, key)
        };
        assert!(kept("properties", "addedAccessPolicy"));
        assert!(kept("properties", "somethingNew"));
        assert!(kept(
            "identity.claims",
            "http://schemas.microsoft.com/identity/claims/objectidentifier"
        ));
        assert!(kept("properties.requestbody.properties", "networkAcls"));
        assert!(!kept("tags", "owner"));
        assert!(!kept("tags.nested", "id"));
        assert!(!kept("Tags2", "adalovelace"));
        assert!(!kept("properties.Tags2", "adalovelace"));
        assert!(!kept("properties.requestbody.properties", "adalovelace"));
        assert!(!kept("identity", "/subscriptions/s"));
        assert!(!kept("identity", "ada.petit"));
        assert!(!kept("identity", "d714d18a9baec4638697e0128d898ea8"));
        assert!(!kept("identity.claims", "extension_d714d18a9baec4638697e0128d898ea8_badge"));
    }
}
