//! A sweep on the page: its conclusion whole, its curves thinned, its costs called what they are.

use std::fs;

use serde_json::{Value, json};

use crate::contents::{SIZE_MAX, text};
use crate::markup::elements;
use crate::stage::{drill, report, vaultdrill};

/// A sweep of one parameter over `count` values, the first the rule file's own, the second recommended.
fn sweep(count: usize) -> Value {
    let setting = |at: usize| {
        let (threshold, recall) = (20 - at as i64, 0.5 + at as f64 / (count as f64 * 2.0));
        let rate = json!({"value": 4.0 + at as f64, "n": 7, "lo": null, "hi": null, "method": "m"});
        let share = |value: f64| json!({"value": value, "n": 40, "lo": value - 0.1, "hi": value + 0.1, "method": "m"});
        let figures = json!({
            "recall": share(recall), "precision": share(0.5), "alerts_per_day": rate,
            "false_alerts_per_day": rate,
        });
        json!({
            "values": [threshold], "changes": [format!("threshold.count = {threshold}")],
            "tuning": figures, "held_out": figures,
        })
    };
    let part = |corpus: &str, left_out: &[&str]| {
        json!({
            "corpora": [corpus], "campaigns": 40, "scored_days": 7.0, "clean_days": 7.0,
            "left_out": left_out,
        })
    };
    let gap = json!({"value": 0.0, "lo": -0.1, "hi": 0.1, "method": "m"});
    json!({
        "schema_version": 1, "kind": "sweep", "command": "vaultdrill sweep --budget 9",
        "rule_id": "bulk-extraction", "rule_name": "Bulk extraction", "rule_kind": "threshold",
        "parameters": [{
            "name": "threshold.count", "is_duration": false, "present": 20.0,
            "steps": [10.0, 20.0], "effect": "",
        }],
        "sampling": {"is_full_grid": true, "combinations": 2, "seed": 1, "method": "all"},
        "tuning": part("small, seed 1", &["two <b>campaigns</b>"]),
        "held_out": part("midsize, seed 2", &[]),
        "budget": {"per_day": 9.0, "figure": "false_alerts_per_day", "is_default": false},
        "settings": (0..count).map(setting).collect::<Vec<_>>(),
        "present": {"setting": 0, "optimism_gap": gap}, "frontier": [0, 1],
        "curves": [
            {"parameter": "threshold.count", "settings": (0..count).rev().collect::<Vec<_>>()}
        ],
        "recommended": {
            "setting": 1, "best": 1, "recall_at_least": 0.7, "candidates": 1, "optimism_gap": gap,
            "file": "recommended/bulk-extraction.toml",
        },
        "verdict": format!("Take threshold.count = 19. {}", "One more sentence. ".repeat(30)),
    })
}

fn page(sweep: &Value) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sweep.json"), sweep.to_string()).unwrap();
    let page = report(drill(), &["--sweep", folder.path().to_str().unwrap()]);
    elements(&page);
    page
}

#[test]
fn a_sweep_adds_its_curves_its_whole_conclusion_and_what_it_rests_on() {
    let page = page(&sweep(2));
    assert!(page.contains("id=\"sweep-budget-0\"") && page.contains("id=\"sweep-trade-0\""));
    let said = text(&page);
    for claim in [
        "threshold.count 19: finds 75 % [65 to 85] for 5.0 false alerts a day",
        "Tuned on small, seed 1 (40 campaigns, 7.0 days, 7.0 clean); without two",
        "Held out: midsize, seed 2 (40 campaigns",
        "Budget: 9.00 false alerts a day on the tuning part.",
        "Made by: vaultdrill sweep --budget 9",
    ] {
        assert!(said.contains(claim), "{claim}: {said}");
    }
    assert_eq!(said.matches("One more sentence.").count(), 30);
}

#[test]
fn without_a_clean_twin_nothing_of_it_is_called_false() {
    let mut sweep = sweep(2);
    sweep["budget"]["figure"] = json!("alerts_per_day");
    let page = page(&sweep);
    let own = text(page.split_once("Where to set").unwrap().1.split_once("</section>").unwrap().0);
    assert!(own.contains("for 5.0 alerts a day") && !own.contains("false alerts"), "{own}");
}

#[test]
fn a_sweep_of_many_settings_leaves_the_page_small_and_says_what_is_left_out() {
    let page = page(&sweep(256));
    assert!(page.len() < SIZE_MAX, "{} bytes", page.len());
    let said = text(&page);
    assert!(said.contains("About 40 of the 256 settings of this curve are drawn"), "{said}");
    // Ends, the present and the recommended one stay.
    for value in ["threshold.count 20:", "threshold.count 19:", "threshold.count -235:"] {
        assert!(said.contains(value), "{value}");
    }
}

#[test]
fn a_file_of_another_kind_or_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sweep.json");
    let out = folder.path().join("report.html");
    for (key, value, expected) in [
        ("kind", json!("evasion"), "kind: expected sweep, found evasion"),
        ("schema_version", json!(2), "schema_version: expected 1, found 2"),
        ("settings", json!(3), "expected a sweep"),
    ] {
        let mut sweep = sweep(2);
        sweep[key] = value;
        fs::write(&path, sweep.to_string()).unwrap();
        let [sweep, out] = [&path, &out].map(|path| path.to_str().unwrap());
        let output = vaultdrill(drill(), &["report", ".", "--sweep", sweep, "--out", out]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{errors}");
        assert!(errors.contains(expected), "{errors}");
    }
    assert!(!out.exists());
}
