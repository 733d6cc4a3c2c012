//! The evasion frontier in small: levels in truth are what was asked, figures add up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use vaultdrill::score::{DialFrontier, Evasion};

use crate::{failure_of, output_of};

const DRILL: &str = r#"
    schema_version = 1
    name = "tiny"
    description = "Ground for a frontier."
    estate = "midsize"
    attacks = "none"
    rules = ["bulk-extraction", "slow-extraction"]
    seed = 5
    days = 21
    warmup_days = 14
    events = 50_000
"#;

#[test]
fn each_dial_changes_what_it_names_and_the_rules_find_less_of_the_careful() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("tiny.toml"), DRILL).unwrap();
    let asked = ["evasion", "tiny.toml", "--steps", "3", "--campaigns", "8", "--workers", "2"];
    let summary = output_of(root, &asked);
    assert!(summary.lines().all(|line| line.chars().count() <= 80), "{summary}");
    let out = root.join("evasion-tiny");
    let text = fs::read_to_string(out.join("evasion.json")).unwrap();
    let evasion: Evasion = serde_json::from_str(&text).unwrap();
    assert_eq!(evasion.nearest_threshold.objects, 10);
    let [slowness, spread, volume] = &evasion.dials[..] else { panic!("{summary}") };

    let values = |frontier: &DialFrontier| -> Vec<f64> {
        frontier.levels.iter().map(|level| level.value).collect()
    };
    assert_eq!(values(slowness), [1.0, 16.0, 256.0]);
    assert_eq!(values(spread), [1.0, 4.0, 16.0]);
    assert_eq!(values(volume), [2.0, 1.0, 0.5]);
    let grows = |frontier: &DialFrontier, of: fn(&vaultdrill::score::EvasionLevel) -> f64| {
        frontier.levels.windows(2).all(|pair| of(&pair[0]) < of(&pair[1]))
    };
    assert!(grows(slowness, |level| level.hours_p50), "{summary}");
    assert!(grows(spread, |level| level.identities_p50), "{summary}");
    assert!(grows(volume, |level| -level.objects_p50), "{summary}");

    let bulk = |frontier: &DialFrontier, at: usize| {
        frontier.levels[at].by_rule.get("bulk-extraction").and_then(|one| one.value).unwrap_or(0.0)
    };
    assert!(bulk(slowness, 0) >= 0.5, "{summary}");
    assert!(bulk(slowness, 1) < 0.01, "{summary}");
    assert_eq!(slowness.by_rule["bulk-extraction"].below_half_at, Some(16.0));

    for frontier in &evasion.dials {
        let run = out.join(frontier.dial.word());
        agrees_with_truth(&run, frontier);
        no_two_levels_share_an_account_or_an_alert(&run);
    }
}

/// Counts each level's campaigns once more in truth, and holds the level's pace and accounts.
fn agrees_with_truth(run: &Path, frontier: &DialFrontier) {
    let text = fs::read_to_string(run.join("corpus/truth.ndjson")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut campaigns: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in lines.filter(|line| line["class"] == "malicious") {
        let attack = line["attack"].as_str().unwrap().to_owned();
        campaigns.entry(attack).or_default().push(line);
    }
    assert_eq!(campaigns.len(), frontier.levels.len());
    for level in &frontier.levels {
        let own = &campaigns[&level.attack];
        assert_eq!(own.len(), 8, "{}", level.attack);
        assert!(level.n <= 8 && level.n >= 4, "{}: {} scored", level.attack, level.n);
        assert_eq!(level.recall.n, level.n);
        for campaign in own {
            let drawn = &campaign["parameters"];
            assert_eq!(drawn["gap_seconds"].as_f64(), Some(level.gap_seconds));
            assert_eq!(drawn["variant"], "evasive");
        }
    }
    assert!(!run.join("corpus/events.ndjson").exists());
}

/// The rules count by identity, so levels that share no account share no alert.
fn no_two_levels_share_an_account_or_an_alert(run: &Path) {
    let lines = |file: &str| -> Vec<Value> {
        let text = fs::read_to_string(run.join(file)).unwrap();
        text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut steps: BTreeMap<String, String> = BTreeMap::new();
    for line in lines("corpus/truth.ndjson") {
        let id = text(&line["campaign_id"]);
        let level = id.rsplit_once('-').unwrap().0.to_owned();
        if line["type"] == "step" {
            steps.insert(text(&line["correlation_id"]), level);
        } else if line["class"] == "malicious" {
            for account in line["identities"].as_array().unwrap() {
                let other = owners.insert(text(account), level.clone());
                assert!(other.is_none_or(|other| other == level), "{account} is used by {id}, too");
            }
        }
    }
    let malicious: BTreeSet<&String> = owners.values().collect();
    let mut held: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
    for line in lines("run/evidence.ndjson") {
        let campaign = steps.get(&text(&line["correlation_id"]));
        let campaign = campaign.filter(|&one| malicious.contains(one));
        held.entry(text(&line["alert_id"])).or_default().extend(campaign);
    }
    assert!(held.values().any(|levels| levels.len() == 1));
    assert!(held.values().all(|levels| levels.len() <= 1), "{held:?}");
}

#[test]
fn too_few_accounts_are_said_and_each_level_has_as_many_campaigns() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let small = DRILL.replace("midsize", "small").replace("50_000", "20_000");
    fs::write(root.join("tiny.toml"), small).unwrap();
    let asked = ["evasion", "tiny.toml", "--steps", "3", "--dial", "spread", "--campaigns", "12"];
    let summary = output_of(root, &asked);
    let sentences = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(sentences.contains("of 12 asked for, for no two use the same account"), "{summary}");
    assert!(sentences.contains("the estate has too few accounts: 16."), "{summary}");
    let text = fs::read_to_string(root.join("evasion-tiny/evasion.json")).unwrap();
    let evasion: Evasion = serde_json::from_str(&text).unwrap();
    let [spread] = &evasion.dials[..] else { panic!("{summary}") };
    assert_eq!((spread.campaigns_asked, &spread.too_few_accounts[..]), (12, &[16.0][..]));
    assert!((1..=3).contains(&spread.campaigns_staged), "nineteen accounts, five at a time");
    let n = |level: &vaultdrill::score::EvasionLevel| level.n;
    assert!(spread.levels.iter().all(|level| n(level) <= spread.campaigns_staged), "{summary}");
}

#[test]
fn a_scored_period_too_short_for_the_slowest_caps_the_dial_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let small = DRILL.replace("midsize", "small").replace("50_000", "20_000");
    fs::write(root.join("tiny.toml"), small.replace("days = 21", "days = 17")).unwrap();
    let asked = ["evasion", "tiny.toml", "--steps", "3", "--dial", "slowness", "--campaigns", "4"];
    let summary = output_of(root, &asked);
    assert!(summary.contains("longer than the drill can score: 256."), "{summary}");
    fs::write(root.join("tiny.toml"), small.replace("days = 21", "days = 16")).unwrap();
    let (code, errors) = failure_of(root, &asked);
    assert!(code == 2 && errors.contains("expected a scored period"), "{errors}");
}
