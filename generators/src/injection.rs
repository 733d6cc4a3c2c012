//! Injection: labelled campaigns among records that somebody else hands over, one after the other.
//!
//! Contract: what is handed over is written as it is, in that order; what is planted stands where it
//! arrives. The same plan and the same records give the same bytes. The campaigns do not depend on
//! the records but through the cast, so that a corpus without attacks has the same benign bytes.

use std::collections::BTreeMap;
use std::path::Path;

use crate::attacks::Attack;
use crate::corpus::{Directory, EventFile, Layout, Manifest, Rendered, TRUTH, TruthFile};
use crate::flow::Flow;
use crate::plan::GenerateError;
use crate::render::Texts;
use crate::scenario::Estate;
use crate::staging::{Kind, Staging};
use crate::tenant::{Position, Span, Tenant};
use crate::time::{DAY, Ticks, format_rfc3339};
use crate::transit::Transit;

/// Scored days of the drills that the attacks' files are written for: they say how many campaigns
/// fall into so many days.
const DRILL_DAYS: f64 = 7.0;
/// Identities of the cast for each campaign of one attack: fewer would meet the same one again and
/// again.
const IDENTITIES_PER_CAMPAIGN: usize = 8;
/// Lines held back at most before they are written.
const MOST_BUFFERED: usize = 1 << 20;

/// What to plant, and into which time.
#[derive(Debug, Clone)]
pub struct InjectionPlan {
    /// How those of the logs behave; its cast says who they are.
    pub estate: Estate,
    /// Attacks to stage.
    pub attacks: Vec<Attack>,
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// First tick of the logs, 100 ns since the Unix epoch; midnight of their first day.
    pub start: i64,
    /// The tick after their last record's time.
    pub end: i64,
    /// Days before anything is planted; fewer than there are.
    pub warmup_days: u32,
}

/// An attack that the logs cannot carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name.
    pub attack: String,
    /// What the logs lack, as a noun.
    pub lacks: String,
}

/// A plan made concrete.
#[derive(Debug)]
pub struct Injection {
    plan: InjectionPlan,
    flow: Flow,
    left_out: Vec<LeftOut>,
}

impl Injection {
    /// Builds the tenant of the cast and decides which attacks it can carry.
    ///
    /// # Errors
    /// No scored time; an attack that stands twice in the plan.
    pub fn new(plan: InjectionPlan) -> Result<Self, GenerateError> {
        let (days, warmup_days) = (days(&plan), plan.warmup_days);
        let warmup_end = plan.start + i64::from(warmup_days) * DAY;
        if warmup_end >= plan.end {
            return Err(GenerateError::Days { days, warmup_days, most: days });
        }
        let span = Span { start: plan.start, warmup_end, end: plan.end };
        let tenant = Tenant::build(&plan.estate, plan.seed, span);
        let (mut staged, mut left_out) = (Vec::new(), Vec::new());
        for attack in &plan.attacks {
            let mut staging = attack.0.clone();
            staging.schedule.instances.0 = instances(&staging, &tenant);
            match lacks(&staging, &tenant) {
                None => staged.push((staging, false)),
                Some(lacks) => left_out
                    .push(LeftOut { attack: attack.name().to_owned(), lacks: lacks.to_owned() }),
            }
        }
        let flow = Flow::staging(tenant, staged)?;
        left_out.sort_by(|a, b| a.attack.cmp(&b.attack));
        Ok(Self { plan, flow, left_out })
    }

    /// Attacks that are not staged, by name.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Stages every campaign, notes them in truth, and opens the corpus for the records among which
    /// they are to stand. `reshape` is given each planted line without its end, and appends it as it is
    /// to stand there: on one line, with the same facts.
    ///
    /// # Errors
    /// A corpus that is there already, a file that cannot be written.
    pub fn splice(
        self,
        out: &Path,
        force: bool,
        reshape: &mut dyn FnMut(&[u8], &mut Vec<u8>),
    ) -> Result<Splice, GenerateError> {
        let directory = Directory::claim(out, force)?;
        let events = EventFile::lines(&directory)?;
        let truth = TruthFile::create(&directory)?;
        let mut transit = Transit::new(&self.flow, Some(truth));
        let staged = transit.staged()?;
        let truth = transit.truth.expect("it was given above, and nothing takes it");
        let mut rendered = Rendered::default();
        rendered.fill(&Texts::new(&self.flow.tenant), &staged);
        let (mut lines, mut from) = (Vec::new(), 0);
        let planted = staged.iter().zip(&rendered.records).map(|(event, record)| {
            let start = lines.len();
            reshape(&rendered.bytes[from..record.end - 1], &mut lines);
            from = record.end;
            Planted { arrival: event.arrival, time: event.time, line: (start, lines.len()) }
        });
        let planted = planted.collect();
        Ok(Splice {
            planted,
            lines,
            next: 0,
            directory,
            events,
            truth,
            buffer: Vec::new(),
            arrivals: Vec::new(),
            newest: Ticks::MIN,
            times: None,
            records: 0,
            injection: self,
        })
    }
}

/// Days covered, begun ones as a whole.
fn days(plan: &InjectionPlan) -> u32 {
    u32::try_from((plan.end - plan.start + DAY - 1).div_euclid(DAY)).unwrap_or(0)
}

/// As dense as in a drill, as far as there are different victims.
fn instances(staging: &Staging, tenant: &Tenant) -> usize {
    let scored = (tenant.span.end - tenant.span.warmup_end) as f64 / DAY as f64;
    let dense = staging.schedule.instances.0 as f64 * scored / DRILL_DAYS;
    let known = tenant.identities.len() - tenant.all(Position::Reserve).len();
    let most = (known / IDENTITIES_PER_CAMPAIGN).max(1);
    (libm::round(dense) as usize).clamp(1, most)
}

fn lacks(staging: &Staging, tenant: &Tenant) -> Option<&'static str> {
    match &staging.kind {
        Kind::Attack(conduct) => conduct.lacks(tenant, &staging.name, staging.schedule.instances.0),
        _ => None,
    }
}

/// A record that is planted: when it arrives, when it happened, and where its line is.
#[derive(Debug, Clone, Copy)]
struct Planted {
    arrival: Ticks,
    time: Ticks,
    line: (usize, usize),
}

/// A corpus that takes records in the order of their arrival and puts the planted ones between them.
#[derive(Debug)]
pub struct Splice {
    injection: Injection,
    planted: Vec<Planted>,
    /// Of all that is planted.
    lines: Vec<u8>,
    next: usize,
    directory: Directory,
    events: EventFile,
    truth: TruthFile,
    buffer: Vec<u8>,
    arrivals: Vec<Ticks>,
    /// Latest arrival so far.
    newest: Ticks,
    /// First and last event time.
    times: Option<(Ticks, Ticks)>,
    records: u64,
}

impl Splice {
    /// How many records are planted in all.
    #[must_use]
    pub fn planted(&self) -> u64 {
        self.planted.len() as u64
    }

    /// Appends one record (its line without the line end), behind everything planted that arrived
    /// before it. Times are ticks of 100 ns since the Unix epoch; an arrival before the last one
    /// counts as that.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn copy(&mut self, arrival: i64, time: i64, line: &[u8]) -> Result<(), GenerateError> {
        self.plant_before(arrival)?;
        self.append(arrival, time, line)
    }

    /// Completes the corpus.
    ///
    /// # Errors
    /// A file that cannot be written; nothing half-written is left behind.
    pub fn finish(mut self) -> Result<Manifest, GenerateError> {
        self.plant_before(Ticks::MAX)?;
        self.flush()?;
        let summary = self.events.finish()?;
        let manifest = self.manifest(summary.corpus_id, summary.bytes, summary.sha256);
        let Self { directory, events, truth, .. } = self;
        let mut manifest = Manifest { campaigns: truth.campaigns.clone(), ..manifest };
        let (truth, truth_sha256) = truth.finish(&manifest.corpus_id)?;
        manifest.sha256.insert(TRUTH.to_owned(), truth_sha256);
        directory.clear()?;
        events.keep()?;
        truth.keep()?;
        manifest.write(&directory)?;
        Ok(manifest)
    }

    fn plant_before(&mut self, arrival: Ticks) -> Result<(), GenerateError> {
        while let Some(&planted) = self.planted.get(self.next)
            && planted.arrival < arrival
        {
            self.next += 1;
            let (from, to) = planted.line;
            let line = self.lines[from..to].to_vec();
            self.append(planted.arrival, planted.time, &line)?;
        }
        Ok(())
    }

    fn append(&mut self, arrival: Ticks, time: Ticks, line: &[u8]) -> Result<(), GenerateError> {
        self.newest = self.newest.max(arrival);
        self.arrivals.push(self.newest);
        self.buffer.extend_from_slice(line);
        self.buffer.push(b'\n');
        self.records += 1;
        let (first, last) = self.times.unwrap_or((time, time));
        self.times = Some((first.min(time), last.max(time)));
        if self.buffer.len() >= MOST_BUFFERED { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), GenerateError> {
        self.events.append_lines(&self.buffer, &self.arrivals)?;
        self.buffer.clear();
        self.arrivals.clear();
        Ok(())
    }

    /// The manifest but for what truth adds.
    fn manifest(
        &self,
        corpus_id: String,
        bytes: u64,
        sha256: BTreeMap<String, String>,
    ) -> Manifest {
        let Injection { plan, flow, .. } = &self.injection;
        let (first, last) = self.times.unwrap_or((plan.start, plan.start));
        let mut attacks: Vec<String> =
            flow.stagings.iter().map(|staging| staging.name.clone()).collect();
        attacks.sort_unstable();
        Manifest {
            schema_version: 1,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            layout: Layout::Lines,
            corpus_id,
            seed: plan.seed,
            estate: plan.estate.name().to_owned(),
            attacks,
            look_alikes: Vec::new(),
            events: self.records,
            bytes,
            sha256,
            first_time: format_rfc3339(first),
            last_time: format_rfc3339(last),
            warmup_end: format_rfc3339(flow.tenant.span.warmup_end),
            days: days(plan),
            warmup_days: plan.warmup_days,
            campaigns: BTreeMap::new(),
        }
    }
}
