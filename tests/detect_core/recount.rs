//! The facts of alerts, counted again from the records, each fact by its definition and each from all
//! records anew. Only bounds are left out: the cases stay below them.

use std::collections::{BTreeMap, BTreeSet};

use vaultdrill::detect::{Alert, Changes, Evidence, KeyClass, Subject, Triage};
use vaultdrill::event::{
    Access, CredentialType, EventView, Field, Outcome, Plane, TextField, TickSpan, Ticks,
};
use vaultdrill::rules::{Rule, RuleKind};

use crate::corpus::random;
use crate::driver::{Case, Defects, run};

/// A random case whose records have address blocks and types of credential, too: the same for
/// records that agree.
fn richer(seed: u64) -> Case {
    let mut case = random(seed);
    for index in 0..case.batch.events.len() {
        let mut event = case.batch.events[index];
        let text = |field| case.batch.view(index).text(field).to_owned();
        let (object, id) = (text(TextField::Object), text(TextField::CorrelationId));
        event.credential_type = match object.bytes().last() {
            Some(b'0' | b'1') => CredentialType::Key,
            Some(b'2') => CredentialType::Certificate,
            Some(_) => CredentialType::Secret,
            None => CredentialType::None,
        };
        if event.access == Access::List {
            event.credential_type = CredentialType::None;
        }
        let block = id.bytes().last().map_or(String::new(), |byte| format!("10.{byte}.0.0/24"));
        case.batch.set_text(&mut event, TextField::SourceBlock, &block);
        case.batch.events[index] = event;
    }
    case
}

/// What records before the alert say of its subject. `taught` of them, in order of arrival, have been
/// learnt from.
fn recount(case: &Case, alert: &Alert, taught: usize) -> Triage {
    let trigger = case.batch.view(alert.trigger.offset as usize);
    let Some((class, name)) = subject(&case.rules[alert.rule], alert, &trigger) else {
        return Triage::default();
    };
    let (own, counterpart) = match class {
        KeyClass::Identity => (TextField::Identity, TextField::Vault),
        KeyClass::Vault => (TextField::Vault, TextField::Identity),
    };
    let views: Vec<EventView<'_>> = (0..taught)
        .filter(|&index| teaches(case, index))
        .map(|index| case.batch.view(index))
        .filter(|view| view.text(own) == name)
        .collect();
    let (today, now) = (day(trigger.event.time), hour(trigger.event.time));
    let mut days: BTreeMap<i64, u32> = BTreeMap::new();
    views.iter().for_each(|view| *days.entry(day(view.event.time)).or_default() += 1);
    let before: Vec<u32> = days.range(..today).map(|(_, &events)| events).collect();
    let newest_day = days.last_key_value().map_or(0, |(&day, _)| day);
    let closed = if newest_day < today { today } else { newest_day };
    let usual: Vec<i64> = views
        .iter()
        .filter(|view| day(view.event.time) < closed)
        .map(|view| hour(view.event.time).rem_euclid(24))
        .collect();
    let this_hour = usual.iter().filter(|&&hour| hour == now.rem_euclid(24)).count();
    let is_lately = |time: Ticks| hour(time) > now - 24 && hour(time) <= now;
    let denied: Vec<_> =
        views.iter().filter(|view| view.event.outcome == Outcome::Denied).copied().collect();
    let [blocks, clients, counterparts] =
        [TextField::SourceBlock, TextField::Client, counterpart].map(|it| newest(&views, it));
    let is_own = trigger.text(own) == name;
    let is_new = |field, known: &BTreeMap<&str, Evidence>| {
        let value = trigger.text(field);
        is_own && !value.is_empty() && !known.contains_key(value)
    };
    let has_used = |one: CredentialType| views.iter().any(|it| it.event.credential_type == one);
    let credential = trigger.event.credential_type;
    let types = [CredentialType::Secret, CredentialType::Key, CredentialType::Certificate];
    let data = views.iter().filter(|view| view.event.plane == Plane::Data);
    Triage {
        subject: Some(Subject { class, name }),
        first_seen: views.iter().map(|view| view.event.time).min(),
        last_seen: views.iter().map(|view| view.event.time).max(),
        active_days: before.len() as u32,
        daily_events: ratio(before.iter().sum::<u32>() as usize, before.len()),
        busiest_day_events: before.iter().copied().max().unwrap_or(0),
        events_today: days.get(&today).copied().unwrap_or(0),
        hour_share: ratio(this_hour, usual.len()),
        usual_hours: usual_hours(&usual),
        denied_24h: denied.iter().filter(|view| is_lately(view.event.time)).count() as u32,
        denied_counterparts_24h: newest(&denied, counterpart)
            .values()
            .filter(|seen| is_lately(seen.time))
            .count() as u32,
        new_source_block: is_new(TextField::SourceBlock, &blocks),
        new_client: is_new(TextField::Client, &clients),
        new_credential_type: is_own && credential != CredentialType::None && !has_used(credential),
        new_counterpart: is_new(counterpart, &counterparts),
        credential_types: types.into_iter().filter(|&one| has_used(one)).collect(),
        source_blocks: five(&blocks),
        clients: five(&clients),
        counterparts: five(&counterparts),
        known_source_blocks: blocks.len() as u32,
        known_clients: clients.len() as u32,
        known_counterparts: counterparts.len() as u32,
        newest_data_record: data
            .map(|view| view.event.time)
            .max()
            .filter(|_| class == KeyClass::Vault),
        changes: Changes::default(),
    }
}

/// Whose habits the alert should tell: the first value of its group.
fn subject(rule: &Rule, alert: &Alert, trigger: &EventView<'_>) -> Option<(KeyClass, String)> {
    let first = match &rule.kind {
        RuleKind::Query { group_by } if group_by.is_empty() && rule.suppress == TickSpan(0) => {
            let identity = trigger.display(Field::Identity)?;
            return Some((KeyClass::Identity, identity));
        }
        RuleKind::Query { group_by } => group_by.first(),
        RuleKind::Threshold(threshold) => threshold.group_by.first(),
        RuleKind::NewTerms(new_terms) => new_terms.terms.first(),
        RuleKind::Sequence(sequence) => sequence.by.first(),
    };
    // A match of a `query` rule may lack other fields of the group, and so be in none.
    let value = match alert.group.first() {
        Some((field, value)) if Some(field) == first => value.clone(),
        _ => trigger.display(*first?)?,
    };
    let class = match first? {
        Field::Identity => KeyClass::Identity,
        Field::Grantee if !value.contains(' ') => KeyClass::Identity,
        Field::Vault => KeyClass::Vault,
        _ => return None,
    };
    Some((class, value))
}

/// Whether the record is neither a duplicate nor late nor far ahead.
fn teaches(case: &Case, index: usize) -> bool {
    let view = case.batch.view(index);
    let repeats = |earlier: usize| {
        let other = case.batch.view(earlier);
        let [a, b] = [view.event, other.event];
        TextField::ALL.into_iter().all(|field| view.text(field) == other.text(field))
            && (a.time, a.plane, a.access, a.outcome) == (b.time, b.plane, b.access, b.outcome)
            && (a.credential_type, a.change, a.grant_scope)
                == (b.credential_type, b.change, b.grant_scope)
            && a.time > watermark(case, earlier)
    };
    let (time, mark) = (view.event.time, watermark(case, index));
    let is_ahead = mark > Ticks::MIN && time > mark + TickSpan::days(4);
    let has_id = !view.text(TextField::CorrelationId).is_empty();
    time > mark && !is_ahead && !(has_id && (0..index).any(repeats))
}

fn watermark(case: &Case, index: usize) -> Ticks {
    let mut times: Vec<Ticks> = case.batch.events[..=index].iter().map(|it| it.time).collect();
    times.sort();
    times.iter().rev().nth(15).map_or(Ticks::MIN, |&time| time - case.lateness)
}

/// Every value of the field, with the newest record that has it.
fn newest<'a>(views: &[EventView<'a>], field: TextField) -> BTreeMap<&'a str, Evidence> {
    let mut newest: BTreeMap<&str, Evidence> = BTreeMap::new();
    for view in views.iter().filter(|view| !view.text(field).is_empty()) {
        let record = Evidence { time: view.event.time, origin: view.event.origin };
        let seen = newest.entry(view.text(field)).or_insert(record);
        *seen = record.max(*seen);
    }
    newest
}

fn five(values: &BTreeMap<&str, Evidence>) -> Vec<Evidence> {
    let sorted: BTreeSet<Evidence> = values.values().copied().collect();
    sorted.into_iter().rev().take(5).collect()
}

/// The shortest run of the busiest hours, the earlier one of equals first, that holds nine tenths.
fn usual_hours(events: &[i64]) -> Vec<u8> {
    let of = |hour: u8| events.iter().filter(|&&event| event == i64::from(hour)).count();
    let mut hours: Vec<u8> = (0..24).filter(|&hour| of(hour) > 0).collect();
    hours.sort_by_key(|&hour| (events.len() - of(hour), hour));
    let held = |length: usize| hours[..length].iter().map(|&hour| of(hour)).sum::<usize>();
    let length = (0..=hours.len()).find(|&length| held(length) * 10 >= events.len() * 9);
    let mut usual = hours[..length.unwrap_or(0)].to_vec();
    usual.sort_unstable();
    usual
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn hour(time: Ticks) -> i64 {
    time.0.div_euclid(TickSpan::hours(1).0)
}

fn day(time: Ticks) -> i64 {
    time.0.div_euclid(TickSpan::days(1).0)
}

/// How many records may have taught the profiles when the alert fired: those before its trigger, or
/// those up to a Start that completes it.
fn taught(case: &Case, alert: &Alert) -> Vec<usize> {
    let trigger = alert.trigger.offset as usize;
    let id = |index| case.batch.view(index).text(TextField::CorrelationId);
    let is_start = |index: &usize| {
        let event = &case.batch.events[*index];
        event.outcome == Outcome::Started && id(*index) == id(trigger)
    };
    let starts = (trigger + 1..case.batch.events.len()).filter(is_start);
    let arrives = |index: &usize| case.batch.events[*index].arrival == alert.fired_at;
    let own = Some(trigger).filter(arrives);
    own.into_iter().chain(starts.filter(arrives).map(|start| start + 1)).collect()
}

fn disagreements(defects: Defects) -> (usize, usize, BTreeMap<&'static str, usize>) {
    let (mut alerts, mut wrong, mut with_past) = (0, 0, BTreeMap::new());
    for seed in 3000..3120 {
        let case = richer(seed);
        for mut alert in run(&case, &[7], defects).alerts {
            alert.triage.changes = Changes::default();
            let expected: Vec<Triage> =
                taught(&case, &alert).into_iter().map(|it| recount(&case, &alert, it)).collect();
            alerts += 1;
            if alert.triage.first_seen.is_some()
                && let Some(subject) = &alert.triage.subject
            {
                *with_past.entry(subject.class.word()).or_default() += 1;
            }
            if !expected.contains(&alert.triage) {
                wrong += 1;
                if defects == Defects::default() {
                    assert_eq!(Some(&alert.triage), expected.first(), "seed {seed}: {alert:?}");
                }
            }
        }
    }
    (alerts, wrong, with_past)
}

#[test]
fn facts_are_those_of_a_naive_recount() {
    let (alerts, wrong, with_past) = disagreements(Defects::default());
    assert_eq!(wrong, 0);
    assert!(alerts > 1000, "{alerts} alerts");
    assert!(with_past["identity"] > 300 && with_past["vault"] > 300, "{with_past:?}");
}

#[test]
fn a_driver_that_breaks_the_order_or_keeps_duplicates_gives_other_facts() {
    let broken = [
        Defects { keeps_duplicates: true, ..Defects::default() },
        Defects { reverses_rounds: true, ..Defects::default() },
    ];
    for defects in broken {
        let (alerts, wrong, _) = disagreements(defects);
        assert!(wrong > alerts / 20, "{wrong} of {alerts}");
    }
}
