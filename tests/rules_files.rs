//! Rule files: what is embedded loads and reads well, and what is wrong is pointed at.

#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test, as it should")]

use std::fs;

use miette::{Diagnostic, NarratableReportHandler};
use serde_json::json;
use vaultdrill::event::{Field, TickSpan};
use vaultdrill::rules::{
    ALL_PACKS, EMBEDDED, Example, LoadError, MAX_RULES, PACK, PACKS, RuleKind, RuleSet, load,
    parse_rule, rule_json, rule_text, rules_json, rules_text,
};

/// A rule file that is sound, for tests to break.
const SOUND: &str = r#"schema_version = 1
id = "tested"
name = "Tested"
severity = "high"
risk_score = 73
kind = "threshold"
query = '''access: reveal and
  outcome: success'''
group_by = ["identity"]

[threshold]
window = "10m"
distinct = { fields = ["object"], values = 20 }
adaptive = { multiple = 3.0, quantile = 0.95, history_days = 14, min_days = 3, learn = "7d", hard_cap = 400 }

[guidance]
catches = "a"
misses = "b"
false_positives = ["c"]
investigate = ["d"]
respond = ["e"]
impact = "f"
references = ["g"]

[[threat]]
tactic = "TA0006"
techniques = ["T1555.006"]

[[exceptions]]
query = "vault: a"
expires = 2027-01-01T00:00:00Z
reason = "h"
frames = [{ weekdays = ["sunday"], from = "22:00", to = "04:00", zone = "Europe/Berlin" }]

[[tunables]]
name = "threshold.window"
low = "1m"
high = "1d"
effect = "i"
"#;

/// The offending text, the message without its place, and the help, after `from` became `to`.
fn fault(from: &str, to: &str) -> (String, String, Option<String>) {
    assert_eq!(SOUND.matches(from).count(), 1, "{from}");
    let text = SOUND.replace(from, to);
    let error = parse_rule("tested.toml", &text).expect_err(to);
    let (start, length) = (error.span.offset(), error.span.len());
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[..start].matches('\n').count() + 1;
    assert_eq!((error.line, error.column), (line, start - line_start + 1));
    (text[start..start + length].to_owned(), error.message.clone(), error.help.clone())
}

fn narrated(error: &dyn Diagnostic) -> String {
    let mut text = String::new();
    NarratableReportHandler::new().render_report(&mut text, error).unwrap();
    text
}

macro_rules! assert_golden {
    ($name:literal, $text:expr) => {
        insta::with_settings!(
            { snapshot_path => "golden", prepend_module_to_snapshot => false, omit_expression => true },
            { insta::assert_snapshot!($name, $text) }
        )
    };
}

#[test]
fn a_fault_in_a_query_is_shown_where_it_stands_in_the_file() {
    let text = SOUND.replace("outcome: success'", "outcome: succes'");
    let error = parse_rule("rules/tested.toml", &text).unwrap_err();
    assert_golden!("rules_fault_in_query", narrated(&*error));
}

#[test]
fn a_misspelt_key_is_shown_with_the_nearest_one() {
    let text = SOUND.replace("window =", "windw =");
    let error = parse_rule("rules/tested.toml", &text).unwrap_err();
    assert_golden!("rules_fault_in_key", narrated(&*error));
}

#[test]
fn each_fault_points_at_the_offending_value() {
    let cases = [
        ("schema_version = 1", "schema_version = 2", "2", None),
        ("\"tested\"", "\"Tested\"", "\"Tested\"", None),
        ("\"high\"", "\"hihg\"", "\"hihg\"", Some("high")),
        ("= 73", "= 101", "101", None),
        ("kind = \"threshold\"", "kind = \"treshold\"", "\"treshold\"", Some("threshold")),
        ("kind = \"threshold\"", "kind = \"query\"", "[threshold]", None),
        ("access: reveal", "acess: reveal", "acess", Some("access")),
        ("[\"identity\"]", "[\"identiy\"]", "\"identiy\"", Some("identity")),
        ("[\"identity\"]", "[\"vault\", \"vault\"]", "\"vault\"", None),
        ("\"10m\"", "\"10 minutes\"", "\"10 minutes\"", None),
        ("\"10m\"", "\"0m\"", "\"0m\"", None),
        ("[\"object\"]", "[]", "[]", None),
        ("values = 20", "values = 0", "0", None),
        ("quantile = 0.95", "quantile = 95", "95", None),
        ("quantile = 0.95", "quantile = nan", "nan", None),
        ("min_days = 3", "min_days = 15", "15", None),
        ("hard_cap = 400", "hard_cap = 19", "19", None),
        ("respond = [\"e\"]", "respond = []", "[]", None),
        ("impact = \"f\"", "impact = \" \"", "\" \"", None),
        ("TA0006", "TA06", "\"TA06\"", None),
        ("T1555.006", "T1555.6", "\"T1555.6\"", None),
        ("\"vault: a\"", "\"\"", "\"\"", None),
        ("00:00:00Z", "00:00:00", "2027-01-01T00:00:00", None),
        ("\"sunday\"", "\"sonday\"", "\"sonday\"", Some("sunday")),
        ("\"04:00\"", "\"24:00\"", "\"24:00\"", None),
        ("Europe/Berlin", "Europe/Berln", "\"Europe/Berln\"", Some("Europe/Berlin")),
        ("threshold.window", "threshold.windw", "\"threshold.windw\"", Some("threshold.window")),
        ("\"threshold.window\"", "\"threshold.count\"", "\"threshold.count\"", None),
        ("low = \"1m\"", "low = \"11m\"", "\"11m\"", None),
        ("high = \"1d\"", "high = \"9m\"", "\"9m\"", None),
        ("high = \"1d\"", "high = 86400", "86400", None),
    ];
    for (from, to, offending, nearest) in cases {
        let (span, message, help) = fault(from, to);
        assert_eq!(span, offending, "{to}: {message}");
        if let Some(nearest) = nearest {
            assert_eq!(help, Some(format!("did you mean `{nearest}`?")), "{to}");
        }
    }
}

#[test]
fn a_wider_group_is_a_leading_part_of_the_group() {
    let with = |group_by: &str, keys: &str| {
        let text = SOUND.replace("[\"identity\"]\n\n", &format!("{group_by}\n\n"));
        text.replace("hard_cap = 400", keys)
    };
    let pair = "[\"identity\", \"source_block\"]";
    let rule =
        parse_rule("tested.toml", &with(pair, "of = [\"identity\"], new_group = true")).unwrap();
    let RuleKind::Threshold(threshold) = &rule.kind else { panic!("{:?}", rule.kind) };
    let wider = threshold.adaptive.and_then(|adaptive| adaptive.wider).unwrap();
    assert_eq!((wider.fields, wider.new_group), (1, true));
    let text = rule_text(&rule).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("quantile of the identity's daily maxima"), "{text}");
    assert!(text.contains("only with such a past"), "{text}");
    let json = &rule_json(&rule)["threshold"]["adaptive"];
    assert_eq!((&json["of"], &json["new_group"]), (&json!(["identity"]), &json!(true)));

    for (group_by, keys, offending) in [
        (pair, "of = [\"source_block\"]", "[\"source_block\"]"),
        (pair, "of = [\"identity\", \"source_block\"]", "[\"identity\", \"source_block\"]"),
        (pair, "of = []", "[]"),
        (pair, "of = [\"identiy\"]", "\"identiy\""),
        ("[\"identity\"]", "of = [\"identity\"]", "[\"identity\"]"),
        ("[]", "of = [\"identity\"]", "[\"identity\"]"),
        (pair, "new_group = true", "true"),
    ] {
        let text = with(group_by, keys);
        let error = parse_rule("tested.toml", &text).expect_err(keys);
        let (start, length) = (error.span.offset(), error.span.len());
        assert_eq!(&text[start..start + length], offending, "{keys}: {}", error.message);
    }
}

#[test]
fn broken_toml_and_missing_keys_are_faults_with_a_place() {
    for key in ["risk_score = 73\n", "reason = \"h\"\n"] {
        let (_, message, _) = fault(key, "");
        let name = key.split(' ').next().unwrap();
        assert_eq!(message, format!("expected the key `{name}`, found none"));
    }
    let (span, ..) = fault("= 73", "= \"73\"");
    assert_eq!(span, "\"73\"");
    let (_, message, _) = fault("window = \"10m\"", "window = ");
    assert!(!message.is_empty());
}

#[test]
fn suppression_defaults_to_the_window_of_a_threshold() {
    let rule = parse_rule("tested.toml", SOUND).unwrap();
    let RuleKind::Threshold(threshold) = &rule.kind else { panic!("{:?}", rule.kind) };
    assert_eq!(rule.suppress, threshold.window);
    for rule in load(&["vault-modified", "novel-accessor"]).unwrap().rules {
        assert_eq!(rule.suppress.0, 0, "{}", rule.id);
    }
}

#[test]
fn every_embedded_rule_loads_under_the_name_of_its_file() {
    let set = load(&[PACK]).unwrap();
    let ids: Vec<_> = set.rules.iter().map(|rule| rule.id.as_str()).collect();
    let embedded: Vec<_> = EMBEDDED.iter().map(|&(id, _)| id).collect();
    assert_eq!(ids, embedded);

    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/rules/vaultdrill");
    let mut stems: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    stems.sort();
    assert_eq!(stems, embedded, "the directory and the embedded list hold the same rules");
    assert_eq!(load(&[directory]).unwrap().rules_id(), set.rules_id());
}

#[test]
fn every_pack_loads_by_name_by_rule_and_all_together() {
    let all = load(&[ALL_PACKS]).unwrap().rules;
    assert_eq!(all.len(), PACKS.iter().map(|pack| pack.rules.len()).sum::<usize>());
    for pack in PACKS {
        let set = load(&[pack.name]).unwrap();
        let ids: Vec<_> = set.rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids, pack.rules.iter().map(|&(id, _)| id).collect::<Vec<_>>());
        let prefix = format!("{}-", pack.name);
        for rule in &set.rules {
            assert_eq!(rule.pack, pack.name);
            assert!(pack.name == PACK || rule.id.starts_with(&prefix), "{}", rule.id);
            assert_eq!(load(&[&rule.id]).unwrap().rules[0].pack, pack.name);
            let is_name = |name: &str| rule.id == name;
            assert!(!is_name(ALL_PACKS) && !PACKS.iter().any(|pack| is_name(pack.name)));
        }
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/rules/");
        assert_eq!(load(&[root.to_owned() + pack.folder]).unwrap().rules_id(), set.rules_id());
        for one in pack.inexpressible().unwrap() {
            assert!(one.source.starts_with("https://") && one.reason.ends_with('.'), "{one:?}");
        }
    }
    let twice = load(&[ALL_PACKS, PACK]).unwrap_err().to_string();
    assert!(twice.starts_with("expected rule ids to be unique"), "{twice}");
}

#[test]
fn published_rules_say_where_they_are_published_and_have_an_example_of_each_sort() {
    for rule in load(&[ALL_PACKS]).unwrap().rules.iter().filter(|rule| rule.pack != PACK) {
        assert!(
            rule.guidance.references.iter().all(|it| it.starts_with("https://")),
            "{}",
            rule.id
        );
        let has = |sort: fn(&Example) -> bool| rule.examples.iter().any(sort);
        assert!(has(|it| it.alerts > 0) && has(|it| it.alerts == 0), "{}", rule.id);
        assert!(has(|it| it.boundary), "{}", rule.id);
    }
}

#[test]
fn the_pack_of_a_users_rule_is_what_was_named_and_changes_no_digest() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("night-watch")).unwrap();
    fs::write(path("night-watch/a.toml"), SOUND).unwrap();
    fs::write(path("night-watch/inexpressible.toml"), "schema_version = 1\nrule = []").unwrap();
    let loaded = |name: &str| {
        let set = load(&[path(name)]).unwrap();
        (set.rules[0].pack.clone(), set.rules_id().to_owned())
    };
    let (of_directory, of_file) = (loaded("night-watch"), loaded("night-watch/a.toml"));
    assert_eq!((of_directory.0.as_str(), of_file.0.as_str()), ("night-watch", "a"));
    assert_eq!(of_directory.1, of_file.1);
    assert_eq!(loaded("night-watch/..//night-watch/../night-watch/").0, "night-watch");
}

#[test]
fn what_is_called_like_an_embedded_pack_goes_by_its_path() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("elastic")).unwrap();
    for name in ["elastic/", "elastic", "elastic/sigma.toml", "elastic/../elastic"] {
        fs::write(path("elastic/sigma.toml"), SOUND).unwrap();
        assert_eq!(load(&[path(name)]).unwrap().rules[0].pack, path(name));
    }
}

#[test]
fn the_digest_follows_what_rules_say_and_not_how_it_is_laid_out() {
    let digest = |text: &str| {
        let rule = parse_rule("tested.toml", text).unwrap();
        RuleSet::new(vec![rule]).unwrap().rules_id().to_owned()
    };
    let laid_out = SOUND.replace("window = \"10m\"", "# ten minutes\nwindow   = \"600s\"");
    assert_eq!(digest(SOUND), digest(&laid_out));
    for (from, to) in [
        ("values = 20", "values = 21"),
        ("vault: a", "vault: b"),
        ("2027", "2028"),
        ("sunday", "monday"),
        ("from = \"22:00\"", "from = \"22:01\""),
        ("reveal", "use"),
        ("multiple = 3.0", "multiple = 3.5"),
        ("low = \"1m\"", "low = \"2m\""),
    ] {
        assert_ne!(digest(SOUND), digest(&SOUND.replace(from, to)), "{to}");
    }
}

#[test]
fn names_stand_for_the_pack_a_rule_a_file_or_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    assert!(matches!(load(&[path("")]), Err(LoadError::Empty { .. })));
    fs::write(path("a.toml"), SOUND).unwrap();
    fs::write(path("b.toml"), SOUND.replace("\"tested\"", "\"another\"")).unwrap();
    fs::write(path("notes.md"), "not a rule").unwrap();

    let ids = |names: &[String]| -> Vec<String> {
        load(names).unwrap().rules.into_iter().map(|rule| rule.id).collect()
    };
    assert_eq!(ids(&[path("")]), ["another", "tested"]);
    assert_eq!(ids(&[path("a.toml"), "novel-vault".to_owned()]), ["novel-vault", "tested"]);

    fs::write(path("c.toml"), SOUND.replace("\"Tested\"", "\"Later\"")).unwrap();
    let twice = load(&[path("a.toml"), path("c.toml")]).unwrap_err().to_string();
    let files = format!("{} and in {}", path("a.toml"), path("c.toml"));
    assert_eq!(twice, format!("expected rule ids to be unique, found `tested` in {files}"));
    let pair = ["a.toml", "c.toml"].map(|name| load(&[path(name)]).unwrap().rules.remove(0));
    let twice = RuleSet::new(pair.to_vec()).unwrap_err();
    assert_eq!(
        twice.to_string(),
        "expected rule ids to be unique, found `tested` for \"Tested\" and for \"Later\""
    );
    let unknown = load(&["bulk-extracton"]).unwrap_err();
    assert_eq!(unknown.help().unwrap().to_string(), "did you mean `bulk-extraction`?");
    let unknown = load(&["sentinal"]).unwrap_err();
    assert_eq!(unknown.help().unwrap().to_string(), "did you mean `sentinel`?");
    assert!(unknown.to_string().starts_with("expected `all`, a pack (vaultdrill, community, "));
}

#[test]
fn more_rules_than_a_verdict_has_bits_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    for index in 0..=MAX_RULES {
        let text = SOUND.replace("\"tested\"", &format!("\"tested-{index}\""));
        fs::write(directory.path().join(format!("{index}.toml")), text).unwrap();
    }
    let error = load(&[directory.path().to_str().unwrap()]).unwrap_err();
    assert_eq!(error.to_string(), "expected at most 128 rules in one run, found 129");
}

#[test]
fn a_rule_reads_well_at_eighty_columns() {
    let set = load(&["bulk-extraction"]).unwrap();
    assert_golden!("rules_show_bulk_extraction", rule_text(&set.rules[0]));
}

/// A rule file with a sequence that is sound, for tests to break.
fn sound_sequence() -> String {
    let start = SOUND.find("query =").unwrap();
    let end = SOUND.find("[guidance]").unwrap();
    let sequence = r#"[sequence]
by = ["identity", "vault"]
max_span = "1h"
[[sequence.steps]]
query = "change: grant"
by = ["grantee", "vault"]
[[sequence.steps]]
query = "access: reveal"
distinct = { fields = ["object"], values = 3 }

"#;
    let text = format!("{}{sequence}{}", &SOUND[..start], &SOUND[end..]);
    let text = text.replace("kind = \"threshold\"", "kind = \"sequence\"");
    text.replace("\"threshold.window\"", "\"sequence.steps.2.distinct.values\"")
        .replace("\"1m\"", "1")
        .replace("\"1d\"", "10")
}

#[test]
fn a_sequence_is_read_with_its_steps_and_looks_at_what_any_of_them_does() {
    let rule = parse_rule("tested.toml", &sound_sequence()).unwrap();
    let RuleKind::Sequence(sequence) = &rule.kind else { panic!("{:?}", rule.kind) };
    assert_eq!(sequence.steps[0].by, [Field::Grantee, Field::Vault]);
    assert_eq!(sequence.steps[1].by, sequence.by);
    assert_eq!(sequence.steps.iter().map(|step| step.need.least()).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(rule.query.source(), "(change: grant) or (access: reveal)");
    assert_eq!((rule.suppress, sequence.max_span), (TickSpan::hours(1), TickSpan::hours(1)));
    let text = rule_text(&rule);
    assert!(text.contains("first     change: grant, by grantee, vault"), "{text}");
    assert!(text.contains("then      at least 3 of object in access: reveal"), "{text}");
    assert_eq!(rule_json(&rule)["sequence"]["steps"][1]["distinct"]["values"], 3);
}

#[test]
fn each_fault_of_a_sequence_points_at_the_offending_value() {
    let cases = [
        ("kind = \"sequence\"", "kind = \"sequence\"\nquery = \"plane: data\"", "\"plane: data\""),
        ("kind = \"sequence\"", "kind = \"sequence\"\ngroup_by = [\"vault\"]", "[\"vault\"]"),
        ("kind = \"sequence\"", "kind = \"query\"\nquery = \"\"", "[sequence]"),
        ("kind = \"sequence\"", "kind = \"new_terms\"\nquery = \"\"", "[sequence]"),
        ("by = [\"identity\", \"vault\"]", "by = []", "[]"),
        ("by = [\"grantee\", \"vault\"]", "by = [\"grantee\"]", "[\"grantee\"]"),
        (
            "by = [\"grantee\", \"vault\"]",
            "by = [\"vault\", \"grantee\"]",
            "[\"vault\", \"grantee\"]",
        ),
        ("by = [\"grantee\", \"vault\"]", "by = [\"grante\", \"vault\"]", "\"grante\""),
        ("\"1h\"", "\"0h\"", "\"0h\""),
        ("\"change: grant\"", "\" \"", "\" \""),
        ("\"change: grant\"", "\"chang: grant\"", "chang"),
        ("values = 3", "values = 0", "0"),
        ("by = [\"grantee\", \"vault\"]", "count = 0", "0"),
        ("distinct = {", "count = 2\ndistinct = {", "2"),
        ("steps.2", "steps.3", "\"sequence.steps.3.distinct.values\""),
    ];
    for (from, to, offending) in cases {
        let text = sound_sequence();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        let text = text.replace(from, to);
        let error = parse_rule("tested.toml", &text).expect_err(to);
        let (start, length) = (error.span.offset(), error.span.len());
        assert_eq!(&text[start..start + length], offending, "{to}: {error}");
    }
    let step = "[[sequence.steps]]\nquery = \"access: list\"\n";
    let too_many =
        sound_sequence().replace("\n[guidance]", &format!("{}[guidance]", step.repeat(7)));
    assert!(parse_rule("tested.toml", &too_many).unwrap_err().message.contains("2 to 8 steps"));
}

#[test]
fn only_thresholds_are_described_as_alerting_again_at_twice_the_value() {
    for rule in load(&[PACK]).unwrap().rules {
        let text = rule_text(&rule).split_whitespace().collect::<Vec<_>>().join(" ");
        let is_quiet_threshold = matches!(rule.kind, RuleKind::Threshold(_)) && rule.suppress.0 > 0;
        assert_eq!(text.contains("after an alert"), rule.suppress.0 > 0, "{}", rule.id);
        assert_eq!(text.contains("doubled"), is_quiet_threshold, "{}", rule.id);
    }
}

#[test]
fn descriptions_of_all_rules_keep_to_the_width_and_say_everything() {
    let rules = load(&[ALL_PACKS]).unwrap().rules;
    for rule in &rules {
        let text = rule_text(rule);
        let wide: Vec<_> = text.lines().filter(|line| line.chars().count() > 80).collect();
        let is_one_word = |line: &str| line.trim_start_matches([' ', '-']).split(' ').count() == 1;
        assert!(wide.iter().all(|line| is_one_word(line)), "{wide:?}");
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in rule.guidance.respond.iter().chain([&rule.guidance.catches]) {
            assert!(flat.contains(part.as_str()), "{part}");
        }
        for exception in &rule.exceptions {
            assert!(flat.contains(&exception.reason), "{}", exception.reason);
        }
        assert_eq!(rule_json(rule)["id"], rule.id.as_str());
    }
    assert_eq!(rules_text(&rules).lines().count(), rules.len() + 2 * PACKS.len() - 1);
    assert!(rules_text(&rules).lines().all(|line| line.len() <= 80));
    assert_eq!(rules_json(&rules).as_array().unwrap().len(), rules.len());
}
