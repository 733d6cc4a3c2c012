//! `vaultdrill rules test`: run the examples inside rule files through the engine.

use std::fs;
use std::io;

use serde::Serialize;

use super::detect::{EngineArgs, Replay};
use super::exit::{self, Failure};
use super::terminal::Terminal;
use crate::rules::{Example, Rule, RuleSet};
use crate::wrapped::wrapped;

/// What became of a rule's examples.
#[derive(Debug, Serialize)]
pub(crate) struct Tested {
    rule_id: String,
    examples: usize,
    /// What is wrong with them, or with the rule.
    faults: Vec<String>,
}

/// Tests every rule, prints what was found, and fails where something was.
pub(crate) fn run(rules: &[Rule], terminal: &Terminal) -> Result<(), Failure> {
    let tested = rules.iter().map(|rule| test(rule, terminal)).collect::<Result<Vec<_>, _>>()?;
    if terminal.is_json() {
        terminal.json(&tested)?;
    } else {
        terminal.text(&text(&tested))?;
    }
    let failed = tested.iter().filter(|one| !one.faults.is_empty()).count();
    if failed == 0 {
        return Ok(());
    }
    let error = anyhow::anyhow!("{failed} of {} rules failed their examples", tested.len());
    Err(Failure::new(exit::QUALITY, error))
}

fn test(rule: &Rule, terminal: &Terminal) -> Result<Tested, Failure> {
    let mut faults = Vec::new();
    for example in &rule.examples {
        let alerts = alerts(rule, example, terminal)?;
        if alerts != u64::from(example.alerts) {
            let expected = example.alerts;
            let name = example.name.trim_end_matches('.');
            faults.push(format!("{name}: expected {expected} alerts, found {alerts}"));
        }
    }
    let has = |is_kind: fn(&Example) -> bool| rule.examples.iter().any(is_kind);
    for (kind, found) in [
        ("that fires", has(|example| example.alerts > 0)),
        ("that must not fire", has(|example| example.alerts == 0)),
        ("at the boundary", has(|example| example.boundary)),
    ] {
        if !found {
            faults.push(format!("expected an example {kind}, found none"));
        }
    }
    Ok(Tested { rule_id: rule.id.clone(), examples: rule.examples.len(), faults })
}

/// Alerts of the rule alone on the example's records.
fn alerts(rule: &Rule, example: &Example, terminal: &Terminal) -> Result<u64, Failure> {
    let folder = tempfile::tempdir()?;
    let (mut text, mut arrivals) = (String::new(), Vec::new());
    for (arrival, record) in example.records() {
        text.push_str(&record);
        text.push('\n');
        arrivals.extend(arrival.0.to_le_bytes());
    }
    let write =
        |name: &str, bytes: &[u8]| -> io::Result<()> { fs::write(folder.path().join(name), bytes) };
    write("events.ndjson", text.as_bytes())?;
    write("arrivals.i64", &arrivals)?;
    let alone = RuleSet::new(vec![rule.clone()])?;
    let replay = Replay {
        inputs: &[folder.path().to_owned()],
        history: &[],
        rules: &alone,
        engine: EngineArgs::with_workers(Some(1)),
        out: None,
        label: "testing",
    };
    let report = replay.run(terminal)?;
    if report.malformed.total + report.foreign > 0 {
        let error = anyhow::anyhow!("{}: {}: a record was not understood", rule.id, example.name);
        return Err(Failure::new(exit::UNEXPECTED, error));
    }
    Ok(report.alerts)
}

fn text(tested: &[Tested]) -> String {
    let width = tested.iter().map(|one| one.rule_id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for one in tested {
        let verdict = if one.faults.is_empty() { "passed" } else { "FAILED" };
        text.push_str(&format!(
            "{:width$}  {:>2} examples  {verdict}\n",
            one.rule_id, one.examples
        ));
        one.faults.iter().for_each(|fault| wrapped(&mut text, ("  ", "    "), fault));
    }
    text.pop();
    text
}
