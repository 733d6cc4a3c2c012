//! Random records: the keys that matter in any order, with values drawn from pools that hold every case
//! the format knows.

use proptest::prelude::*;
use serde_json::Value;

pub(crate) const URI: &str = "http://schemas.microsoft.com/identity/claims/";
pub(crate) const SOAP: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
const GUIDS: [&str; 4] = [
    "00000000-0000-4000-8000-00000000000A",
    "00000000-0000-4000-8000-00000000000b",
    "000000000000400080000000000000CC",
    "not-a-guid",
];

/// JSON text of one of these strings, and now and then of something else.
fn one_of(texts: &[&str]) -> BoxedStrategy<String> {
    let texts: Vec<_> = texts.iter().map(|text| Value::from(*text).to_string()).collect();
    let odd = ["null", "7", "[]", "{}", "\"\"", "true", "[{\"objectId\":\"x\"}]"];
    prop_oneof![25 => prop::sample::select(texts), 1 => prop::sample::select(odd.to_vec()).prop_map(str::to_owned)]
        .boxed()
}

/// JSON text of an object with most of these members, in any order, some of them twice.
fn object(members: Vec<(String, BoxedStrategy<String>)>) -> BoxedStrategy<String> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(key, value)| {
            let key = Value::from(key).to_string();
            let times = prop_oneof![1 => Just(0_usize), 18 => Just(1), 1 => Just(2)];
            times.prop_flat_map(move |times| prop::collection::vec(value.clone(), times)).prop_map(
                move |values| {
                    values.into_iter().map(|value| format!("{key}:{value}")).collect::<Vec<_>>()
                },
            )
        })
        .collect();
    members
        .prop_map(|members| members.concat())
        .prop_shuffle()
        .prop_map(|members| format!("{{{}}}", members.join(",")))
        .boxed()
}

fn members<const N: usize>(
    members: [(&str, BoxedStrategy<String>); N],
) -> Vec<(String, BoxedStrategy<String>)> {
    members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn any_claims() -> BoxedStrategy<String> {
    let names = ["Ada@contoso.example", "live.com#Bob@contoso.example"];
    let mut claims = members([
        ("oid", one_of(&GUIDS)),
        ("appid", one_of(&["509E4652-da8d-478d-a730-e9d4a1996ca4", GUIDS[1], GUIDS[2]])),
        ("idtyp", one_of(&["user", "app", "app", ""])),
        ("upn", one_of(&names)),
        ("unique_name", one_of(&names)),
        ("scp", one_of(&["user_impersonation"])),
        ("xms_mirid", one_of(&["/subscriptions/s"])),
    ]);
    claims.push((format!("{URI}objectidentifier"), one_of(&GUIDS)));
    claims.push((format!("{URI}scope"), one_of(&["user_impersonation"])));
    claims.push((format!("{SOAP}upn"), one_of(&names)));
    claims.push((format!("{SOAP}name"), one_of(&names)));
    // Most tokens have few of these: leave each out half of the time once more.
    prop::collection::vec(any::<bool>(), claims.len())
        .prop_flat_map(move |keep| {
            let kept = claims.iter().zip(keep).filter(|(_, keep)| *keep).map(|(c, _)| c.clone());
            object(kept.collect())
        })
        .boxed()
}

fn any_policies(key: &'static str) -> BoxedStrategy<String> {
    let policy = object(members([(key, one_of(&GUIDS)), ("TenantId", one_of(&["t"]))]));
    let list = prop::collection::vec(policy.clone(), 0..4)
        .prop_map(|policies| format!("[{}]", policies.join(",")));
    prop_oneof![policy, list, Just("null".to_owned())].boxed()
}

/// `null` half of the time.
fn maybe(value: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop_oneof![Just("null".to_owned()), value].boxed()
}

fn any_body() -> BoxedStrategy<String> {
    let settings = object(members([
        ("principalId", maybe(one_of(&GUIDS))),
        ("accessPolicies", maybe(any_policies("objectId"))),
        ("sku", maybe(one_of(&["standard"]))),
        ("publicNetworkAccess", maybe(one_of(&["Enabled"]))),
        ("enablePurgeProtection", one_of(&["yes"])),
    ]));
    let body = object(members([("properties", settings), ("location", one_of(&["l"]))]));
    prop_oneof![9 => body, 1 => Just("{oops".to_owned())]
        .prop_map(|body| Value::from(body).to_string())
        .boxed()
}

fn any_properties() -> BoxedStrategy<String> {
    let urls = [
        "https://Contoso.vault.azure.net/secrets/Db/0123456789abcdef0123456789abcdef",
        "https://contoso.vault.azure.net/deletedkeys/Key/recover?api-version=7.4",
        "https://contoso.vault.azure.net/secrets/restore?api-version=7.4",
        "https://contoso.vault.azure.net:8443/Certificates?maxresults=25",
        "https://contoso.managedhsm.azure.net/certificates/issuers/ca",
        "https://management.azure.com/subscriptions/s",
        "https://contoso.vault.azure.net/",
        "nonsense",
    ];
    let codes =
        ["200", "201", "401", "403", "403.0", "403.5", "404", "429", "500", "-1", "99", "\"404\""];
    let phrases = ["OK", "Forbidden", "Not Found", "x"];
    let status = prop::sample::select(codes.to_vec()).prop_map(str::to_owned).boxed();
    let kind = one_of(&["application/x-pkcs12", "text/plain"]);
    object(members([
        ("id", one_of(&urls)),
        ("requestUri", one_of(&urls)),
        ("clientInfo", one_of(&["Client/1.0 \u{e9}\n", "curl/8"])),
        ("httpStatusCode", status.clone()),
        ("statusCode", prop_oneof![status, one_of(&phrases)].boxed()),
        ("secretProperties", object(members([("type", kind)]))),
        (
            "addedAccessPolicy",
            prop_oneof![Just("null".to_owned()), any_policies("ObjectId")].boxed(),
        ),
        ("removedAccessPolicy", maybe(any_policies("ObjectId"))),
        ("addedIpRule", one_of(&["203.0.113.0/24"])),
        ("requestbody", any_body()),
    ]))
}

/// JSON text of a record: of a vault, of the Activity Log, or of something else; every value is now and
/// then missing, repeated or of the wrong type.
pub(crate) fn any_record() -> BoxedStrategy<String> {
    let operations = [
        "SecretGet",
        "secretget",
        "KEYBACKUP",
        "SecretRestore",
        "KeySign",
        "CertificateList",
        "VaultPatch",
        "Authentication",
        "New",
        "MICROSOFT.KEYVAULT/VAULTS/WRITE",
        "Microsoft.KeyVault/vaults/accessPolicies/write",
        "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE",
        "MICROSOFT.KEYVAULT/LOCATIONS/DELETEDVAULTS/PURGE/ACTION",
        "MICROSOFT.WEB/SITES/DELETE",
    ];
    let resources = [
        "/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/CONTOSO",
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/Contoso/accessPolicies/remove",
        "/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.KEYVAULT/LOCATIONS/REGION/DELETEDVAULTS/CONTOSO",
        "/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.WEB/SITES/W",
        "/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/R",
        "/SUBSCRIPTIONS/S",
        "",
    ];
    let addresses =
        ["203.0.113.7", "203.0.113.7:80", "2001:DB8::7", "[2001:db8:1:2::7]:443", "<masked>"];
    let times =
        ["2026-01-02T03:04:05.1234567Z", "2026-01-02T03:04:05+01:00", "2026-01-02T03:04:06Z"];
    let categories =
        ["AuditEvent", "auditevent", "Administrative", "administrative", "Delete", "Other"];
    let signatures = ["OK", "Forbidden", "Failed.Forbidden", "Succeeded.", "Not Found", "x"];
    let claims = object(members([("claim", any_claims()), ("claims", any_claims())]));
    let identity = prop_oneof![5 => claims, 1 => Just("{}".to_owned())].boxed();
    object(members([
        ("time", one_of(&times)),
        ("category", one_of(&categories)),
        ("operationName", one_of(&operations)),
        ("resultType", one_of(&["Start", "Accept", "Success", "Failure"])),
        ("resultSignature", one_of(&signatures)),
        ("callerIpAddress", one_of(&addresses)),
        ("correlationId", one_of(&["ABC-1", "x"])),
        ("identity", identity),
        ("properties", any_properties()),
        ("resourceId", one_of(&resources)),
        ("level", one_of(&["Information"])),
    ]))
}
