//! When a requirement about a figure fails, when it cannot be told, and what is no verdict at all.

use serde_json::Value;
use vaultdrill::gate::{GateError, InconclusiveIs, Verdict};
use vaultdrill::score::{Matching, Metric, Score};

use crate::world::{World, first, score};

/// 30 of 40: 75 %, from 59.8 to 85.8.
fn three_quarters() -> World {
    World::new(score(&first(30, 40), &[1, 2, 1, 1, 1, 3]))
}

#[test]
fn a_figure_beyond_its_limit_fails_only_where_the_interval_excludes_the_limit() {
    let mut world = three_quarters();
    for (requirement, word) in [
        ("recall >= 90%", "FAIL"),
        ("recall >= 80%", "INCONCLUSIVE"),
        ("recall >= 75%", "PASS"),
        ("recall > 75%", "INCONCLUSIVE"),
        ("recall <= 70%", "INCONCLUSIVE"),
        ("recall <= 50%", "FAIL"),
        ("recall.bulk-extraction >= 0.1", "PASS"),
        ("by_attack.key-ransom.recall.hi >= 0.1", "PASS"),
    ] {
        assert_eq!(world.words(&[requirement]), [word], "{requirement}");
    }
}

#[test]
fn ends_of_intervals_and_counts_are_taken_literally() {
    let mut world = three_quarters();
    for (requirement, word) in [
        ("recall.campaign.lo >= 60%", "FAIL"),
        ("recall.lo >= 59%", "PASS"),
        ("recall.campaign.hi <= 85%", "FAIL"),
        ("recall.campaign.value >= 80%", "FAIL"),
        ("recall.n >= 41", "FAIL"),
        ("campaigns.missed <= 9", "FAIL"),
        ("campaigns.missed <= 10", "PASS"),
    ] {
        assert_eq!(world.words(&[requirement]), [word], "{requirement}");
    }
}

#[test]
fn doubt_says_what_it_would_take() {
    let mut world = three_quarters();
    let report = world.decide(&["recall >= 80%"]).unwrap();
    let power = report.checks[0].power.unwrap();
    // (1.645 * 0.4 + 0.842 * 0.433)^2 / 0.05^2
    assert_eq!(power.campaigns_needed, Some(419));
    assert!((0.15..0.17).contains(&power.detectable.unwrap()), "{power:?}");
    assert_eq!(report.detectable_drop, power.detectable);
    let noise = world.decide(&["false_alerts_per_day <= 1.2"]).unwrap();
    assert_eq!(noise.verdict, Verdict::Inconclusive);
    assert!(noise.checks[0].power.unwrap().data_needed.unwrap() > 1.0);
}

#[test]
fn with_a_margin_recall_passes_only_where_a_drop_of_its_size_would_show() {
    let mut world = three_quarters();
    world.terms.margin = Some(0.05);
    let report = world.decide(&["recall >= 70%"]).unwrap();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert_eq!(report.checks[0].power.unwrap().campaigns_needed, Some(134));
    world.terms.margin = Some(0.2);
    assert_eq!(world.words(&["recall >= 70%"]), ["PASS"]);
}

#[test]
fn recall_is_compared_campaign_by_campaign() {
    for (before, word) in [(35, "FAIL"), (34, "INCONCLUSIVE"), (30, "PASS")] {
        let mut world = World::against(score(&first(30, 40), &[]), score(&first(before, 40), &[]));
        assert_eq!(world.words(&["recall >= baseline"]), [word], "{before}");
        assert_eq!(world.words(&["recall >= baseline - 15%"]), ["PASS"]);
    }
    // As many found, but others: nothing is worse on the whole.
    let mut others = first(30, 40);
    others.reverse();
    let mut world = World::against(score(&others, &[]), score(&first(30, 40), &[]));
    assert_eq!(world.words(&["recall >= baseline"]), ["PASS"]);
    // One attack, one rule.
    let mut world = World::against(score(&first(20, 40), &[]), score(&first(40, 40), &[]));
    for metric in ["recall.key-ransom", "by_rule.bulk_extraction.recall"] {
        assert_eq!(world.words(&[&format!("{metric} >= baseline")]), ["FAIL"], "{metric}");
    }
    assert_eq!(world.words(&["recall >= 0.4 * baseline"]), ["PASS"]);
    assert_eq!(world.words(&["recall >= 0.9 * baseline"]), ["FAIL"]);
}

#[test]
fn losses_that_may_be_chance_are_no_failure_and_rounding_is_no_loss() {
    let against = |found, before, n| {
        World::against(score(&first(found, n), &[]), score(&first(before, n), &[]))
    };
    for (lost, n, word) in
        [(3, 3, "INCONCLUSIVE"), (4, 4, "INCONCLUSIVE"), (4, 17, "INCONCLUSIVE"), (5, 17, "FAIL")]
    {
        let mut world = against(n - lost, n, n);
        assert_eq!(world.words(&["recall >= baseline"]), [word], "{lost} of {n}");
    }
    let mut at_the_limit = against(18, 20, 20);
    assert_eq!(at_the_limit.words(&["recall >= 0.9 * baseline"]), ["PASS"]);
    assert_eq!(at_the_limit.words(&["recall >= baseline - 10%"]), ["PASS"]);
    assert_eq!(at_the_limit.words(&["recall > baseline - 10%"]), ["INCONCLUSIVE"]);
    let mut literal = against(27, 30, 30);
    assert_eq!(literal.words(&["recall.value >= 0.9 * baseline"]), ["PASS"]);
}

#[test]
fn counts_beside_times_are_counts_and_recall_of_events_is_not_one_of_campaigns() {
    let mut world = three_quarters();
    let missed = "detection_time_seconds.missed";
    assert_eq!(world.words(&[&format!("{missed} <= 10")]), ["PASS"]);
    let refusal = world.refusal(&format!("{missed} <= 10s"));
    assert!(refusal.contains("a number without a unit"), "{refusal}");
    world.terms.margin = Some(0.05);
    assert_eq!(world.words(&["by_attack.key-ransom.recall >= 1%"]), ["INCONCLUSIVE"]);
    assert_eq!(world.words(&["events.recall >= 1%"]), ["PASS"], "a margin is of campaigns");
}

#[test]
fn the_same_rules_are_noted_where_rules_are_known() {
    let mut world = three_quarters();
    world.before = Some(score(&first(30, 40), &[1]));
    let said = |world: &mut World| {
        let report = world.decide(&["recall >= 1%"]).unwrap();
        report.notes.iter().any(|note| note.contains("the same rules"))
    };
    assert!(said(&mut world));
    let unknown = || Metric { value: None, n: 0, lo: None, hi: None, method: String::new() };
    world.now.matching = Some(Matching {
        by_event: 1,
        by_identity: 0,
        by_vault: 0,
        unmatched: 0,
        names_nothing: 0,
        campaigns_by_vault_only: 0,
        shifted_match_rate: unknown(),
    });
    assert!(!said(&mut world));
}

#[test]
fn alerts_are_compared_identity_by_identity() {
    let limit = ["alerts_per_day <= baseline + 2"];
    let before = || score(&first(10, 10), &[1; 20]);
    // 40 more alerts in seven days: two more of each identity, or all of one.
    let mut everybody = World::against(score(&first(10, 10), &[3; 20]), before());
    assert_eq!(everybody.words(&limit), ["FAIL"]);
    assert_eq!(everybody.words(&["false_alerts_per_day <= 1.5 * baseline"]), ["FAIL"]);
    assert_eq!(everybody.words(&["false_alerts_per_million_events <= 4 * baseline"]), ["PASS"]);
    let mut noise = [1; 20];
    noise[7] = 41;
    let mut one = World::against(score(&first(10, 10), &noise), before());
    assert_eq!(one.words(&limit), ["INCONCLUSIVE"]);
    let report = one.decide(&limit).unwrap();
    let difference = report.checks[0].difference.clone().unwrap();
    assert!((difference.value.unwrap() - 40.0 / 7.0).abs() < 1e-9);
}

#[test]
fn a_failure_beats_doubt_and_doubt_counts_as_asked() {
    let mut world = three_quarters();
    let doubt = "recall >= 80%";
    let failed = world.decide(&[doubt, "recall >= 90%", "recall >= 10%"]).unwrap();
    let words: Vec<_> = failed.checks.iter().map(|check| check.word()).collect();
    assert_eq!((failed.verdict, words), (Verdict::Fail, vec!["FAIL", "INCONCLUSIVE", "PASS"]));
    for (is, verdict, fails) in [
        (InconclusiveIs::Own, Verdict::Inconclusive, false),
        (InconclusiveIs::Pass, Verdict::Pass, false),
        (InconclusiveIs::Fail, Verdict::Fail, true),
    ] {
        world.terms.inconclusive = is;
        let report = world.decide(&[doubt]).unwrap();
        assert_eq!((report.verdict, report.quality_failed), (verdict, fails));
        assert_eq!(report.checks[0].verdict, Verdict::Inconclusive, "what was found stays");
    }
}

#[test]
fn what_cannot_be_looked_up_is_a_faulty_configuration() {
    let mut world = three_quarters();
    for (requirement, said) in [
        (
            "recal.campaign >= 0.9",
            "column 1: expected a metric of the score, found \"recal.campaign\" (did you mean `recall.campaign`?)",
        ),
        ("detection_time_secnds.p90 <= 60s", "(did you mean `detection_time_seconds.p90`?)"),
        (
            "detection_time_seconds <= 60s",
            "expected one metric (such as detected, missed, p50, p90, p99)",
        ),
        ("missed >= 0", "expected a metric of the score"),
        ("throughput >= 1", "expected a run (--run FILE), found none"),
        ("recall >= baseline", "expected a baseline (--baseline FILE), found none"),
        ("no_lost_campaign()", "expected a baseline (--baseline FILE), found none"),
        ("recall >= 90", "expected a share from 0 to 1, or 0% to 100%, found 90"),
        ("alerts_per_day <= 10%", "expected a number without a unit, found 10%"),
        ("ttd.p90 <= 10%", "expected a time such as 120s, or seconds, found 10%"),
        ("recall >= 60s", "expected a share from 0 to 1"),
    ] {
        let refusal = world.refusal(requirement);
        assert!(refusal.contains(said), "{requirement}: {refusal}");
    }
    assert!(matches!(world.decide(&[]), Err(GateError::Empty)));
}

/// Paths of all metrics in `value`, as keys.
fn metrics(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let Some(map) = value.as_object() else { return };
    if map.contains_key("method") {
        found.push(path.clone());
        return;
    }
    for (key, inner) in map {
        path.push(key.clone());
        metrics(inner, path, found);
        path.pop();
    }
}

/// A gate never passes on a metric that is missing: each metric of a score in turn is made null.
#[test]
fn no_missing_metric_ever_passes() {
    let sound = score(&first(8, 10), &[1, 2, 1, 1, 1, 3]);
    let whole = serde_json::to_value(&sound).unwrap();
    let mut paths = Vec::new();
    metrics(&whole, &mut Vec::new(), &mut paths);
    assert!(paths.len() > 60, "{}", paths.len());
    for path in paths {
        let mut holed = whole.clone();
        let metric = path.iter().fold(&mut holed, |value, key| &mut value[key.as_str()]);
        metric["value"] = Value::Null;
        metric["method"] = "on purpose".into();
        let holed: Score = serde_json::from_value(holed).unwrap();
        let name = path.join(".");
        for requirement in
            [format!("{name} >= 0"), format!("{name} <= 1"), format!("{name}.value <= 1")]
        {
            let refusal = World::new(holed.clone()).refusal(&requirement);
            assert!(refusal.contains("found none: on purpose"), "{requirement}: {refusal}");
        }
        let requirement = format!("{name} >= baseline");
        let refusal = World::against(sound.clone(), holed.clone()).refusal(&requirement);
        assert!(refusal.contains("found none: "), "{requirement}: {refusal}");
    }
}

#[test]
fn an_end_that_an_interval_does_not_have_is_missing_too() {
    let mut world = World::new(score(&first(2, 10), &[5]));
    let refusal = world.refusal("alerts_per_day.hi <= 20");
    assert!(refusal.contains("too few"), "{refusal}");
    assert_eq!(world.words(&["alerts_per_day <= 0.5"]), ["INCONCLUSIVE"]);
}

#[test]
fn scores_of_unlike_corpora_are_refused() {
    type Change = fn(&mut Score);
    let now = || score(&first(30, 40), &[1]);
    let changes: [(&str, Change); 6] = [
        ("old/score.json: corpus_id: expected corpus as in score.json, found other", |it| {
            it.corpus_id = "other".to_owned();
        }),
        ("corpus.seed: expected 1", |it| it.corpus.seed = 2),
        ("corpus.last_time", |it| it.corpus.last_time = "2027-01-01T00:00:00Z".to_owned()),
        ("corpus.clean_twin_id: expected ", |it| {
            it.corpus.clean_twin_id = Some("other".to_owned());
        }),
        ("corpus.clean_twin_days: expected 7", |it| it.corpus.clean_twin_days = Some(5.0)),
        ("outcomes", |it| it.outcomes[3].campaign_id = "else".to_owned()),
    ];
    for (said, change) in changes {
        let mut before = now();
        change(&mut before);
        let error = World::against(now(), before).decide(&["recall >= 0"]).unwrap_err();
        assert!(error.is_input() && error.to_string().contains(said), "{error}");
    }
    // A score without a twin, or of a version that did not name it, is no other corpus.
    let mut before = now();
    (before.corpus.clean_twin_id, before.corpus.clean_twin_days) = (None, None);
    assert_eq!(World::against(now(), before).words(&["recall >= 1%"]), ["PASS"]);
}

#[test]
fn a_figure_without_a_twin_is_no_pass() {
    let mut world = three_quarters();
    let method = "not known: no clean twin was given".to_owned();
    world.now.false_alerts_per_day = Metric { value: None, n: 0, lo: None, hi: None, method };
    let refusal = world.refusal("false_alerts_per_day <= 100");
    assert!(refusal.ends_with("found none: not known: no clean twin was given"), "{refusal}");
}
