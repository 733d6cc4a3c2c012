//! A corpus as one rule sees it, taken in one pass and judged again at as many settings as one likes.
//!
//! Contract: [`Capture::replay`] gives what [`detect`](super::detect) gives by that rule alone, but for the
//! habits and changes that an alert tells of. It goes through the same partitions, fed the same
//! events in the same order. A setting may change any number of the rule; what its events are, and where they are routed, is
//! the capture's (query, group, terms, steps, exceptions, schedule). Groups of a `threshold` rule that
//! can never reach its limits are not replayed ([`Census`]). As in a run, the first
//! [`MAX_ALERTS_PER_RULE`] alerts are kept, of each day as many as by default, and those beyond them counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::collect::Collector;
use super::coordinator::Coordinator;
use super::history::Memory;
use super::jobs::{Chunk, Job, Shared, Worker};
use super::kept::Kept;
use super::pool::Pool;
use super::run::{CHUNKS_PER_WORKER, EngineError, Opened, Options};
use super::source::Laps;
use super::storm::{Kept as KeptAlerts, MAX_ALERTS_PER_RULE};
use crate::detect::{
    Alert, Census, Context, PARTITIONS, Partition, Peaks, Pick, PolicyLog, Routing,
};
use crate::event::{EventView, Origin, TickSpan, Ticks};
use crate::ingest::Input;
use crate::limits::{Limits, Share};
use crate::rules::{Rule, RuleKind, RuleSet};

/// Most picks that a capture keeps: about 3 GB of memory.
pub const MAX_CAPTURED: u64 = 1 << 22;

/// Alerts of one replay that are held once room is made; at most twice as many are at any time.
const MAX_KEPT: usize = MAX_ALERTS_PER_RULE as usize;

/// The events that one rule looks at.
#[derive(Debug)]
pub struct Capture {
    shelves: Vec<Shelf>,
    start: Ticks,
    corpus_id: u128,
    /// Place of each record's newest copy: shelf, and pick.
    places: Vec<(Origin, u32, u32)>,
}

/// What goes to one partition.
#[derive(Debug)]
struct Shelf {
    partition: usize,
    kept: Kept,
    /// Of each pick, the unit of its group, of a `threshold` rule; picks that it does not judge are gone.
    units: Vec<u32>,
    census: Census,
}

/// Takes the capture of `inputs` for `rules`, which must be one rule that is not on a schedule; `progress`
/// hears the bytes done and the bytes in all.
///
/// # Errors
/// As [`detect`](super::detect); also where the rule looks at more events than [`MAX_CAPTURED`].
pub fn capture(
    inputs: &[Input],
    rules: &RuleSet,
    options: &Options,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Capture, EngineError> {
    let mut files = Vec::new();
    let corpus = Opened::open(inputs, Laps::default(), &mut files)?;
    let routing = Routing::new(&rules.rules);
    let shared = Shared { rules, routing: &routing, files: &files };
    let chunks = (options.workers * CHUNKS_PER_WORKER).clamp(1, PARTITIONS);
    let caps = options.caps()?;
    let chunk = |index| Chunk::new(index, chunks, rules, &caps.partition).keeping();
    let chunks = (0..chunks).map(chunk).collect();
    let memory = Memory { chunks, policy: PolicyLog::default(), sequence: 0 };
    let coordinator = Pool::scope(
        options.workers,
        || Worker::new(rules, &options.limits),
        |worker, job: Job| job.run(worker, shared),
        |pool| {
            let mut coordinator = corpus.coordinator(inputs, shared, options, &caps, memory);
            coordinator.run(pool, &mut |so_far| progress(so_far.bytes, so_far.bytes_expected))?;
            Ok::<_, EngineError>(coordinator)
        },
    )?;
    let Coordinator { chunks, sequencer, collector, .. } = coordinator;
    let mut shelves: Vec<Shelf> =
        chunks.into_iter().flat_map(|chunk| shelves(chunk, &rules.rules[0])).collect();
    shelves.sort_by_key(|shelf| shelf.partition);
    Ok(Capture::new(shelves, sequencer.start.unwrap_or_default(), collector.corpus_id()))
}

/// What a chunk kept for each of its partitions, if anything.
fn shelves(mut chunk: Chunk, rule: &Rule) -> Vec<Shelf> {
    let kept = std::mem::take(&mut chunk.kept);
    let numbered = chunk.numbers().zip(kept).filter(|(_, kept)| !kept.picks.is_empty());
    numbered.map(|(partition, kept)| Shelf::new(partition, kept, rule)).collect()
}

impl Shelf {
    fn new(partition: usize, mut kept: Kept, rule: &Rule) -> Self {
        let (mut census, mut units) = (Census::default(), Vec::new());
        if let RuleKind::Threshold(kind) = &rule.kind {
            let picks = std::mem::take(&mut kept.picks);
            for pick in picks {
                if let Some(unit) = census.count(kind, &kept.view(&pick)) {
                    units.push(unit);
                    kept.picks.push(pick);
                }
            }
            census.seal();
        }
        Self { partition, kept, units, census }
    }
}

impl Capture {
    fn new(shelves: Vec<Shelf>, start: Ticks, corpus_id: u128) -> Self {
        let mut places = Vec::new();
        for (at, shelf) in (0..).zip(&shelves) {
            for (place, pick) in (0..).zip(&shelf.kept.picks) {
                places.push((shelf.kept.view(pick).event.origin, at, place));
            }
        }
        places.sort_unstable();
        Self { shelves, start, corpus_id, places }
    }

    /// xxh3-128 of the event bytes, as a run would say.
    pub fn corpus_id(&self) -> u128 {
        self.corpus_id
    }

    /// How many picks it keeps.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether the rule looks at no event at all.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The event of a record, as a Start has completed it where one has.
    pub fn event(&self, origin: Origin) -> Option<EventView<'_>> {
        let after = self.places.partition_point(|&(its, ..)| its <= origin);
        let &(its, shelf, pick) = self.places.get(after.checked_sub(1)?)?;
        let kept = &self.shelves[shelf as usize].kept;
        (its == origin).then(|| kept.view(&kept.picks[pick as usize]))
    }

    /// What each of `settings` of the rule would have alerted, with how many events each alert absorbed,
    /// in the order of alerts.ndjson, and how many alerts were dropped beyond the most that a run keeps;
    /// `take` sees them on one of `workers` threads.
    pub fn replay_all<T: Send>(
        &self,
        settings: &[RuleSet],
        workers: usize,
        take: impl Fn(usize, Vec<(Alert, u64)>, u64) -> T + Sync,
    ) -> Vec<T> {
        let windows: Vec<_> = windows(settings).into_iter().collect();
        let peaks = in_parallel(windows.len(), workers, |place| self.peaks(windows[place]));
        let peaks: BTreeMap<_, _> = windows.into_iter().zip(peaks).collect();
        in_parallel(settings.len(), workers, |place| {
            let setting = &settings[place];
            let its = window_of(&setting.rules[0]).and_then(|window| peaks.get(&window));
            let (alerts, dropped) = self.replay_reaching(setting, its.map(Vec::as_slice));
            take(place, alerts, dropped)
        })
    }

    /// What one setting of the rule would have alerted.
    pub fn replay(&self, setting: &RuleSet) -> Vec<(Alert, u64)> {
        self.replay_reaching(setting, None).0
    }

    /// Of each shelf, the most that windows of that length hold.
    fn peaks(&self, window: TickSpan) -> Vec<Peaks> {
        self.shelves.iter().map(|shelf| shelf.census.peaks(window)).collect()
    }

    fn replay_reaching(
        &self,
        setting: &RuleSet,
        peaks: Option<&[Peaks]>,
    ) -> (Vec<(Alert, u64)>, u64) {
        let policy = PolicyLog::default();
        let context = Context { rules: &setting.rules, policy: &policy, corpus_start: self.start };
        let kept = KeptAlerts::new(setting.rules.len(), &Limits::DEFAULT, None);
        let mut collector = Collector::new((0, 0), setting, &[], kept);
        let mut chunk = Chunk::new(0, PARTITIONS, setting, &Share::DEFAULT);
        let mut dropped = 0;
        for (place, shelf) in self.shelves.iter().enumerate() {
            let mut partition = Partition::new(shelf.partition, &setting.rules);
            let its = peaks.map(|peaks| &peaks[place]);
            dropped += shelf.replay(&mut partition, &context, its, &mut chunk);
            partition.finish(&mut chunk.output);
        }
        collector.take_alerts(std::slice::from_mut(&mut chunk), setting);
        dropped += collector.counts.alerts_dropped;
        (collector.alerts_with_absorbed(setting), dropped)
    }
}

impl Shelf {
    /// Judges its picks; gives how many alerts had to make room.
    fn replay(
        &self,
        partition: &mut Partition,
        context: &Context<'_>,
        peaks: Option<&Peaks>,
        chunk: &mut Chunk,
    ) -> u64 {
        let mut dropped = 0;
        let mut judge = |picks: &[Pick]| {
            for pick in picks {
                partition.push(context, &self.kept.batch, &[*pick], &mut chunk.output);
                let alerts = chunk.output.alerts.drain(..);
                chunk.alerts.extend(alerts.map(|alert| (pick.sequence, alert)));
                if chunk.alerts.len() >= 2 * MAX_KEPT {
                    dropped += keep_first(&mut chunk.alerts, MAX_KEPT);
                }
            }
        };
        let (Some(peaks), RuleKind::Threshold(kind)) = (peaks, &context.rules[0].kind) else {
            judge(&self.kept.picks);
            return dropped;
        };
        let reach: Vec<bool> =
            (0..self.census.units()).map(|unit| peaks.reach(unit, kind)).collect();
        if !reach.contains(&true) {
            return 0;
        }
        for (pick, unit) in self.kept.picks.iter().zip(&self.units) {
            if reach[*unit as usize] {
                judge(std::slice::from_ref(pick));
            }
        }
        dropped
    }
}

/// Drops all but the first `most` alerts of one rule in the order in which a run caps them; gives how
/// many it dropped.
fn keep_first(alerts: &mut Vec<(u64, Alert)>, most: usize) -> u64 {
    alerts.sort_by(|(a_sequence, a), (b_sequence, b)| {
        (a_sequence, &a.group).cmp(&(b_sequence, &b.group))
    });
    let dropped = alerts.len().saturating_sub(most);
    alerts.truncate(most);
    dropped as u64
}

/// The windows of the settings of a `threshold` rule.
fn windows(settings: &[RuleSet]) -> std::collections::BTreeSet<TickSpan> {
    settings.iter().filter_map(|setting| window_of(&setting.rules[0])).collect()
}

fn window_of(rule: &Rule) -> Option<TickSpan> {
    match &rule.kind {
        RuleKind::Threshold(kind) => Some(kind.window),
        _ => None,
    }
}

/// The results of `work` for every place below `count`, in their order.
pub(crate) fn in_parallel<T: Send>(
    count: usize,
    workers: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let worker = || {
            let mut done = Vec::new();
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                if place >= count {
                    return done;
                }
                done.push((place, work(place)));
            }
        };
        let workers: Vec<_> =
            (0..workers.clamp(1, count.max(1))).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|one| one.join().expect("a replay does not panic")).collect()
    });
    done.sort_by_key(|&(place, _)| place);
    done.into_iter().map(|(_, result)| result).collect()
}
