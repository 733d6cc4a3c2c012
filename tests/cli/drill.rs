//! A small drill from end to end, and its claims derived again from the files it left.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{failure_of, output_of};

const DRILL: &str = r#"
    schema_version = 1
    name = "small"
    description = "The quickstart with a twentieth of its traffic."
    estate = "midsize"
    attacks = "all"
    rules = ["vaultdrill"]
    seed = 5
    days = 21
    warmup_days = 14
    events = 50_000
"#;

#[test]
fn a_drill_finds_attacks_pays_for_look_alikes_and_can_be_derived_again_from_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("small.toml"), DRILL).unwrap();
    let summary = output_of(root, &["drill", "small.toml", "--workers", "2"]);
    for line in summary.lines() {
        assert!(line.chars().count() <= 80, "wider than a terminal: {line}");
    }
    let out = root.join("drill-small");
    let score = json(&out.join("score.json"));

    let by_attack = score["by_attack"].as_object().unwrap();
    assert_eq!(by_attack.len(), 16);
    for attack in ["bulk-extraction", "novel-accessor", "unauthorized-vault-write"] {
        let found = &by_attack[attack]["campaigns"]["detected"];
        assert!(found.as_u64().unwrap() > 0, "{attack} was never found");
    }
    assert!(score["alerts"]["look_alike"].as_u64().unwrap() > 0, "look-alikes cost nothing");

    let found = campaigns_found(&out);
    let claimed: u64 =
        by_attack.values().map(|one| one["campaigns"]["detected"].as_u64().unwrap()).sum();
    let scored: u64 =
        by_attack.values().map(|one| one["campaigns"]["scored"].as_u64().unwrap()).sum();
    assert_eq!(found.len() as u64, claimed);
    let recall = claimed as f64 / scored as f64;
    assert!((score["recall"]["campaign"]["value"].as_f64().unwrap() - recall).abs() < 1e-9);
    assert!(
        summary.starts_with(&format!("Found {claimed} of {scored} attack campaigns")),
        "{summary}"
    );

    for missed in score["missed"].as_array().unwrap() {
        assert!(missed["nearest"]["why"].is_string(), "{missed}");
    }
    accounts_for_every_record(&out);
    scoring_again_says_the_same(root, &score);
    another_run_explains_nothing(root);
}

fn accounts_for_every_record(out: &Path) {
    let (run, manifest) =
        (json(&out.join("run/run.json")), json(&out.join("corpus/manifest.json")));
    let count = |key: &str| run[key].as_u64().unwrap();
    let malformed = run["malformed"]["total"].as_u64().unwrap();
    assert_eq!(
        count("records"),
        count("events") + count("foreign") + count("duplicates") + malformed
    );
    assert_eq!(run["records"], manifest["events"]);
    assert_eq!(run["corpus_id"], manifest["corpus_id"]);
    assert!(
        run["decision_latency"]["p99_9_ns"].as_u64() >= run["decision_latency"]["p50_ns"].as_u64()
    );
    let alerts = fs::read_to_string(out.join("run/alerts.ndjson")).unwrap();
    assert_eq!(alerts.lines().count() as u64 - 1, count("alerts"));
}

fn scoring_again_says_the_same(root: &Path, score: &Value) {
    let again = output_of(
        root,
        &[
            "score",
            "--truth",
            "drill-small/corpus/truth.ndjson",
            "--alerts",
            "drill-small/run/alerts.ndjson",
            "--twin-alerts",
            "drill-small/twin-run/alerts.ndjson",
            "--twin-manifest",
            "drill-small/twin/manifest.json",
            "--corpus",
            "drill-small/corpus",
            "--format",
            "json",
        ],
    );
    assert_eq!(&serde_json::from_str::<Value>(&again).unwrap(), score);
}

/// What missed campaigns met is told by the run that is scored, or not at all.
fn another_run_explains_nothing(root: &Path) {
    let score =
        "score --truth drill-small/corpus/truth.ndjson --alerts drill-small/run/alerts.ndjson";
    let cases = [
        ("--corpus drill-small/corpus --rules bulk-extraction", "the rules: expected"),
        ("--corpus drill-small/twin", "the corpus: expected"),
        ("--corpus drill-small/corpus --lateness 1s", "the replay: expected"),
    ];
    for (other, words) in cases {
        let arguments: Vec<&str> = score.split(' ').chain(other.split(' ')).collect();
        let (code, message) = failure_of(root, &arguments);
        assert_eq!(code, 3, "{message}");
        assert!(message.contains(words), "{message}");
    }
}

/// Campaigns that some alert credits, by the definitions of the scorer's documentation, written once
/// more in the simplest way.
fn campaigns_found(out: &Path) -> BTreeSet<String> {
    type EventId = (String, String, String);
    let id = |line: &Value| -> EventId {
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        (text("correlation_id"), text("time"), text("operation"))
    };
    let truth = lines(&out.join("corpus/truth.ndjson"));
    let manifest = json(&out.join("corpus/manifest.json"));
    let warmup_end = manifest["warmup_end"].as_str().unwrap();
    let hostile: BTreeMap<&str, &Value> = truth
        .iter()
        .filter(|line| line["type"] == "campaign" && line["class"] == "malicious")
        .map(|line| (line["campaign_id"].as_str().unwrap(), line))
        .collect();
    let mut campaign_of: BTreeMap<EventId, &str> = BTreeMap::new();
    for step in truth.iter().filter(|line| line["type"] == "step") {
        let campaign = step["campaign_id"].as_str().unwrap();
        if hostile.contains_key(campaign) {
            campaign_of.insert(id(step), campaign);
        }
    }
    let mut evidence: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in lines(&out.join("run/evidence.ndjson")).into_iter().skip(1) {
        evidence.entry(line["alert_id"].as_str().unwrap().to_owned()).or_default().push(line);
    }
    let mut found = BTreeSet::new();
    for alert in lines(&out.join("run/alerts.ndjson")).iter().skip(1) {
        // Seven-digit times of one length compare like the instants they stand for.
        if alert["time"].as_str().unwrap() < warmup_end {
            continue;
        }
        let events = &evidence[alert["alert_id"].as_str().unwrap()];
        let (bad, good): (Vec<&Value>, Vec<&Value>) =
            events.iter().partition(|event| campaign_of.contains_key(&id(event)));
        let rest: BTreeSet<&str> =
            good.iter().filter_map(|event| event["value"].as_str()).collect();
        let holds_without = match alert["values"]["threshold"].as_u64() {
            Some(threshold) => rest.len() as u64 >= threshold,
            None => bad.is_empty(),
        };
        if !holds_without {
            found.extend(bad.iter().map(|event| campaign_of[&id(event)].to_owned()));
        }
    }
    let last = manifest["last_time"].as_str().unwrap();
    found.retain(|campaign| counts(hostile[campaign.as_str()], warmup_end, last));
    found
}

/// Whether a campaign lies in the scored period, two days before its end.
fn counts(campaign: &Value, warmup_end: &str, last: &str) -> bool {
    let ticks = |text: &str| vaultdrill::event::Ticks::parse(text.as_bytes()).unwrap();
    let time = |key: &str| ticks(campaign[key].as_str().unwrap());
    let two_days = vaultdrill::event::TickSpan::days(2);
    time("start") >= ticks(warmup_end) && time("end") + two_days <= ticks(last)
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
