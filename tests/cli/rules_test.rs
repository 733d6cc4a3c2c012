//! `rules test` runs the examples inside rule files.

use std::fs;

use crate::{failure_of, output_of, vaultdrill};

/// A rule that alerts on each read of a value, and its examples.
const RULE: &str = r#"schema_version = 1
id = "any-read"
name = "Any read"
severity = "low"
risk_score = 1
kind = "query"
query = "access: reveal and outcome: success"
guidance = { catches = "c", misses = "m", false_positives = ["f"], investigate = ["i"], respond = ["r"], impact = "i", references = ["https://example.com"] }
threat = [{ tactic = "TA0006", techniques = ["T1555.006"] }]

[[examples]]
name = "Two reads"
alerts = 2
events = [{ at = "1h", operation = "SecretGet", object = "s{n}", repeat = 2 }]

[[examples]]
name = "A denied read"
alerts = 0
boundary = true
events = [{ at = "1h", operation = "SecretGet", object = "s", status = 403 }]
"#;

#[test]
fn every_rule_of_every_pack_passes_its_examples() {
    let folder = tempfile::tempdir().unwrap();
    let said = output_of(folder.path(), &["rules", "test", "--rules", "all"]);
    assert!(said.lines().all(|line| line.ends_with("passed")), "{said}");
    assert!(said.lines().count() >= 50, "{said}");
}

#[test]
fn a_rule_that_alerts_otherwise_than_its_example_says_fails() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rule.toml");
    fs::write(&file, RULE).unwrap();
    output_of(folder.path(), &["rules", "test", "--rules", "rule.toml"]);
    fs::write(&file, RULE.replace("alerts = 2", "alerts = 1")).unwrap();
    let (code, errors) = failure_of(folder.path(), &["rules", "test", "--rules", "rule.toml"]);
    assert_eq!((code, errors.as_str()), (10, "error: 1 of 1 rules failed their examples\n"));
    let output = vaultdrill(folder.path(), &["rules", "test", "--rules", "rule.toml"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("  Two reads: expected 1 alerts, found 2\n"), "{said}");
}

#[test]
fn a_rule_without_an_example_of_each_sort_fails() {
    let folder = tempfile::tempdir().unwrap();
    let rule = RULE.replace("boundary = true\n", "");
    fs::write(folder.path().join("rule.toml"), rule).unwrap();
    let output = vaultdrill(folder.path(), &["rules", "test", "--rules", "rule.toml"]);
    assert_eq!(output.status.code(), Some(10));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("expected an example at the boundary, found none"), "{said}");
}

#[test]
fn a_fault_in_an_example_is_pointed_at() {
    let folder = tempfile::tempdir().unwrap();
    let rule = RULE.replace(
        "at = \"1h\", operation = \"SecretGet\", object = \"s\"",
        "at = \"soon\", operation = \"SecretGet\", object = \"s\"",
    );
    fs::write(folder.path().join("rule.toml"), rule).unwrap();
    let (code, errors) = failure_of(folder.path(), &["rules", "test", "--rules", "rule.toml"]);
    assert_eq!(code, 2);
    assert!(errors.contains("rule.toml:20:") && errors.contains("found \"soon\""), "{errors}");
}

#[test]
fn what_rules_test_and_check_print_fits_80_columns() {
    let folder = tempfile::tempdir().unwrap();
    let long =
        "Two reads of a value by somebody who has done nothing else in all of the time before";
    let rule = RULE.replace("Two reads", long).replace("alerts = 2", "alerts = 1");
    fs::write(folder.path().join("rule.toml"), rule).unwrap();
    let elastic = format!(
        "[rule]\nrule_id = \"a\"\nname = \"{long}\"\ndescription = \"d\"\nseverity = \"low\"\nrisk_score = 1\n\
         type = \"query\"\nlanguage = \"kuery\"\nquery = \"event.outcome: {}\"\n",
        "a".repeat(100)
    );
    for (name, query) in [("accepted.toml", "event.outcome"), ("refused.toml", "event.outcom")] {
        let text = elastic.replace("event.outcome", query);
        fs::write(folder.path().join(name), text).unwrap();
    }
    for (arguments, code) in [
        (&["rules", "test", "--rules", "rule.toml"][..], 10),
        (&["rules", "check", "rule.toml", "accepted.toml", "refused.toml"], 2),
    ] {
        let output = vaultdrill(folder.path(), arguments);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        let sound = |line: &str| line.chars().count() <= 80 && !line.ends_with(' ');
        assert!(said.lines().all(sound), "{said}");
        assert!(said.contains("somebody"), "{said}");
    }
}
