//! Memory of the detection core: what it reports is what it takes, an endless stream of the same keys
//! does not make it grow, silence makes it shrink, and its caps hold.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use vaultdrill::detect::{
    Context, Output, PARTITIONS, Partition, Pick, PolicyLog, StateStats, Watermark,
};
use vaultdrill::event::{Access, Batch, Event, Field, Key, TextField, TickSpan, Ticks};
use vaultdrill::limits::Share;
use vaultdrill::rules::{
    Adaptive, Buckets, Clock, Distinct, Guidance, Need, NewTerms, Query, Rule, RuleKind, RuleMask,
    Schedule, Sequence, Severity, Step, Threshold, Timing, Wider,
};

/// Keeps account of the bytes that each thread has asked for and not given back.
struct Counting;

thread_local! {
    static LIVE_BYTES: Cell<i64> = const { Cell::new(0) };
}

fn account(bytes: i64) {
    LIVE_BYTES.with(|live| live.set(live.get() + bytes));
}

#[expect(unsafe_code, reason = "an allocator cannot be written otherwise")]
// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        account(layout.size() as i64);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        account(-(layout.size() as i64));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        account(size as i64 - layout.size() as i64);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is measured: a rule, or the profiles beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    Query,
    Threshold,
    Adaptive,
    NewTerms,
    Sequence,
    /// An adaptive threshold with wider groups, one for each group.
    Wider,
    /// On a schedule; with the profiles of the scheduler.
    ScheduledQuery,
    ScheduledThreshold,
    ScheduledNewTerms,
    Profiles,
}

const ALL: [Memory; 10] = [
    Memory::Query,
    Memory::Threshold,
    Memory::Adaptive,
    Memory::NewTerms,
    Memory::Sequence,
    Memory::Wider,
    Memory::ScheduledQuery,
    Memory::ScheduledThreshold,
    Memory::ScheduledNewTerms,
    Memory::Profiles,
];

/// A run an hour, over two.
const SCHEDULE: Schedule = Schedule {
    interval: TickSpan::hours(1),
    lookback: TickSpan::hours(2),
    max_signals: u32::MAX,
    clock: Clock::Arrival,
};

impl Memory {
    fn is_scheduled(self) -> bool {
        matches!(self, Self::ScheduledQuery | Self::ScheduledThreshold | Self::ScheduledNewTerms)
    }
}

/// How long every kind's state lives, at most: profiles are remembered for ninety days.
const MEMORY: TickSpan = TickSpan::days(100);

fn kind(memory: Memory) -> RuleKind {
    let adaptive = Adaptive {
        multiple: 2.0,
        quantile: 0.95,
        history_days: 5,
        min_days: 2,
        learn: TickSpan(0),
        hard_cap: Some(3),
        wider: None,
    };
    let threshold = |adaptive| {
        RuleKind::Threshold(Threshold {
            group_by: vec![Field::Identity],
            window: TickSpan::hours(1),
            buckets: Buckets::Sliding,
            count: None,
            distinct: Some(Distinct { fields: vec![Field::Object], values: 2 }),
            adaptive,
        })
    };
    let step = |query: &str, need| Step {
        query: Query::parse(query).expect("a query"),
        by: vec![Field::Identity],
        need,
    };
    match memory {
        // Its rule has no state of its own.
        Memory::Profiles | Memory::Query | Memory::ScheduledQuery => {
            RuleKind::Query { group_by: vec![Field::Identity] }
        }
        Memory::Threshold | Memory::ScheduledThreshold => threshold(None),
        Memory::Adaptive => threshold(Some(adaptive)),
        Memory::Wider => {
            let wider = Some(Wider { fields: 1, new_group: false });
            let mut kind = threshold(Some(Adaptive { wider, ..adaptive }));
            if let RuleKind::Threshold(kind) = &mut kind {
                kind.group_by.push(Field::SourceBlock);
            }
            kind
        }
        Memory::NewTerms | Memory::ScheduledNewTerms => RuleKind::NewTerms(NewTerms {
            terms: vec![Field::Identity],
            known: 0,
            history: TickSpan::days(7),
            learn: TickSpan(0),
        }),
        Memory::Sequence => RuleKind::Sequence(Sequence {
            by: vec![Field::Identity],
            steps: vec![
                step("access: list", Need::Count(1)),
                step("access: reveal", Need::Count(2)),
            ],
            max_span: TickSpan::hours(1),
        }),
    }
}

fn rule(memory: Memory) -> Rule {
    Rule {
        id: String::from("rule"),
        pack: String::from("tests"),
        name: String::from("Rule"),
        severity: Severity::Low,
        risk_score: 1,
        query: Query::parse("plane: *").expect("a query"),
        kind: kind(memory),
        suppress: if memory == Memory::Profiles { TickSpan(0) } else { TickSpan::hours(1) },
        schedule: Some(SCHEDULE),
        timing: if memory.is_scheduled() { Timing::Scheduled } else { Timing::Streaming },
        exceptions: Vec::new(),
        threat: Vec::new(),
        guidance: Guidance::default(),
        tunables: Vec::new(),
        examples: Vec::new(),
    }
}

/// One partition with one rule, fed event by event.
struct Fed {
    memory: Memory,
    rules: [Rule; 1],
    partition: Partition,
    watermark: Watermark,
    policy: PolicyLog,
    events: u64,
    /// Before the first event.
    empty_bytes: i64,
}

impl Fed {
    fn new(memory: Memory) -> Self {
        Self::within(memory, &Share::DEFAULT)
    }

    fn within(memory: Memory, share: &Share) -> Self {
        let rules = [rule(memory)];
        let partition = Partition::bounded(0, &rules, share);
        let (watermark, policy) = (Watermark::new(TickSpan::hours(2)), PolicyLog::default());
        let mut fed =
            Self { memory, rules, partition, watermark, policy, events: 0, empty_bytes: 0 };
        fed.empty_bytes = LIVE_BYTES.get();
        fed
    }

    /// A list, then reads of two objects, by one identity.
    fn visit(&mut self, time: Ticks, identity: &str) {
        self.event(time, identity, (Access::List, ""));
        for (second, object) in [(1, "red/secrets/a"), (2, "red/secrets/b")] {
            let time = time + TickSpan::seconds(second);
            self.event(time, identity, (Access::Reveal, object));
        }
    }

    fn event(&mut self, time: Ticks, identity: &str, (access, object): (Access, &str)) {
        let (mut batch, mut event) = (Batch::default(), Event::default());
        (event.time, event.arrival, event.access) = (time, time, access);
        event.watermark = self.watermark.observe(time);
        event.origin.offset = self.events;
        for (field, value) in [
            (TextField::Identity, identity),
            (TextField::Object, object),
            (TextField::Vault, "red"),
            (TextField::Client, "cli"),
            (TextField::SourceBlock, "192.0.2.0/24"),
        ] {
            batch.set_text(&mut event, field, value);
        }
        batch.events.push(event);
        let is_profile = self.memory == Memory::Profiles;
        let matched = RuleMask(u128::from(!is_profile));
        let pick = Pick {
            event: 0,
            sequence: self.events,
            matched,
            by_identity: is_profile,
            by_vault: false,
            completed: false,
        };
        let ctx = Context { rules: &self.rules, policy: &self.policy, corpus_start: Ticks(0) };
        self.partition.push(&ctx, &batch, &[pick], &mut Output::default());
        self.events += 1;
    }

    fn stats(&self) -> StateStats {
        match self.memory {
            Memory::Profiles => self.partition.profile_stats(),
            _ => {
                let mut stats = self.partition.rule_stats().next().expect("one rule").state;
                if self.memory.is_scheduled() {
                    stats += self.partition.profile_stats();
                }
                stats
            }
        }
    }

    fn bytes(&self) -> i64 {
        LIVE_BYTES.get() - self.empty_bytes
    }
}

/// Names whose keys belong to the partition, which sequences check; `salt` makes others.
fn identities(count: usize, salt: &str) -> Vec<String> {
    let names = (0..).map(|number| format!("{salt}{number}"));
    names.filter(|name| Key::of(name.as_bytes()).partition(PARTITIONS) == 0).take(count).collect()
}

#[test]
fn reported_bytes_are_those_allocated() {
    let names = identities(500, "amy");
    for memory in ALL {
        let mut fed = Fed::new(memory);
        for day in 0..8 {
            names.iter().for_each(|name| fed.visit(Ticks(TickSpan::days(day).0), name));
        }
        let (stats, allocated) = (fed.stats(), fed.bytes());
        let reported = stats.size_bytes as i64;
        let keys = match memory {
            Memory::NewTerms | Memory::Wider => 1000,
            // The day's records, the groups or tuples, and the profiles.
            _ if memory.is_scheduled() => 1500 + 500 + 500,
            _ => 500,
        };
        assert_eq!(stats.keys, keys, "{memory:?}");
        assert!(reported * 20 >= allocated * 19, "{memory:?}: {reported} of {allocated}");
        assert!(reported * 19 <= allocated * 20, "{memory:?}: {reported} of {allocated}");
    }
}

#[test]
fn an_endless_stream_of_the_same_keys_does_not_grow_it() {
    let names = identities(5, "amy");
    for memory in ALL {
        let mut fed = Fed::new(memory);
        let mut time = Ticks(0);
        let mut visits = |fed: &mut Fed, count: usize| {
            for visit in 0..count {
                time = time + TickSpan::minutes(37);
                fed.visit(time, &names[visit % names.len()]);
            }
            fed.bytes()
        };
        // Long enough for every list of days and hours to be full.
        let first = visits(&mut fed, 4_000);
        let later = visits(&mut fed, 36_000);
        assert_eq!(later, first, "{memory:?}");
        assert_eq!(fed.stats().evictions, 0, "{memory:?}");
    }
}

#[test]
fn what_fell_silent_is_forgotten_as_others_come() {
    let (before, after) = (identities(1000, "amy"), identities(1000, "ben"));
    for memory in ALL {
        let mut fed = Fed::new(memory);
        // The visit at the end has rules on a schedule run once more.
        let mut visits = |names: &[String], time: Ticks| {
            names.iter().for_each(|name| fed.visit(time, name));
            fed.visit(time + TickSpan::hours(3), &names[0]);
            fed.stats().keys
        };
        let full = visits(&before, Ticks(0));
        visits(&after, Ticks(MEMORY.0));
        let StateStats { keys, evictions, .. } = fed.stats();
        // A table is swept when it has doubled, at 1024 keys.
        assert!(full >= 1000 && keys < full + full / 20, "{memory:?}: {full}, then {keys}");
        assert_eq!(evictions, 0, "{memory:?}");
    }
}

#[test]
fn at_the_cap_the_oldest_make_room_and_are_counted() {
    const CAP: u64 = 1 << 14;
    let names = identities(CAP as usize + 2000, "amy");
    for memory in ALL {
        // Their caps are sixteen times as high and more; a table is a table.
        if memory == Memory::NewTerms || memory.is_scheduled() {
            continue;
        }
        let mut fed = Fed::new(memory);
        for (second, name) in (0..).zip(&names) {
            fed.event(Ticks(second), name, (Access::List, "red/secrets/a"));
        }
        let StateStats { keys, cap, evictions, .. } = fed.stats();
        // Profiles are of identities and, beside them, of vaults, of which there is none.
        let (tables, filled) = match memory {
            Memory::Profiles => (2, 1),
            Memory::Wider => (2, 2),
            _ => (1, 1),
        };
        assert_eq!(cap, tables * CAP, "{memory:?}");
        assert_eq!(keys + evictions, filled * names.len() as u64, "{memory:?}");
        // A sixteenth and one at a time: the second thousand needs no more room.
        assert_eq!(evictions, filled * 2 * (CAP / 16 + 1), "{memory:?}");
    }
}

#[test]
fn a_share_is_never_exceeded_and_what_it_costs_is_counted() {
    const BYTES: usize = 128 << 10;
    let names = identities(1500, "amy");
    for memory in ALL.into_iter().filter(|memory| !memory.is_scheduled()) {
        let mut fed = Fed::within(memory, &Share { bytes: Some(BYTES), ..Share::DEFAULT });
        let mut most = 0;
        for (second, name) in (0..).zip(&names) {
            fed.visit(Ticks(TickSpan::seconds(second).0), name);
            most = most.max(fed.bytes());
            assert!(fed.partition.charged_bytes() <= BYTES, "{memory:?}");
        }
        assert!(fed.stats().evictions > 0, "{memory:?}");
        assert!(most <= BYTES as i64, "{memory:?}: {most}");
        // What it is charged is no more than some two and a half times what it takes.
        assert!(most * 5 >= BYTES as i64 * 2, "{memory:?}: {most}");
    }
}

#[test]
fn what_a_share_forgets_depends_on_the_events_alone() {
    let names = identities(400, "amy");
    for memory in [Memory::Wider, Memory::Sequence, Memory::NewTerms] {
        // Tables are hashed with seeds of their own.
        let [first, second] = [0, 1].map(|_| {
            let share = Share { bytes: Some(32 << 10), ..Share::DEFAULT };
            let mut fed = Fed::within(memory, &share);
            let visits = (0..3000).map(|visit| (visit, &names[visit * visit % 397]));
            let keys = visits.map(|(visit, name)| {
                fed.visit(Ticks(TickSpan::minutes(visit as i64 / 7).0), name);
                (fed.stats().keys, fed.stats().evictions, fed.partition.charged_bytes())
            });
            keys.collect::<Vec<_>>()
        });
        assert!(first == second, "{memory:?}");
        assert!(first[2999].1 > 100, "{memory:?}: {}", first[2999].1);
    }
}
