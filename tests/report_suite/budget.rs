//! The greedy order of rules, against a case computed by hand and against every order there is.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use vaultdrill::report::greedy;
use vaultdrill::score::Score;

use crate::stage::drill;

/// A score of four campaigns, with rules that find them at a price: id, campaigns, false alerts a day.
fn score(rules: &[(&str, &[usize], f64)]) -> Score {
    let text = fs::read_to_string(drill().join("score.json")).unwrap();
    let mut score: Value = serde_json::from_str(&text).unwrap();
    let outcome = score["outcomes"][0].clone();
    let rule = score["by_rule"].as_object().unwrap().values().next().unwrap().clone();
    let finding =
        json!({"alerts": 1.0, "time": "2026-03-16T00:00:00Z", "fired_at": "2026-03-16T00:05:00Z"});
    let outcomes = (0..4).map(|campaign| {
        let mut outcome = outcome.clone();
        outcome["found_by"] = json!({});
        for (id, found, _) in rules.iter().filter(|(_, found, _)| found.contains(&campaign)) {
            assert!(!found.is_empty());
            outcome["found_by"][*id] = finding.clone();
        }
        outcome
    });
    score["outcomes"] = outcomes.collect();
    score["by_rule"] = json!({});
    for (id, _, cost) in rules {
        score["by_rule"][*id] = rule.clone();
        score["by_rule"][*id]["false_alerts_per_day"]["value"] = json!(cost);
    }
    Score::parse("score.json", &score.to_string()).unwrap()
}

#[test]
fn the_best_bargain_comes_first_and_what_adds_nothing_not_at_all() {
    let rules: [(&str, &[usize], f64); 4] = [
        ("wide", &[0, 1, 2], 30.0),
        ("cheap", &[0, 1], 10.0),
        ("free", &[3], 0.0),
        ("idle", &[0], 50.0),
    ];
    let steps = greedy(&score(&rules));
    let told: Vec<(&str, u64, f64, Option<f64>)> = steps
        .iter()
        .map(|step| (step.rule_id.as_str(), step.gained, step.total_cost, step.recall.value))
        .collect();
    // 1 for nothing; then 2 for 10 beats 3 for 30; of the wide rule's three only one is left.
    assert_eq!(
        told,
        [
            ("free", 1, 0.0, Some(0.25)),
            ("cheap", 2, 10.0, Some(0.75)),
            ("wide", 1, 40.0, Some(1.0))
        ]
    );
}

#[test]
fn at_every_step_no_other_rule_would_have_bought_more() {
    let rules: [(&str, &[usize], f64); 4] =
        [("a", &[0, 1], 3.0), ("b", &[1, 2, 3], 5.0), ("c", &[0], 1.0), ("d", &[3], 0.5)];
    let mut found = BTreeSet::new();
    for step in greedy(&score(&rules)) {
        let worth = |its: &[usize], cost: f64| {
            its.iter().filter(|at| !found.contains(*at)).count() as f64 / cost
        };
        let (_, its, cost) = rules.iter().find(|(id, ..)| *id == step.rule_id).unwrap();
        for (id, others, price) in &rules {
            assert!(worth(its, *cost) >= worth(others, *price), "{id} before {}", step.rule_id);
        }
        found.extend(its.iter().copied());
    }
    assert_eq!(found.len(), 4);
}
