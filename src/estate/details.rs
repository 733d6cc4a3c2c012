//! What only the record itself says: how names are spelled, who vouches for the token, how the caller
//! was let in.
//!
//! Read from the record in resource-log form. Contract: a record that says these things otherwise than
//! Azure does gives none of them; nothing here decides whether a record counts.

use std::borrow::Cow;

use serde::Deserialize;
use vaultdrill_generators::OpaqueClaim;

/// Longer ones are no region, and no claim worth keeping of everybody.
const MOST_REGION_BYTES: usize = 32;
const MOST_CLAIM_BYTES: usize = 256;

/// A record, as far as it is read here.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Details<'a> {
    #[serde(borrow, rename = "resourceId")]
    resource_id: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "resultDescription")]
    description: Option<Cow<'a, str>>,
    #[serde(borrow)]
    identity: Option<Identity<'a>>,
    #[serde(borrow)]
    properties: Option<Properties<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Identity<'a> {
    #[serde(borrow)]
    claim: Option<Claims<'a>>,
    #[serde(borrow)]
    claims: Option<Claims<'a>>,
    #[serde(borrow)]
    authorization: Option<Authorization<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Authorization<'a> {
    #[serde(borrow)]
    scope: Option<Cow<'a, str>>,
    #[serde(borrow)]
    evidence: Option<Evidence<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Evidence<'a> {
    #[serde(borrow, rename = "roleAssignmentId")]
    assignment: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
struct Claims<'a> {
    #[serde(borrow)]
    iss: Option<Cow<'a, str>>,
    #[serde(borrow)]
    upn: Option<Cow<'a, str>>,
    #[serde(borrow)]
    unique_name: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn")]
    uri_upn: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name")]
    uri_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    xms_mirid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    appidacr: Option<Cow<'a, str>>,
    #[serde(borrow)]
    ipaddr: Option<Cow<'a, str>>,
    #[serde(borrow)]
    aio: Option<Cow<'a, str>>,
    #[serde(borrow)]
    puid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    rh: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        rename = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
    )]
    name_identifier: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
struct Properties<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "requestUri")]
    request_uri: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "tlsVersion")]
    tls_version: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "addrAuthType")]
    address_kind: Option<Cow<'a, str>>,
    #[serde(rename = "isAddressAuthorized")]
    is_address_authorized: Option<bool>,
    #[serde(rename = "isRbacAuthorized")]
    is_role: Option<bool>,
    #[serde(rename = "isAccessPolicyMatch")]
    is_policy: Option<bool>,
    #[serde(borrow, rename = "appliedAssignmentId")]
    assignment: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "requestbody")]
    request_body: Option<Cow<'a, str>>,
    #[serde(borrow)]
    properties: Option<Settings<'a>>,
}

/// What is asked of a vault that is written.
#[derive(Deserialize)]
struct Body {
    location: String,
}

#[derive(Debug, Default, Deserialize)]
struct Settings<'a> {
    #[serde(rename = "enableRbacAuthorization")]
    roles: Option<bool>,
    #[serde(borrow, rename = "networkAcls")]
    network: Option<Rules<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Rules<'a> {
    #[serde(borrow, rename = "defaultAction")]
    default: Option<Cow<'a, str>>,
}

/// How a vault looks at the network a caller comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// Let in through a private endpoint.
    Private,
    /// Let in, or turned away, by an address of the internet.
    Selected,
}

impl<'a> Details<'a> {
    /// Of a record in resource-log form.
    pub(super) fn read(text: &'a str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    fn claims(&self) -> Option<&Claims<'a>> {
        let identity = self.identity.as_ref()?;
        identity.claim.as_ref().or(identity.claims.as_ref())
    }

    pub(super) fn resource_id(&self) -> Option<&str> {
        filled(self.resource_id.as_ref())
    }

    /// A text in which the vault's group and name stand as they were given, if there is one: the scope
    /// of a call to the management plane, or the address of one.
    pub(super) fn scope(&self) -> Option<&str> {
        let scope = self.identity.as_ref().and_then(|identity| identity.authorization.as_ref());
        let scope = scope.and_then(|authorization| filled(authorization.scope.as_ref()));
        let address = filled(self.properties.as_ref()?.request_uri.as_ref());
        scope.or(address.filter(|address| address.contains("/subscriptions/")))
    }

    /// The directory that issued the token: the GUID of `https://sts.windows.net/<guid>/`.
    pub(super) fn tenant(&self) -> Option<u128> {
        let issuer = filled(self.claims()?.iss.as_ref())?;
        issuer.split('/').find_map(guid)
    }

    /// The caller's user principal name, as spelled.
    pub(super) fn user(&self) -> Option<&str> {
        let claims = self.claims()?;
        let names = [&claims.upn, &claims.unique_name, &claims.uri_upn, &claims.uri_name];
        names.into_iter().find_map(|name| filled(name.as_ref()))
    }

    /// The resource that a managed identity belongs to.
    pub(super) fn managed(&self) -> Option<&str> {
        filled(self.claims()?.xms_mirid.as_ref())
    }

    /// How an application proved itself: 1 a secret, 2 a certificate.
    pub(super) fn proof(&self) -> Option<&str> {
        filled(self.claims()?.appidacr.as_ref())
    }

    /// The address that the token was issued to.
    pub(super) fn token_address(&self) -> Option<&str> {
        filled(self.claims()?.ipaddr.as_ref())
    }

    /// The name of the object, as spelled: the third part of its address.
    pub(super) fn object_name(&self) -> Option<&str> {
        let properties = self.properties.as_ref()?;
        let address = filled(properties.id.as_ref()).or(filled(properties.request_uri.as_ref()))?;
        let path = address.split_once("://").map_or(address, |(_, rest)| rest);
        path.split(['/', '?']).nth(2).filter(|name| !name.is_empty())
    }

    /// The region that a refusal names with the vault, or a request to write one: lower case, no blanks.
    pub(super) fn location(&self) -> Option<String> {
        let described = filled(self.description.as_ref()).and_then(|text| after(text, "location="));
        let asked = || {
            let body = filled(self.properties.as_ref()?.request_body.as_ref())?;
            let Body { location } = serde_json::from_str(body).ok()?;
            Some(location)
        };
        let found = described.map(str::to_owned).or_else(asked)?;
        let found = found.replace(' ', "").to_ascii_lowercase();
        let is_region = !found.is_empty()
            && found.len() <= MOST_REGION_BYTES
            && found.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_region.then_some(found)
    }

    /// The assignment that let the caller into the vault.
    pub(super) fn assignment(&self) -> Option<u128> {
        guid(filled(self.properties.as_ref()?.assignment.as_ref())?)
    }

    /// What the management plane says of a caller and nobody could make up, by name.
    pub(super) fn opaque(&self) -> impl Iterator<Item = (OpaqueClaim, &str)> {
        let evidence = self.identity.as_ref().and_then(|identity| {
            identity.authorization.as_ref()?.evidence.as_ref()?.assignment.as_ref()
        });
        let claims = self.claims();
        [
            (OpaqueClaim::Aio, claims.and_then(|claims| claims.aio.as_ref())),
            (OpaqueClaim::Puid, claims.and_then(|claims| claims.puid.as_ref())),
            (OpaqueClaim::Rh, claims.and_then(|claims| claims.rh.as_ref())),
            (
                OpaqueClaim::NameIdentifier,
                claims.and_then(|claims| claims.name_identifier.as_ref()),
            ),
            (OpaqueClaim::RoleAssignmentId, evidence),
        ]
        .into_iter()
        .filter_map(|(name, text)| Some((name, filled(text)?)))
        .filter(|(_, text)| text.len() <= MOST_CLAIM_BYTES)
    }

    /// The version of the programming interface that the caller asked for.
    pub(super) fn api_version(&self) -> Option<&str> {
        let address = filled(self.properties.as_ref()?.request_uri.as_ref())?;
        let (_, version) = address.split_once("api-version=")?;
        version.split('&').next().filter(|version| !version.is_empty())
    }

    pub(super) fn tls_version(&self) -> Option<&str> {
        filled(self.properties.as_ref()?.tls_version.as_ref())
    }

    /// Whether roles decide about access to the vault, and not access policies.
    pub(super) fn uses_roles(&self) -> Option<bool> {
        let properties = self.properties.as_ref()?;
        let settings = properties.properties.as_ref().and_then(|settings| settings.roles);
        settings.or(properties.is_role.map(|_| true)).or(properties.is_policy.map(|_| false))
    }

    /// What the record says of the vault's network; nothing of an open one.
    pub(super) fn door(&self) -> Option<Door> {
        let properties = self.properties.as_ref()?;
        let kind = filled(properties.address_kind.as_ref());
        if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("PrivateLink")) {
            return Some(Door::Private);
        }
        let rules = properties.properties.as_ref().and_then(|settings| settings.network.as_ref());
        let default = rules.and_then(|rules| filled(rules.default.as_ref()));
        let denies = default.is_some_and(|default| default.eq_ignore_ascii_case("Deny"));
        (properties.is_address_authorized.is_some() || denies).then_some(Door::Selected)
    }
}

/// What follows `name` in `text`, as far as letters and digits go.
fn after<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(name)?;
    rest.split(|one: char| !one.is_ascii_alphanumeric()).next()
}

fn filled<'t>(text: Option<&'t Cow<'_, str>>) -> Option<&'t str> {
    text.map(AsRef::as_ref).filter(|text: &&str| !text.is_empty())
}

/// The number in a GUID, with or without dashes.
pub(super) fn guid(text: &str) -> Option<u128> {
    let digits: String = text.chars().filter(|&one| one != '-').collect();
    // A sign would be taken for part of a number.
    let whole = digits.len() == 32
        && (text.len() == 32 || text.len() == 36)
        && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u128::from_str_radix(&digits, 16).ok();
    number.filter(|_| whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_spelled() {
        let text = r#"{"resourceId":"/SUBSCRIPTIONS/S","identity":{"claim":{"upn":"Ada@Contoso.example",
            "iss":"https://sts.windows.net/6a0c5f0e-0000-4000-8000-000000000001/","appidacr":"2"}},
            "properties":{"id":"https://kv.vault.azure.net/secrets/Sql--Password/1f","tlsVersion":null,
            "requestUri":"https://kv.vault.azure.net/secrets/Sql--Password/?api-version=7.4&x=1",
            "isAccessPolicyMatch":true,"addrAuthType":"PrivateLink","isAddressAuthorized":true}}"#;
        let details = Details::read(text);
        assert_eq!(details.resource_id(), Some("/SUBSCRIPTIONS/S"));
        assert_eq!(details.user(), Some("Ada@Contoso.example"));
        assert_eq!(details.tenant(), Some(0x6a0c_5f0e_0000_4000_8000_0000_0000_0001));
        assert_eq!(details.object_name(), Some("Sql--Password"));
        assert_eq!((details.api_version(), details.tls_version()), (Some("7.4"), None));
        assert_eq!((details.uses_roles(), details.door()), (Some(false), Some(Door::Private)));
        assert_eq!((details.proof(), details.scope()), (Some("2"), None));
        assert_eq!((details.location(), details.assignment()), (None, None));
    }

    #[test]
    fn regions_are_read_where_refusals_and_requests_name_them() {
        for (text, region) in [
            (r#"{"resultDescription":"Vault: kv-a;location=eastus2"}"#, Some("eastus2")),
            (
                r#"{"resultDescription":"Vault: kv-a;location=northeurope\nmore"}"#,
                Some("northeurope"),
            ),
            (r#"{"resultDescription":"Vault: kv-a;location="}"#, None),
            (
                r#"{"properties":{"requestbody":"{\"location\":\"East US 2\",\"tags\":{}}"}}"#,
                Some("eastus2"),
            ),
            (r#"{"properties":{"requestbody":"{\"location\":\"<b>\"}"}}"#, None),
        ] {
            assert_eq!(Details::read(text).location().as_deref(), region, "{text}");
        }
    }

    #[test]
    fn other_records_say_nothing() {
        for text in ["", "[]", r#"{"properties":"text"}"#, r#"{"identity":{"claim":[]}}"#] {
            let details = Details::read(text);
            assert_eq!((details.user(), details.object_name()), (None, None), "{text}");
        }
    }

    #[test]
    fn only_whole_guids_are_numbers() {
        assert_eq!(guid("0000000000000000000000000000000f"), Some(15));
        assert_eq!(guid("00000000-0000-0000-0000-00000000000f"), Some(15));
        for text in
            ["", "15", "+000000000000000000000000000000f", "00000000-0000-0000-0000-00000000000"]
        {
            assert_eq!(guid(text), None, "{text}");
        }
    }
}
