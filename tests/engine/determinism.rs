//! Speed settings are not results.

use vaultdrill::detect::KeySizes;
use vaultdrill::engine::{Options, Outcome, RuleCounts};
use vaultdrill::rules::{Rule, RuleSet, parse_elastic_rule, parse_rule};

use crate::equivalence::FRAME;
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
        assert_eq!(without_sizes(&outcome), without_sizes(&first));
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

/// A rule in the form of Elastic's, about the other log.
fn rule_in_elastics_form() -> Rule {
    let text = r#"
        [rule]
        name = "Vault written"
        rule_id = "in-elastics-form"
        risk_score = 21
        severity = "low"
        type = "query"
        index = ["logs-azure.activitylogs-*"]
        query = "azure.activitylogs.operation_name: *VAULTS/WRITE and event.outcome: success"
        [rule.alert_suppression]
        group_by = ["azure.activitylogs.identity.claims_initiated_by_user.name", "azure.resource.name"]
    "#;
    parse_elastic_rule("in-elastics-form.toml", text).unwrap().rule
}

/// Rules whose alerts tell of vaults: by a count, and by one thing after another.
fn rules_by_vault() -> Vec<Rule> {
    let rule = |id: &str, kind: &str| {
        let text = format!("{FRAME}\nid = \"{id}\"\n{kind}");
        parse_rule("by-vault.toml", &text).unwrap()
    };
    let counted = r#"
        kind = "threshold"
        query = "access: reveal"
        group_by = ["vault"]
        suppress = "6h"
        threshold = { window = "1h", count = 10 }"#;
    let followed = r#"
        kind = "sequence"
        suppress = "6h"
        [sequence]
        by = ["vault"]
        max_span = "6h"
        [[sequence.steps]]
        query = "change: * and outcome: success"
        [[sequence.steps]]
        query = "access: reveal""#;
    vec![rule("vault-counted", counted), rule("vault-followed", followed)]
}

#[test]
fn facts_about_vaults_and_what_was_changed_are_the_same_for_any_workers_and_blocks() {
    let rules = RuleSet::new(rules_by_vault()).unwrap();
    let inputs = [corpus().to_owned()];
    let expected = written(&run(&inputs, &rules, &OPTIONS), &rules);
    let alerts: Vec<serde_json::Value> =
        expected[0].lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let counted = |tells: &dyn Fn(&serde_json::Value) -> bool| {
        alerts.iter().filter(|alert| tells(alert)).count()
    };
    for id in ["vault-counted", "vault-followed"] {
        assert!(counted(&|alert| alert["rule_id"] == id) > 10, "too few alerts to compare");
    }
    let triage = |alert: &serde_json::Value, key: &str| alert["triage"][key].clone();
    assert_eq!(counted(&|alert| triage(alert, "facts_of") == "vault"), alerts.len());
    assert!(counted(&|alert| triage(alert, "known_identities").as_u64() > Some(1)) > 10);
    assert!(counted(&|alert| alert["actions"]["revoke_total"].as_u64() > Some(0)) > 5);
    let settings = |alert: &serde_json::Value| {
        let changes = triage(alert, "recent_changes");
        changes.as_array().unwrap().iter().any(|it| it["settings_total"].as_u64() > Some(0))
    };
    assert!(counted(&settings) > 5);
    for (workers, block_bytes) in [(1, 1 << 20), (3, 1 << 12)] {
        let options = Options { workers, block_bytes, ..OPTIONS };
        let found = written(&run(&inputs, &rules, &options), &rules);
        assert_eq!(found, expected, "{workers} workers, {block_bytes} bytes");
    }
}

#[test]
fn fields_of_the_record_are_keys_like_any_other_and_appear_in_alerts() {
    let rules = RuleSet::new(vec![rule_over_the_record(), rule_in_elastics_form()]).unwrap();
    let inputs = [corpus().to_owned()];
    let expected = written(&run(&inputs, &rules, &OPTIONS), &rules);
    let alerts: Vec<serde_json::Value> =
        expected[0].lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_rule =
        |id: &str| alerts.iter().filter(|alert| alert["rule_id"] == id).collect::<Vec<_>>();
    let (reads, writes) = (of_rule("over-the-record"), of_rule("in-elastics-form"));
    assert!(reads.len() > 5 && writes.len() > 5, "too few alerts to compare");
    for alert in reads {
        let oid = &alert["group"]["azure.platformlogs.identity.claim.oid"];
        assert!(oid.as_str().is_some_and(|text| text.len() == 36), "{alert}");
        assert_eq!(alert["triage"]["identity"], *oid);
    }
    let is_named = |alert: &serde_json::Value| {
        let name = &alert["group"]["azure.activitylogs.identity.claims_initiated_by_user.name"];
        name.as_str().is_some_and(|name| name.contains('@')) && *name == alert["triage"]["user"]
    };
    assert!(writes.iter().any(|alert| is_named(alert)), "{writes:?}");
    let options = Options { workers: 3, block_bytes: 1 << 12, ..OPTIONS };
    assert_eq!(written(&run(&inputs, &rules, &options), &rules), expected);
}

/// What each rule did; how many bytes a hash table takes depends on its random seed.
fn without_sizes(outcome: &Outcome) -> Vec<RuleCounts> {
    let mut rules = outcome.findings.rules.clone();
    for state in rules.iter_mut().map(|rule| &mut rule.stats.state) {
        (state.size_bytes, state.key_sizes) = (0, KeySizes::default());
    }
    rules
}

#[test]
fn the_corpus_id_is_the_one_that_the_manifest_states() {
    let outcome = run(&[corpus().to_owned()], &default_rules(), &OPTIONS);
    let manifest = std::fs::read_to_string(corpus().join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["corpus_id"], format!("{:032x}", outcome.findings.corpus_id));
    assert_eq!(manifest["events"], outcome.findings.counts.records);
}
