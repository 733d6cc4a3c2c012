//! What is learned of own logs: who and what is in them, counted by another reader as well; and an
//! estate file that names none of it and generates the like.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use vaultdrill::estate::{Casting, Fit};
use vaultdrill::event::{Batch, Origin, Ticks};
use vaultdrill::ingest::LineParser;
use vaultdrill_generators::Position;

use crate::{Named, foreign, id, lines, logs, output_of, text, values};

fn casting() -> Casting {
    let (mut fit, mut parser) = (Fit::default(), LineParser::new());
    for line in lines(&logs().path("logs")) {
        let mut batch = Batch::default();
        parser.parse(line.as_bytes(), Origin::default(), &mut batch).unwrap();
        fit.take(&batch.view(0), &line);
    }
    fit.cast(Ticks::MAX)
}

fn guid(value: u128) -> String {
    let digits = format!("{value:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
    parts.join("-")
}

#[test]
fn everybody_and_everything_in_the_logs_is_in_the_cast() {
    let own = Named::of(&values(&logs().path("logs/events.ndjson")));
    let Casting { cast, summary } = casting();
    let identities: BTreeSet<String> =
        cast.identities.iter().map(|one| guid(one.object_id)).collect();
    assert_eq!(identities, own.identities);
    let clients: BTreeSet<String> = cast.clients.iter().map(|one| one.agent.clone()).collect();
    assert_eq!(clients, own.clients);
    // Vaults that came and went within a day are not there any more.
    let short_lived = |vault: &String| vault.starts_with("kv-pr-");
    let standing: BTreeSet<String> =
        own.vaults.iter().filter(|vault| !short_lived(vault)).cloned().collect();
    let vaults: BTreeSet<String> = cast.vaults.iter().map(|one| one.name.to_lowercase()).collect();
    assert_eq!(vaults, standing);
    let left_out: usize = summary.vaults_left_out.values().sum();
    assert_eq!(left_out, own.vaults.len() - standing.len());
    for vault in &cast.vaults {
        for (collection, objects) in [
            ("secrets", &vault.secrets),
            ("keys", &vault.keys),
            ("certificates", &vault.certificates),
        ] {
            for object in objects {
                let name = format!("{}/{collection}/{}", vault.name, object.name).to_lowercase();
                assert!(own.objects.contains(&name), "{name}");
            }
        }
    }
    let found: usize = cast
        .vaults
        .iter()
        .map(|one| one.secrets.len() + one.keys.len() + one.certificates.len())
        .sum();
    let standing = own.objects.iter().filter(|object| !object.starts_with("kv-pr-")).count();
    // What was deleted is not there any more.
    assert!(found <= standing && found * 10 >= standing * 9, "{found} of {standing}");
    for one in &cast.identities {
        let seen: Vec<u32> =
            one.public.iter().map(|&(address, _)| address).chain(one.private.clone()).collect();
        let seen = seen.into_iter().map(|address| std::net::Ipv4Addr::from(address).to_string());
        let missing: Vec<&String> = {
            let seen: BTreeSet<String> = seen.collect();
            own.addresses[&guid(one.object_id)]
                .iter()
                .filter(|address| !seen.contains(*address))
                .collect()
        };
        assert!(missing.is_empty() || one.public.len() >= 64, "{missing:?}");
    }
}

/// The small estate has one administrator, six other people, a guest, two pipelines, a backup job.
#[test]
fn positions_are_told_by_what_identities_do() {
    let Casting { cast, .. } = casting();
    let count = |position| cast.identities.iter().filter(|one| one.position == position).count();
    assert_eq!(count(Position::Guest), 1);
    assert_eq!(count(Position::Administrator) + count(Position::User), 7);
    assert_eq!(count(Position::Cryptography), 2);
    assert!((1..=3).contains(&count(Position::Pipeline)), "{}", count(Position::Pipeline));
    assert!((1..=3).contains(&count(Position::Automation)), "{}", count(Position::Automation));
}

#[test]
fn the_estate_file_names_nobody() {
    let folder = logs().folder.path();
    output_of(folder, "estate fit logs --out fitted.toml");
    let file = fs::read_to_string(logs().path("fitted.toml")).unwrap();
    let own = values(&logs().path("logs/events.ndjson"));
    let words: BTreeSet<String> = own.iter().flat_map(identifying).collect();
    assert!(words.len() > 200, "{}", words.len());
    let lower = file.to_lowercase();
    let named: Vec<&String> = words.iter().filter(|word| lower.contains(word.as_str())).collect();
    assert!(named.is_empty(), "{named:?}\n{file}");
}

/// How far a corpus of a fitted estate may be from the logs, as a ratio of the larger to the smaller: counts
/// of records, identities, vaults and objects, and shares of errors. Each pair of seeds must hold.
const TOLERANCES: [(&str, f64); 5] =
    [("records", 1.75), ("identities", 1.5), ("vaults", 1.5), ("objects", 2.25), ("errors", 2.5)];
/// Seeds of the logs, and of the corpora that are generated from what was fitted to them.
const SEEDS: [(u64, u64); 4] = [(5, 9), (21, 31), (22, 32), (23, 33)];

/// What [`TOLERANCES`] are of.
fn sizes(records: &[Value]) -> [f64; 5] {
    let named = Named::of(records);
    let is_error = |record: &&Value| {
        [401, 403, 404].iter().any(|&status| record["properties"]["httpStatusCode"] == status)
    };
    let errors = records.iter().filter(is_error).count() as f64 / records.len() as f64;
    let counts = [records.len(), named.identities.len(), named.vaults.len(), named.objects.len()];
    let [records, identities, vaults, objects] = counts.map(|count| count as f64);
    [records, identities, vaults, objects, errors]
}

#[test]
fn a_fitted_estate_generates_the_like_whatever_the_seeds() {
    let folder = tempfile::tempdir().unwrap();
    let mut far = Vec::new();
    for (own, like) in SEEDS {
        let name = format!("own-{own}");
        foreign::logs(folder.path(), own, &name);
        output_of(folder.path(), &format!("estate fit {name} --out {name}.toml"));
        output_of(
            folder.path(),
            &format!(
                "generate --estate {name}.toml --attacks none --seed {like} --days 9 --warmup-days 6 --out like-{own}"
            ),
        );
        let read =
            |corpus: String| sizes(&values(&folder.path().join(corpus).join("events.ndjson")));
        let sizes = read(name).into_iter().zip(read(format!("like-{own}")));
        for ((what, tolerance), (a, b)) in TOLERANCES.into_iter().zip(sizes) {
            let ratio = a.max(b) / a.min(b);
            if ratio.is_nan() || ratio > tolerance {
                far.push(format!("{what} of seeds {own} and {like}: {a} and {b}, {ratio:.2}"));
            }
        }
    }
    assert!(far.is_empty(), "{far:#?}");
}

/// Whatever in a record could tell whose it is, in lower case: ids, names, domains, addresses.
fn identifying(record: &Value) -> Vec<String> {
    let mut words = vec![
        id(record),
        text(record, "/callerIpAddress").to_owned(),
        text(record, "/tenantId").to_owned(),
    ];
    words.extend(text(record, "/resourceId").split('/').map(str::to_owned));
    words.extend(text(record, "/properties/id").split(['/', '.']).map(str::to_owned));
    for claims in ["/identity/claim", "/identity/claims"] {
        for (name, value) in record.pointer(claims).and_then(Value::as_object).into_iter().flatten()
        {
            if !["idtyp", "amr", "scp", "appidacr"].contains(&name.as_str()) {
                words.extend(
                    value.as_str().unwrap_or_default().split(['@', '/', '#']).map(str::to_owned),
                );
            }
        }
    }
    // What every tenant has.
    let common = [
        "subscriptions",
        "resourcegroups",
        "providers",
        "microsoft.keyvault",
        "vaults",
        "https:",
        "vault",
        "azure",
        "secrets",
        "keys",
        "certificates",
        "identity",
        "claims",
        "live.com",
        "objectidentifier",
        "pipelines",
        "sites",
        "administrators",
    ];
    words
        .into_iter()
        .map(|word| word.to_lowercase())
        .filter(|word| word.len() > 4 && !common.contains(&word.as_str()))
        .collect()
}
