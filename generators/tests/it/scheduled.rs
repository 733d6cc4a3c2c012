//! Bursts that a schedule makes: in truth where a file asks for it, in the corpus all the same.

use std::collections::BTreeMap;

use serde_json::Value;
use vaultdrill_generators::{GenerateError, LookAlike, generate};

use crate::common::{Corpus, plan, record_key, scenario_files, small, step_key, ticks};

/// Names of the files that record a workload.
fn scheduled() -> Vec<String> {
    let files = scenario_files("look-alikes").into_iter();
    files
        .filter(|(_, text)| text.contains("\nworkload = "))
        .map(|(name, _)| name.trim_end_matches(".toml").to_owned())
        .collect()
}

fn of<'a>(lines: &'a [Value], name: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["attack"] == name).collect()
}

#[test]
fn without_the_files_the_bursts_are_there_and_truth_is_silent() {
    let names = scheduled();
    assert!(names.len() >= 10);
    let silent = Corpus::of(|plan| {
        plan.look_alikes.retain(|look_alike| !names.iter().any(|name| name == look_alike.name()));
    });
    assert!(silent.events == small().events, "recording moves no byte");
    assert!(silent.truth.len() < small().truth.len());
    let campaigns = silent.truth_lines("campaign");
    assert!(names.iter().all(|name| of(&campaigns, name).is_empty()));
}

#[test]
fn every_scheduled_burst_is_a_look_alike_with_its_steps() {
    let campaigns = small().truth_lines("campaign");
    let mut steps: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for step in small().truth_lines("step") {
        steps.entry(step["campaign_id"].as_str().unwrap().to_owned()).or_default().push(step);
    }
    for name in scheduled() {
        // Rare ones may be missing from three days.
        let own = of(&campaigns, &name);
        for (number, campaign) in own.iter().enumerate() {
            assert_eq!(campaign["campaign_id"], format!("{name}-{:04}", number + 1));
            assert_eq!(campaign["class"], "look_alike");
            let own = &steps[campaign["campaign_id"].as_str().unwrap()];
            let order: Vec<u64> = own.iter().map(|step| step["step"].as_u64().unwrap()).collect();
            assert!(order.is_sorted() && order[0] == 0, "{name}: {order:?}");
        }
    }
    for name in [
        "load-all-start",
        "external-secrets-find",
        "terraform-plan",
        "settings-scan",
        "portal-browsing",
    ] {
        assert!(of(&campaigns, name).len() > 3, "{name}");
    }
}

#[test]
fn a_misconfigured_loop_is_one_line_per_identity_and_day() {
    let campaigns = small().truth_lines("campaign");
    let loops = of(&campaigns, "misconfigured-loop");
    let mut days = BTreeMap::new();
    for campaign in &loops {
        let (start, end) = (ticks(&campaign["start"]), ticks(&campaign["end"]));
        let day = 864_000_000_000;
        assert_eq!(start.div_euclid(day), end.div_euclid(day), "{campaign}");
        let key = (campaign["identities"][0].to_string(), start.div_euclid(day));
        assert_eq!(days.insert(key, ()), None, "{campaign}");
    }
    let records: BTreeMap<_, Value> =
        small().records().into_iter().map(|record| (record_key(&record), record)).collect();
    let mut seen = 0;
    for step in small().truth_lines("step") {
        if step["campaign_id"].as_str().unwrap().starts_with("misconfigured-loop") {
            let status = records[&step_key(&step)]["properties"]["httpStatusCode"].as_u64();
            assert!(matches!(status, Some(403 | 404)), "{step}");
            seen += 1;
        }
    }
    assert!(loops.len() >= 10 && seen > 60, "{} {seen}", loops.len());
}

#[test]
fn two_files_cannot_record_one_workload() {
    let directory = tempfile::tempdir().unwrap();
    let mut plan = plan(directory.path());
    let (_, text) = scenario_files("look-alikes")
        .into_iter()
        .find(|(name, _)| name == "settings-scan.toml")
        .unwrap();
    let text = text.replace("\"settings-scan\"", "\"another-scan\"");
    plan.look_alikes.push(LookAlike::parse("another.toml", &text).unwrap());
    let refused = generate(&plan, &mut |_| {}).unwrap_err();
    assert!(matches!(refused, GenerateError::StagedTwice { .. }), "{refused}");
}
