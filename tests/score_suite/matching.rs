//! What an alert is about, and what it credits.

use serde_json::json;

use crate::fixture::{Alert, Campaign, Drill, Event, at, ordinary};
use vaultdrill::event::TickSpan;
use vaultdrill::score::{AlertCounts, Score, found_alone};

fn scored(campaigns: &[Campaign], alerts: &[Alert]) -> Score {
    Drill::new(campaigns, alerts).score().unwrap()
}

/// Malicious, look-alike, authorised, spurious.
fn classes(counts: AlertCounts) -> [u64; 4] {
    [counts.malicious, counts.look_alike, counts.authorised, counts.spurious]
}

fn events(prefix: &str, count: i64) -> Vec<Event> {
    (0..count).map(|k| ordinary(&format!("{prefix}-{k}"), at(16, k))).collect()
}

fn mixed(parts: &[&[Event]]) -> Vec<Event> {
    parts.concat()
}

#[test]
fn a_threshold_alert_is_malicious_iff_the_rest_stays_under_the_threshold() {
    let attack = Campaign::attack("attack", at(16, 0));
    for (own, expected) in [(4, [1, 0, 0, 0]), (5, [0, 0, 0, 1])] {
        let evidence = mixed(&[&attack.steps, &events("own", own)]);
        let score = scored(std::slice::from_ref(&attack), &[Alert::distinct("a", 5, &evidence)]);
        assert_eq!(classes(score.alerts), expected, "{own} ordinary values at a threshold of 5");
        assert_eq!(score.campaigns.detected, expected[0]);
    }
}

#[test]
fn evidence_that_was_cut_is_taken_for_ordinary_traffic() {
    let attack = Campaign::attack("attack", at(16, 0));
    let of = |alert: Alert, cut| scored(std::slice::from_ref(&attack), &[Alert { cut, ..alert }]);
    let distinct = |least| Alert::distinct("a", least, &attack.steps);
    let counting =
        |least: u64| Alert::threshold("a", json!({"count": 9, "threshold": least}), &attack.steps);
    let sequence = || Alert::sequence("a", &[(1, &attack.steps[..2]), (1, &attack.steps[2..])]);
    for (alert, cut, expected) in [
        (distinct(4), 3, [1, 0, 0, 0]),
        (distinct(4), 4, [0, 0, 0, 1]),
        (counting(4), 3, [1, 0, 0, 0]),
        (counting(4), 4, [0, 0, 0, 1]),
        (sequence(), 0, [1, 0, 0, 0]),
        (sequence(), 1, [0, 0, 0, 1]),
    ] {
        let score = of(alert, cut);
        assert_eq!(classes(score.alerts), expected, "{cut}");
        assert_eq!(score.campaigns.detected, expected[0]);
        assert_eq!(score.alerts.evidence_cut, u64::from(cut > 0));
    }
}

#[test]
fn what_counts_are_distinct_values_not_events() {
    let attack = Campaign::attack("attack", at(16, 0));
    let mut own = events("own", 6);
    for event in &mut own {
        event.object = Some("vault/secrets/the-same".to_owned());
    }
    let evidence = mixed(&[&attack.steps, &own]);
    let values = json!({"count": 10, "distinct": 5, "threshold": 5});
    let score = scored(std::slice::from_ref(&attack), &[Alert::threshold("a", values, &evidence)]);
    assert_eq!(classes(score.alerts), [1, 0, 0, 0]);
}

#[test]
fn a_sequence_is_malicious_iff_the_rest_leaves_one_of_its_steps_short() {
    let attack = Campaign::attack("attack", at(16, 0));
    let own = events("own", 3);
    let (two_and_one, three) = (mixed(&[&own[..2], &attack.steps[..1]]), &own[..]);
    for (first, second, expected) in [
        ((3, &two_and_one[..]), (1, &own[..1]), [1, 0, 0, 0]),
        ((2, &two_and_one[..]), (1, &own[..1]), [0, 0, 0, 1]),
        ((3, three), (1, &attack.steps[..1]), [1, 0, 0, 0]),
        ((3, three), (2, &two_and_one[..]), [0, 0, 0, 1]),
    ] {
        let alert = Alert::sequence("a", &[first, second]);
        let score = scored(std::slice::from_ref(&attack), &[alert]);
        assert_eq!(classes(score.alerts), expected, "{first:?}, {second:?}");
        assert_eq!(score.campaigns.detected, expected[0]);
    }
}

#[test]
fn a_rule_that_counts_events_compares_the_count() {
    let attack = Campaign::attack("attack", at(16, 0));
    for (own, malicious) in [(4, 1), (5, 0)] {
        let evidence = mixed(&[&attack.steps, &events("own", own)]);
        let values = json!({"count": evidence.len(), "threshold": 5});
        let alert = Alert::threshold("a", values, &evidence);
        assert_eq!(scored(std::slice::from_ref(&attack), &[alert]).alerts.malicious, malicious);
    }
}

#[test]
fn the_count_part_of_a_distinct_rule_can_be_what_fails() {
    let attack = Campaign::attack("attack", at(16, 0));
    let evidence = mixed(&[&attack.steps, &events("own", 5)]);
    let values = json!({"count": 9, "distinct": 9, "threshold": 2, "count_threshold": 6});
    let score = scored(std::slice::from_ref(&attack), &[Alert::threshold("a", values, &evidence)]);
    assert_eq!(classes(score.alerts), [1, 0, 0, 0]);
}

#[test]
fn a_match_is_about_what_its_trigger_is_about() {
    let campaigns = [
        Campaign::attack("attack", at(16, 0)),
        Campaign::new("test", "authorised", "security_test", at(16, 0), 1),
        Campaign::new("backup", "look_alike", "backup_job", at(16, 0), 1),
    ];
    let alerts = [
        Alert::query("a", &campaigns[0].steps[3]),
        Alert { kind: "new_terms", ..Alert::query("b", &campaigns[1].steps[0]) },
        Alert::query("c", &campaigns[2].steps[0]),
        Alert::query("d", &ordinary("own", at(16, 0))),
    ];
    let score = scored(&campaigns, &alerts);
    assert_eq!(classes(score.alerts), [1, 1, 1, 1]);
    assert_eq!(score.precision.alert.value, Some(0.25));
    assert_eq!(score.by_look_alike["backup_job"].alerted, 1);
}

#[test]
fn classes_are_taken_out_one_after_the_other_until_the_condition_fails() {
    let campaigns = [
        Campaign::new("attack", "malicious", "bulk_extraction", at(16, 0), 1),
        Campaign::new("test", "authorised", "security_test", at(16, 0), 2),
        Campaign::new("backup", "look_alike", "backup_job", at(16, 0), 2),
    ];
    let [attack, test, backup] = &campaigns;
    // 1 + 2 + 2 + 3 values: without the attack 7, without the test as well 5, with nothing else 3.
    let evidence = mixed(&[&attack.steps, &test.steps, &backup.steps, &events("own", 3)]);
    for (threshold, expected) in [
        (8, [1, 0, 0, 0]),
        (7, [0, 0, 1, 0]),
        (6, [0, 0, 1, 0]),
        (5, [0, 1, 0, 0]),
        (4, [0, 1, 0, 0]),
        (3, [0, 0, 0, 1]),
    ] {
        let score = scored(&campaigns, &[Alert::distinct("a", threshold, &evidence)]);
        assert_eq!(classes(score.alerts), expected, "threshold {threshold}");
    }
}

#[test]
fn one_alert_credits_every_campaign_it_holds_and_counts_once_for_precision() {
    let campaigns = [
        Campaign::attack("one", at(16, 0)),
        Campaign::new("two", "malicious", "novel_accessor", at(16, 1), 2),
        Campaign::attack("three", at(16, 2)),
    ];
    let evidence = mixed(&[&campaigns[0].steps, &campaigns[1].steps]);
    let score = scored(&campaigns, &[Alert::distinct("a", 6, &evidence)]);
    assert_eq!((score.campaigns.detected, score.campaigns.missed), (2, 1));
    assert_eq!((score.precision.alert.value, score.precision.alert.n), (Some(1.0), 1));
    assert_eq!(score.matrix["bulk_extraction"]["bulk_extraction"], 1);
    assert_eq!(score.matrix["bulk_extraction"]["novel_accessor"], 1);
    assert_eq!(score.missed[0].campaign_id, "three");
}

#[test]
fn an_alert_48_hours_after_the_end_still_credits_and_one_tick_later_no_longer() {
    let attack = Campaign::attack("attack", at(16, 0));
    let in_time = attack.end + TickSpan::hours(48);
    let alert = Alert::query("a", &attack.steps[0]);
    let exact = scored(std::slice::from_ref(&attack), &[alert.clone().fired(in_time)]);
    assert_eq!((exact.campaigns.detected, exact.alerts.malicious), (1, 1));
    let late = scored(std::slice::from_ref(&attack), &[alert.fired(in_time + TickSpan(1))]);
    assert_eq!(late.campaigns.detected, 0);
    // It is still about the attack.
    assert_eq!((classes(late.alerts), late.alerts.too_late), ([1, 0, 0, 0], 1));
    assert_eq!(late.precision.alert.value, Some(1.0));
    assert_eq!(late.missed[0].reason, "its alert came over 48 h after its end");
}

#[test]
fn an_alert_in_time_for_one_campaign_credits_it_and_not_the_one_long_over() {
    let over = Campaign::attack("over", at(14, 0));
    let recent = Campaign::attack("recent", at(16, 30));
    let evidence = mixed(&[&over.steps, &recent.steps]);
    let score = scored(&[over, recent], &[Alert::distinct("a", 5, &evidence)]);
    assert_eq!((score.alerts.malicious, score.alerts.too_late), (1, 1));
    assert_eq!((score.campaigns.detected, score.missed[0].campaign_id.as_str()), (1, "over"));
}

#[test]
fn a_miss_says_whether_any_alert_held_its_events() {
    let campaigns = [Campaign::attack("masked", at(16, 0)), Campaign::attack("unseen", at(17, 0))];
    let evidence = mixed(&[&campaigns[0].steps, &events("own", 5)]);
    let score = scored(&campaigns, &[Alert::distinct("a", 5, &evidence)]);
    let reasons: Vec<_> = score.missed.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(
        reasons,
        ["the alerts that hold its events fire without them", "no alert holds an event of it"]
    );
}

#[test]
fn a_miss_shows_what_truth_drew_for_it() {
    let mut attack = Campaign::attack("attack", at(16, 0));
    attack.identity_kind = Some("user");
    let score = scored(&[attack], &[]);
    assert_eq!(score.missed[0].parameters["pace"], 60);
    assert_eq!(score.missed[0].identity_kind.as_deref(), Some("user"));
    assert_eq!(score.by_identity_kind["user"].recall.value, Some(0.0));
}

#[test]
fn an_event_that_is_both_attack_and_look_alike_is_an_attack() {
    let attack = Campaign::attack("attack", at(16, 0));
    let cover = Campaign {
        id: "cover".to_owned(),
        class: "look_alike",
        attack: "backup_job".to_owned(),
        ..attack.clone()
    };
    let score = scored(&[cover, attack.clone()], &[Alert::query("a", &attack.steps[0])]);
    assert_eq!(classes(score.alerts), [1, 0, 0, 0]);
    assert_eq!(score.by_look_alike["backup_job"].alerted, 0);
}

#[test]
fn attacks_that_fire_a_rule_only_together_are_not_found_alone() {
    let (one, other) = (Campaign::attack("one", at(16, 0)), Campaign::attack("other", at(16, 30)));
    let (few, own) = (&one.steps[..2], &events("own", 2));
    // Events of the one, all of the other, ordinary ones; the threshold; who is found alone.
    let more = one.steps.len().max(other.steps.len()) as u64;
    for (evidence, least, expected) in [
        (mixed(&[&one.steps, &other.steps]), more, vec!["one", "other"]),
        (mixed(&[&one.steps, &other.steps]), more + 1, vec![]),
        (mixed(&[few, &other.steps]), more, vec!["other"]),
        (mixed(&[few, &other.steps, own]), more, vec!["one", "other"]),
    ] {
        let alert = Alert::distinct("a", least, &evidence);
        let drill = Drill::new(&[one.clone(), other.clone()], &[alert]);
        assert_eq!(drill.score().unwrap().campaigns.detected, 2, "together at {least}");
        let found = found_alone(&drill.inputs().unwrap()).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), expected, "{} at {least}", evidence.len());
    }
}
