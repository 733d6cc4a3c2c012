//! What is scored and what is censored.

use crate::fixture::{Alert, Campaign, DAYS, Drill, WARM_UP, at, ordinary};
use vaultdrill::event::TickSpan;

#[test]
fn an_alert_exactly_at_the_end_of_warm_up_counts_and_one_tick_earlier_does_not() {
    let attack = Campaign::attack("attack", at(16, 0));
    let start = at(WARM_UP, 0);
    let alerts = [
        Alert::query("early", &ordinary("e", start - TickSpan(1))),
        Alert::query("exact", &ordinary("x", start)),
    ];
    let score = Drill::new(&[attack], &alerts).score().unwrap();
    assert_eq!((score.alerts.scored, score.alerts.before_scored_period), (1, 1));
}

#[test]
fn a_campaign_that_begins_exactly_at_the_end_of_warm_up_is_scored() {
    let start = at(WARM_UP, 0);
    let campaigns = [
        Campaign::attack("exact", start),
        Campaign::attack("crosses", start - TickSpan(1)),
        Campaign::attack("before", at(3, 0)),
    ];
    let score = Drill::new(&campaigns, &[]).score().unwrap();
    assert_eq!((score.campaigns.scored, score.campaigns.censored), (1, 2));
    assert_eq!(score.missed[0].campaign_id, "exact");
    let reasons: Vec<_> =
        score.censored.iter().map(|one| (one.campaign_id.as_str(), one.reason.as_str())).collect();
    assert_eq!(reasons, [("before", "ended during warm-up"), ("crosses", "began during warm-up")]);
}

#[test]
fn a_campaign_needs_48_hours_after_its_end() {
    let exact = Campaign::attack("exact", at(DAYS - 2, -3));
    assert_eq!(exact.end, at(DAYS - 2, 0));
    let mut late = Campaign::attack("late", at(DAYS - 2, -3));
    late.end = late.end + TickSpan(1);
    let score = Drill::new(&[exact, late], &[]).score().unwrap();
    assert_eq!(score.missed[0].campaign_id, "exact");
    assert_eq!(score.censored[0].campaign_id, "late");
    assert_eq!(score.censored[0].reason, "ended under 48 h before the corpus");
}

#[test]
fn every_look_alike_that_reaches_into_the_scored_period_counts() {
    let backup = |id, start| Campaign::new(id, "look_alike", "backup_job", start, 4);
    let campaigns = [
        Campaign::attack("attack", at(16, 0)),
        backup("before", at(WARM_UP, -4)),
        backup("crosses", at(WARM_UP, -3)),
        backup("last-hour", at(DAYS, -60)),
    ];
    let alert = Alert::distinct("a", 3, &campaigns[3].steps);
    let score = Drill::new(&campaigns, &[alert]).score().unwrap();
    let backups = score.by_look_alike["backup_job"];
    assert_eq!((backups.instances, backups.alerted), (2, 1));
    assert_eq!(score.alerts.look_alike, 1);
}

#[test]
fn an_alert_about_a_censored_campaign_is_right_but_finds_nothing() {
    let campaigns =
        [Campaign::attack("scored", at(16, 0)), Campaign::attack("late", at(DAYS - 1, 0))];
    let alert = Alert::query("a", &campaigns[1].steps[0]);
    let score = Drill::new(&campaigns, &[alert]).score().unwrap();
    assert_eq!((score.alerts.malicious, score.campaigns.detected), (1, 0));
    assert_eq!(score.recall["campaign"].value, Some(0.0));
}

#[test]
fn a_rule_with_more_history_than_warm_up_is_marked() {
    let drill = Drill {
        histories: vec![("enough", WARM_UP), ("too_long", WARM_UP + 1)],
        ..Drill::new(&[Campaign::attack("attack", at(16, 0))], &[])
    };
    let score = drill.score().unwrap();
    assert_eq!(score.by_rule["enough"].history_exceeds_warm_up, Some(false));
    assert_eq!(score.by_rule["too_long"].history_exceeds_warm_up, Some(true));
    let score = Drill { learned_days: 1, ..drill }.score().unwrap();
    assert_eq!(score.by_rule["too_long"].history_exceeds_warm_up, Some(false), "learned before");
}

#[test]
fn a_campaign_that_left_no_record_is_unobservable_and_no_miss() {
    let scored = Campaign::attack("scored", at(16, 0));
    let hidden = Campaign {
        steps: Vec::new(),
        unobserved: 4,
        ..Campaign::new("hidden", "malicious", "sabotage", at(16, 0), 4)
    };
    let alert = Alert::query("a", &scored.steps[0]);
    let score = Drill::new(&[scored, hidden], &[alert]).score().unwrap();
    let campaigns = score.campaigns;
    assert_eq!((campaigns.scored, campaigns.missed, campaigns.unobservable), (1, 0, 1));
    assert_eq!(score.recall["campaign"].value, Some(1.0));
    assert_eq!(score.unobservable[0].campaign_id, "hidden");
    assert_eq!(score.unobservable[0].unobserved, 4);
    assert_eq!(score.by_attack["sabotage"].campaigns.unobservable, 1);
    assert_eq!(score.by_attack["bulk_extraction"].campaigns.unobservable, 0);
    let text = vaultdrill::score::text(&score, 200);
    assert!(text.contains("none of its records is in the corpus (1)"), "{text}");
}
