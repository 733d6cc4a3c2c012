//! What every estate and every attack comes to at a fixed seed. A change that moves a byte is seen
//! here; an intended one updates the file in the same commit:
//!
//!     UPDATE_FINGERPRINTS=1 cargo test -p vaultdrill-generators fingerprints

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::common::{Corpus, estate_named, record_key, scenario_files, step_key};

/// Records of one estate without attacks, or those of one attack.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Fingerprint {
    /// Of the records, each with its line end.
    sha256: String,
    events: u64,
    /// Of operation and status: bits per record, to a thousandth.
    entropy_bits: f64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Fingerprints {
    estates: BTreeMap<String, Fingerprint>,
    attacks: BTreeMap<String, Fingerprint>,
}

impl Fingerprint {
    fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let (mut hasher, mut kinds, mut events) = (Sha256::new(), BTreeMap::new(), 0_u64);
        for line in lines {
            hasher.update(line);
            hasher.update(b"\n");
            let record: Value = serde_json::from_str(line).unwrap();
            let status = record["resultSignature"].to_string();
            *kinds.entry((record["operationName"].to_string(), status)).or_insert(0_u64) += 1;
            events += 1;
        }
        let bits = |count: &u64| {
            let share = *count as f64 / events as f64;
            -share * libm::log2(share)
        };
        let entropy: f64 = kinds.values().map(bits).sum();
        Self {
            sha256: hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            events,
            entropy_bits: (entropy * 1e3).round() / 1e3,
        }
    }
}

fn measured() -> Fingerprints {
    let estates = scenario_files("estates").into_iter().map(|(file, _)| {
        let name = file.trim_end_matches(".toml").to_owned();
        let corpus = Corpus::of(|plan| {
            plan.estate = estate_named(&file);
            plan.withheld = std::mem::take(&mut plan.attacks);
            // As many as the look-alikes leave room for in the largest.
            plan.events = Some(30_000);
        });
        (name, Fingerprint::of(corpus.events.lines()))
    });
    let corpus = crate::common::small();
    let attacks = scenario_files("attacks").into_iter().map(|(file, _)| {
        let name = file.trim_end_matches(".toml").to_owned();
        let campaigns = corpus.truth_lines("campaign");
        let own: BTreeSet<&str> = campaigns
            .iter()
            .filter(|campaign| campaign["attack"] == name.as_str())
            .map(|campaign| campaign["campaign_id"].as_str().unwrap())
            .collect();
        let steps = corpus.truth_lines("step");
        let keys: BTreeSet<_> = steps
            .iter()
            .filter(|step| own.contains(step["campaign_id"].as_str().unwrap()))
            .map(step_key)
            .collect();
        let lines = corpus.events.lines().filter(|line| {
            keys.contains(&record_key(&serde_json::from_str::<Value>(line).unwrap()))
        });
        (name, Fingerprint::of(lines))
    });
    Fingerprints { estates: estates.collect(), attacks: attacks.collect() }
}

#[test]
fn fingerprints_of_every_estate_and_attack_are_those_committed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fingerprints.toml");
    let found = measured();
    if std::env::var_os("UPDATE_FINGERPRINTS").is_some() {
        fs::write(&path, toml::to_string(&found).unwrap()).unwrap();
        return;
    }
    let text = fs::read_to_string(&path).unwrap();
    let committed: Fingerprints = toml::from_str(&text).unwrap();
    assert_eq!(found, committed, "an intended change updates the file: see the head of this test");
}
