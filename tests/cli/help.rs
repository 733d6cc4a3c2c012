//! What `--help` says: an example of every command.

use vaultdrill::engine::MAX_ALERTS_PER_RULE;

use crate::output_of;

#[test]
fn each_command_shows_examples_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    for (command, example) in [
        ("capacity", "capacity --plan"),
        ("detect", "detect corpus"),
        ("doctor", "doctor --seconds"),
        ("drill", "drill packs"),
        ("gate", "gate --score drill-ci"),
        ("compare", "compare old/score.json"),
        ("report", "report drill-quickstart"),
        ("estate", "estate fit my-logs/"),
        ("estate fit", "estate fit my-logs/"),
        ("inject", "inject --corpus my-logs/"),
        ("evasion", "evasion --dial"),
        ("export", "export corpus --shape"),
        ("scrub", "scrub corpus --key-file"),
        ("verify", "verify corpus"),
        ("rules", "rules list"),
        ("rules list", "rules list --rules all"),
        ("rules test", "rules test --rules"),
        ("rules show", "rules show elastic"),
        ("rules explain", "rules explain < record.json"),
        ("rules check", "rules check my-rules/"),
        ("scenarios", "scenarios list"),
        ("scenarios list", "scenarios list"),
        ("scenarios show", "scenarios show midsize"),
    ] {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = output_of(folder.path(), &arguments);
        let wide = help.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{command}");
        let examples = help.split_once("Examples:\n").map(|(_, examples)| examples);
        let has_it = |examples: &str| examples.contains(&format!("  vaultdrill {example}"));
        assert!(examples.is_some_and(has_it), "{help}");
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "{command}: {line}");
        }
    }
}

#[test]
fn a_bound_that_has_no_argument_is_named_with_those_that_have() {
    let help = output_of(tempfile::tempdir().unwrap().path(), &["detect", "--help"]);
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("at most {MAX_ALERTS_PER_RULE} in a run")), "{help}");
}
