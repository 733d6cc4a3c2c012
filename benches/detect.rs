//! Cost of the detection core per event, on one thread: the front (watermark, duplicates, routing)
//! and the partitions (seven rules like the default ones, and profiles).
//!
//! The corpus is synthetic: a week of 200 identities, most of whose calls reveal a secret, some of
//! which load hundreds of objects at once. `ordered` arrives by event time; `disordered` takes three
//! to ten minutes per record, so that every group sees its events out of order. `keys` compares keys
//! made alike with ordinary ones.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vaultdrill::detect::{
    Context, Dedupe, Output, PARTITIONS, Partition, Pick, PolicyLog, Routing, Watermark, record_key,
};
use vaultdrill::event::{
    Access, Batch, CredentialType, Event, Field, Key, TextField, TickSpan, Ticks,
};
use vaultdrill::rules::{
    Adaptive, Buckets, Distinct, Guidance, NewTerms, Query, Rule, RuleKind, RuleMask, Severity,
    Threshold, Timing,
};

const EVENTS: usize = 200_000;
const IDENTITIES: usize = 200;
const SPAN: TickSpan = TickSpan::days(7);
const ROUND: usize = 8192;
/// Identities of a flood, and how often each calls.
const FLOOD: usize = 3000;
const FLOOD_VISITS: usize = 10;

fn benches(criterion: &mut Criterion) {
    let rules = rules();
    for (name, slowest) in [("ordered", 0), ("disordered", 420)] {
        let batch = corpus(slowest);
        let mut group = criterion.benchmark_group(format!("detect/{name}"));
        group.throughput(Throughput::Elements(EVENTS as u64));
        group.sample_size(10);
        group.bench_function("front", |bencher| {
            bencher.iter_batched(
                Front::new,
                |front| front.run(&batch, &rules),
                BatchSize::PerIteration,
            );
        });
        let rounds = Front::new().run(&batch, &rules);
        group.bench_function("partitions", |bencher| {
            bencher.iter_batched(
                || (0..PARTITIONS).map(|number| Partition::new(number, &rules)).collect::<Vec<_>>(),
                |mut partitions| judge(&mut partitions, &batch, &rules, &rounds),
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

/// One partition under keys that anybody can make who may choose an identity: all of one partition, and
/// alike in four bits more. The same number of ordinary ones must take as long.
fn floods(criterion: &mut Criterion) {
    let rules = [rules().swap_remove(3)];
    let mut group = criterion.benchmark_group("detect/keys");
    group.throughput(Throughput::Elements((FLOOD * FLOOD_VISITS) as u64));
    for (name, alike_bits) in [("ordinary", 0), ("flooded", 12)] {
        let batch = flood(alike_bits);
        let picks: Vec<Pick> = (0..batch.events.len())
            .map(|index| Pick {
                event: index as u32,
                sequence: index as u64,
                matched: RuleMask(1),
                by_identity: true,
                by_vault: false,
                completed: false,
            })
            .collect();
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || Partition::new(0, &rules),
                |mut partition| {
                    let (policy, mut out) = (PolicyLog::default(), Output::default());
                    let corpus_start = batch.events[0].arrival;
                    let ctx = Context { rules: &rules, policy: &policy, corpus_start };
                    partition.push(&ctx, &batch, &picks, &mut out);
                    partition
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// Events by identities whose keys agree in their lowest bits.
fn flood(alike_bits: u32) -> Batch {
    let names = (0_u64..).map(|number| format!("identity-{number}"));
    let is_alike = |name: &String| Key::of(name.as_bytes()).0.trailing_zeros() >= alike_bits;
    let names: Vec<String> = names.filter(is_alike).take(FLOOD).collect();
    let mut batch = Batch::default();
    for visit in 0..FLOOD * FLOOD_VISITS {
        let mut event = Event::default();
        event.time = Ticks(TickSpan::seconds(visit as i64).0);
        event.arrival = event.time;
        batch.set_text(&mut event, TextField::Identity, &names[visit * 7 % FLOOD]);
        batch.events.push(event);
    }
    batch
}

/// What a driver does before the partitions.
struct Front {
    watermark: Watermark,
    dedupe: Dedupe,
    scratch: Vec<u8>,
}

impl Front {
    fn new() -> Self {
        let watermark = Watermark::new(Watermark::DEFAULT_LATENESS);
        Self { watermark, dedupe: Dedupe::default(), scratch: Vec::new() }
    }

    /// Picks by round and partition.
    fn run(mut self, batch: &Batch, rules: &[Rule]) -> Vec<Vec<Vec<Pick>>> {
        let routing = Routing::new(rules);
        let rounds = EVENTS.div_ceil(ROUND);
        let mut picks = vec![vec![Vec::new(); PARTITIONS]; rounds];
        for (index, view) in batch.views().enumerate() {
            let event = view.event;
            let watermark = self.watermark.observe(event.time);
            assert_eq!(watermark, event.watermark);
            let key = record_key(&view, &mut self.scratch);
            if key.is_some_and(|key| self.dedupe.is_duplicate(key, event.time, watermark)) {
                continue;
            }
            let (event, sequence, matched) = (index as u32, index as u64, matched(event));
            let pick = Pick {
                event,
                sequence,
                matched,
                by_identity: false,
                by_vault: false,
                completed: false,
            };
            routing.route(&view, pick, |partition, pick| {
                picks[index / ROUND][partition].push(pick);
            });
        }
        picks
    }
}

fn judge(
    partitions: &mut [Partition],
    batch: &Batch,
    rules: &[Rule],
    rounds: &[Vec<Vec<Pick>>],
) -> Output {
    let policy = PolicyLog::default();
    let corpus_start = batch.events[0].arrival;
    let mut out = Output::default();
    for round in rounds {
        for (partition, picks) in partitions.iter_mut().zip(round) {
            let ctx = Context { rules, policy: &policy, corpus_start };
            partition.push(&ctx, batch, picks, &mut out);
        }
    }
    assert!(!out.alerts.is_empty(), "a corpus with bursts alerts");
    out
}

/// Every rule but the first (vault writes) looks at reveals.
fn matched(event: &Event) -> RuleMask {
    match event.access {
        Access::Reveal => RuleMask(0b111_1110),
        Access::Change => RuleMask(0b000_0001),
        _ => RuleMask::default(),
    }
}

fn rules() -> Vec<Rule> {
    let terms = |terms: &[Field], known| {
        RuleKind::NewTerms(NewTerms {
            terms: terms.to_vec(),
            known,
            history: TickSpan::days(14),
            learn: TickSpan::days(3),
        })
    };
    let bulk = RuleKind::Threshold(Threshold {
        group_by: vec![Field::Identity],
        window: TickSpan::minutes(10),
        buckets: Buckets::Sliding,
        count: None,
        distinct: Some(Distinct { fields: vec![Field::Object], values: 20 }),
        adaptive: Some(Adaptive {
            multiple: 3.0,
            quantile: 0.95,
            history_days: 14,
            min_days: 3,
            learn: TickSpan(0),
            hard_cap: Some(200),
            wider: None,
        }),
    });
    let (identity, vault) = (Field::Identity, Field::Vault);
    [
        RuleKind::Query { group_by: vec![Field::Identity] },
        bulk,
        terms(&[identity, Field::CredentialType], 1),
        terms(&[identity], 0),
        terms(&[identity, vault], 1),
        terms(&[identity, vault, Field::Object], 2),
        terms(&[identity, Field::SourceBlock], 1),
    ]
    .map(|kind| Rule {
        id: String::new(),
        name: String::new(),
        pack: String::new(),
        severity: Severity::Medium,
        risk_score: 50,
        query: Query::parse("access: reveal").expect("a valid query"),
        kind,
        suppress: TickSpan::hours(1),
        schedule: None,
        timing: Timing::Streaming,
        exceptions: Vec::new(),
        threat: Vec::new(),
        guidance: Guidance::default(),
        tunables: Vec::new(),
        examples: Vec::new(),
    })
    .to_vec()
}

/// Events in arrival order with their watermarks; delays are three minutes and up to `slowest`
/// seconds more.
fn corpus(slowest: i64) -> Batch {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut calls: Vec<(Ticks, Ticks, usize, usize)> = Vec::new();
    while calls.len() < EVENTS {
        // A few identities make most of the calls; one visit in fifty loads hundreds of objects.
        let identity =
            rng.random_range(0..IDENTITIES) * rng.random_range(0..IDENTITIES) / IDENTITIES;
        let mut time = Ticks(rng.random_range(0..SPAN.0));
        let calls_made =
            if rng.random_bool(0.02) { rng.random_range(100..600) } else { rng.random_range(1..8) };
        let first = rng.random_range(0..40);
        for call in 0..calls_made {
            time = time + TickSpan::seconds(1) - TickSpan(rng.random_range(0..9_000_000));
            let delay = TickSpan(TickSpan::seconds(1).0 * rng.random_range(180..=180 + slowest));
            calls.push((time + delay, time, identity, first + call));
        }
    }
    calls.truncate(EVENTS);
    calls.sort_unstable();
    let mut batch = Batch::default();
    let mut watermark = Watermark::new(Watermark::DEFAULT_LATENESS);
    for (index, (arrival, time, identity, object)) in calls.into_iter().enumerate() {
        let mut event = Event::default();
        (event.time, event.arrival, event.watermark) = (time, arrival, watermark.observe(time));
        event.origin.offset = index as u64 * 1400;
        event.access = match index % 20 {
            0..16 => Access::Reveal,
            16 => Access::Change,
            _ => Access::List,
        };
        event.credential_type = CredentialType::Secret;
        let vault = format!("vault-{}", (identity + object / 100) % 40);
        for (field, value) in [
            (TextField::Operation, String::from("SecretGet")),
            (TextField::Identity, format!("00000000-0000-4000-8000-{identity:012}")),
            (TextField::App, format!("00000000-0000-4000-9000-{identity:012}")),
            (TextField::Object, format!("{vault}/secrets/secret-{object}")),
            (TextField::SourceIp, format!("192.0.2.{identity}")),
            (TextField::SourceBlock, String::from("192.0.2.0/24")),
            (TextField::Client, String::from("azsdk-python-keyvault-secrets/4.7.0")),
            (TextField::CorrelationId, format!("00000000-0000-4000-a000-{index:012}")),
            (TextField::ResourceId, format!("/subscriptions/s/resourcegroups/g/vaults/{vault}")),
            (TextField::Vault, vault),
        ] {
            batch.set_text(&mut event, field, &value);
        }
        batch.events.push(event);
    }
    batch
}

criterion_group!(detect, benches, floods);
criterion_main!(detect);
