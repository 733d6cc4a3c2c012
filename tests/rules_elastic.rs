//! Detection-rule files in Elastic's form: what is kept, what is refused and why, folders of both. All
//! rules here are made up.

#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test, as it should")]

use std::fs;

use vaultdrill::event::{Field, TickSpan};
use vaultdrill::rules::{
    Buckets, ElasticRule, LoadError, RuleKind, Severity, check, load, load_all, parse_elastic_rule,
    rule_text,
};

const NEW_TERMS: &str = r#"
[metadata]
creation_date = "2026/01/05"
integration = ["azure"]
maturity = "production"

[rule]
author = ["Contoso"]
description = """
A person changes a vault for the first time
in a fortnight.
"""
false_positives = ["A new administrator."]
from = "now-9m"
index = ["logs-azure.activitylogs-*", "filebeat-*"]
language = "kuery"
license = "none"
name = "Vault changed by a newcomer"
note = "Look twice."
references = ["https://contoso.example/vaults"]
risk_score = 21
rule_id = "00000000-0000-4000-8000-0000000000a1"
severity = "low"
tags = ["Domain: Cloud"]
timestamp_override = "event.ingested"
type = "new_terms"
query = '''
event.dataset:azure.activitylogs and
    azure.activitylogs.operation_name:MICROSOFT.KEYVAULT/VAULTS/* and event.outcome:(Success or success)
'''

[[rule.threat]]
framework = "MITRE ATT&CK"
[[rule.threat.technique]]
id = "T1578"
name = "Modify Cloud Compute Infrastructure"
reference = "https://attack.mitre.org/techniques/T1578/"
[[rule.threat.technique.subtechnique]]
id = "T1578.005"
name = "Modify Cloud Compute Configurations"
reference = "https://attack.mitre.org/techniques/T1578/005/"
[[rule.threat.technique]]
id = "T1098"
name = "Account Manipulation"
reference = "https://attack.mitre.org/techniques/T1098/"
[rule.threat.tactic]
id = "TA0040"
name = "Impact"
reference = "https://attack.mitre.org/tactics/TA0040/"

[rule.new_terms]
field = "new_terms_fields"
value = ["azure.activitylogs.identity.claims_initiated_by_user.name"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-14d"
"#;

const THRESHOLD: &str = r#"
[metadata]
maturity = "production"

[rule]
name = "Many reads"
description = "Reads in bulk."
from = "now-1h"
interval = "10m"
index = ["logs-azure.platformlogs-*"]
language = "kuery"
rule_id = "00000000-0000-4000-8000-0000000000a2"
risk_score = 47
severity = "medium"
type = "threshold"
query = "event.action: (SecretGet or KeyGet)"

[rule.threshold]
field = ["azure.platformlogs.identity.claim.upn", "source.ip"]
value = 20
[[rule.threshold.cardinality]]
field = "azure.platformlogs.properties.id"
value = 5
"#;

const QUERY: &str = r#"
[rule]
name = "Purge"
description = "A purge."
rule_id = "00000000-0000-4000-8000-0000000000a3"
risk_score = 73
severity = "high"
type = "query"
query = "azure.*.operation_name: *Purge*"
[rule.alert_suppression]
group_by = ["source.ip"]
[rule.alert_suppression.duration]
value = 2
unit = "h"
"#;

fn parsed(text: &str) -> ElasticRule {
    parse_elastic_rule("tested.toml", text).unwrap()
}

fn field(name: &str) -> Field {
    Field::Extra(vaultdrill::event::Extra::named(name).unwrap())
}

#[test]
fn a_new_terms_rule_keeps_what_it_says_and_learns_for_its_history() {
    let ElasticRule { rule, notes } = parsed(NEW_TERMS);
    assert_eq!(rule.id, "00000000-0000-4000-8000-0000000000a1");
    assert_eq!(rule.name, "Vault changed by a newcomer");
    assert_eq!((rule.severity, rule.risk_score), (Severity::Low, 21));
    assert_eq!(rule.threat.len(), 1);
    assert_eq!(rule.threat[0].tactic, "TA0040");
    assert_eq!(rule.threat[0].techniques, ["T1578.005", "T1098"]);
    assert_eq!(
        rule.guidance.catches,
        "A person changes a vault for the first time in a fortnight."
    );
    let RuleKind::NewTerms(part) = &rule.kind else { panic!("{:?}", rule.kind) };
    assert_eq!(part.terms, [field("azure.activitylogs.identity.claims_initiated_by_user.name")]);
    assert_eq!((part.history, part.learn), (TickSpan::days(14), TickSpan::days(14)));
    assert!(notes[0].contains("14d"), "{notes:?}");
    let shown = rule_text(&rule).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("not seen for 14d") && !shown.contains("Impact"), "{shown}");
}

#[test]
fn a_threshold_rule_counts_within_its_lookback_in_the_log_that_its_index_holds() {
    let ElasticRule { rule, notes } = parsed(THRESHOLD);
    let RuleKind::Threshold(part) = &rule.kind else { panic!("{:?}", rule.kind) };
    let groups = [field("azure.platformlogs.identity.claim.upn"), field("source.ip")];
    assert_eq!(part.group_by, groups);
    assert_eq!((part.window, part.buckets), (TickSpan::hours(1), Buckets::Sliding));
    assert_eq!((part.count, rule.suppress), (Some(20), TickSpan::hours(1)));
    let distinct = part.distinct.as_ref().unwrap();
    assert_eq!(distinct.values, 5);
    assert_eq!(distinct.fields, [field("azure.platformlogs.properties.id")]);
    assert_eq!(rule.query.source(), "plane: data and (event.action: (SecretGet or KeyGet))");
    assert!(notes[0].contains("1h"), "{notes:?}");
    let one =
        THRESHOLD.replace("[\"azure.platformlogs.identity.claim.upn\", \"source.ip\"]", "\"\"");
    let RuleKind::Threshold(part) = parsed(&one).rule.kind else { panic!("another kind") };
    assert_eq!(part.group_by, []);
}

#[test]
fn a_query_rule_is_silent_for_its_suppression() {
    let ElasticRule { rule, notes } = parsed(QUERY);
    assert!(
        matches!(&rule.kind, RuleKind::Query { group_by } if *group_by == [field("source.ip")])
    );
    assert_eq!(rule.suppress, TickSpan::hours(2));
    assert_eq!(notes, [""; 0]);
    let per_run = QUERY.replace("[rule.alert_suppression.duration]\nvalue = 2\nunit = \"h\"", "");
    assert_eq!(parsed(&per_run).rule.suppress, TickSpan::minutes(5));
}

#[test]
fn what_cannot_be_run_is_refused_at_its_place_with_the_reason() {
    let cases = [
        (NEW_TERMS, "\"new_terms\"", "\"eql\"", "\"eql\"", "query language"),
        (NEW_TERMS, "\"new_terms\"", "\"esql\"", "\"esql\"", "ES|QL"),
        (NEW_TERMS, "\"new_terms\"", "\"machine_learning\"", "\"machine_learning\"", "model"),
        (NEW_TERMS, "\"new_terms\"", "\"threat_match\"", "\"threat_match\"", "indicators"),
        (NEW_TERMS, "\"new_terms\"", "\"novel\"", "\"novel\"", "threshold or new_terms"),
        (NEW_TERMS, "\"kuery\"", "\"lucene\"", "\"lucene\"", "kuery"),
        (
            NEW_TERMS,
            "\"logs-azure.activitylogs-*\", \"filebeat-*\"",
            "\"logs-azure.signinlogs-*\"",
            "[\"logs-azure.signinlogs-*\"]",
            "index",
        ),
        (NEW_TERMS, "event.outcome:", "event.result:", "event.result", "Elastic's pipelines"),
        (NEW_TERMS, "now-14d", "now-14d/d", "\"now-14d/d\"", "lookback"),
        (NEW_TERMS, "now-14d", "now-14y", "\"now-14y\"", "lookback"),
        (NEW_TERMS, "\"low\"", "\"lwo\"", "\"lwo\"", "one of low"),
        (NEW_TERMS, "T1578.005", "T15785", "\"T15785\"", "technique"),
        (THRESHOLD, "value = 20", "value = 0", "0", "at least 1"),
        (
            THRESHOLD,
            "\"source.ip\"",
            "\"source.geo.name\"",
            "[\"azure.platformlogs.identity.claim.upn\", \"source.geo.name\"]",
            "Elastic's pipelines",
        ),
        (
            THRESHOLD,
            "\"source.ip\"",
            "\"event.dataset\"",
            "[\"azure.platformlogs.identity.claim.upn\", \"event.dataset\"]",
            "same in all",
        ),
        (
            THRESHOLD,
            "from = ",
            "filters = [{ query = 1 }]\nfrom = ",
            "[{ query = 1 }]",
            "no filters",
        ),
        (QUERY, "value = 2", "value = 0", "0", "1 second"),
        (THRESHOLD, "from = ", "to = \"now-1h\"\nfrom = ", "\"now-1h\"", "\"now\""),
    ];
    for (rule, from, to, offending, said) in cases {
        assert_eq!(rule.matches(from).count(), 1, "{from}");
        let text = rule.replace(from, to);
        let fault = parse_elastic_rule("tested.toml", &text).expect_err(to);
        let place = &text[fault.span.offset()..][..fault.span.len()];
        assert_eq!(place, offending, "{to}: {fault}");
        assert!(fault.message.contains(said), "{to}: {fault}");
    }
}

#[test]
fn a_folder_of_mixed_rules_runs_those_that_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let esql = QUERY.replace("\"query\"", "\"esql\"").replace("a3", "a4");
    for (name, text) in
        [("a.toml", NEW_TERMS), ("b.toml", THRESHOLD), ("c.toml", QUERY), ("d.toml", &esql)]
    {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let path = folder.path().to_str().unwrap().to_owned();
    let loaded = load_all(&[path.as_str(), "vault-modified"]).unwrap();
    assert_eq!(loaded.rules.rules.len(), 4);
    let extras: Vec<_> = loaded.rules.extras().iter().map(|extra| extra.name()).collect();
    assert_eq!(
        extras,
        [
            "azure.*.operation_name",
            "azure.activitylogs.identity.claims_initiated_by_user.name",
            "azure.activitylogs.operation_name",
            "azure.platformlogs.identity.claim.upn",
            "azure.platformlogs.properties.id",
            "event.action",
            "event.outcome",
            "source.ip",
        ]
    );
    let [refused] = loaded.refused.as_slice() else { panic!("{:?}", loaded.refused) };
    assert!(refused.file.ends_with("d.toml") && refused.fault.message.contains("ES|QL"));

    // Named itself, a rule that cannot be run is a fault, and so is a folder without any other.
    let named = folder.path().join("d.toml");
    let named = named.to_str().unwrap();
    assert!(matches!(load(&[named]), Err(LoadError::File(_))));
    for name in ["a.toml", "b.toml", "c.toml"] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    assert!(matches!(load(&[&path]), Err(LoadError::AllRefused { refused: 1, .. })));

    // A faulty rule of our own is never skipped, and `check` goes on after it.
    fs::write(folder.path().join("e.toml"), "schema_version = 1\n").unwrap();
    fs::write(folder.path().join("c.toml"), QUERY).unwrap();
    assert!(
        matches!(load(&[&path]), Err(LoadError::File(fault)) if fault.file.ends_with("e.toml"))
    );
    let checked = check(&[&path]).unwrap();
    assert_eq!((checked.accepted.len(), checked.refused.len()), (1, 2));
}

#[test]
fn toml_that_is_no_rule_is_skipped_in_a_folder_and_text_that_is_no_toml_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("a.toml"), QUERY).unwrap();
    fs::write(path("b.toml"), "[hunt]\nname = \"Purges\"\nlanguage = [\"ES|QL\"]\n").unwrap();
    let loaded = load_all(&[path("")]).unwrap();
    assert_eq!(loaded.rules.rules.len(), 1);
    let [refused] = loaded.refused.as_slice() else { panic!("{:?}", loaded.refused) };
    let said = &refused.fault.message;
    assert!(refused.file.ends_with("b.toml") && refused.may_be_skipped);
    assert!(said.contains("`schema_version`") && said.contains("[rule]"), "{said}");
    assert!(matches!(load(&[path("b.toml")]), Err(LoadError::File(_))));

    fs::write(path("c.toml"), "[hunt\n").unwrap();
    assert!(
        matches!(load(&[path("")]), Err(LoadError::File(fault)) if fault.file.ends_with("c.toml"))
    );
}

#[test]
fn the_end_of_a_window_may_be_stated_and_a_data_view_is_noted() {
    let with = |keys: &str| parsed(&THRESHOLD.replace("from = ", &format!("{keys}\nfrom = ")));
    let said = |rule: &ElasticRule| rule.notes.iter().any(|note| note.contains("data view"));
    let stated = with("to = \"now\"");
    assert_eq!(stated.rule.schedule, parsed(THRESHOLD).rule.schedule);
    assert!(!said(&stated) && !said(&with("data_view_id = \"\"")));
    assert!(said(&with("data_view_id = \"security-solution-default\"")));
}
