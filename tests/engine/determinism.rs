//! Speed settings are not results.

use vaultdrill::engine::Options;
use vaultdrill::rules::{Rule, RuleSet, parse_rule};

use crate::support::{OPTIONS, corpus, default_rules, run, written};

#[test]
fn alerts_are_byte_identical_for_any_number_of_workers_and_any_block_size() {
    let rules = default_rules();
    let inputs = [corpus().to_owned()];
    let first = run(&inputs, &rules, &OPTIONS);
    let expected = written(&first, &rules);
    assert!(expected[0].lines().count() > 100, "too few alerts to compare");
    for (workers, block_bytes) in [(1, 1 << 20), (2, 1 << 12), (7, 1 << 16), (7, 100_003)] {
        let options = Options { workers, block_bytes, ..OPTIONS };
        let outcome = run(&inputs, &rules, &options);
        assert_eq!(written(&outcome, &rules), expected, "{workers} workers, {block_bytes} bytes");
        assert_eq!(outcome.findings.counts, first.findings.counts);
        assert_eq!(outcome.findings.rules, first.findings.rules);
        assert_eq!(outcome.findings.corpus_id, first.findings.corpus_id);
    }
}

/// A rule that looks at, groups and counts by fields that are not canonical.
fn rule_over_the_record() -> Rule {
    let text = r#"
        schema_version = 1
        id = "over-the-record"
        name = "Reads by path"
        severity = "low"
        risk_score = 21
        kind = "threshold"
        query = "data_stream.dataset: azure.platformlogs and event.action: Secret* and *.tlsVersion: TLS*"
        group_by = ["azure.platformlogs.identity.claim.oid"]
        threat = []
        [threshold]
        window = "10m"
        count = 20
        distinct = { fields = ["properties.id", "azure.resource.name"], values = 15 }
        [guidance]
        catches = "a"
        misses = "b"
        false_positives = ["c"]
        investigate = ["d"]
        respond = ["e"]
        impact = "f"
        references = ["g"]
    "#;
    parse_rule("over-the-record.toml", text).unwrap()
}

#[test]
fn fields_of_the_record_are_keys_like_any_other_and_appear_in_alerts() {
    let rules = RuleSet::new(vec![rule_over_the_record()]).unwrap();
    let inputs = [corpus().to_owned()];
    let expected = written(&run(&inputs, &rules, &OPTIONS), &rules);
    let alerts: Vec<serde_json::Value> =
        expected[0].lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(alerts.len() > 10, "too few alerts to compare");
    for alert in &alerts {
        let oid = &alert["group"]["azure.platformlogs.identity.claim.oid"];
        assert!(oid.as_str().is_some_and(|text| text.len() == 36), "{alert}");
        assert_eq!(alert["triage"]["identity"], *oid);
    }
    for (workers, block_bytes) in [(1, 1 << 20), (3, 1 << 12)] {
        let options = Options { workers, block_bytes, ..OPTIONS };
        assert_eq!(written(&run(&inputs, &rules, &options), &rules), expected);
    }
}

#[test]
fn the_corpus_id_is_the_one_that_the_manifest_states() {
    let outcome = run(&[corpus().to_owned()], &default_rules(), &OPTIONS);
    let manifest = std::fs::read_to_string(corpus().join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["corpus_id"], format!("{:032x}", outcome.findings.corpus_id));
    assert_eq!(manifest["events"], outcome.findings.counts.records);
}
