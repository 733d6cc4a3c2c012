//! What is learned of own logs: who and what is in them, counted by another reader as well; and an
//! estate file that names none of it and generates the like.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use vaultdrill::estate::{Casting, Fit};
use vaultdrill::event::{Batch, Origin, Ticks};
use vaultdrill::ingest::LineParser;
use vaultdrill_generators::Position;

use crate::{Named, id, lines, logs, output_of, text, values};

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
fn the_estate_file_names_nobody_and_generates_the_like() {
    let folder = logs().folder.path();
    output_of(folder, "estate fit logs --out fitted.toml");
    let file = fs::read_to_string(logs().path("fitted.toml")).unwrap();
    let own = values(&logs().path("logs/events.ndjson"));
    let words: BTreeSet<String> = own.iter().flat_map(identifying).collect();
    assert!(words.len() > 200, "{}", words.len());
    let lower = file.to_lowercase();
    let named: Vec<&String> = words.iter().filter(|word| lower.contains(word.as_str())).collect();
    assert!(named.is_empty(), "{named:?}\n{file}");

    output_of(
        folder,
        "generate --estate fitted.toml --attacks none --seed 9 --days 9 --warmup-days 6 --out like",
    );
    let like = values(&logs().path("like/events.ndjson"));
    let near = |what: &str, a: f64, b: f64, tolerance: f64| {
        assert!(a <= b * tolerance && b <= a * tolerance, "{what}: {a} and {b}\n{file}");
    };
    near("events", own.len() as f64, like.len() as f64, 1.5);
    let (a, b) = (Named::of(&own), Named::of(&like));
    near("identities", a.identities.len() as f64, b.identities.len() as f64, 1.35);
    near("vaults", a.vaults.len() as f64, b.vaults.len() as f64, 1.5);
    near("objects", a.objects.len() as f64, b.objects.len() as f64, 1.6);
    let share = |records: &[Value], status: u64| {
        let of = |record: &&Value| record["properties"]["httpStatusCode"] == status;
        records.iter().filter(of).count() as f64 / records.len() as f64
    };
    for status in [401, 403, 404] {
        near("errors", share(&own, status), share(&like, status), 2.5);
    }
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
