//! The `identity` of data-plane records: short claim names on objects, URI claim names on vaults,
//! one container for both.

use crate::json::{escaped, guid, write_address};
use crate::tenant::{Identity, Kind};

/// Fragments of one identity.
#[derive(Debug)]
pub(super) enum Claims {
    /// The application and the address come from the call.
    Person(PersonClaims),
    App(AppClaims),
}

#[derive(Debug)]
pub(super) struct PersonClaims {
    head: String,
    middle: String,
    tail: String,
    management: String,
}

#[derive(Debug)]
pub(super) struct AppClaims {
    short: String,
    management: String,
}

const OBJECT_ID: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";
const PRINCIPAL_NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
const NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";

impl Claims {
    pub(super) fn new(identity: &Identity, tenant_id: &str) -> Self {
        let (oid, app) = (guid(identity.object_id), guid(identity.app_id));
        let name = escaped(&identity.name);
        if !identity.is_person() {
            let secret = if identity.kind == Kind::SecretPrincipal { 1 } else { 2 };
            let resource = identity.resource.as_deref().map_or_else(String::new, |resource| {
                format!(r#","xms_mirid":"{}""#, escaped(resource))
            });
            return Self::App(AppClaims {
                short: format!(
                    r#"{{"claim":{{"oid":"{oid}","appid":"{app}","appidacr":"{secret}"{resource},"xms_az_nwperimid":[],"idtyp":"app","iss":"https://sts.windows.net/{tenant_id}/"}}}}"#
                ),
                management: format!(r#"{{"claim":{{"{OBJECT_ID}":"{oid}","appid":"{app}"}}}}"#),
            });
        }
        let (upn, names) = if identity.kind == Kind::Guest {
            (String::new(), format!(r#""{NAME}":"{name}""#))
        } else {
            (
                format!(r#""upn":"{name}","#),
                format!(r#""{PRINCIPAL_NAME}":"{name}","{NAME}":"{name}""#),
            )
        };
        Self::Person(PersonClaims {
            head: format!(r#"{{"claim":{{"oid":"{oid}","appid":""#),
            middle: format!(
                r#"","scp":"user_impersonation","appidacr":"0","xms_az_nwperimid":[],{upn}"ipaddr":""#
            ),
            tail: format!(
                r#"","unique_name":"{name}","amr":"pwd","idtyp":"user","iss":"https://sts.windows.net/{tenant_id}/"}}}}"#
            ),
            management: format!(r#"{{"claim":{{"{OBJECT_ID}":"{oid}",{names},"appid":""#),
        })
    }

    /// Appends the short dialect; `app` is the client's application where people use it.
    pub(super) fn write_short(&self, out: &mut Vec<u8>, app: Option<&str>, address: u32) {
        match self {
            Self::App(app) => out.extend_from_slice(app.short.as_bytes()),
            Self::Person(person) => {
                out.extend_from_slice(person.head.as_bytes());
                out.extend_from_slice(app.unwrap_or(FALLBACK_APP).as_bytes());
                out.extend_from_slice(person.middle.as_bytes());
                write_address(out, address);
                out.extend_from_slice(person.tail.as_bytes());
            }
        }
    }

    /// Appends the URI dialect.
    pub(super) fn write_management(&self, out: &mut Vec<u8>, app: Option<&str>) {
        match self {
            Self::App(app) => out.extend_from_slice(app.management.as_bytes()),
            Self::Person(person) => {
                out.extend_from_slice(person.management.as_bytes());
                out.extend_from_slice(app.unwrap_or(FALLBACK_APP).as_bytes());
                out.extend_from_slice(br#""}}"#);
            }
        }
    }
}

/// People's tokens for a client without a public application of its own come from the command
/// line's.
pub(super) const FALLBACK_APP: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
