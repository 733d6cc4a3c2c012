//! Names of things: plausible words put together, never taken from anybody's tenant.

use crate::random::Stream;
use crate::tenant::Collection;

const APPLICATIONS: [&str; 24] = [
    "payments",
    "orders",
    "identity",
    "billing",
    "shipping",
    "catalog",
    "search",
    "pricing",
    "loyalty",
    "claims",
    "ledger",
    "notify",
    "reports",
    "portal",
    "gateway",
    "fraud",
    "inventory",
    "media",
    "support",
    "hr",
    "crm",
    "analytics",
    "telemetry",
    "archive",
];
const STAGES: [&str; 3] = ["prod", "test", "dev"];
const SYSTEMS: [&str; 16] = [
    "Sql",
    "Storage",
    "ServiceBus",
    "EventHub",
    "Redis",
    "Cosmos",
    "Smtp",
    "Stripe",
    "Graph",
    "Search",
    "Maps",
    "Signing",
    "Webhook",
    "Partner",
    "Vendor",
    "Legacy",
];
const PARTS: [&str; 10] = [
    "ConnectionString",
    "Password",
    "ApiKey",
    "AccountKey",
    "ClientSecret",
    "SasToken",
    "Token",
    "Passphrase",
    "Credential",
    "License",
];
const SERVICES: [&str; 12] = [
    "api",
    "worker",
    "web",
    "sync",
    "scheduler",
    "mailer",
    "importer",
    "exporter",
    "proxy",
    "batch",
    "indexer",
    "listener",
];
const GIVEN: [&str; 20] = [
    "ada", "ben", "chloe", "david", "elif", "felix", "grace", "hugo", "ines", "jonas", "karin",
    "liam", "mira", "noah", "olga", "paul", "quinn", "rosa", "sven", "tara",
];
const FAMILY: [&str; 16] = [
    "adler", "brandt", "costa", "duval", "eriksen", "fischer", "garcia", "hansen", "ivanova",
    "jensen", "keller", "lopez", "moreau", "novak", "okafor", "petit",
];

/// Three vaults, one per stage, belong to one application.
pub(super) fn application(vault: usize) -> String {
    let application = vault / STAGES.len();
    let word = APPLICATIONS[application % APPLICATIONS.len()];
    match application / APPLICATIONS.len() {
        0 => word.to_owned(),
        round => format!("{word}{}", round + 1),
    }
}

pub(super) fn stage(vault: usize) -> &'static str {
    STAGES[vault % STAGES.len()]
}

/// Vault names are at most 24 characters; some teams like capitals.
pub(super) fn vault(index: usize, stream: &mut Stream) -> String {
    let name = format!("kv-{}-{}", application(index), stage(index));
    if stream.chance(0.15) { capitals(&name) } else { name }
}

/// Names of the style its team uses; unique within a vault by `index`.
pub(super) fn object(
    collection: Collection,
    index: usize,
    dashed: bool,
    stream: &mut Stream,
) -> String {
    let (system, part) = (*stream.pick(&SYSTEMS), *stream.pick(&PARTS));
    match (collection, dashed) {
        (Collection::Secrets, false) if stream.chance(0.3) => format!("{system}--{part}{index}"),
        (Collection::Secrets, false) => format!("{system}{part}{index}"),
        (Collection::Secrets, true) => {
            format!("{}-{}-{index}", system.to_lowercase(), part.to_lowercase())
        }
        (Collection::Keys, _) => format!("cmk-{}-{index}", system.to_lowercase()),
        (Collection::Certificates, _) => format!("tls-{}-contoso-{index}", system.to_lowercase()),
    }
}

pub(super) fn person(index: usize, domain: &str) -> String {
    let given = GIVEN[index % GIVEN.len()];
    let family = FAMILY[(index / GIVEN.len() + index) % FAMILY.len()];
    let number = index / (GIVEN.len() * FAMILY.len());
    let suffix = if number == 0 { String::new() } else { number.to_string() };
    format!("{given}.{family}{suffix}@{domain}")
}

/// Guests keep the address they came with.
pub(super) fn guest(index: usize) -> String {
    format!("live.com#consultant{}@partner.example", index + 1)
}

pub(super) fn service(prefix: &str, vault: usize, index: usize, stream: &mut Stream) -> String {
    format!("{prefix}-{}-{}-{index}", application(vault), stream.pick(&SERVICES))
}

fn capitals(name: &str) -> String {
    let mut upper = true;
    let letters = name.chars().map(|letter| {
        let shown = if upper { letter.to_ascii_uppercase() } else { letter };
        upper = letter == '-';
        shown
    });
    letters.collect()
}
