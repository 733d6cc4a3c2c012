//! Events and rules for the tests: a builder for cases by hand, and random cases by seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use vaultdrill::event::{
    Access, Batch, Change, Event, Field, GrantScope, Outcome, Plane, TextField, TickSpan, Ticks,
};
use vaultdrill::rules::{
    Adaptive, Buckets, Distinct, Guidance, Need, NewTerms, Query, Rule, RuleKind, RuleMask,
    Sequence, Severity, Step, Threshold, Timing, Wider,
};

use crate::driver::Case;

/// A case to which records are added in arrival order; every rule may see each.
pub(crate) fn case(lateness: TickSpan, rules: Vec<Rule>) -> Case {
    Case { batch: Batch::default(), visible: Vec::new(), rules, lateness }
}

impl Case {
    /// Adds a successful event that arrives when it happens, with these fields.
    pub(crate) fn add(&mut self, time: Ticks, fields: &[(TextField, &str)]) {
        self.add_event(event(time), fields);
    }

    /// Adds an event; its origin is its place.
    pub(crate) fn add_event(&mut self, mut event: Event, fields: &[(TextField, &str)]) {
        event.origin.offset = self.batch.events.len() as u64;
        for &(field, value) in fields {
            self.batch.set_text(&mut event, field, value);
        }
        self.batch.events.push(event);
        let all = (1_u128 << self.rules.len()) - 1;
        self.visible.push(RuleMask(all));
    }
}

/// A successful event without text that arrives when it happens.
pub(crate) fn event(time: Ticks) -> Event {
    let mut event = Event::default();
    (event.time, event.arrival) = (time, time);
    event
}

pub(crate) fn rule(kind: RuleKind, suppress: TickSpan) -> Rule {
    Rule {
        id: String::from("rule"),
        name: String::from("Rule"),
        pack: String::new(),
        severity: Severity::Low,
        risk_score: 1,
        query: Query::parse("plane: *").expect("a query that matches everything"),
        kind,
        suppress,
        schedule: None,
        timing: Timing::Streaming,
        exceptions: Vec::new(),
        threat: Vec::new(),
        guidance: Guidance::default(),
        tunables: Vec::new(),
        examples: Vec::new(),
    }
}

/// A sliding count over one identity.
pub(crate) fn counting(count: u32, window: TickSpan) -> Threshold {
    Threshold {
        group_by: vec![Field::Identity],
        window,
        buckets: Buckets::Sliding,
        count: Some(count),
        distinct: None,
        adaptive: None,
    }
}

/// A random case: few identities, vaults and objects on a coarse grid of times, so that edges, ties
/// and repetitions are common; duplicated, delayed and disordered records; rules of all kinds.
pub(crate) fn random(seed: u64) -> Case {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (unit, span) = grid(&mut rng);
    let units = |n: i64| TickSpan(unit.0 * n);
    let lateness = units(rng.random_range(0..12));
    let rules: Vec<Rule> =
        (0..rng.random_range(2..6)).map(|_| random_rule(&mut rng, unit)).collect();
    let records = rng.random_range(30..90);
    let mut case = case(lateness, rules);
    let start = Ticks::parse(b"2024-02-27T21:00:00Z").expect("a timestamp");
    for index in 0..records {
        if index > 0 && rng.random_bool(0.12) {
            duplicate(&mut rng, &mut case, index as usize);
        } else {
            let arrival = start + units(index * span / records);
            let delay = match rng.random_range(0..20) {
                0..10 => 0,
                10..17 => rng.random_range(0..5),
                17..19 => rng.random_range(0..25),
                _ => rng.random_range(-20..0),
            };
            if rng.random_bool(0.2) {
                random_half(&mut rng, &mut case, arrival - units(delay), arrival);
            } else {
                random_event(&mut rng, &mut case, arrival - units(delay), arrival);
            }
        }
        let mask = (0..case.rules.len())
            .fold(0, |mask, rule| mask | u128::from(rng.random_bool(0.9)) << rule);
        *case.visible.last_mut().expect("a record was just added") = RuleMask(mask);
    }
    case
}

/// The grid of times of the random case of that seed.
pub(crate) fn unit_of(seed: u64) -> TickSpan {
    grid(&mut ChaCha8Rng::seed_from_u64(seed)).0
}

/// A unit of time, and how many of them a case lasts. A grid of minutes exercises windows and lateness,
/// one of hours the daily history.
fn grid(rng: &mut ChaCha8Rng) -> (TickSpan, i64) {
    let grids = [(TickSpan::minutes(1), 60), (TickSpan::hours(3), 60), (TickSpan::hours(8), 40)];
    *pick(rng, &grids)
}

fn random_rule(rng: &mut ChaCha8Rng, unit: TickSpan) -> Rule {
    let units = |n: i64| TickSpan(unit.0 * n);
    let groups: [&[Field]; 7] = [
        &[],
        &[Field::Identity],
        &[Field::Vault],
        &[Field::Identity, Field::Vault],
        &[Field::Vault, Field::Client],
        &[Field::Identity, Field::Vault, Field::Client],
        &[Field::Object, Field::Outcome],
    ];
    let group_by = pick(rng, &groups).to_vec();
    let suppress = if rng.random_bool(0.3) { 0 } else { rng.random_range(1..15) };
    let kind = match rng.random_range(0..16) {
        0 => RuleKind::Query { group_by },
        1 => {
            let by_grantee = RuleKind::Query { group_by: vec![Field::Grantee] };
            let query = "change: grant and outcome: success";
            return Rule { query: parsed(query), ..rule(by_grantee, units(suppress)) };
        }
        10.. => {
            let sequence = random_sequence(rng, unit);
            let any: Vec<_> =
                sequence.steps.iter().map(|step| format!("({})", step.query.source())).collect();
            let query = parsed(&any.join(" or "));
            return Rule { query, ..rule(RuleKind::Sequence(sequence), units(suppress)) };
        }
        2..5 => {
            let terms: [&[Field]; 4] = [
                &[Field::Identity],
                &[Field::Identity, Field::Vault],
                &[Field::Vault, Field::Identity],
                &[Field::Identity, Field::Vault, Field::Object],
            ];
            let terms = pick(rng, &terms).to_vec();
            RuleKind::NewTerms(NewTerms {
                known: rng.random_range(0..terms.len()),
                terms,
                history: units(rng.random_range(1..40)),
                learn: units(rng.random_range(0..15)),
            })
        }
        _ => RuleKind::Threshold(random_threshold(rng, group_by, unit)),
    };
    rule(kind, units(suppress))
}

pub(crate) fn random_threshold(
    rng: &mut ChaCha8Rng,
    group_by: Vec<Field>,
    unit: TickSpan,
) -> Threshold {
    let has_distinct = rng.random_bool(0.6);
    let values: [&[Field]; 3] =
        [&[Field::Object], &[Field::Vault], &[Field::Object, Field::Client]];
    let fields = pick(rng, &values).to_vec();
    let distinct = Distinct { fields, values: rng.random_range(1..4) };
    let adaptive = Adaptive {
        multiple: *pick(rng, &[0.5, 1.0, 1.5, 1.95]),
        quantile: *pick(rng, &[0.3, 0.5, 0.95, 1.0]),
        history_days: rng.random_range(1..6),
        min_days: rng.random_range(0..3),
        learn: TickSpan(*pick(rng, &[0, 0, 1, 20]) * unit.0),
        hard_cap: rng.random_bool(0.4).then(|| rng.random_range(3..7)),
        wider: random_wider(rng, &group_by),
    };
    Threshold {
        group_by,
        window: TickSpan(unit.0 * rng.random_range(1..9)),
        buckets: *pick(rng, &[Buckets::Sliding, Buckets::Sliding, Buckets::Tumbling]),
        count: (!has_distinct || rng.random_bool(0.3)).then(|| rng.random_range(1..5)),
        distinct: has_distinct.then_some(distinct),
        adaptive: rng.random_bool(0.5).then_some(adaptive),
    }
}

/// Of most groups of several fields, a leading part.
fn random_wider(rng: &mut ChaCha8Rng, group_by: &[Field]) -> Option<Wider> {
    if group_by.len() < 2 || rng.random_bool(0.2) {
        return None;
    }
    let fields = rng.random_range(1..group_by.len());
    Some(Wider { fields, new_group: rng.random_bool(0.5) })
}

fn random_sequence(rng: &mut ChaCha8Rng, unit: TickSpan) -> Sequence {
    let groups: [&[Field]; 5] = [
        &[Field::Identity],
        &[Field::Identity],
        &[Field::Vault],
        &[Field::Vault, Field::Identity],
        &[Field::Identity, Field::Vault],
    ];
    let by = pick(rng, &groups).to_vec();
    let steps = if rng.random_bool(0.3) { 3 } else { 2 };
    let steps = (0..steps).map(|_| random_step(rng, &by)).collect();
    // Some spans end a tick before the next place of the grid.
    let max_span = TickSpan(unit.0 * rng.random_range(1..12) - rng.random_range(0..2));
    Sequence { by, steps, max_span }
}

fn random_step(rng: &mut ChaCha8Rng, by: &[Field]) -> Step {
    let queries = [
        "change: grant and outcome: success",
        "change: grant and outcome: success",
        "access: list",
        "access: reveal",
        "plane: data and outcome: success",
        "outcome: denied",
        "plane: data and client: cli",
        "operation: \"MICROSOFT.KEYVAULT/VAULTS/WRITE\" and outcome: success",
    ];
    let query = parsed(queries[rng.random_range(0..queries.len())]);
    let to_grantee = query.source().starts_with("change") && rng.random_bool(0.9);
    let own = |&field: &Field| match field {
        Field::Identity if to_grantee => Field::Grantee,
        field => field,
    };
    let values: [&[Field]; 3] = [&[Field::Object], &[Field::Client], &[Field::Grantee]];
    let need = match rng.random_range(0..10) {
        0..6 => Need::Count(1),
        6..8 => Need::Count(rng.random_range(2..4)),
        _ => Need::Distinct(Distinct {
            fields: pick(rng, &values).to_vec(),
            values: rng.random_range(1..4),
        }),
    };
    Step { query, by: by.iter().map(own).collect(), need }
}

fn parsed(query: &str) -> Query {
    Query::parse(query).expect("a query")
}

/// Adds half of a change of access: few calls, whose halves come in any order and number.
fn random_half(rng: &mut ChaCha8Rng, case: &mut Case, time: Ticks, arrival: Ticks) {
    let mut event = event(time);
    event.arrival = arrival;
    (event.plane, event.access) = (Plane::Control, Access::Change);
    let call = rng.random_range(0..6);
    let is_assignment = call % 2 == 0;
    event.outcome = *pick(
        rng,
        &[Outcome::Started, Outcome::Started, Outcome::Success, Outcome::Success, Outcome::Denied],
    );
    let operation = if is_assignment {
        "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE"
    } else {
        "MICROSOFT.KEYVAULT/VAULTS/WRITE"
    };
    let is_start = event.outcome == Outcome::Started;
    if is_assignment || is_start && call != 5 {
        event.change = Change::Grant;
    }
    let correlation = format!("change{call}");
    let mut fields = vec![
        (TextField::Identity, *pick(rng, &["boss", "amy"])),
        (TextField::Operation, operation),
        (TextField::CorrelationId, correlation.as_str()),
    ];
    let scopes = [
        ("red", GrantScope::Vault, "/subscriptions/s/resourcegroups/g/providers/v/red"),
        ("", GrantScope::ResourceGroup, "/subscriptions/s/resourcegroups/g/providers/a/1"),
        ("", GrantScope::Subscription, "/subscriptions/s/providers/a/1"),
        ("", GrantScope::Subscription, "/providers/m/managementgroups/x/providers/a/1"),
    ];
    let (vault, scope, resource) = scopes[if is_assignment { call } else { 0 } % 4];
    event.grant_scope = if event.change == Change::Grant { scope } else { GrantScope::None };
    fields.extend([(TextField::Vault, vault), (TextField::ResourceId, resource)]);
    if is_start {
        fields.push((TextField::Grantee, *pick(rng, &["amy", "ben", "amy ben", "", "boss"])));
    }
    case.add_event(event, &fields);
}

fn random_event(rng: &mut ChaCha8Rng, case: &mut Case, time: Ticks, arrival: Ticks) {
    let outcome = if rng.random_bool(0.8) { Outcome::Success } else { Outcome::Denied };
    let mut event = event(time);
    (event.arrival, event.outcome) = (arrival, outcome);
    event.access = *pick(rng, &[Access::Reveal, Access::Reveal, Access::List]);
    let vault = *pick(rng, &["red", "blue"]);
    let resource = if vault == "red" {
        "/subscriptions/s/resourcegroups/g/providers/v/red"
    } else {
        "/subscriptions/s/resourcegroups/other/providers/v/blue"
    };
    let object = format!("{vault}/secrets/{}", rng.random_range(0..5));
    let correlation = format!("c{}", rng.random_range(0..40));
    let mut fields = vec![(TextField::Client, *pick(rng, &["cli", "sdk"]))];
    for (field, value, presence) in [
        (TextField::Identity, *pick(rng, &["amy", "amy", "ben"]), 0.93),
        (TextField::Vault, vault, 0.95),
        (TextField::Object, &object, 0.9),
        (TextField::CorrelationId, &correlation, 0.9),
        (TextField::ResourceId, resource, 0.9),
    ] {
        if rng.random_bool(presence) {
            fields.push((field, value));
        }
    }
    case.add_event(event, &fields);
}

/// Adds one of the newest records once more, or one that differs from it in its last field only.
fn duplicate(rng: &mut ChaCha8Rng, case: &mut Case, index: usize) {
    let mut event = case.batch.events[index - rng.random_range(1..=index.min(15))];
    event.arrival = case.batch.events[index - 1].arrival;
    let change: &[(TextField, &str)] =
        if rng.random_bool(0.2) { &[(TextField::Subscription, "other")] } else { &[] };
    case.add_event(event, change);
}

pub(crate) fn pick<'a, T>(rng: &mut ChaCha8Rng, from: &'a [T]) -> &'a T {
    &from[rng.random_range(0..from.len())]
}
