//! A small corpus with its clean twin, made once, and ways to disturb it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;
use vaultdrill::engine::Options;
use vaultdrill::event::TickSpan;
use vaultdrill::scenarios::Kind;
use vaultdrill_generators::{Attack, Estate, Layout, LookAlike, Plan, generate};

pub(crate) const OPTIONS: Options = Options {
    workers: 2,
    block_bytes: 1 << 16,
    lateness: TickSpan::hours(2),
    limits: vaultdrill::limits::Limits::DEFAULT,
};

/// Two weeks of the small estate with all attacks in `corpus`, without any in `twin`.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = plan(folder.path().join("corpus"));
        generate(&plan, &mut |_| {}).unwrap();
        plan.withheld.append(&mut plan.attacks);
        plan.out = folder.path().join("twin");
        generate(&plan, &mut |_| {}).unwrap();
        folder
    });
    folder.path()
}

fn plan(out: PathBuf) -> Plan {
    let estate = Kind::Estate.load("small").unwrap();
    let attacks = Kind::Attack.load_all();
    let look_alikes = Kind::LookAlike.load_all();
    let attack =
        |file: &vaultdrill::scenarios::ScenarioText| Attack::parse(&file.name, &file.text).unwrap();
    let look_alike = |file: &vaultdrill::scenarios::ScenarioText| {
        LookAlike::parse(&file.name, &file.text).unwrap()
    };
    let base = |name: &str| Ok(Kind::Estate.load(name).unwrap().text);
    Plan {
        estate: Estate::parse_with(&estate.name, &estate.text, base).unwrap(),
        attacks: attacks.iter().map(attack).collect(),
        withheld: Vec::new(),
        look_alikes: look_alikes.iter().map(look_alike).collect(),
        seed: 5,
        events: Some(12_000),
        days: 12,
        warmup_days: 6,
        layout: Layout::Lines,
        threads: 2,
        out,
        force: false,
    }
}

/// The corpus' records, some of them twice and many out of order, without arrival times: so that
/// windows are completed by late arrivals, and some records come after their watermark.
pub(crate) fn disturbed() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let text = fs::read_to_string(folder().join("corpus/events.ndjson")).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        let count = lines.len();
        for (step, by) in [(3, 4), (7, 30), (11, 120)] {
            for from in (0..count - by).step_by(step) {
                lines.swap(from, from + by);
            }
        }
        let copies: Vec<(usize, &str)> =
            (0..count - 50).step_by(13).map(|at| (at + 50, lines[at])).collect();
        for (at, line) in copies.into_iter().rev() {
            lines.insert(at, line);
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("log.ndjson"), lines.join("\n")).unwrap();
        folder
    });
    folder.path()
}
