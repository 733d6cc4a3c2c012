//! One small drill, and a copy of it in which every name that a log can bring is hostile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

const DRILL: &str = r#"
    schema_version = 1
    name = "tiny"
    description = "Every attack in a small estate."
    estate = "small"
    attacks = "all"
    rules = ["vaultdrill"]
    seed = 5
    days = 17
    warmup_days = 14
    events = 20_000
"#;

/// The directory that a small drill left, its report included.
pub(crate) fn drill() -> &'static Path {
    static STAGED: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, out) = STAGED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("tiny.toml"), DRILL).unwrap();
        let output = vaultdrill(folder.path(), &["drill", "tiny.toml", "--quiet"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let out = folder.path().join("drill-tiny");
        (folder, out)
    });
    out
}

/// A name as an attacker would choose it: markup, quotes, terminal control, a turned direction, length.
pub(crate) fn hostile() -> String {
    let tricks =
        "<script>alert(1)</script>\"'&amp;<img src=x onerror=alert(2)>\u{1b}[31m\u{202e}]]>";
    tricks.to_owned() + &"x".repeat(10_000)
}

/// The same drill with that name for every client, identity, vault, operation and attack.
pub(crate) fn hostile_drill() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for folder in ["run", "corpus"] {
        fs::create_dir(copy.path().join(folder)).unwrap();
    }
    let rewrite = |file: &str, change: &dyn Fn(&str) -> String| {
        let text = fs::read_to_string(drill().join(file)).unwrap();
        fs::write(copy.path().join(file), change(&text)).unwrap();
    };
    let by_line = |change: &dyn Fn(&mut Value), text: &str| -> String {
        let lines = text.lines().map(|line| {
            let mut value: Value = serde_json::from_str(line).unwrap();
            change(&mut value);
            format!("{value}\n")
        });
        lines.collect()
    };
    rewrite("run/evidence.ndjson", &str::to_owned);
    rewrite("run/run.json", &|text| by_line(&spoil_run, &compact(text)));
    rewrite("drill.json", &|text| by_line(&spoil_drill, &compact(text)));
    rewrite("score.json", &|text| by_line(&spoil_score, &compact(text)));
    rewrite("run/alerts.ndjson", &|text| by_line(&spoil_alert, text));
    rewrite("corpus/truth.ndjson", &|text| by_line(&spoil_truth, text));
    copy
}

/// Runs the program in `folder`.
pub(crate) fn vaultdrill(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdrill"));
    command.current_dir(folder).args(arguments).output().unwrap()
}

/// The report of a drill, written again.
pub(crate) fn report(folder: &Path, arguments: &[&str]) -> String {
    // Tests run side by side: each writes to a place of its own.
    let elsewhere = tempfile::tempdir().unwrap();
    let page = elsewhere.path().join("report.html");
    let mut words = vec!["report", ".", "--out", page.to_str().unwrap()];
    words.extend(arguments);
    let output = vaultdrill(folder, &words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(page).unwrap()
}

fn compact(text: &str) -> String {
    serde_json::from_str::<Value>(text).unwrap().to_string()
}

fn spoil_alert(line: &mut Value) {
    if let Some(triage) = line.get_mut("triage") {
        for key in ["client", "source_ip", "identity", "vault"] {
            triage[key] = json!(hostile());
        }
    }
}

fn spoil_truth(line: &mut Value) {
    if line["type"] == "campaign" {
        line["identities"] = json!([hostile(), "b"]);
        line["vaults"] = json!([hostile()]);
    }
}

fn spoil_run(run: &mut Value) {
    run["environment"]["cpu_model"] = json!(hostile());
    run["command"] = json!(["vaultdrill", hostile()]);
    run["rules"][0]["rule_id"] = json!(hostile());
}

fn spoil_drill(drill: &mut Value) {
    drill["name"] = json!(hostile());
    drill["description"] = json!(hostile());
}

fn spoil_score(score: &mut Value) {
    score["corpus"]["estate"] = json!(hostile());
    for campaign in score["missed"].as_array_mut().unwrap() {
        campaign["vaults"] = json!([hostile(), "b"]);
        campaign["identities"] = json!([hostile()]);
        campaign["reason"] = json!(hostile());
        campaign["start"] = json!(hostile());
        if campaign["nearest"].is_object() {
            campaign["nearest"]["rule_id"] = json!(hostile());
            campaign["nearest"]["why"] = json!(hostile());
        }
    }
    for campaign in score["outcomes"].as_array_mut().unwrap() {
        campaign["attack"] = json!(hostile());
        campaign["variant"] = json!(hostile());
    }
    for key in ["by_attack", "by_rule", "by_look_alike", "by_identity_kind", "by_pack"] {
        let map = score[key].as_object_mut().unwrap();
        let one = map.values().next().unwrap().clone();
        map.insert(hostile(), one);
    }
    score["entities"][hostile()] = json!({"is_identity": true, "alerts": 9999, "false_alerts": 0});
}
