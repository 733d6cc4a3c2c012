//! A small synthetic corpus, and ways to run the engine over it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;
use vaultdrill::engine::{Options, Outcome, detect};
use vaultdrill::event::TickSpan;
use vaultdrill::ingest::resolve_inputs;
use vaultdrill::output::write_alerts;
use vaultdrill::rules::{RuleSet, load};
use vaultdrill::scenarios::Kind;
use vaultdrill_generators::{Attack, Estate, Layout, LookAlike, Plan, generate};

/// Three weeks of the mid-size estate, thinned out, with all attacks.
pub(crate) fn corpus() -> &'static Path {
    static CORPUS: OnceLock<TempDir> = OnceLock::new();
    let folder = CORPUS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let estate = Kind::Estate.load("midsize").unwrap();
        let attacks = Kind::Attack.load_all();
        let look_alikes = Kind::LookAlike.load_all();
        let plan = Plan {
            estate: Estate::parse(&estate.name, &estate.text).unwrap(),
            attacks: attacks
                .iter()
                .map(|file| Attack::parse(&file.name, &file.text).unwrap())
                .collect(),
            withheld: Vec::new(),
            look_alikes: look_alikes
                .iter()
                .map(|file| LookAlike::parse(&file.name, &file.text).unwrap())
                .collect(),
            seed: 11,
            events: Some(40_000),
            days: 21,
            warmup_days: 14,
            layout: Layout::Lines,
            threads: 2,
            out: folder.path().join("corpus"),
            force: false,
        };
        generate(&plan, &mut |_| {}).unwrap();
        folder
    });
    Box::leak(folder.path().join("corpus").into_boxed_path())
}

pub(crate) fn default_rules() -> RuleSet {
    load(&["vaultdrill"]).unwrap()
}

pub(crate) const OPTIONS: Options = Options {
    workers: 2,
    block_bytes: 1 << 16,
    lateness: TickSpan::hours(2),
    limits: vaultdrill::limits::Limits::DEFAULT,
};

pub(crate) fn run(inputs: &[PathBuf], rules: &RuleSet, options: &Options) -> Outcome {
    let inputs = resolve_inputs(inputs).unwrap();
    detect(&inputs, rules, options, &mut |_, _| {}).unwrap()
}

/// The text of alerts.ndjson and evidence.ndjson.
pub(crate) fn written(outcome: &Outcome, rules: &RuleSet) -> [String; 2] {
    let folder = tempfile::tempdir().unwrap();
    write_alerts(folder.path(), outcome, rules).unwrap();
    ["alerts.ndjson", "evidence.ndjson"]
        .map(|name| fs::read_to_string(folder.path().join(name)).unwrap())
}

/// A folder with one log file of this content.
pub(crate) fn log(content: impl AsRef<[u8]>) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.ndjson");
    fs::write(&path, content).unwrap();
    (folder, vec![path])
}
