//! Paced replay: records are offered on a schedule, whether or not the engine keeps up (open loop), and
//! how long each waits for its verdict counts from the instant at which it was due.
//!
//! Contract: the pace decides when a record is offered, never what becomes of it: alerts and counts are
//! those of an unpaced run (`tests/engine/pace.rs`). A block closes at its size or [`OPEN`] after its
//! first record was due; then it holds all that is due. Every event of a finished round is recorded
//! once, with the time from its due instant to the end of the last sweep of its round, which is when
//! the last partition has given its verdict, or later. One input only: what several inputs hold is in
//! order only after it has been read. Lines only: a run that meets a container ends with an error.

mod backlog;
mod schedule;

use std::collections::VecDeque;
use std::time::Duration;

use memchr::memchr;

use self::backlog::Backlog;
pub use self::backlog::BacklogSample;
pub use self::schedule::Pace;
use self::schedule::Schedule;
use super::block::{Block, Cut};
use super::coordinator::BLOCKS_PER_ROUND;
use super::order::Lane;
use super::run::{MIN_BLOCK_BYTES, Options};
use super::source::LaneReader;
use crate::ingest::{is_boundary, is_record};
use crate::measure::{Clock, Latencies, Moment, Stopwatch};

/// How long a block waits for more records after its first one was due.
pub const OPEN: Duration = Duration::from_millis(1);

/// Longest wait at a stretch, so that an interruption is noticed.
const WAIT: Duration = Duration::from_millis(50);

/// How often somebody who watches hears of rate, backlog and latency.
const NEWS: Duration = Duration::from_millis(500);

/// A run has kept up whose last verdict came within this share of the time that records were due in.
const LAG_SHARE: f64 = 0.03;
/// That much is a few rounds and no queue, however short the replay was.
const LAG_MIN: Duration = Duration::from_millis(10);

/// Bytes of a line as long as none has been seen.
const LINE_BYTES: u64 = 1 << 10;

/// How to offer records.
#[derive(Clone, Copy, Debug)]
pub struct Replay<'a> {
    /// When each is due.
    pub pace: Pace,
    /// Offer no more than so many.
    pub records_max: u64,
    /// By which clock.
    pub clock: &'a dyn Clock,
}

/// What became of a paced replay.
#[derive(Clone, Debug)]
pub struct Paced {
    /// How it was to be offered.
    pub pace: Pace,
    /// Records offered.
    pub offered: u64,
    /// From the first record's due time to the last one's.
    pub last_due: Duration,
    /// From the first record's due time to the last verdict.
    pub lasted: Duration,
    /// Time spent on finding the records that are due and cutting them into blocks: the source's
    /// share, which bounds the rate that can be offered.
    pub offering: Duration,
    /// Records that were due and had no verdict, over time.
    pub backlog: Vec<BacklogSample>,
    /// Most records that were due and had no verdict, at any time.
    pub backlog_max: u64,
}

impl Paced {
    /// How long after the last record was due the last verdict came.
    pub fn lag(&self) -> Duration {
        self.lasted.saturating_sub(self.last_due)
    }

    /// Whether that was soon enough for a run that keeps up with what it is offered.
    pub fn kept_up(&self) -> bool {
        self.lag() <= self.last_due.mul_f64(LAG_SHARE).max(LAG_MIN)
    }
}

/// How a paced replay is doing, since the last such news.
#[derive(Clone, Copy, Debug)]
pub struct News {
    /// Records judged per second.
    pub rate: f64,
    /// Records that are due and have no verdict.
    pub backlog: u64,
    /// 99th percentile of the latencies, in nanoseconds.
    pub p99_ns: u64,
}

/// Offers the records of one lane, and remembers when those under way were due.
#[derive(Debug)]
pub(crate) struct Pacer<'a> {
    schedule: Schedule,
    clock: &'a dyn Clock,
    records_max: u64,
    /// Bytes that there are to offer.
    bytes: u64,
    block_bytes: usize,
    workers: usize,
    /// When record 0 was due, by the clock.
    began: Option<Duration>,
    offered: u64,
    offered_bytes: u64,
    judged: u64,
    /// A block had other records than its lines.
    pub(crate) is_unlike: bool,
    last_due_ns: u64,
    last_verdict: Duration,
    /// Of each block under way, in order: when each of its records was due, in nanoseconds.
    under_way: VecDeque<Vec<u64>>,
    spare: Vec<Vec<u64>>,
    backlog: Backlog,
    offering: Stopwatch,
    pub(crate) latencies: Latencies,
    /// What has been recorded since the last news, when that was, and how many were judged by then.
    recent: (Latencies, Duration, u64),
}

impl<'a> Pacer<'a> {
    /// A pacer of that many bytes.
    pub(crate) fn new(replay: &Replay<'a>, bytes: u64, options: &Options) -> Self {
        Self {
            schedule: Schedule::new(replay.pace),
            clock: replay.clock,
            records_max: replay.records_max,
            bytes,
            block_bytes: options.block_bytes,
            workers: options.workers,
            began: None,
            offered: 0,
            offered_bytes: 0,
            judged: 0,
            is_unlike: false,
            last_due_ns: 0,
            last_verdict: Duration::ZERO,
            under_way: VecDeque::new(),
            spare: Vec::new(),
            backlog: Backlog::default(),
            offering: Stopwatch::default(),
            latencies: Latencies::default(),
            recent: (Latencies::default(), Duration::ZERO, 0),
        }
    }

    /// The blocks that are closed by now.
    pub(crate) fn plan(&mut self, reader: &mut LaneReader<'_>, lane: &Lane) -> Vec<Cut> {
        let now_ns = nanoseconds(self.elapsed());
        if !self.is_closed(lane, now_ns) {
            // The end is known by looking for more, and so is one that has been asked for.
            if reader.rest().is_none() || self.offered >= self.records_max {
                reader.end();
            }
            return Vec::new();
        }
        let mut offering = self.offering;
        let cuts = offering.time(|| self.cuts(reader, lane, now_ns));
        self.offering = offering;
        cuts
    }

    fn cuts(&mut self, reader: &mut LaneReader<'_>, lane: &Lane, now_ns: u64) -> Vec<Cut> {
        let mut cuts = Vec::new();
        let due = self.schedule.due_by(now_ns, lane).min(self.records_max);
        let due = due.saturating_sub(self.offered);
        // A share for every worker, as far as that is worth a block.
        let due_bytes = due.saturating_mul(self.line_bytes());
        let share = usize::try_from(due_bytes / self.workers as u64).unwrap_or(usize::MAX);
        let share = share.clamp(MIN_BLOCK_BYTES.min(self.block_bytes), self.block_bytes);
        while cuts.len() < BLOCKS_PER_ROUND && self.offered < self.records_max {
            let Some(rest) = reader.rest() else { break };
            let mut dues = self.spare.pop().unwrap_or_default();
            dues.clear();
            let length = self.take(rest, share, now_ns, lane, &mut dues);
            if length == 0 {
                self.spare.push(dues);
                return cuts;
            }
            cuts.push(reader.cut(length));
            self.under_way.push_back(dues);
        }
        if self.offered >= self.records_max {
            reader.end();
        }
        cuts
    }

    /// Whether the block that is to come may hold no more: it has its size, or was open long enough.
    fn is_closed(&mut self, lane: &Lane, now_ns: u64) -> bool {
        let first_ns = self.schedule.due_ns(self.offered, lane);
        if first_ns.saturating_add(nanoseconds(OPEN)) <= now_ns {
            return true;
        }
        let due = self.schedule.due_by(now_ns, lane).saturating_sub(self.offered);
        due.saturating_mul(self.line_bytes()) >= self.block_bytes as u64
    }

    /// The length of the lines of `rest` that are due, up to about `share` bytes, and when they were.
    fn take(
        &mut self,
        rest: &[u8],
        share: usize,
        now_ns: u64,
        lane: &Lane,
        dues: &mut Vec<u64>,
    ) -> usize {
        let mut end = 0;
        while end < rest.len() && self.offered < self.records_max {
            let due_ns = self.schedule.due_ns(self.offered, lane);
            // A line that does not begin like a document may go on with the one before.
            let goes_on = end > 0 && !is_boundary(rest, end);
            if !goes_on && (end >= share || due_ns > now_ns) {
                break;
            }
            let length = memchr(b'\n', &rest[end..]).map_or(rest.len() - end, |at| at + 1);
            if is_record(&rest[end..end + length]) {
                dues.push(due_ns);
                self.last_due_ns = due_ns;
                self.offered += 1;
            }
            end += length;
        }
        self.offered_bytes += end as u64;
        end
    }

    fn line_bytes(&self) -> u64 {
        self.offered_bytes.checked_div(self.offered).unwrap_or(LINE_BYTES).max(1)
    }

    /// Waits until something more is due, though not long enough to miss an interruption.
    pub(crate) fn wait(&mut self, lane: &Lane) {
        let due_ns = self.schedule.due_ns(self.offered, lane);
        let closes = self.began.unwrap_or_default() + Duration::from_nanos(due_ns) + OPEN;
        self.clock.wait_until(closes.min(self.clock.now() + WAIT));
    }

    /// Records the events of a judged round whose last sweep ended then.
    pub(crate) fn judged(&mut self, blocks: &[Block], swept: Option<Moment>, lane: &Lane) {
        let began = self.began.unwrap_or_default();
        let verdict = swept.map_or_else(|| self.clock.now(), |swept| self.clock.at(swept));
        let verdict = verdict.saturating_sub(began);
        let now = self.elapsed();
        let waited = self.waiting(now, lane);
        self.backlog.peak(waited);
        for block in blocks {
            let Some(dues) = self.under_way.pop_front() else { break };
            self.judged += u64::from(block.parsed.records);
            self.is_unlike |= block.parsed.records as usize != dues.len();
            let events = block.parsed.record_of_event.iter().zip(&block.duplicate);
            for (&record, _) in events.filter(|(_, is_duplicate)| !**is_duplicate) {
                if let Some(&due_ns) = dues.get(record as usize) {
                    let latency = verdict.saturating_sub(Duration::from_nanos(due_ns));
                    self.recent.0.record(latency, 1);
                }
            }
            self.spare.push(dues);
        }
        self.last_verdict = self.last_verdict.max(verdict);
        let waiting = self.waiting(now, lane);
        self.backlog.sample(now, waiting);
    }

    /// Records that are due by then and have no verdict.
    fn waiting(&mut self, now: Duration, lane: &Lane) -> u64 {
        let due = self.schedule.due_by(nanoseconds(now), lane);
        // The schedule knows of no end, of which the bytes tell about where it is.
        let about = self.bytes / self.line_bytes() + 1;
        let there = if lane.exhausted { self.offered } else { self.records_max.min(about) };
        due.min(there).saturating_sub(self.judged)
    }

    /// How it is doing, from time to time.
    pub(crate) fn news(&mut self, lane: &Lane) -> Option<News> {
        let now = self.elapsed();
        let passed = now.saturating_sub(self.recent.1);
        if passed < NEWS {
            return None;
        }
        let backlog = self.waiting(now, lane);
        let (recent, _, judged) = &self.recent;
        let rate = (self.judged - judged) as f64 / passed.as_secs_f64();
        let news = News { rate, backlog, p99_ns: recent.quantile_ns(0.99) };
        self.latencies.merge(recent);
        self.recent = (Latencies::default(), now, self.judged);
        Some(news)
    }

    /// What became of it all, and the latencies.
    pub(crate) fn finish(mut self) -> (Paced, Latencies) {
        self.latencies.merge(&self.recent.0);
        let paced = Paced {
            pace: self.schedule.pace(),
            offered: self.offered,
            last_due: Duration::from_nanos(self.last_due_ns),
            lasted: self.last_verdict,
            offering: Duration::from_secs_f64(self.offering.seconds()),
            // Where the end is not known yet, it is guessed how many there are.
            backlog_max: self.backlog.max().min(self.offered),
            backlog: self.backlog.into_samples(),
        };
        (paced, self.latencies)
    }

    /// Time since record 0 was due, which is when the first plan is made.
    fn elapsed(&mut self) -> Duration {
        let now = self.clock.now();
        now.saturating_sub(*self.began.get_or_insert(now))
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
