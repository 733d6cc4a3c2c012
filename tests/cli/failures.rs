//! What goes wrong says what, where and what was expected, and exits with its code.

use std::fs;

use crate::{failure_of, output_of, vaultdrill};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty.ndjson"), "").unwrap();
    folder
}

#[test]
fn wrong_names_exit_with_2_and_say_what_was_meant() {
    let folder = folder();
    for (arguments, said) in [
        (vec!["detect", "empty.ndjson", "--rules", "bulk-extracton"], "bulk-extraction"),
        (vec!["generate", "--out", "c", "--attacks", "novel-acessor"], "novel-accessor"),
        (vec!["generate", "--out", "c", "--estate", "midsized"], "midsize"),
        (vec!["drill", "quickstrat"], "quickstart"),
        (vec!["scenarios", "show", "midsiz"], "midsize"),
        (vec!["detect", "empty.ndjson", "--workers", "0"], "1.."),
        (vec!["detect", "empty.ndjson", "--lateness", "2"], "2h"),
        (vec!["detect", "empty.ndjson", "--max-memory", "2Q"], "GiB"),
        (vec!["detect", "empty.ndjson", "--max-memory", "10MiB"], "expected at least"),
        (vec!["detect", "empty.ndjson", "--max-keys", "7"], "16384 to 268435456"),
        (vec!["detect", "empty.ndjson", "--max-depth", "7"], "8 to 100"),
        (vec!["detect", "empty.ndjson", "--max-line-bytes", "9"], "1KiB to 64MiB"),
        (vec!["detect", "empty.ndjson", "--max-evidence", "0"], "1 to 10000"),
        (vec!["detect", "empty.ndjson", "--max-alerts-per-day", "0"], "1.."),
        (vec!["detect", "empty.ndjson", "--max-envelope-records", "0"], "1.."),
        (vec!["detect"], "INPUTS"),
    ] {
        let (code, message) = failure_of(folder.path(), &arguments);
        assert_eq!(code, 2, "{arguments:?}: {message}");
        assert!(message.contains(said), "{arguments:?}: {message}");
    }
}

/// Lines of 64 MiB take half a GiB of each worker, an eighth of what the budget has to be.
#[test]
fn a_budget_has_fewer_workers_unless_they_were_asked_for() {
    let folder = folder();
    let within = ["detect", "empty.ndjson", "--max-line-bytes", "64MiB", "--max-memory", "5GiB"];
    let output = vaultdrill(folder.path(), &within);
    let said = String::from_utf8(output.stderr).unwrap();
    let cores = std::thread::available_parallelism().unwrap().get();
    let note = format!("1 of {cores} at work");
    assert!(output.status.success(), "{said}");
    assert_eq!(said.contains(&note), cores > 1, "{said}");
    let asked_for = [&within[..], &["--workers", "2"]].concat();
    let (code, message) = failure_of(folder.path(), &asked_for);
    assert_eq!(code, 2, "{message}");
    assert!(message.contains("MiB of memory with --workers 2, found 5120 MiB"), "{message}");
}

#[test]
fn a_fault_in_a_rule_file_is_shown_in_its_place() {
    let folder = folder();
    let rule = output_of(folder.path(), &["rules", "show", "bulk-extraction", "--format", "json"]);
    assert!(rule.contains("\"bulk-extraction\""));
    fs::write(folder.path().join("rule.toml"), "schema_version = 1\nidd = \"x\"\n").unwrap();
    let arguments = ["detect", "empty.ndjson", "--rules", "rule.toml"];
    let (code, message) = failure_of(folder.path(), &arguments);
    assert_eq!(code, 2, "{message}");
    assert!(
        message.contains("rule.toml:2:1") && message.contains("did you mean `id`"),
        "{message}"
    );
}

#[test]
fn missing_or_unusable_input_exits_with_3_and_names_the_path() {
    let folder = folder();
    fs::create_dir(folder.path().join("nothing")).unwrap();
    for (arguments, said) in [
        (vec!["detect", "absent.ndjson"], "absent.ndjson"),
        (vec!["detect", "nothing"], "nothing"),
        (vec!["score", "--truth", "no.ndjson", "--alerts", "empty.ndjson"], "no.ndjson"),
        (vec!["score", "--truth", "empty.ndjson", "--alerts", "empty.ndjson"], "empty.ndjson"),
    ] {
        let (code, message) = failure_of(folder.path(), &arguments);
        assert_eq!(code, 3, "{arguments:?}: {message}");
        assert!(message.contains(said), "{arguments:?}: {message}");
    }
}

#[test]
fn an_empty_log_is_a_run_without_records() {
    let folder = folder();
    let text = output_of(folder.path(), &["detect", "empty.ndjson", "--out", "run"]);
    assert!(text.starts_with("0 records"), "{text}");
    let run = fs::read_to_string(folder.path().join("run/run.json")).unwrap();
    let run: serde_json::Value = serde_json::from_str(&run).unwrap();
    assert_eq!(run["records"], 0);
    let state = &run["rules"][0]["state"];
    assert_eq!((state["keys"].as_u64(), state["bytes_per_key"].as_f64()), (Some(0), None));
    assert!(state["bytes_per_key_p50"].is_null() && state["bytes_per_key_p99"].is_null());
    assert!(state["cap"].as_u64().is_some_and(|cap| cap >= 256 << 14), "{state}");
    assert!(text.contains("no cap was reached"), "{text}");
}

#[test]
fn a_corpus_without_attacks_has_nothing_to_score_and_exits_with_4() {
    let folder = folder();
    let generate =
        ["generate", "--attacks", "none", "--events", "20000", "--out", "quiet", "--quiet"];
    output_of(folder.path(), &generate);
    output_of(folder.path(), &["detect", "quiet", "--out", "run"]);
    let score = ["score", "--truth", "quiet/truth.ndjson", "--alerts", "run/alerts.ndjson"];
    let (code, message) = failure_of(folder.path(), &score);
    assert_eq!(code, 4, "{message}");
    assert!(message.contains("at least one malicious campaign"), "{message}");

    let (code, message) = failure_of(folder.path(), &generate);
    assert_eq!(code, 2, "a corpus was overwritten: {message}");
}

#[test]
fn checking_a_folder_of_rules_says_of_each_whether_it_is_run_and_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules");
    fs::create_dir(&rules).unwrap();
    let rule = |id: &str, kind: &str| {
        format!(
            "[rule]\nname = \"Purge {id}\"\nrule_id = \"{id}\"\nrisk_score = 73\nseverity = \"high\"\n\
             type = \"{kind}\"\nquery = \"event.action: *Purge\"\n"
        )
    };
    fs::write(rules.join("a.toml"), rule("a", "query")).unwrap();
    fs::write(rules.join("b.toml"), rule("b", "eql")).unwrap();
    let text = output_of(folder.path(), &["rules", "check", "rules"]);
    assert!(text.contains("Purge a") && text.contains("1 accepted, 1 refused"), "{text}");
    assert!(
        text.contains("line 6") && text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let json = output_of(folder.path(), &["rules", "check", "rules", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (json["accepted"][0]["id"].as_str(), json["refused"][0]["line"].as_u64()),
        (Some("a"), Some(6))
    );
    assert!(output_of(folder.path(), &["rules", "list", "--rules", "rules"]).contains("Purge a"));

    let (code, message) = failure_of(folder.path(), &["rules", "check", "rules/b.toml"]);
    assert_eq!(code, 2, "{message}");
}

#[test]
fn an_exception_that_rests_on_the_caller_alone_is_warned_of() {
    let folder = folder();
    let pack = output_of(folder.path(), &["rules", "check", "vault-modified", "--format", "json"]);
    let pack: serde_json::Value = serde_json::from_str(&pack).unwrap();
    assert!(pack["accepted"][0]["warnings"].is_array(), "{pack}");

    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/rules/vaultdrill");
    let rule = fs::read_to_string(format!("{source}/vault-modified.toml")).unwrap();
    let mut rule: toml::Table = rule.parse().unwrap();
    let exceptions = r#"
        exceptions = [
            { query = "vault: kv", reason = "a" },
            { query = "client: terraform*", reason = "b", frames = [{ weekdays = ALL, from = "09:00", to = "09:00", zone = "UTC" }] },
            { query = "client: terraform*", reason = "c", frames = [{ weekdays = ALL, from = "09:00", to = "17:00", zone = "UTC" }] },
            { query = "client: terraform*", reason = "d", frames = [{ weekdays = ["monday"], from = "09:00", to = "09:00", zone = "UTC" }] },
            { reason = "e", frames = [{ weekdays = ALL, from = "00:00", to = "00:00", zone = "UTC" }] },
        ]"#;
    let all_days =
        r#"["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]"#;
    let exceptions = exceptions.replace("ALL", all_days);
    let exceptions: toml::Table = exceptions.parse().unwrap();
    rule["exceptions"] = exceptions["exceptions"].clone();
    fs::write(folder.path().join("rule.toml"), rule.to_string()).unwrap();
    let text = output_of(folder.path(), &["rules", "check", "rule.toml"]);
    let words: Vec<&str> = text.split_whitespace().collect();
    let said = words.join(" ");
    assert!(said.contains("warning: exception 2 rests on"), "{text}");
    assert!(said.contains("warning: exception 5 hides everything"), "{text}");
    assert_eq!(said.matches("warning: ").count(), 2, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}
