//! The event as a unit, by cases counted by hand.

use proptest::prelude::*;

use crate::fixture::{Alert, Campaign, Drill, at, ordinary};
use crate::properties::drills;
use vaultdrill::event::TickSpan;
use vaultdrill::score::Score;

fn shares(score: &Score) -> (Option<f64>, Option<f64>) {
    (score.events.recall.value, score.events.precision.value)
}

#[test]
fn events_of_an_attack_count_where_an_alert_about_it_holds_them() {
    let campaigns = [Campaign::attack("one", at(16, 0)), Campaign::attack("two", at(17, 0))];
    // Three of the eight events lie in alerts; one of them in both. Two others are nobody's.
    let held = &campaigns[0].steps[..3];
    let own = [ordinary("x", at(16, 9)), ordinary("y", at(16, 9))];
    let alerts = [Alert::distinct("a", 3, &[held, &own].concat()), Alert::query("b", &held[0])];
    let score = Drill::new(&campaigns, &alerts).score().unwrap();
    assert_eq!(shares(&score), (Some(3.0 / 8.0), Some(3.0 / 5.0)));
    assert_eq!((score.events.recall.n, score.events.precision.n), (8, 5));
}

#[test]
fn an_alert_that_fires_without_the_attack_reveals_none_of_its_events() {
    let attack = Campaign::attack("attack", at(16, 0));
    let own: Vec<_> = (0..4).map(|k| ordinary(&format!("own-{k}"), at(16, k))).collect();
    let masked = Alert::distinct("a", 4, &[&attack.steps[..], &own].concat());
    let score = Drill::new(std::slice::from_ref(&attack), &[masked]).score().unwrap();
    // What the alert holds is half of the attack all the same.
    assert_eq!(shares(&score), (Some(0.0), Some(0.5)));
    let late = attack.end + TickSpan::hours(48) + TickSpan(1);
    let late = Alert::query("a", &attack.steps[0]).fired(late);
    let score = Drill::new(std::slice::from_ref(&attack), &[late]).score().unwrap();
    assert_eq!(shares(&score), (Some(0.0), Some(1.0)));
}

#[test]
fn without_alerts_no_event_is_found_and_there_is_nothing_to_be_precise_about() {
    let score = Drill::new(&[Campaign::attack("attack", at(16, 0))], &[]).score().unwrap();
    assert_eq!(shares(&score), (Some(0.0), None));
}

#[test]
fn what_a_run_left_out_is_said_beside_the_shares() {
    let attack = Campaign::attack("attack", at(16, 0));
    let cut = Alert { cut: 1, ..Alert::distinct("a", 4, &attack.steps) };
    let score = Drill::new(&[attack], &[cut]).score().unwrap();
    for metric in [&score.events.recall, &score.events.precision] {
        assert!(metric.method.contains("1 alerts had to leave out"), "{}", metric.method);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A campaign of which an event is found is found itself, and the other way round.
    #[test]
    fn events_are_found_iff_campaigns_are(drill in drills()) {
        let score = drill.score().unwrap();
        prop_assert_eq!(score.events.recall.value > Some(0.0), score.campaigns.detected > 0);
        let steps: usize = score.outcomes.iter().map(|outcome| {
            let id = &outcome.campaign_id;
            drill.campaigns.iter().find(|one| one.id == *id).unwrap().steps.len()
        }).sum();
        prop_assert_eq!(score.events.recall.n, steps as u64);
    }
}
