//! Every shape of a record gives the same event, and every shape of a log the same alerts.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod alerts; // the engine over each shape, and over all of them at once
mod arrivals; // when a record says that it arrived
mod events; // event by event
mod others; // what is no record of a vault, and what lies in unusual places
mod traps; // hand-written cases, one for each trap of a shape
mod writers; // the shapes, written from raw records by code of their own

use std::sync::OnceLock;

use serde_json::Value;
use vaultdrill::scenarios::Kind;
use vaultdrill_generators::{Attack, Estate, Layout, Plan, generate};

/// Raw records of the mid-size estate, thinned out, with all attacks, in order of arrival, as text.
fn raw_lines() -> &'static [String] {
    static LINES: OnceLock<Vec<String>> = OnceLock::new();
    LINES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let estate = Kind::Estate.load("midsize").unwrap();
        let attacks = Kind::Attack.load_all();
        let attacks = attacks.iter().map(|file| Attack::parse(&file.name, &file.text).unwrap());
        let plan = Plan {
            estate: Estate::parse(&estate.name, &estate.text).unwrap(),
            attacks: attacks.collect(),
            withheld: Vec::new(),
            look_alikes: Vec::new(),
            seed: 7,
            events: Some(20_000),
            days: 21,
            warmup_days: 14,
            layout: Layout::Lines,
            threads: 2,
            out: folder.path().join("corpus"),
            force: false,
        };
        generate(&plan, &mut |_| {}).unwrap();
        let text = std::fs::read_to_string(folder.path().join("corpus/events.ndjson")).unwrap();
        let lines: Vec<_> = text.lines().collect();
        // Half of them from the end, where the attacks are, and all of the control plane.
        let is_kept = |place: usize, line: &str| {
            place.is_multiple_of(40)
                || place > lines.len() - 400
                || line.contains("\"Administrative\"")
        };
        let kept = lines.iter().enumerate().filter(|(place, line)| is_kept(*place, line));
        kept.map(|(_, line)| (*line).to_owned()).collect()
    })
}

fn raw_values() -> Vec<Value> {
    raw_lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}
