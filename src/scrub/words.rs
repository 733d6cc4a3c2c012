//! What identifies nobody: words of Azure's own addresses and messages, its services, regions and roles.
//!
//! Everything here is public and the same for every tenant. Words are listed, not matched by pattern: a
//! word that is missing costs a readable word, one too many could let a name through.

/// Segments of resource ids and of a vault's addresses, and words that values are made of.
const ADDRESS_WORDS: &str = "\
    http https subscriptions resourcegroups providers vaults managedhsms secrets keys certificates \
    storage deletedsecrets deletedkeys deletedcertificates deletedvaults deletedmanagedhsms \
    locations versions backup restore recover pending policy issuers contacts api-version maxresults \
    x-ms-include-der _ privatelink roleassignments roledefinitions accesspolicies \
    privateendpointconnections privateendpointconnectionproxies diagnosticsettings add remove \
    replace tenants managementgroups true false null none standard premium global user_impersonation \
    ext preview fwlink linkid ws identity claims azureservices allow deny user group \
    serviceprincipal application systemassigned userassigned rsa ec oct rsa-hsm ec-hsm oct-hsm all \
    get list set delete purge update import create sign verify encrypt decrypt wrapkey unwrapkey \
    release rotate getrotationpolicy setrotationpolicy managecontacts manageissuers getissuers \
    listissuers setissuers deleteissuers";

/// Words of the sentences that services write into `resultDescription` and the like.
const MESSAGE_WORDS: &str = "\
    a able access action address akv10000 akv10032 akv10046 allowed an and appid are assignment \
    assignments authorized be bearer because caller cannot changed client command correct current \
    decisionreason definitions deleted denied deny denyassignmentid disabled does error expired \
    first flow for forbidden found from from-infra go group have help id if in invalid is iss issue \
    issuer it its key keyvault location may missing mtls_pop name network not numgroups oauth object \
    obo observe of oid on on-behalf-of operation or party perform permission permissions please \
    policy pop processed propagation public received recently recover recovery request requests \
    requires resolving resource role secret certificate see service state the this tid time to token \
    too many trusted use user using vault was were with you your";

/// Words that client strings are made of, in parts: products, platforms, and what versions end with.
const CLIENT_WORDS: &str = "\
    aks alpha amd apache apple applewebkit arm armkeyvault asp autorest az azcertificates azidentity \
    azkeys azsdk azsecrets azure azurecli azurepowershell azureresourcegraph azurerm backup beta \
    certificates chrome cli client com core cpp csi curl darwin data dataplane debian dev docker \
    dotnet edg edge el external firefox fxversion gecko generic git glibc global go gzip hashicorp \
    http httpclient https identity ingestionworkerservice intel invoke io ios java javascript js \
    keys keyvault keyvaultclient khtml lib like linux lts mac macintosh macos management mgmt \
    microsoft mozilla msi musl net node nodejs nt okhttp openjdk operator os osname osversion pl \
    plugin policyinsights postmanruntime powershell preview provider ps psversion pulumi python rc \
    release requests resourcemanager rest restmethod rhel runtime rust rv safari sdk secret secrets \
    security services sp store terraform ubuntu unix urllib v version vss vsts wget webkit win \
    windows windowspowershell with www x x86";

/// Hosts and domains of Microsoft's and others' services that everybody uses.
const DOMAINS: &str = "\
    azure.com azure.net azurewebsites.net go.microsoft.com graph.microsoft.com graph.windows.net \
    live.com login.microsoftonline.com login.windows.net managedhsm.azure.net management.azure.com \
    management.core.windows.net microsoft.com onmicrosoft.com schemas.microsoft.com \
    schemas.xmlsoap.org sts.windows.net terraform.io vault.azure.cn vault.azure.net \
    vault.microsoftazure.de vault.usgovcloudapi.net vaultcore.azure.net windows.net www.terraform.io";

/// Names of Azure's regions.
const REGIONS: &str = "\
    australiacentral australiacentral2 australiaeast australiasoutheast austriaeast brazilsouth \
    brazilsoutheast canadacentral canadaeast centralindia centralus chilecentral eastasia eastus \
    eastus2 francecentral francesouth germanynorth germanywestcentral indonesiacentral israelcentral \
    italynorth japaneast japanwest jioindiacentral jioindiawest koreacentral koreasouth malaysiawest \
    mexicocentral newzealandnorth northcentralus northeurope norwayeast norwaywest polandcentral \
    qatarcentral southafricanorth southafricawest southcentralus southeastasia southindia \
    spaincentral swedencentral swedensouth switzerlandnorth switzerlandwest uaecentral uaenorth \
    uksouth ukwest westcentralus westeurope westindia westus westus2 westus3";

/// Ids that mean the same in every tenant, beside those of roles and first-party services: the nil id,
/// applications through which people call, and roles of the directory.
const IDS: &[&str] = &[
    "00000000-0000-0000-0000-000000000000",
    "00000003-0000-0000-c000-000000000000", // Graph
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46", // Azure CLI
    "14d82eec-204b-4c2f-b7e8-296a70dab67e", // Graph PowerShell
    "1950a258-227b-4e31-a9cf-717495945fc2", // Azure PowerShell
    "62e90394-69f5-4237-9190-012177145e10", // Global Administrator
    "872cd9fa-d31f-45e0-9eab-6e460a02d1f1", // Visual Studio
    "aebc6443-996d-45c2-90f0-388ff96faa56", // Visual Studio Code
    "b79fbf4d-3ef9-4689-8143-76b194e85509", // every member
    "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", // portal
];

/// Content types that say what a secret is.
const CONTENT_TYPES: &[&str] =
    &["application/x-pkcs12", "application/x-pem-file", "application/json", "text/plain"];

/// Roles whose names do not come with the list of ids.
const ROLE_NAMES: &[&str] = &["Subscription Owner", "Azure EventGrid Service BuiltIn Role"];

fn holds(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether `word` is a word of addresses, or the name of a region.
pub(super) fn is_of_addresses(word: &str) -> bool {
    holds(ADDRESS_WORDS, word) || holds(REGIONS, word)
}

/// Whether `name` is that of a region, or of none.
pub(super) fn is_region(name: &str) -> bool {
    name == "global" || holds(REGIONS, name)
}

pub(super) fn is_of_messages(word: &str) -> bool {
    holds(MESSAGE_WORDS, word)
}

pub(super) fn is_of_clients(word: &str) -> bool {
    holds(CLIENT_WORDS, word)
}

pub(super) fn is_content_type(text: &str) -> bool {
    CONTENT_TYPES.iter().any(|known| known.eq_ignore_ascii_case(text))
}

/// Whether `name` is that of a built-in role.
pub(super) fn is_role(name: &str) -> bool {
    let roles = crate::ingest::ROLES.iter().map(|(_, name)| name);
    roles.chain(ROLE_NAMES).any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether the GUID with these lower-case digits means the same in every tenant.
pub(super) fn is_public_id(digits: &str) -> bool {
    let is = |known: &str| known.bytes().filter(|byte| *byte != b'-').eq(digits.bytes());
    let roles = crate::ingest::ROLES.iter().map(|(id, _)| *id);
    IDS.iter().copied().chain(roles).chain(crate::ingest::FIRST_PARTY_APPS).any(is)
}

/// The longest end of `host` that is a domain of [`DOMAINS`], as it stands there, from its first
/// label on.
pub(super) fn public_domain(host: &str) -> Option<&str> {
    let starts = std::iter::once(0).chain(host.match_indices('.').map(|(at, _)| at + 1));
    starts.map(|at| &host[at..]).find(|domain| holds(DOMAINS, domain))
}
