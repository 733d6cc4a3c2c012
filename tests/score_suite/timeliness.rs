//! How long it took, and what was lost by then.

use crate::fixture::{Alert, Campaign, Drill, at};
use vaultdrill::event::TickSpan;
use vaultdrill::score::Score;

/// Four reveals at minutes 0 to 3 after a listing two minutes earlier.
fn campaign() -> Campaign {
    let mut campaign = Campaign::attack("attack", at(16, 0));
    let mut listing = campaign.steps[0].clone();
    listing.correlation_id = "listing".to_owned();
    listing.time = at(16, -2);
    (listing.object, listing.reveals) = (None, false);
    campaign.start = listing.time;
    campaign.steps.insert(0, listing);
    campaign
}

fn scored(campaign: &Campaign, alerts: &[Alert]) -> Score {
    Drill::new(std::slice::from_ref(campaign), alerts).score().unwrap()
}

#[test]
fn detection_time_runs_from_the_first_event_to_the_arrival_of_the_first_alert() {
    let campaign = campaign();
    let alerts = [
        // Concerns the earlier event and arrives later.
        Alert::query("slow", &campaign.steps[1]).fired(at(16, 30)),
        Alert::query("fast", &campaign.steps[2]).fired(at(16, 10)),
    ];
    let score = scored(&campaign, &alerts);
    assert_eq!(score.detection_time_seconds.p50.value, Some(720.0));
    assert_eq!(score.detection_time_from_reveal_seconds.p50.value, Some(600.0));
    assert_eq!(score.event_time_delay_seconds.p50.value, Some(120.0));
    assert_eq!(score.event_time_delay_from_reveal_seconds.p50.value, Some(0.0));
}

#[test]
fn objects_count_as_lost_when_revealed_before_the_alert_arrived() {
    let campaign = campaign();
    for (minute, extra, lost) in [(-1, 0, 0.0), (0, 0, 0.0), (0, 1, 1.0), (2, 1, 3.0), (60, 0, 4.0)]
    {
        let fired_at = at(16, minute) + TickSpan(extra);
        let alert = Alert::query("a", &campaign.steps[0]).fired(fired_at);
        let score = scored(&campaign, &[alert]);
        let objects = score.objects_revealed_before_alert;
        assert_eq!(objects.p50.value, Some(lost), "minute {minute} and {extra} ticks");
    }
}

#[test]
fn an_object_read_twice_is_lost_once() {
    let mut campaign = campaign();
    campaign.steps[4].object = campaign.steps[3].object.clone();
    let score = scored(&campaign, &[Alert::query("a", &campaign.steps[1]).fired(at(17, 0))]);
    assert_eq!(score.objects_revealed_before_alert.p50.value, Some(3.0));
}

#[test]
fn an_alert_before_the_first_reveal_has_a_negative_time_from_it() {
    let campaign = campaign();
    let alert = Alert::query("a", &campaign.steps[0]).fired(at(16, -1));
    let score = scored(&campaign, &[alert]);
    assert_eq!(score.detection_time_from_reveal_seconds.p50.value, Some(-60.0));
}

#[test]
fn misses_stand_beside_the_quantiles_and_not_in_them() {
    let (found, mut missed) = (campaign(), Campaign::attack("missed", at(17, 0)));
    missed.steps[0].reveals = false;
    let alert = Alert::query("a", &found.steps[0]).fired(at(16, 8));
    let score = Drill::new(&[found, missed], &[alert]).score().unwrap();
    let delays = &score.detection_time_seconds;
    assert_eq!((delays.p90.value, delays.detected, delays.missed), (Some(600.0), 1, 1));
    let objects = &score.objects_revealed_before_alert;
    assert_eq!((objects.detected, objects.missed, objects.objects_in_missed), (1, 1, 3));
}

#[test]
fn a_campaign_that_reveals_nothing_is_in_no_time_from_reveal() {
    let mut campaign = campaign();
    for step in &mut campaign.steps {
        step.reveals = false;
    }
    let score = scored(&campaign, &[Alert::query("a", &campaign.steps[0])]);
    let delays = score.detection_time_from_reveal_seconds;
    assert_eq!((delays.p50.value, delays.p50.n, delays.detected, delays.missed), (None, 0, 0, 0));
}

#[test]
fn each_rule_and_attack_is_timed_by_its_own_first_alert() {
    let (one, two) = (campaign(), Campaign::attack("two", at(17, 0)));
    let slow = |alert: Alert| Alert { rule: "slow".to_owned(), ..alert };
    let alerts = [
        Alert::query("a", &one.steps[1]).fired(at(16, 1)),
        slow(Alert::query("b", &one.steps[1]).fired(at(16, 30))),
        slow(Alert::query("c", &one.steps[2]).fired(at(16, 20))),
    ];
    let score = Drill::new(&[one, two], &alerts).score().unwrap();
    let (fast, slow) = (&score.by_rule["vault_modified"], &score.by_rule["slow"]);
    assert_eq!(fast.detection_time_seconds.p50.value, Some(180.0));
    assert_eq!(fast.detection_time_from_reveal_seconds.p50.value, Some(60.0));
    assert_eq!(fast.objects_revealed_before_alert.p50.value, Some(1.0));
    assert_eq!(slow.detection_time_seconds.p50.value, Some(1320.0));
    assert_eq!(slow.detection_time_from_reveal_seconds.p50.value, Some(1200.0));
    assert_eq!(slow.objects_revealed_before_alert.p50.value, Some(4.0));
    for rule in [fast, slow] {
        let (times, objects) = (&rule.detection_time_seconds, &rule.objects_revealed_before_alert);
        assert_eq!((rule.campaigns_found, times.detected, times.missed), (1, 1, 1));
        assert_eq!((objects.missed, objects.objects_in_missed), (1, 4));
    }
    let attack = &score.by_attack["bulk_extraction"];
    assert_eq!(attack.detection_time_seconds.p50.value, Some(180.0));
    assert_eq!(attack.detection_time_from_reveal_seconds.p50.value, Some(60.0));
}

#[test]
fn a_score_reads_back_as_it_was_and_lists_every_campaign_and_entity() {
    let campaign = campaign();
    let missed = Campaign::attack("missed", at(17, 0));
    let alert = Alert::query("a", &campaign.steps[1]).by("thief");
    let mut drill = Drill::new(&[campaign.clone(), missed], std::slice::from_ref(&alert));
    drill.clean = Some(vec![Alert::query("noise", &campaign.steps[1]).by("thief")]);
    let score = drill.score().unwrap();
    let [found, missed] = &score.outcomes[..] else { panic!("two outcomes") };
    assert_eq!(found.found_by.keys().collect::<Vec<_>>(), ["vault_modified"]);
    assert_eq!(found.fired_at.as_deref(), Some(alert.fired_at.to_string().as_str()));
    assert_eq!((found.objects_revealed, missed.objects_revealed_before_alert), (4, Some(4)));
    assert!(missed.found_by.is_empty() && missed.fired_at.is_none());
    let thief = score.entities["thief"];
    assert_eq!((thief.is_identity, thief.alerts, thief.false_alerts), (true, 1, 1));
    let text = serde_json::to_string(&score).unwrap();
    assert_eq!(Score::parse("score.json", &text).unwrap(), score);
}

#[test]
fn what_is_no_score_is_refused_by_name() {
    let score = scored(&campaign(), &[]);
    let text = serde_json::to_string(&score).unwrap();
    let of = |from, to| Score::parse("old.json", &text.replace(from, to)).unwrap_err().to_string();
    assert_eq!(of("\"score\"", "\"run\""), "old.json: kind: expected score, found run");
    assert!(of("\"outcomes\"", "\"others\"").contains("missing field `outcomes`"));
}
