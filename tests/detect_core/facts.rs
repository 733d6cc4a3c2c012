//! What alerts say about the caller, and what a run counts.

use vaultdrill::detect::{Alert, Changes, Evidence, KeyClass, Subject, Triage};
use vaultdrill::event::{Change, CredentialType, Field, Outcome, TextField, TickSpan, Ticks};
use vaultdrill::rules::RuleKind;

use crate::corpus::{case, counting, event, random, rule};
use crate::driver::{Case, Defects, run};

const QUERY: RuleKind = RuleKind::Query { group_by: Vec::new() };

fn at(text: &str) -> Ticks {
    Ticks::parse(text.as_bytes()).expect("a timestamp")
}

fn add(case: &mut Case, time: &str, outcome: Outcome, vault: &str, client: &str) {
    let mut event = event(at(time));
    event.outcome = outcome;
    event.credential_type =
        if client == "curl" { CredentialType::Key } else { CredentialType::Secret };
    case.add_event(
        event,
        &[
            (TextField::Identity, "amy"),
            (TextField::Vault, vault),
            (TextField::Client, client),
            (TextField::SourceBlock, "192.0.2.0/24"),
        ],
    );
}

fn about(class: KeyClass, name: &str) -> Option<Subject> {
    Some(Subject { class, name: name.to_owned() })
}

/// The record at `index`, as a fact shows it.
fn shown(case: &Case, index: usize) -> Evidence {
    let event = &case.batch.events[index];
    Evidence { time: event.time, origin: event.origin }
}

fn last_alert(case: &Case) -> Alert {
    run(case, &[2], Defects::default()).alerts.pop().expect("the last event alerts")
}

#[test]
fn triage_tells_what_was_usual_before_the_event() {
    let mut case = case(TickSpan::hours(2), vec![rule(QUERY, TickSpan(0))]);
    add(&mut case, "2026-03-01T09:00:00Z", Outcome::Success, "red", "sdk");
    add(&mut case, "2026-03-01T10:15:00Z", Outcome::Success, "red", "sdk");
    add(&mut case, "2026-03-02T09:30:00Z", Outcome::Denied, "blue", "sdk");
    add(&mut case, "2026-03-02T10:30:00Z", Outcome::Denied, "blue", "sdk");
    add(&mut case, "2026-03-03T09:45:00Z", Outcome::Denied, "green", "sdk");
    add(&mut case, "2026-03-03T10:05:00Z", Outcome::Success, "red", "curl");
    let expected = Triage {
        subject: about(KeyClass::Identity, "amy"),
        first_seen: Some(at("2026-03-01T09:00:00Z")),
        last_seen: Some(at("2026-03-03T09:45:00Z")),
        active_days: 2,
        daily_events: 2.0,
        busiest_day_events: 2,
        events_today: 1,
        hour_share: 0.5,
        usual_hours: vec![9, 10],
        // 10:30 of the day before lies in the hour that has just left the 24.
        denied_24h: 1,
        denied_counterparts_24h: 1,
        new_source_block: false,
        new_client: true,
        new_credential_type: true,
        new_counterpart: false,
        credential_types: vec![CredentialType::Secret],
        source_blocks: vec![shown(&case, 4)],
        clients: vec![shown(&case, 4)],
        counterparts: vec![shown(&case, 4), shown(&case, 3), shown(&case, 1)],
        known_source_blocks: 1,
        known_clients: 1,
        known_counterparts: 3,
        newest_data_record: None,
        changes: Changes::default(),
    };
    assert_eq!(last_alert(&case).triage, expected);
    case.batch.events[3].time = at("2026-03-02T11:00:00Z");
    let expected = Triage {
        denied_24h: 2,
        denied_counterparts_24h: 2,
        hour_share: 0.25,
        usual_hours: vec![9, 10, 11],
        counterparts: vec![shown(&case, 4), shown(&case, 3), shown(&case, 1)],
        ..expected
    };
    assert_eq!(last_alert(&case).triage, expected);
}

#[test]
fn an_identity_never_seen_has_no_past() {
    let mut case = case(TickSpan::hours(2), vec![rule(QUERY, TickSpan(0))]);
    add(&mut case, "2026-03-01T09:00:00Z", Outcome::Success, "red", "sdk");
    let expected = Triage {
        subject: about(KeyClass::Identity, "amy"),
        new_counterpart: true,
        new_source_block: true,
        new_client: true,
        new_credential_type: true,
        ..Triage::default()
    };
    assert_eq!(last_alert(&case).triage, expected);
}

#[test]
fn a_forged_clock_does_not_make_the_present_the_past() {
    let mut case = case(TickSpan::hours(2), vec![rule(QUERY, TickSpan(0))]);
    for minute in 10..30 {
        add(&mut case, &format!("2026-03-01T09:{minute}:00Z"), Outcome::Success, "red", "sdk");
    }
    add(&mut case, "9999-03-01T09:00:00Z", Outcome::Success, "red", "forged");
    add(&mut case, "2026-03-01T10:00:00Z", Outcome::Success, "red", "sdk");
    let triage = last_alert(&case).triage;
    assert_eq!((triage.events_today, triage.known_clients), (20, 1));
}

#[test]
fn an_alert_lists_grants_that_somebody_else_made_to_the_caller_before() {
    let mut case = case(TickSpan::hours(2), vec![rule(QUERY, TickSpan(0))]);
    for (time, grantee) in [(10, "amy ben"), (20, "ben")] {
        let mut event = event(Ticks(time));
        event.change = Change::Grant;
        case.add_event(event, &[(TextField::Identity, "boss"), (TextField::Grantee, grantee)]);
    }
    case.add(Ticks(30), &[(TextField::Identity, "amy")]);
    let alert = last_alert(&case);
    let changes: Vec<_> = alert.triage.changes.recent.iter().map(|change| change.time.0).collect();
    assert_eq!((alert.trigger.offset, changes), (2, vec![10]));
}

#[test]
fn triage_of_a_rule_grouped_by_vault_tells_what_is_usual_for_the_vault() {
    let group_by = vec![Field::Vault];
    let rules = vec![rule(RuleKind::Query { group_by }, TickSpan(0))];
    let mut case = case(TickSpan::hours(2), rules);
    let mut event = event(Ticks(0));
    event.change = Change::Network;
    case.add_event(event, &[(TextField::Identity, "amy"), (TextField::Vault, "red")]);
    case.add(Ticks(10), &[(TextField::Identity, "ben"), (TextField::Vault, "blue")]);
    case.add(Ticks(30), &[(TextField::Identity, "ben"), (TextField::Vault, "red")]);
    let expected = Triage {
        subject: about(KeyClass::Vault, "red"),
        first_seen: Some(Ticks(0)),
        last_seen: Some(Ticks(0)),
        events_today: 1,
        new_counterpart: true,
        counterparts: vec![shown(&case, 0)],
        known_counterparts: 1,
        newest_data_record: Some(Ticks(0)),
        changes: Changes { recent: vec![shown(&case, 0)], ..Changes::default() },
        ..Triage::default()
    };
    assert_eq!(last_alert(&case).triage, expected);
}

#[test]
fn triage_of_a_rule_grouped_by_grantee_is_about_the_grantee() {
    let rules = vec![rule(RuleKind::Query { group_by: vec![Field::Grantee] }, TickSpan(0))];
    let mut case = case(TickSpan::hours(2), rules);
    case.add(Ticks(10), &[(TextField::Identity, "amy"), (TextField::Client, "sdk")]);
    let grant = [(TextField::Identity, "boss"), (TextField::Client, "portal")];
    case.add(Ticks(20), &[grant[0], grant[1], (TextField::Grantee, "amy")]);
    let triage = last_alert(&case).triage;
    assert_eq!((triage.first_seen, triage.known_clients), (Some(Ticks(10)), 1));
    // The client is the grantor's.
    assert_eq!((triage.subject, triage.new_client), (about(KeyClass::Identity, "amy"), false));
    case.add(Ticks(30), &[grant[0], grant[1], (TextField::Grantee, "amy ben")]);
    assert_eq!(last_alert(&case).triage.subject, None);
}

#[test]
fn rules_without_a_group_or_with_any_other_first_field_have_no_subject() {
    for group_by in [vec![], vec![Field::Client, Field::Identity]] {
        let rules = vec![rule(RuleKind::Query { group_by }, TickSpan::hours(1))];
        let mut case = case(TickSpan::hours(2), rules);
        add(&mut case, "2026-03-01T09:00:00Z", Outcome::Success, "red", "sdk");
        add(&mut case, "2026-03-02T09:00:00Z", Outcome::Success, "red", "sdk");
        assert_eq!(last_alert(&case).triage, Triage::default());
    }
}

#[test]
fn what_is_remembered_is_bounded_and_what_had_to_go_is_counted() {
    let mut case = case(TickSpan::hours(2), vec![rule(QUERY, TickSpan(0))]);
    for client in 0..200 {
        case.add(
            Ticks(client),
            &[(TextField::Identity, "amy"), (TextField::Client, &format!("client-{client}"))],
        );
    }
    let run = run(&case, &[50], Defects::default());
    let facts = &run.alerts.last().expect("every event alerts").triage;
    let newest: Vec<_> = (194..199).rev().map(|index| shown(&case, index)).collect();
    assert_eq!((facts.known_clients, &facts.clients), (64, &newest));
    assert_eq!(run.profiles.evictions, 200 - 64);
}

/// How rounds are cut changes nothing that a run gives, triage and counts included.
#[test]
fn rounds_may_be_cut_anywhere() {
    for seed in 1000..1060 {
        let whole = run(&random(seed), &[1000], Defects::default());
        for rounds in [&[1][..], &[3, 14, 1, 5]] {
            let cut = run(&random(seed), rounds, Defects::default());
            assert_eq!(cut.alerts, whole.alerts, "seed {seed}");
            assert_eq!(cut.absorbed, whole.absorbed, "seed {seed}");
            let counts = |run: &crate::driver::Run| {
                let rules: Vec<_> = run
                    .rules
                    .iter()
                    .map(|it| (it.matched, it.late, it.alerts, it.evidence_kept, it.state.keys))
                    .collect();
                (rules, run.profiles.keys)
            };
            assert_eq!(counts(&cut), counts(&whole), "seed {seed}");
        }
    }
}

#[test]
fn every_match_is_counted_once_and_every_judged_match_ends_in_one_way() {
    for seed in 1000..1060 {
        let case = random(seed);
        let run = run(&case, &[11], Defects::default());
        for (place, stats) in run.rules.iter().enumerate() {
            let alerts = run.alerts.iter().filter(|alert| alert.rule == place).count() as u64;
            let absorbed = run.absorbed.iter().filter(|absorbed| absorbed.rule == place);
            let absorbed: u64 = absorbed.map(|absorbed| u64::from(absorbed.count)).sum();
            assert_eq!((stats.alerts, stats.suppressed), (alerts, absorbed), "seed {seed}");
            assert!(stats.matched >= stats.alerts + stats.suppressed, "seed {seed}");
            assert_eq!(stats.state.evictions, 0, "seed {seed}");
        }
    }
}

#[test]
fn a_rule_that_has_kept_its_fill_of_evidence_keeps_the_trigger_and_the_newest() {
    let kind = RuleKind::Threshold(counting(200, TickSpan::hours(1)));
    let mut case = case(TickSpan::hours(2), vec![rule(kind, TickSpan(0))]);
    for second in 0..300 {
        case.add(Ticks(TickSpan::seconds(second).0), &[(TextField::Identity, "amy")]);
    }
    // It arrives last and completes a window that reaches beyond it.
    case.add(Ticks(1), &[(TextField::Identity, "amy")]);
    let run = run(&case, &[50], Defects::default());
    let totals: Vec<u32> = run.alerts.iter().map(|alert| alert.evidence_total).collect();
    assert_eq!(totals[..101], (200..=300).collect::<Vec<_>>());

    // 200 + 201 + ... passes 2^14 with the 70th alert, which is still whole.
    let whole = run.alerts.iter().take_while(|it| it.evidence.len() as u32 == it.evidence_total);
    assert_eq!(whole.count(), 70);
    let (late, cut) = run.alerts[70..].split_last().expect("alerts after the 70th");
    for alert in cut {
        assert_eq!(alert.evidence.len(), 100);
        assert_eq!(alert.evidence.last().map(|it| it.origin), Some(alert.trigger));
    }
    let own = |alert: &Alert| alert.evidence.iter().position(|it| it.origin == alert.trigger);
    assert_eq!((late.evidence.len(), own(late)), (101, Some(0)));
    assert!(late.evidence.is_sorted());

    let kept: u64 = run.alerts.iter().map(|alert| alert.evidence.len() as u64).sum();
    let total: u64 = totals.iter().map(|&total| u64::from(total)).sum();
    let stats = &run.rules[0];
    assert_eq!((stats.evidence_kept, stats.evidence_cut), (kept, total - kept));
}

#[test]
fn state_of_silent_groups_is_given_back() {
    let kind = RuleKind::Threshold(counting(5, TickSpan::minutes(5)));
    let mut case = case(TickSpan::minutes(10), vec![rule(kind, TickSpan::minutes(5))]);
    for minute in 0..200_000 {
        let identity = format!("identity-{minute}");
        let time = Ticks(TickSpan::minutes(minute).0);
        case.add(time, &[(TextField::Identity, &identity)]);
    }
    let stats = &run(&case, &[10_000], Defects::default()).rules[0];
    assert_eq!(stats.state.evictions, 0);
    // 256 partitions, each of which sweeps when it has doubled past 64 keys.
    assert!(stats.state.keys <= 256 * 64, "{}", stats.state.keys);
}
