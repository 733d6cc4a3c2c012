//! Well-formed records in Azure's shape, composed from the documented format; every id is invented.

const SUBSCRIPTION: &str = "00000000-0000-4000-8000-0000000000AA";
const VAULT_ID: &str = "/RESOURCEGROUPS/CONTOSO-RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/CONTOSO-KV";

/// Record number `n` of a mix: mostly reads by managed identities, with challenges, lists, denials,
/// people, vault patches and the Activity Log's pairs between them.
pub(crate) fn record(n: u64) -> String {
    match n % 20 {
        0..=8 => secret_get(n, 200),
        9 => secret_get(n, 403),
        10..=13 => challenge(n),
        14 | 15 => secret_list(n),
        16 => key_unwrap(n),
        17 => vault_patch(n),
        18 => vault_write(n, true),
        _ => vault_write(n, false),
    }
}

fn secret_get(n: u64, status: u16) -> String {
    let (signature, description) = match status {
        200 => ("OK", String::new()),
        _ => (
            "Forbidden",
            format!(
                r#""resultDescription":"Caller is not authorized to perform action on resource.\r\nCaller: {}","#,
                guid(7)
            ),
        ),
    };
    let claim = format!(
        r#"{{"oid":"{}","appid":"{}","appidacr":"2","idtyp":"app","iss":"https://sts.windows.net/{}/","xms_az_nwperimid":[],"xms_mirid":"/subscriptions/{}/resourcegroups/contoso-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader-{}"}}"#,
        guid(n % 97),
        guid(n % 89),
        guid(1),
        SUBSCRIPTION.to_lowercase(),
        n % 97
    );
    let properties = format!(
        r#"{{"id":"https://contoso-kv.vault.azure.net/secrets/Database-{0}/{1:032x}","clientInfo":"azsdk-net-Security.KeyVault.Secrets/4.5.0 (.NET 8.0.1; Ubuntu 22.04)","httpStatusCode":{status},"requestUri":"https://contoso-kv.vault.azure.net/secrets/Database-{0}/?api-version=7.4","isAccessPolicyMatch":true,"secretProperties":{{"type":"text/plain","attributes":{{"enabled":true}}}},"tlsVersion":"TLS1_3"}}"#,
        n % 31,
        n % 31
    );
    audit("SecretGet", n, &description, &claim, &properties, "7.4", signature)
}

fn challenge(n: u64) -> String {
    let properties = format!(
        r#"{{"clientInfo":"azsdk-net-Security.KeyVault.Secrets/4.5.0 (.NET 8.0.1; Ubuntu 22.04)","httpStatusCode":401,"requestUri":"https://contoso-kv.vault.azure.net/secrets/Database-{}/?api-version=7.4","tlsVersion":"TLS1_3"}}"#,
        n % 31
    );
    audit("Authentication", n, "", "", &properties, "7.4", "Unauthorized")
}

fn secret_list(n: u64) -> String {
    let properties = r#"{"clientInfo":"Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0","httpStatusCode":200,"requestUri":"https://contoso-kv.vault.azure.net/secrets?api-version=7.0&maxresults=25&_=1712127259280","isAccessPolicyMatch":true,"tlsVersion":"TLS1_3"}"#;
    audit("SecretList", n, "", &person(n), properties, "7.0", "OK")
}

fn key_unwrap(n: u64) -> String {
    let properties = format!(
        r#"{{"id":"https://contoso-kv.vault.azure.net/keys/disk/{n:032x}","algorithm":"RSA-OAEP","clientInfo":"","httpStatusCode":200,"requestUri":"https://contoso-kv.vault.azure.net/keys/disk/{n:032x}/unwrapkey?api-version=7.2","isRbacAuthorized":true,"keyProperties":{{"type":"RSA","size":2048,"attributes":{{"enabled":true,"exp":null}}}},"tlsVersion":"TLS1_2"}}"#
    );
    audit("KeyUnwrap", n, "", &person(n), &properties, "7.2", "OK")
}

fn vault_patch(n: u64) -> String {
    let claim = format!(
        r#"{{"http://schemas.microsoft.com/identity/claims/objectidentifier":"{}","http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"admin@contoso.example","http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":"admin@contoso.example","appid":"{}"}}"#,
        guid(3),
        guid(4)
    );
    let properties = format!(
        r#"{{"id":"https://contoso-kv.vault.azure.net/","clientInfo":"AZURECLI/2.64.0","requestUri":"https://management.azure.com/subscriptions/{}/resourceGroups/contoso-rg/providers/Microsoft.KeyVault/vaults/contoso-kv?api-version=2023-07-01","httpStatusCode":200,"addedAccessPolicy":{{"TenantId":"{}","ObjectId":"{}","Permissions":{{"keys":[],"secrets":["get","list"],"certificates":[]}}}},"properties":{{"sku":{{"Family":"A","Name":"Standard","Capacity":null}},"networkAcls":{{"bypass":"AzureServices","defaultAction":"Allow"}},"enableSoftDelete":true,"softDeleteRetentionInDays":90,"enablePurgeProtection":null}}}}"#,
        SUBSCRIPTION.to_lowercase(),
        guid(1),
        guid(n)
    );
    audit("VaultPatch", n, "", &claim, &properties, "2023-07-01", "OK")
}

fn person(n: u64) -> String {
    format!(
        r#"{{"oid":"{}","appid":"{}","scp":"user_impersonation","appidacr":"0","upn":"User{}@contoso.example","ipaddr":"203.0.113.9","unique_name":"User{}@contoso.example","amr":"pwd"}}"#,
        guid(n % 53),
        guid(5),
        n % 53,
        n % 53
    )
}

fn audit(
    operation: &str,
    n: u64,
    description: &str,
    claim: &str,
    properties: &str,
    version: &str,
    signature: &str,
) -> String {
    let identity =
        if claim.is_empty() { "{}".to_owned() } else { format!(r#"{{"claim":{claim}}}"#) };
    format!(
        r#"{{"time":"{}","category":"AuditEvent","operationName":"{operation}","resultType":"Success",{description}"correlationId":"{}","callerIpAddress":"203.0.113.{}","identity":{identity},"properties":{properties},"resourceId":"/SUBSCRIPTIONS/{SUBSCRIPTION}{VAULT_ID}","operationVersion":"{version}","resultSignature":"{signature}","durationMs":"{}"}}"#,
        time(n),
        guid(1_000_000 + n),
        n % 250,
        n % 40
    )
}

/// The Activity Log's `Start`, with its request body, or its `Success`.
fn vault_write(n: u64, start: bool) -> String {
    let scope = format!(
        "/subscriptions/{}/resourceGroups/contoso-rg/providers/Microsoft.KeyVault/vaults/contoso-kv",
        SUBSCRIPTION.to_lowercase()
    );
    let (result, signature, duration, outcome) = if start {
        let body = format!(
            r#"{{\"location\":\"westeurope\",\"properties\":{{\"sku\":{{\"family\":\"A\",\"name\":\"standard\"}},\"accessPolicies\":[{{\"tenantId\":\"{}\",\"objectId\":\"{}\",\"permissions\":{{\"secrets\":[\"get\"]}}}},{{\"objectId\":\"{}\"}}]}}}}"#,
            guid(1),
            guid(n),
            guid(2)
        );
        ("Start", "Started.", 0, format!(r#""requestbody":"{body}""#))
    } else {
        ("Success", "Succeeded.OK", 194, r#""statusCode":"OK","serviceRequestId":null"#.to_owned())
    };
    format!(
        r#"{{"RoleLocation":"West Europe","ReleaseVersion":"6.2026.1.1","time":"{}","resourceId":"{}","operationName":"MICROSOFT.KEYVAULT/VAULTS/WRITE","category":"Administrative","resultType":"{result}","resultSignature":"{signature}","durationMs":"{duration}","callerIpAddress":"198.51.100.{}","correlationId":"{}","identity":{{"authorization":{{"scope":"{scope}","action":"Microsoft.KeyVault/vaults/write","evidence":{{"role":"Contributor","roleAssignmentScope":"/subscriptions/{}","principalId":"{:032x}","principalType":"User"}}}},"claims":{{"aud":"https://management.core.windows.net/","iss":"https://sts.windows.net/{}/","iat":"1767225600","nbf":"1767225600","exp":"1767229200","http://schemas.microsoft.com/claims/authnclassreference":"1","http://schemas.microsoft.com/claims/authnmethodsreferences":"pwd,mfa","appid":"{}","appidacr":"0","groups":"{},{},{}","idtyp":"user","ipaddr":"198.51.100.7","name":"Ada Min","http://schemas.microsoft.com/identity/claims/objectidentifier":"{}","puid":"1003200000000000","http://schemas.microsoft.com/identity/claims/scope":"user_impersonation","http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier":"invented","http://schemas.microsoft.com/identity/claims/tenantid":"{}","http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name":"admin@contoso.example","http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn":"admin@contoso.example","uti":"invented","ver":"1.0"}}}},"level":"Information","location":"global","properties":{{"eventCategory":"Administrative","entity":"{scope}","message":"Microsoft.KeyVault/vaults/write","hierarchy":"{}",{outcome}}},"tenantId":"{}"}}"#,
        time(n),
        scope.to_uppercase(),
        n % 250,
        guid(2_000_000 + n / 2),
        SUBSCRIPTION.to_lowercase(),
        n,
        guid(1),
        guid(4),
        guid(31),
        guid(32),
        guid(33),
        guid(3),
        guid(1),
        guid(1),
        guid(1)
    )
}

fn guid(n: u64) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}

fn time(n: u64) -> String {
    let second = n / 3;
    format!(
        "2026-01-{:02}T{:02}:{:02}:{:02}.{:07}Z",
        1 + second / 86_400 % 28,
        second / 3600 % 24,
        second / 60 % 60,
        second % 60,
        n * 7_919_777 % 10_000_000
    )
}
