//! One drill over several seeds, with the estate's assumptions turned, and beside other packs.

use std::fs;
use std::path::Path;

use serde_json::Value;
use vaultdrill::score::{Replicates, Score};

use crate::{failure_of, output_of};

const DRILL: &str = r#"
    schema_version = 1
    name = "tiny"
    description = "Two attacks on a small estate."
    estate = "small"
    attacks = "bulk-extraction,unauthorized-vault-write"
    rules = ["vaultdrill"]
    seed = 5
    days = 10
    warmup_days = 5
    events = 12_000
"#;

#[test]
fn replicates_pool_what_each_seed_left_and_keep_the_records_of_the_first_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("tiny.toml"), DRILL).unwrap();
    let summary = output_of(root, &["drill", "tiny.toml", "--replicates", "3", "--workers", "2"]);
    assert!(summary.lines().all(|line| line.chars().count() <= 80), "{summary}");
    let out = root.join("drill-tiny");
    let text = fs::read_to_string(out.join("replicates.json")).unwrap();
    let pooled: Replicates = serde_json::from_str(&text).unwrap();
    assert_eq!(pooled.seeds, [5, 6, 7]);

    let scores: Vec<Score> = pooled.seeds.iter().map(|seed| score_of(&out, *seed)).collect();
    let found: u64 = scores.iter().map(|score| score.campaigns.detected).sum();
    let scored: u64 = scores.iter().map(|score| score.campaigns.scored).sum();
    let hits: u64 = scores.iter().map(|score| score.alerts.malicious).sum();
    let alerts: u64 = scores.iter().map(|score| score.alerts.scored).sum();
    assert_eq!(pooled.recall.metric.value, Some(found as f64 / scored as f64));
    assert_eq!(pooled.precision.metric.value, Some(hits as f64 / alerts as f64));
    assert!(
        summary.starts_with(&format!("Found {found} of {scored} attack campaigns over 3 seeds"))
    );
    for (one, score) in pooled.replicates.iter().zip(&scores) {
        assert_eq!(one.corpus_id, score.corpus_id);
        assert_eq!(Some(&one.recall), score.recall.get("campaign"));
    }
    let rule = &pooled.by_rule["bulk-extraction"];
    let of_rule = scores.iter().map(|score| score.by_rule["bulk-extraction"].campaigns_found);
    assert_eq!(rule.campaigns_found, of_rule.sum::<u64>());
    for (seed, kept) in [(5, true), (6, false), (7, false)] {
        let of = |file: &str| out.join(format!("seed-{seed}")).join(file).exists();
        assert_eq!(of("corpus/events.ndjson"), kept, "seed {seed}");
        assert_eq!(of("twin/events.ndjson"), kept, "seed {seed}");
        assert!(of("corpus/truth.ndjson") && of("run/alerts.ndjson") && of("score.json"));
    }
}

fn score_of(out: &Path, seed: u64) -> Score {
    let path = out.join(format!("seed-{seed}/score.json"));
    Score::parse("score.json", &fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn sensitivity_and_packs_stand_in_the_score_and_in_the_summary() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("tiny.toml"), DRILL).unwrap();
    let asked = ["drill", "tiny.toml", "--sensitivity", "--compare-packs", "--workers", "2"];
    let summary = output_of(root, &asked);
    assert!(summary.lines().all(|line| line.chars().count() <= 80), "{summary}");
    let out = root.join("drill-tiny");
    let text = fs::read_to_string(out.join("score.json")).unwrap();
    let score = Score::parse("score.json", &text).unwrap();

    let turned = score.sensitivity.iter();
    let turned: Vec<(&str, f64, &str)> =
        turned.map(|one| (one.parameter.as_str(), one.factor, one.value.as_str())).collect();
    assert_eq!(
        turned,
        [
            ("new edges", 0.5, "0.004 a day"),
            ("new edges", 2.0, "0.016 a day"),
            ("load-all", 0.5, "2"),
            ("load-all", 2.0, "6"),
            ("address churn", 0.5, "6 to 60 d"),
            ("address churn", 2.0, "1.5 to 15 d"),
        ]
    );
    for (name, one) in ["new-edges-x0.5", "new-edges-x2"].iter().zip(&score.sensitivity) {
        let own = out.join("sensitivity").join(name);
        let manifest = json(&own.join("corpus/manifest.json"));
        assert_ne!(manifest["corpus_id"], score.corpus_id.as_str(), "the corpus is the base's");
        assert_eq!(manifest["estate"], format!("small with new edges x {}", one.factor));
        assert!(!own.join("corpus/events.ndjson").exists());
        assert_eq!(
            json(&own.join("score.json"))["precision"]["alert"]["value"].as_f64(),
            one.precision.value
        );
    }
    assert!(summary.contains("\nWith the estate's assumptions halved and doubled\n"), "{summary}");

    let packs = &score.baselines.packs;
    assert!(packs.contains_key("elastic") && packs.contains_key("sentinel"), "{:?}", packs.keys());
    assert!(!packs.contains_key("vaultdrill"));
    let compared = summary.split("\n\n").find(|part| part.starts_with("Compared with")).unwrap();
    for name in ["these rules", "silence", "random alerts", "elastic", "sentinel"] {
        assert!(compared.lines().any(|line| line.starts_with(name)), "{compared}");
    }
    // The same packs on their own, in the same way, say the same.
    let alone = ["detect", "drill-tiny/corpus", "--rules", "elastic", "--timing", "scheduled"];
    let alone = [&alone[..], &["--out", "elastic-run", "--format", "json"]].concat();
    let run: Value = serde_json::from_str(&output_of(root, &alone)).unwrap();
    let peers = json(&out.join("peers-run/run.json"));
    let of_elastic = |run: &Value| -> Vec<Value> {
        let rules = run["rules"].as_array().unwrap();
        let own = rules.iter().filter(|rule| rule["pack"] == "elastic");
        own.map(|rule| rule["alerts"].clone()).collect()
    };
    assert_eq!(of_elastic(&run), of_elastic(&peers));
}

#[test]
fn one_seed_is_no_replicate_and_what_excludes_another_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (code, errors) = failure_of(folder.path(), &["drill", "--replicates", "1"]);
    assert!(code == 2 && errors.contains("2..=200"), "{errors}");
    let both = ["drill", "--replicates", "3", "--sensitivity"];
    let (code, errors) = failure_of(folder.path(), &both);
    assert!(code == 2 && errors.contains("cannot be used with"), "{errors}");
    let last = ["drill", "--seed", "18446744073709551615", "--replicates", "2"];
    let (code, errors) = failure_of(folder.path(), &last);
    assert!(code == 2 && errors.contains("expected 2 seeds"), "{errors}");
    assert!(!folder.path().join("drill-quickstart").exists());
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
