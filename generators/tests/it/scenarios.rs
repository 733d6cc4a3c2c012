//! Errors in scenario files point at the place and say what was expected.

use vaultdrill_generators::{Attack, Estate, LookAlike, ScenarioError};

use crate::common::{estate_text, scenario_files};

fn attack(replace: &str, with: &str) -> ScenarioError {
    let (name, text) = scenario_files("attacks")
        .into_iter()
        .find(|(name, _)| name == "bulk-extraction.toml")
        .unwrap();
    assert!(text.contains(replace), "{replace}");
    Attack::parse(&name, &text.replace(replace, with)).unwrap_err()
}

fn estate(replace: &str, with: &str) -> ScenarioError {
    let (name, text) = estate_text("midsize.toml");
    assert!(text.contains(replace), "{replace}");
    Estate::parse(&name, &text.replacen(replace, with, 1)).unwrap_err()
}

/// Line and column of `needle` in an attack file, from 1.
fn place(needle: &str) -> (usize, usize) {
    let (_, text) = scenario_files("attacks")
        .into_iter()
        .find(|(name, _)| name == "bulk-extraction.toml")
        .unwrap();
    let (at, line) = text.lines().enumerate().find(|(_, line)| line.contains(needle)).unwrap();
    (at + 1, line.find(needle).unwrap() + 1)
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    let error = attack("parallel_share =", "paralel_share =");
    assert_eq!(
        (error.file.as_str(), error.line, error.column),
        ("bulk-extraction.toml", place("parallel_share").0, 1)
    );
    assert!(error.message.contains("did you mean `parallel_share`?"), "{error}");
}

#[test]
fn an_inverted_range_is_refused_at_the_range() {
    let error = attack("[6, 200]", "[200, 6]");
    assert_eq!((error.line, error.column), place("[6, 200]"));
    assert!(error.message.contains("inverted"), "{error}");
}

#[test]
fn a_negative_rate_is_refused_at_the_rate() {
    let error = estate("plans_per_day = 4 ", "plans_per_day = -4 ");
    assert!(
        error.line > 1 && error.column == 17 && error.message.contains("-4.0 is out of bounds"),
        "{error}"
    );
}

/// Without bounds such a file would be staged for ever, or write times that are none.
#[test]
fn every_kind_of_value_has_an_upper_bound() {
    for (replace, with, bound) in [
        (
            "[0.05, 12]",
            "[0.05, 1e300]",
            "[0.05, 1e300] is out of bounds, expected numbers from 0 to 604800",
        ),
        ("[6, 200]", "[6, 1e18]", "expected numbers from 0 to 10000"),
        ("[6, 200]", "[6, nan]", "expected numbers from 0 to 10000"),
        ("[0, 24]", "[0, 25]", "expected numbers from 0 to 24"),
    ] {
        let error = attack(replace, with);
        assert_eq!((error.line, error.column), place(replace), "{error}");
        assert!(error.message.contains(bound), "{error}");
    }
    for (replace, with, bound) in [
        ("commands = [1, 10]", "commands = [1, 1e18]", "from 0 to 10000"),
        ("rotation_days = [30, 180]", "rotation_days = [30, 1e9]", "from 0 to 3653"),
        ("late_minutes = [15, 90]", "late_minutes = [15, 1e9]", "from 0 to 10080"),
        ("plans_per_day = 4 ", "plans_per_day = 1e9 ", "from 0 to 1440"),
        ("max = 5200", "max = 1e9", "from 0 to 1000000"),
        ("max = 400 ", "max = 1e9 ", "from 0 to 10000"),
        ("flush_seconds = 20 ", "flush_seconds = 1e300 ", "from 0 to 604800"),
        ("sigma = 1.1", "sigma = 9", "from 0 to 5"),
        ("workload_peak_to_trough = 1.7", "workload_peak_to_trough = 1e9", "from 0 to 1000"),
        ("peak_hour = 13", "peak_hour = 25", "from 0 to 24"),
    ] {
        let error = estate(replace, with);
        assert!(error.line > 1 && error.column > 1 && error.message.contains(bound), "{error}");
    }
}

#[test]
fn a_share_above_one_is_refused() {
    let error = attack("list_share = 0.75", "list_share = 1.5");
    assert_eq!((error.line, error.column), (place("list_share").0, 14));
    assert!(error.message.contains("expected a number from 0 to 1"), "{error}");
}

#[test]
fn a_missing_key_is_named() {
    let error = attack("objects = [6, 200] ", "# ");
    assert!(error.message.contains("missing field `objects`"), "{error}");
}

#[test]
fn unknown_attacks_and_look_alikes_are_refused_with_those_that_exist() {
    let error = attack("\"bulk-extraction\"", "\"bulk-extortion\"");
    assert_eq!((error.line, error.column), place("\"bulk-extraction\""));
    assert!(error.message.contains("`novel-accessor`"), "{error}");
    assert!(error.message.contains("did you mean `bulk-extraction`?"), "{error}");
    let error = LookAlike::parse("x.toml", "name = \"nothing\"").unwrap_err();
    assert!(error.message.contains("`backup-job`"), "{error}");
}

fn security_test(replace: &str, with: &str) -> ScenarioError {
    let files = scenario_files("look-alikes");
    let (name, text) = files.iter().find(|(name, _)| name == "security-test.toml").unwrap();
    assert!(text.contains(replace), "{replace}");
    LookAlike::parse(name, &text.replacen(replace, with, 1)).unwrap_err()
}

#[test]
fn a_misspelt_look_alike_is_refused_with_the_nearest_name() {
    let error = security_test("\"security-test\"", "\"security-tests\"");
    assert!(error.line > 1 && error.column > 1, "{error}");
    assert!(error.message.contains("(did you mean `security-test`?)"), "{error}");
    assert!(error.message.contains("`wrong-tenant`"), "{error}");
}

#[test]
fn a_class_is_authorised_or_look_alike_and_never_an_attacks() {
    let error = security_test("\"authorised\"", "\"authorized\"");
    assert!(error.line > 1 && error.column == 9, "{error}");
    assert!(error.message.contains("expected `look_alike` or `authorised`"), "{error}");
    assert!(error.message.contains("(did you mean `authorised`?)"), "{error}");
    let error = attack("schema_version = 1\n", "schema_version = 1\nclass = \"authorised\"\n");
    assert!(error.message.starts_with("unknown field `class`"), "{error}");
}

#[test]
fn versions_dates_blocks_and_ids_are_checked() {
    for (replace, with, expected) in [
        ("schema_version = 1", "schema_version = 2", "expected 1"),
        ("\"2026-03-02\"", "\"2026-02-30\"", "expected YYYY-MM-DD"),
        ("\"198.18.0.0/22\"", "\"198.18.0.1/22\"", "expected a.b.c.d/8 to /24"),
        ("\"5d1f0a52-6c1e-4c3e-9a54-0b8f6e2d7c01\"", "\"5d1f0a52\"", "expected a lower-case GUID"),
        ("count = 60", "count = 0", "at least one"),
        ("subscriptions = 3", "subscriptions = -3", "expected 0 to"),
    ] {
        let error = estate(replace, with);
        assert!(error.message.contains(expected), "{error}");
    }
}

#[test]
fn both_variants_of_an_attack_have_every_dial() {
    let error = attack("[evasive]", "[evasion]");
    assert!(error.message.contains("did you mean `evasive`?"), "{error}");
    let error = attack("ramp_up_days = [0, 0] ", "# ");
    assert!(error.message.contains("missing field `ramp_up_days`"), "{error}");
    let error = attack("days = \"any\"", "days = \"any\"\nrecurring = true");
    assert!(error.message.contains("no habit") && error.column == 1, "{error}");
}

#[test]
fn a_technique_must_be_one() {
    let error = attack("[\"T1555.006\"]", "[\"theft\"]");
    assert_eq!((error.line, error.column), place("[\"T1555.006\"]"));
}

#[test]
fn shares_that_are_more_than_all_are_refused() {
    let error = estate("firewalled_share = 0.25", "firewalled_share = 0.85");
    assert!(error.line > 1 && error.column == 17, "{error}");
    assert!(error.message.contains("more than all vaults"), "{error}");
}

#[test]
fn a_client_for_a_missing_workload_is_refused_with_the_nearest_name() {
    let error = estate("[\"infrastructure\"]", "[\"infrastructur\"]");
    assert!(error.line > 1 && error.column == 12, "{error}");
    assert!(
        error.message.contains("no workload `infrastructur`, expected one of `poller`")
            && error.message.contains("did you mean `infrastructure`?"),
        "{error}"
    );
}

#[test]
fn a_workload_without_a_client_is_named() {
    let error = estate("used_by = [\"rotation\"]", "used_by = [\"poller\"]");
    assert!(error.message.contains("no client is used_by `rotation`"), "{error}");
}

#[test]
fn a_scheduled_look_alike_names_a_workload_that_exists_and_nothing_else() {
    let text = "schema_version = 1\nname = \"x\"\ntechnique = [\"T1526\"]\n\n[schedule]\n";
    let parse = |rest: &str| LookAlike::parse("x.toml", &format!("{text}{rest}"));
    assert_eq!(parse("workload = \"startup\"").unwrap().name(), "x");
    let error = parse("workload = \"start-up\"").unwrap_err();
    assert_eq!((error.line, error.column), (6, 12), "{error}");
    assert!(error.message.contains("did you mean `startup`?"), "{error}");
    let error = parse("workload = \"startup\"\ninstances = 3").unwrap_err();
    assert!(error.line == 7 && error.message.contains("unknown field `instances`"), "{error}");
    let error = parse("workload = \"startup\"\n[parameters]").unwrap_err();
    assert!(error.line == 7 && error.message.contains("unknown field `parameters`"), "{error}");
}
