//! What alerts of rules on a schedule say beside their condition, and how large their state may grow.

use vaultdrill::detect::{PARTITIONS, Triage};
use vaultdrill::event::{Change, CredentialType, Field, TextField, TickSpan, Ticks};
use vaultdrill::rules::{Clock, RuleKind, RuleMask, Schedule};

use crate::corpus::{case, event};
use crate::driver::{Case, Defects, Run, run, run_after};
use crate::scheduled::verdict;
use crate::scheduled_edges::{AMY, BEN, every_100, novelty, of, query, runs, threshold};

const RED: (TextField, &str) = (TextField::Vault, "red");

fn triages(case: &Case) -> Vec<Triage> {
    let run = |rounds| run(case, &[rounds], Defects::default());
    let of = |run: Run| run.alerts.into_iter().map(|alert| alert.triage).collect::<Vec<_>>();
    let triages = of(run(1));
    assert_eq!(triages, of(run(1000)));
    triages
}

#[test]
fn facts_are_those_of_the_run() {
    let mut case = of(threshold(2, every_100(100, Clock::Arrival)), &[]);
    for time in [10, 20, 95] {
        case.add(Ticks(time), &[if time == 95 { BEN } else { AMY }]);
    }
    let run = run(&case, &[1], Defects::default());
    let triage = &run.alerts[0].triage;
    assert_eq!((triage.first_seen, triage.events_today), (Some(Ticks(10)), 2));
    assert_eq!((run.rules[0].matched, run.rules[0].alerts), (3, 1));
}

/// By the run the profile has learnt from all three.
#[test]
fn what_is_new_of_a_record_is_what_was_new_when_it_arrived() {
    let mut case = of(query(every_100(100, Clock::Arrival)), &[]);
    let (first, other) = ((TextField::Client, "sdk"), (TextField::Client, "curl"));
    let block = (TextField::SourceBlock, "192.0.2.0/24");
    for (time, fields) in [
        (10, &[AMY, RED, first, block][..]),
        (20, &[AMY, RED, other, block]),
        (30, &[AMY, RED, first, block]),
        (40, &[first, block]),
    ] {
        let mut event = event(Ticks(time));
        event.credential_type = CredentialType::Secret;
        case.add_event(event, fields);
    }
    let new = |it: &Triage| {
        [it.new_source_block, it.new_client, it.new_credential_type, it.new_counterpart]
    };
    let found = triages(&case);
    assert_eq!(
        found.iter().map(new).collect::<Vec<_>>(),
        [[true; 4], [false, true, false, false], [false; 4], [false; 4],]
    );
    assert!(found[..3].iter().all(|it| (it.events_today, it.known_clients) == (3, 2)));
}

#[test]
fn a_change_is_named_if_it_had_arrived_by_the_run() {
    let changes = |arrival: i64| {
        let mut case = of(query(every_100(100, Clock::Arrival)), &[(90, 90, &[AMY, RED])]);
        let mut change = event(Ticks(arrival));
        change.change = Change::Diagnostics;
        case.add_event(change, &[RED]);
        let is_named = |it: &Triage| (it.changes.logging.is_some(), it.changes.recent.len());
        is_named(&triages(&case)[0])
    };
    assert_eq!(changes(100), (true, 1));
    assert_eq!(changes(101), (false, 0));
}

#[test]
fn no_run_is_later_than_what_can_be_written() {
    let at = |text: &str| Ticks::parse(text.as_bytes()).expect("a timestamp").0;
    let minutes = TickSpan::minutes(5);
    let schedule = Schedule { interval: minutes, lookback: minutes, ..every_100(1, Clock::Event) };
    let (before, last) = (at("9999-12-31T23:54:00Z"), at("9999-12-31T23:58:00Z"));
    let case = of(query(schedule), &[(before, before, &[AMY]), (last, last, &[BEN])]);
    let written = at("9999-12-31T23:59:59.9999999Z");
    assert_eq!(runs(&case), [(at("9999-12-31T23:55:00Z"), 0), (written, 1)]);
    for alert in verdict(&case).0 {
        assert_eq!(Ticks::parse(alert.fired_at.to_string().as_bytes()), Ok(alert.fired_at));
    }
}

/// Records and, beside them, what each kind keeps from run to run; profiles of every partition and of
/// the scheduler, which has no vaults.
#[test]
fn caps_are_those_of_the_one_scheduler() {
    let schedule = every_100(100, Clock::Arrival);
    for (rule, beside) in [
        (query(schedule), 1 << 18),
        (threshold(1, schedule), 1 << 18),
        (novelty(1000, 0, schedule), 1 << 21),
    ] {
        let run = run(&of(rule, &[(10, 10, &[AMY])]), &[1], Defects::default());
        assert_eq!(run.rules[0].state.cap, (1 << 19) + beside);
        assert_eq!(run.profiles.cap, (2 + 1) * (1 << 14) * PARTITIONS as u64);
    }
}

/// Late by a year, and a duplicate of none: runs of a corpus see such a record, so it teaches, too.
#[test]
fn a_late_record_of_a_history_teaches_tuples() {
    let rule = || novelty(TickSpan::days(30).0, 0, every_100(100, Clock::Arrival));
    let mut history = case(TickSpan(0), vec![rule()]);
    for nth in 0..17 {
        let mut event = event(Ticks(if nth == 16 { -TickSpan::days(365).0 } else { nth }));
        (event.arrival, event.origin.file) = (Ticks(nth), 1);
        history.add_event(event, &[if nth == 16 { AMY } else { BEN }]);
    }
    let alerts = |visible: u128| {
        history.visible[16] = RuleMask(visible);
        let case = of(rule(), &[(90, 90, &[AMY])]);
        run_after(Some(&history), &case, &[3], Defects::default()).alerts.len()
    };
    assert_eq!([0, 1].map(alerts), [1, 0]);
}

#[test]
fn groups_of_a_query_have_facts_of_their_callers() {
    let mut rule = query(every_100(100, Clock::Arrival));
    rule.kind = RuleKind::Query { group_by: vec![Field::Vault] };
    let found = triages(&of(rule, &[(10, 10, &[AMY, RED])]));
    let subject = found[0].subject.as_ref().map(|subject| subject.name.as_str());
    assert_eq!((subject, found[0].new_counterpart), (Some("amy"), true));
}
