//! Scenario files of the project, and one small corpus made of all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;
use vaultdrill_generators::{Attack, Estate, Layout, LookAlike, Manifest, Plan, generate};

/// Name and text of every file in a folder of `scenarios`, sorted.
pub(crate) fn scenario_files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(folder);
    let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, String)> = paths
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

pub(crate) fn attacks() -> Vec<Attack> {
    let files = scenario_files("attacks");
    files.iter().map(|(name, text)| Attack::parse(name, text).unwrap()).collect()
}

/// Name and text of an estate file.
pub(crate) fn estate_text(file: &str) -> (String, String) {
    scenario_files("estates").into_iter().find(|(name, _)| name == file).unwrap()
}

/// The default estate with some of its text replaced.
pub(crate) fn estate_with(changes: &[(&str, &str)]) -> Estate {
    let (name, mut text) = estate_text("midsize.toml");
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    Estate::parse(&name, &text).unwrap()
}

/// Any estate of the project, by the name of its file.
pub(crate) fn estate_named(file: &str) -> Estate {
    let (name, text) = estate_text(file);
    Estate::parse_with(&name, &text, |base| Ok(estate_text(&format!("{base}.toml")).1)).unwrap()
}

/// Everything there is, over three days, one of them warm-up.
pub(crate) fn plan(out: &Path) -> Plan {
    let look_alikes = scenario_files("look-alikes");
    Plan {
        estate: estate_with(&[]),
        attacks: attacks(),
        withheld: Vec::new(),
        look_alikes: look_alikes
            .iter()
            .map(|(name, text)| LookAlike::parse(name, text).unwrap())
            .collect(),
        seed: 7,
        events: Some(20_000),
        days: 3,
        warmup_days: 1,
        layout: Layout::Lines,
        threads: 1,
        out: PathBuf::from(out),
        force: false,
    }
}

/// A finished corpus, read back.
pub(crate) struct Corpus {
    pub(crate) manifest: Manifest,
    pub(crate) events: String,
    pub(crate) arrivals: Vec<i64>,
    pub(crate) truth: String,
    pub(crate) directory: TempDir,
}

impl Corpus {
    /// Generates what `change` makes of the common plan.
    pub(crate) fn of(change: impl FnOnce(&mut Plan)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut plan = plan(directory.path());
        change(&mut plan);
        let manifest = generate(&plan, &mut |_| {}).unwrap();
        let read = |name: &str| fs::read(directory.path().join(name)).unwrap();
        let arrivals = read("arrivals.i64");
        Self {
            manifest,
            events: String::from_utf8(read("events.ndjson")).unwrap(),
            arrivals: arrivals
                .chunks_exact(8)
                .map(|chunk| i64::from_le_bytes(chunk.try_into().unwrap()))
                .collect(),
            truth: String::from_utf8(read("truth.ndjson")).unwrap(),
            directory,
        }
    }

    pub(crate) fn records(&self) -> Vec<Value> {
        self.events.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Lines of truth of one type.
    pub(crate) fn truth_lines(&self, kind: &str) -> Vec<Value> {
        let lines = self.truth.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["type"] == kind).collect()
    }

    /// Keys of every step of a malicious campaign.
    pub(crate) fn hostile_steps(&self) -> BTreeSet<(String, String, String)> {
        let campaigns = self.truth_lines("campaign");
        let hostile: BTreeSet<&str> = campaigns
            .iter()
            .filter(|campaign| campaign["class"] == "malicious")
            .map(|campaign| campaign["campaign_id"].as_str().unwrap())
            .collect();
        let steps = self.truth_lines("step");
        let theirs =
            steps.iter().filter(|step| hostile.contains(step["campaign_id"].as_str().unwrap()));
        theirs.map(step_key).collect()
    }
}

/// The common corpus, made once.
pub(crate) fn small() -> &'static Corpus {
    static SMALL: OnceLock<Corpus> = OnceLock::new();
    SMALL.get_or_init(|| Corpus::of(|_| {}))
}

/// What identifies a record in truth.
pub(crate) fn key(
    correlation_id: &Value,
    time: &Value,
    operation: &Value,
) -> (String, String, String) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(correlation_id), text(time), text(operation))
}

pub(crate) fn record_key(record: &Value) -> (String, String, String) {
    key(&record["correlationId"], &record["time"], &record["operationName"])
}

pub(crate) fn step_key(step: &Value) -> (String, String, String) {
    key(&step["correlation_id"], &step["time"], &step["operation"])
}

/// Ticks of an RFC 3339 time, read without the code under test.
pub(crate) fn ticks(time: &Value) -> i64 {
    let text = time.as_str().unwrap();
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    assert_eq!((&text[..8], text.len()), ("2026-03-", 28), "{text}");
    // 2026-03-01 is day 20,513 of the epoch.
    let days = 20_513 + number(8, 10) - 1;
    let seconds = days * 86_400 + number(11, 13) * 3_600 + number(14, 16) * 60 + number(17, 19);
    seconds * 10_000_000 + number(20, 27)
}
