//! Tables that double give back what is dead, and nothing that can still matter: more groups than a
//! sweep takes to begin, each of which returns at the last tick of its memory.

use vaultdrill::event::{Field, TextField, TickSpan, Ticks};
use vaultdrill::rules::{NewTerms, RuleKind};

use crate::corpus::{case, counting, event, rule};
use crate::driver::{Defects, run};

/// People, one after the other, and the ticks between them.
const PEOPLE: i64 = 30_000;
const STEP: i64 = 1000;
/// What each rule remembers, and how late a record may be: together 20,000 people, a good seventy in
/// each partition, where a sweep begins with 64.
const MEMORY: i64 = 12_000 * STEP;
const LATENESS: i64 = 8000 * STEP;

/// Everybody comes twice, `apart`; the second time the record is late by almost all that it may be.
fn alerts(apart: i64) -> [u64; 4] {
    let (memory, never, identity) = (TickSpan(MEMORY), TickSpan(0), || vec![Field::Identity]);
    let new = NewTerms { terms: identity(), known: 0, history: memory, learn: never };
    let rules = vec![
        rule(RuleKind::Threshold(counting(2, memory)), never),
        rule(RuleKind::Threshold(counting(1, TickSpan(1))), memory),
        rule(RuleKind::NewTerms(new), never),
        rule(RuleKind::Query { group_by: identity() }, memory),
    ];
    let mut records: Vec<(i64, i64, i64)> = (0..PEOPLE)
        .flat_map(|person| {
            let (first, second) = (person * STEP, person * STEP + apart);
            [(first, first, person), (second + LATENESS - 1, second, person)]
        })
        .collect();
    records.sort_unstable();
    let mut case = case(TickSpan(LATENESS), rules);
    for (arrival, time, person) in records {
        let mut record = event(Ticks(time));
        record.arrival = Ticks(arrival);
        let identity = format!("identity-{person}");
        case.add_event(record, &[(TextField::Identity, identity.as_str())]);
    }
    let run = run(&case, &[10_000], Defects::default());
    assert_eq!(run.late, 0);
    assert!(run.rules.iter().all(|rule| rule.state.evictions == 0));
    let mut alerts = [0; 4];
    run.alerts.iter().for_each(|alert| alerts[alert.rule] += 1);
    alerts
}

#[test]
fn a_group_is_remembered_to_the_last_tick_that_matters_however_many_there_are() {
    let all = PEOPLE as u64;
    // Two in one window; absorbed; known; absorbed.
    assert_eq!(alerts(MEMORY - 1), [all, all, all, all]);
    // A tick later: in no window together, and each an alert of its own.
    assert_eq!(alerts(MEMORY), [0, 2 * all, 2 * all, 2 * all]);
}
