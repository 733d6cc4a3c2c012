//! Inputs that must be refused, each with place, expected and found.

use serde_json::json;

use crate::fixture::{Alert, Campaign, DAYS, Drill, at, inputs, manifest, ordinary};
use vaultdrill::event::TickSpan;
use vaultdrill::score::{AlertLog, Manifest, Run, Score, ScoreError, Truth, score};

fn drill() -> Drill {
    let attack = Campaign::attack("attack", at(16, 0));
    let alert = Alert::distinct("a", 4, &attack.steps);
    Drill::new(&[attack], &[alert])
}

fn refused(drill: &Drill) -> String {
    drill.score().unwrap_err().to_string()
}

#[test]
fn no_campaign_in_the_scored_period_is_an_error_and_not_a_hundred_percent() {
    let only_late = Drill::new(&[Campaign::attack("late", at(DAYS - 1, 0))], &[]);
    assert!(matches!(only_late.score(), Err(ScoreError::NothingToScore { censored: 1, .. })));
    let only_benign =
        Drill::new(&[Campaign::new("backup", "look_alike", "backup_job", at(16, 0), 3)], &[]);
    assert!(matches!(only_benign.score(), Err(ScoreError::NothingToScore { censored: 0, .. })));
    assert!(matches!(Drill::default().score(), Err(ScoreError::NothingToScore { .. })));
}

#[test]
fn an_empty_truth_file_is_refused() {
    let error = Truth::read("truth.ndjson", &b""[..]).unwrap_err();
    assert!(matches!(error, ScoreError::Empty { .. }));
    assert_eq!(error.to_string(), "truth.ndjson: expected a header line, found an empty file");
}

#[test]
fn a_header_of_another_file_or_version_is_refused() {
    let alerts = drill().alerts_text();
    let error = Truth::read("alerts.ndjson", alerts.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "alerts.ndjson:1: kind: expected truth, found alerts");
    let newer = alerts.replacen("\"schema_version\":1", "\"schema_version\":9", 1);
    let error = AlertLog::read("alerts.ndjson", newer.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "alerts.ndjson:1: schema_version: expected 1, found 9");
}

#[test]
fn files_of_unlike_corpora_are_refused() {
    let drill = drill();
    let [truth, alerts, evidence] =
        [drill.truth_text(), drill.alerts_text(), drill.evidence_text()];
    let other = |text: &str| text.replacen("\"corpus\"", "\"another\"", 1);
    let error = inputs(&truth, &alerts, &other(&evidence)).unwrap_err().to_string();
    assert_eq!(
        error,
        "evidence.ndjson: corpus_id: expected corpus as in alerts.ndjson, found another"
    );
    let error = score(&inputs(&other(&truth), &alerts, &evidence).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "truth.ndjson: corpus_id: expected corpus as in manifest.json, found another"
    );
}

#[test]
fn a_clean_twin_with_attacks_or_of_another_seed_is_refused() {
    let twin = Drill { clean: Some(vec![]), ..drill() };
    let with = |text: &str| {
        let mut inputs = twin.inputs().unwrap();
        inputs.clean_twin.as_mut().unwrap().manifest =
            Manifest::parse("clean/manifest.json", text).unwrap();
        score(&inputs).unwrap_err().to_string()
    };
    let attacked = with(&manifest("twin", &json!(["bulk_extraction"])));
    assert!(attacked.starts_with("clean/manifest.json: attacks: expected none"), "{attacked}");
    let seed = with(&manifest("twin", &json!([])).replace("\"seed\":1", "\"seed\":2"));
    assert_eq!(seed, "clean/manifest.json: seed: expected 1 as in manifest.json, found 2");
}

#[test]
fn a_clean_twin_of_another_length_is_refused_where_both_manifests_state_theirs() {
    let twin = Drill { clean: Some(vec![]), ..drill() };
    let stating = |days: u32, warmup_days: u32, corpus_id, attacks| {
        let fields = format!("{{\"days\":{days},\"warmup_days\":{warmup_days},");
        manifest(corpus_id, &attacks).replacen('{', &fields, 1)
    };
    let with = |days, warmup_days| {
        let mut inputs = twin.inputs().unwrap();
        let own = stating(21, 14, "corpus", json!(["all"]));
        inputs.manifest = Manifest::parse("manifest.json", &own).unwrap();
        let found = stating(days, warmup_days, "twin", json!([]));
        inputs.clean_twin.as_mut().unwrap().manifest =
            Manifest::parse("clean/manifest.json", &found).unwrap();
        score(&inputs).map_err(|error| error.to_string())
    };
    assert!(with(21, 14).is_ok() && twin.score().is_ok());
    let place = "clean/manifest.json: ";
    let refused = [with(20, 14), with(21, 13)].map(Result::unwrap_err);
    assert_eq!(refused[0], format!("{place}days: expected 21 as in manifest.json, found 20"));
    assert_eq!(
        refused[1],
        format!("{place}warmup_days: expected 14 as in manifest.json, found 13")
    );
}

#[test]
fn a_run_of_another_corpus_or_other_rules_is_refused_where_it_names_them() {
    let with = |run: serde_json::Value| {
        let mut inputs = drill().inputs().unwrap();
        inputs.run = Some(Run::parse("run.json", &run.to_string()).unwrap());
        score(&inputs).map_err(|error| error.to_string())
    };
    assert!(with(json!({})).is_ok());
    assert!(with(json!({"corpus_id": "corpus", "rules_id": "rules"})).is_ok());
    assert_eq!(
        with(json!({"corpus_id": "another", "rules_id": "rules"})).unwrap_err(),
        "run.json: corpus_id: expected corpus as in alerts.ndjson, found another"
    );
    assert_eq!(
        with(json!({"corpus_id": "corpus", "rules_id": "newer"})).unwrap_err(),
        "run.json: rules_id: expected rules as in alerts.ndjson, found newer"
    );
}

#[test]
fn a_broken_line_is_named_by_its_number() {
    let text = drill().truth_text().replacen("\"malicious\"", "\"evil\"", 1);
    let error = Truth::read("truth.ndjson", text.as_bytes()).unwrap_err().to_string();
    assert!(
        error.starts_with("truth.ndjson:2: expected a campaign or step line, found"),
        "{error}"
    );
    assert!(error.contains("evil") && error.contains("look_alike"), "{error}");
    let text = drill().alerts_text().replace("2026-03-18", "2026-02-30");
    let error = AlertLog::read("alerts.ndjson", text.as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("alerts.ndjson:2: ") && error.contains("2026-02-30"), "{error}");
}

#[test]
fn ids_that_repeat_or_lead_nowhere_are_refused() {
    let mut twice = drill();
    twice.alerts.push(twice.alerts[0].clone());
    assert_eq!(refused(&twice), "alerts.ndjson:3: expected a new alert_id, found a a second time");
    let mut twice = drill();
    twice.campaigns.push(twice.campaigns[0].clone());
    assert!(refused(&twice).contains("expected a new campaign_id, found attack"));

    let (with, without) = (drill(), Drill::new(&drill().campaigns, &[]));
    let error =
        inputs(&with.truth_text(), &without.alerts_text(), &with.evidence_text()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "evidence.ndjson:2: expected the alert_id of a line in alerts.ndjson, found a"
    );
    let orphan =
        with.truth_text().replacen("\"campaign_id\":\"attack\"", "\"campaign_id\":\"x\"", 1);
    let error = Truth::read("truth.ndjson", orphan.as_bytes()).unwrap_err();
    assert!(matches!(error, ScoreError::Unknown { .. }), "{error}");
}

#[test]
fn evidence_that_is_missing_or_short_is_refused() {
    let drill = drill();
    let evidence = drill.evidence_text();
    let cut: String = evidence.lines().take(4).map(|line| format!("{line}\n")).collect();
    let inputs = inputs(&drill.truth_text(), &drill.alerts_text(), &cut).unwrap();
    assert_eq!(
        score(&inputs).unwrap_err().to_string(),
        "alerts.ndjson:2: alert a: expected 4 evidence events, found 3"
    );
    let mut short = drill.clone();
    short.alerts[0].values["threshold"] = json!(5);
    assert_eq!(
        refused(&short),
        "alerts.ndjson:2: alert a: expected evidence that meets 0 events and 5 distinct values, \
         found 4 events and 4 distinct values"
    );
    let mut silent = drill;
    silent.alerts[0].values = json!({});
    assert_eq!(refused(&silent), "alerts.ndjson:2: alert a: expected values.threshold, found none");
}

#[test]
fn an_alert_outside_the_corpus_is_refused() {
    for time in [at(0, 0) - TickSpan(1), at(DAYS, 0) + TickSpan(1)] {
        let mut outside = drill();
        outside.alerts.push(Alert::query("b", &ordinary("x", time)));
        let error = outside.score().unwrap_err();
        assert!(matches!(error, ScoreError::OutsideCorpus { .. }), "{error}");
        assert!(error.to_string().starts_with("alerts.ndjson:3: alert b: "), "{error}");
    }
}

#[test]
fn a_campaign_without_steps_or_with_its_end_first_is_refused() {
    let mut idle = drill();
    idle.campaigns[0].steps.clear();
    assert_eq!(
        refused(&idle),
        "truth.ndjson: campaign attack: expected at least one step, found none"
    );
    let mut turned = drill();
    turned.campaigns[0].end = turned.campaigns[0].start - TickSpan(1);
    assert!(matches!(turned.score(), Err(ScoreError::Order { .. })));
}

#[test]
fn a_stored_score_with_no_number_or_a_metric_missing_is_refused() {
    let text = serde_json::to_string(&drill().score().unwrap()).unwrap();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        let error = Score::parse("score.json", &text.replacen(from, to, 1)).unwrap_err();
        assert!(error.to_string().contains(": expected a score, found"), "{error}");
        error.to_string()
    };
    assert!(Score::parse("score.json", &text).is_ok());
    let metric = "\"recall_without_suppression\":{\"value\":";
    for number in ["NaN", "1e999", "\"0.9\""] {
        with(&format!("{metric}1.0"), &format!("{metric}{number}"));
    }
    let missing = with("\"alerts_per_day\"", "\"alerts_per_hour\"");
    assert!(missing.contains("missing field `alerts_per_day`"), "{missing}");
}
