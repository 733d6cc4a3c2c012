//! What came nearest to finding a missed campaign: the order of nearness, and its words.

use vaultdrill::detect::{Excuse, Fate, Trace};
use vaultdrill::event::{Field, Origin, Ticks};
use vaultdrill::rules::{RuleSet, load};
use vaultdrill::score::{Nearest, Score, Truth, tell_nearest, text, watch_for};

use crate::fixture::{Alert, Campaign, Drill, at};

/// One campaign of four steps that is found, one of four that is missed.
fn drill() -> Drill {
    let campaigns = [Campaign::attack("found", at(15, 0)), Campaign::attack("missed", at(16, 0))];
    let alerts = [Alert::query("a", &campaigns[0].steps[0])];
    Drill::new(&campaigns, &alerts)
}

fn rules() -> RuleSet {
    load(&["vaultdrill"]).unwrap()
}

fn truth(drill: &Drill) -> Truth {
    Truth::read("truth.ndjson", drill.truth_text().as_bytes()).unwrap()
}

/// A trace of a step of the missed campaign, from 1.
fn trace(rules: &RuleSet, step: usize, rule: Option<&str>, fate: Fate) -> Trace {
    let place = |id: &str| rules.rules.iter().position(|rule| rule.id == id).unwrap();
    let event = &drill().campaigns[1].steps[step - 1];
    Trace {
        origin: Origin::default(),
        rule: rule.map(place),
        fate,
        time: event.time,
        correlation_id: event.correlation_id.clone(),
        operation: "SecretGet".to_owned(),
    }
}

fn told(rules: &RuleSet, traces: &[Trace]) -> Score {
    let drill = drill();
    let mut score = drill.score().unwrap();
    tell_nearest(&mut score, &truth(&drill), rules, traces);
    score
}

fn nearest(rules: &RuleSet, traces: &[Trace]) -> Nearest {
    told(rules, traces).missed[0].nearest.clone().expect("something is told")
}

fn below(value: u32, baseline: Option<u32>) -> Fate {
    let limit = if baseline.is_some() { 34 } else { 20 };
    Fate::Below { value, limit, is_distinct: true, baseline }
}

fn incomplete(found: u32) -> Fate {
    Fate::Incomplete { met: 1, steps: 2, found, needed: 10 }
}

fn excepted() -> Fate {
    Fate::Excepted { reason: "a drill".to_owned() }
}

/// From nothing to all but an alert; each with a rule of the kind that can say so, and its words.
fn in_order() -> Vec<(Option<&'static str>, Fate, &'static str)> {
    let last_seen = at(2, 61);
    let [bulk, list, new] = ["bulk-extraction", "list-then-read", "novel-vault"].map(Some);
    let excused = Fate::Excused { value: 25, is_distinct: true, by: Excuse::Learning };
    vec![
        (None, Fate::Unseen, "no rule's query matches"),
        (bulk, excepted(), "hidden by an exception (a drill)"),
        (bulk, Fate::Ungrouped { missing: Some(Field::Identity) }, "the record has no identity"),
        (bulk, below(1, None), "1 of 20 distinct values of object within 10m"),
        (bulk, below(9, None), "9 of 20 distinct values of object within 10m"),
        (new, Fate::Known { last_seen }, "its identity and vault had been seen on 2026-03-04"),
        (list, incomplete(4), "1 of 2 steps met, the next had 4 of 10"),
        (
            bulk,
            below(28, Some(11)),
            "28 of 34 distinct values of object within 10m (more than 11 is usual)",
        ),
        (bulk, below(19, None), "19 of 20 distinct values of object within 10m"),
        (list, Fate::Beside, "the sequence was complete without it"),
        (
            new,
            Fate::Absorbed { by: Some(last_seen) },
            "absorbed by its group's alert of 2026-03-04 01:01",
        ),
        (bulk, Fate::Fired, "it alerted, but no alert holds an event of it"),
        // As near as known terms are.
        (new, Fate::Stranger, "its identity was new as well"),
        (new, Fate::Learning, "new, but the rule only learned"),
        (new, excepted(), "hidden by an exception (a drill)"),
        (bulk, excused, "25 distinct values of object within 10m while the rule only learned"),
    ]
}

#[test]
fn what_lacks_less_is_nearer_whichever_step_it_is_at() {
    let rules = rules();
    let ordered = &in_order()[..12];
    for pair in ordered.windows(2) {
        let [(farther, a, _), (nearer, b, words)] = pair else { unreachable!() };
        for (first, second) in [(1, 3), (3, 1)] {
            let traces = [
                trace(&rules, first, *farther, a.clone()),
                trace(&rules, second, *nearer, b.clone()),
            ];
            let found = nearest(&rules, &traces);
            assert_eq!(found.rule_id.as_deref(), *nearer, "{a:?} beside {b:?}");
            assert_eq!(found.step.place, second as u64, "{a:?} beside {b:?}");
            assert!(found.why.starts_with(words), "{}", found.why);
        }
    }
}

#[test]
fn every_obstacle_has_its_words_and_a_place_from_0_to_1() {
    let rules = rules();
    for (rule, fate, words) in in_order() {
        let found = nearest(&rules, &[trace(&rules, 2, rule, fate)]);
        assert_eq!(found.why, format!("{words}, at SecretGet (step 2 of 4)"));
        assert!((0.0..=1.0).contains(&found.progress));
        assert_eq!(found.step.time, at(16, 1).to_string());
        assert_eq!((found.step.correlation_id.as_str(), found.step.of), ("missed-1", 4));
    }
    for half in &in_order()[12..] {
        let found = nearest(&rules, &[trace(&rules, 2, half.0, half.1.clone())]);
        assert!((found.progress - 0.5).abs() < 1e-9, "{found:?}");
    }
}

#[test]
fn a_number_short_has_its_value_its_limit_and_their_share() {
    let rules = rules();
    let found = nearest(&rules, &[trace(&rules, 4, Some("bulk-extraction"), below(14, None))]);
    assert_eq!((found.value, found.limit), (Some(14), Some(20)));
    assert!((found.progress - 0.7).abs() < 1e-9);
    let found = nearest(&rules, &[trace(&rules, 4, Some("list-then-read"), incomplete(4))]);
    assert_eq!((found.value, found.limit), (Some(4), Some(10)));
    assert!((found.progress - 0.7).abs() < 1e-9);
}

#[test]
fn of_equals_the_earliest_step_is_named() {
    let rules = rules();
    let at_step = |step| trace(&rules, step, Some("bulk-extraction"), below(9, None));
    assert_eq!(nearest(&rules, &[at_step(4), at_step(2), at_step(3)]).step.place, 2);
}

#[test]
fn only_events_of_the_campaign_itself_tell_of_it() {
    let rules = rules();
    let own = trace(&rules, 1, Some("bulk-extraction"), Fate::Fired);
    let later = Trace { time: Ticks(own.time.0 + 1), ..own.clone() };
    let other = Trace { correlation_id: "somebody".to_owned(), ..own.clone() };
    let other_call = Trace { operation: "SecretList".to_owned(), ..own };
    let score = told(&rules, &[later, other, other_call]);
    assert_eq!(score.missed[0].nearest, None);
}

#[test]
fn the_steps_of_missed_campaigns_are_what_is_watched() {
    let drill = drill();
    let watch = watch_for(&drill.score().unwrap(), &truth(&drill));
    assert!(!watch.is_empty());
    let all_found = Drill::new(&drill.campaigns[..1], &drill.alerts);
    assert!(watch_for(&all_found.score().unwrap(), &truth(&all_found)).is_empty());
}

#[test]
fn what_is_told_reads_back_and_is_shown_whatever_it_holds() {
    let rules = rules();
    let reason = format!("\u{1b}[31m\u{202e}{}", "x".repeat(200));
    let hostile = trace(&rules, 1, Some("bulk-extraction"), Fate::Excepted { reason });
    let score = told(&rules, &[hostile]);
    let again = Score::parse("score.json", &serde_json::to_string(&score).unwrap()).unwrap();
    assert_eq!(again, score);
    let summary = text(&score, 80);
    assert!(summary.contains("nearest to detection"), "{summary}");
    assert!(summary.contains("bulk-extraction: hidden by an"), "{summary}");
    for line in summary.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(line.chars().all(|c| (' '..='~').contains(&c)), "{line}");
    }
    let untold = text(&told(&rules, &[]), 80);
    assert!(!untold.contains("nearest to detection") && untold.contains("vault"), "{untold}");
}
