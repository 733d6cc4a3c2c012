//! `sweep`: a corpus or a drill, a table of 80 columns, sweep.json, and a rule file to take.

use std::fs;
use std::path::Path;

use vaultdrill::sweep::Sweep;

use crate::{failure_of, output_of};

const GENERATE: [&str; 11] = [
    "generate",
    "--estate",
    "small",
    "--events",
    "12000",
    "--days",
    "9",
    "--warmup-days",
    "4",
    "--quiet",
    "--out",
];

fn corpora() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    output_of(folder.path(), &[&GENERATE[..], &["corpus"]].concat());
    output_of(folder.path(), &[&GENERATE[..], &["twin", "--attacks", "none"]].concat());
    folder
}

fn read(folder: &Path) -> Sweep {
    serde_json::from_str(&fs::read_to_string(folder.join("sweep.json")).unwrap()).unwrap()
}

#[test]
fn a_corpus_is_swept_in_two_halves_and_a_rule_file_is_left() {
    let folder = corpora();
    let arguments = [
        "sweep",
        "--corpus",
        "corpus",
        "--twin",
        "twin",
        "--param",
        "threshold.adaptive.learn=0s..4d:2",
        "--param",
        "threshold.adaptive.history_days=4..4:1",
        "--param",
        "threshold.distinct.values=5..60:6",
        "--budget",
        "100",
        "--out",
        "out",
        "--quiet",
    ];
    let text = output_of(folder.path(), &arguments);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let sweep = read(&folder.path().join("out"));
    let steps: usize = sweep.parameters.iter().map(|parameter| parameter.steps.len()).product();
    assert_eq!(sweep.settings.len(), steps);
    assert!(sweep.settings[0].changes.is_empty());
    let untaught = sweep.settings.iter().filter(|one| one.history_exceeds_warm_up);
    assert_eq!(
        untaught.count(),
        steps * 2 / 3,
        "all but four days of history, and learning at most that"
    );
    assert!(sweep.tuning.campaigns.abs_diff(sweep.held_out.campaigns) <= 1);
    for &at in &sweep.frontier {
        let its = &sweep.settings[at].tuning;
        let mut taught = sweep.settings.iter().filter(|one| !one.history_exceeds_warm_up);
        let beaten = taught.any(|other| {
            other.tuning.recall.value >= its.recall.value
                && other.tuning.false_alerts_per_day.value < its.false_alerts_per_day.value
        });
        assert!(!beaten, "setting {at}");
    }
    let choice = sweep.recommended.unwrap();
    let chosen = &sweep.settings[choice.setting];
    assert!(chosen.tuning.recall.value.unwrap() >= choice.recall_at_least);
    assert!(chosen.tuning.false_alerts_per_day.value.unwrap() <= 100.0);
    let file = folder.path().join("out").join(&choice.file);
    let rule = fs::read_to_string(&file).unwrap();
    assert!(rule.starts_with("# Setting recommended by a sweep"), "{rule}");
    assert!(rule.contains("# One identity takes many secrets out in a few minutes."), "{rule}");
    for change in &chosen.changes {
        let number = change.split(" = ").nth(1).unwrap();
        assert!(rule.contains(number), "{change}");
    }
    output_of(folder.path(), &["rules", "check", file.to_str().unwrap()]);
    let again = output_of(folder.path(), &[&arguments[..], &["--workers", "1"]].concat());
    assert_eq!(again, text, "workers change no figure");
}

#[test]
fn a_budget_that_nothing_keeps_recommends_nothing() {
    let folder = corpora();
    let arguments = [
        "sweep",
        "--corpus",
        "corpus",
        "--twin",
        "twin",
        "--rule",
        "vault-modified",
        "--budget",
        "0",
        "--param",
        "suppress=0s..1d:3",
        "--out",
        "out",
        "--quiet",
    ];
    let recommended = folder.path().join("out/recommended");
    fs::create_dir_all(&recommended).unwrap();
    fs::write(recommended.join("vault-modified.toml"), "of an earlier sweep").unwrap();
    fs::write(recommended.join("mine.toml"), "of somebody else").unwrap();
    let text = output_of(folder.path(), &arguments);
    assert!(text.contains("Nothing is recommended"), "{text}");
    let sweep = read(&folder.path().join("out"));
    assert_eq!(sweep.recommended, None);
    assert!(!recommended.join("vault-modified.toml").exists());
    assert!(recommended.join("mine.toml").exists(), "what else is there stays");
    assert!(sweep.command.starts_with("vaultdrill sweep "), "{}", sweep.command);
    let bare = ["sweep", "--corpus", "twin", "--out", "out"];
    let (code, message) = failure_of(folder.path(), &bare);
    assert_eq!(code, 4, "{message}");
    assert!(message.contains("of the tuning part, found none"), "{message}");
}

#[test]
fn a_drill_is_tuned_on_two_seeds_and_reported_on_others() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("tiny.toml"),
        "schema_version = 1\nname = \"tiny\"\ndescription = \"Tiny.\"\nestate = \"midsize\"\n\
         attacks = \"bulk-extraction,manual-extraction\"\nrules = [\"vaultdrill\"]\nseed = 3\n\
         days = 6\nwarmup_days = 2\nevents = 9000\n",
    )
    .unwrap();
    fs::create_dir_all(folder.path().join("out/.sweep-corpus/left")).unwrap();
    let arguments = [
        "sweep",
        "tiny.toml",
        "--param",
        "threshold.adaptive.learn=0s..1d:2",
        "--out",
        "out",
        "--quiet",
        "--format",
        "json",
    ];
    let text = output_of(folder.path(), &arguments);
    let sweep: Sweep = serde_json::from_str(&text).unwrap();
    assert_eq!(sweep, read(&folder.path().join("out")));
    assert_eq!(sweep.tuning.corpora, ["midsize, seed 3", "midsize, seed 4"]);
    assert_eq!(sweep.held_out.corpora, ["midsize, seed 1003", "small, seed 1003"]);
    assert!(!sweep.tuning.left_out.is_empty() && sweep.held_out.left_out.is_empty());
    assert!(sweep.tuning.campaigns > 0 && sweep.held_out.clean_days > 0.0);
    assert!(
        sweep.settings.iter().all(|one| one.history_exceeds_warm_up) && sweep.frontier.is_empty()
    );
    assert!(sweep.verdict.contains("Nothing is recommended"), "{}", sweep.verdict);
    assert!(!folder.path().join("out/.sweep-corpus").exists());
    let left: Vec<_> = fs::read_dir(folder.path().join("out")).unwrap().collect();
    assert!(left.len() <= 2, "corpora are gone: {left:?}");
}

#[test]
fn what_cannot_be_swept_says_why() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("bare")).unwrap();
    for (code, arguments, said) in [
        (2, vec!["--rule", "bulk-extracton"], "did you mean `bulk-extraction`"),
        (
            2,
            vec!["--param", "threshold.distinct.value=5..9"],
            "did you mean `threshold.distinct.values`",
        ),
        (2, vec!["--param", "threshold.distinct.values=5..900"], "5..100"),
        (2, vec!["--param", "threshold.distinct.values=9..5"], "lower end first"),
        (2, vec!["--param", "threshold.distinct.values=5.5..9"], "a whole number"),
        (2, vec!["--param", "threshold.window=5..9"], "a duration such as"),
        (2, vec!["--param", "threshold.window"], "NAME=LOW..HIGH"),
        (2, vec!["--budget=-1"], "zero or more"),
        (2, vec!["--budget", ""], "zero or more"),
        (2, vec!["packs", "--rule", "sentinel-mass-retrieval"], "schedule"),
        (3, vec!["--corpus", "bare"], "manifest.json"),
    ] {
        let all = [&["sweep", "--out", "out"][..], &arguments].concat();
        let (found, message) = failure_of(folder.path(), &all);
        assert_eq!(found, code, "{arguments:?}: {message}");
        assert!(message.contains(said), "{arguments:?}: {message}");
    }
}
