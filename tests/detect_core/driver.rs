//! The simplest driver of the detection core: one thread, rounds of any length.

use std::collections::BTreeMap;

use vaultdrill::detect::{
    Absorbed, Alert, Context, Dedupe, Joined, Joins, Output, PARTITIONS, Partition, Pick,
    PolicyLog, Routing, RuleStats, StateStats, Trace, Watch, Watermark, record_key,
    rules_for_completed,
};
use vaultdrill::event::{Batch, Event, EventView, Origin, TickSpan, Ticks};
use vaultdrill::rules::{Rule, RuleMask, Verdict};

/// A corpus in arrival order, the rules that may see each record, and the rules.
pub(crate) struct Case {
    pub(crate) batch: Batch,
    pub(crate) visible: Vec<RuleMask>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) lateness: TickSpan,
}

/// What a driver can get wrong on its own.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) struct Defects {
    pub(crate) keeps_duplicates: bool,
    pub(crate) knows_no_lateness: bool,
    pub(crate) drops_late_events: bool,
    pub(crate) reverses_rounds: bool,
    pub(crate) joins_nothing: bool,
    pub(crate) completes_nothing: bool,
    pub(crate) keeps_history_open: bool,
}

/// What a run gives, in the order of completing record, then rule.
pub(crate) struct Run {
    pub(crate) alerts: Vec<Alert>,
    pub(crate) absorbed: Vec<Absorbed>,
    pub(crate) duplicates: usize,
    pub(crate) late: usize,
    pub(crate) rules: Vec<RuleStats>,
    pub(crate) profiles: StateStats,
}

/// What goes from record to record before the partitions.
struct Front {
    watermark: Watermark,
    dedupe: Dedupe,
    joins: Joins,
    policy: PolicyLog,
    routing: Routing,
    scratch: Vec<u8>,
    first_sequence: u64,
    duplicates: usize,
    late: usize,
}

/// Runs a case in rounds of the given lengths, over and over.
pub(crate) fn run(case: &Case, rounds: &[usize], defects: Defects) -> Run {
    run_after(None, case, rounds, defects)
}

/// As [`run`], after a history with the rules and the lateness of the case.
pub(crate) fn run_after(
    history: Option<&Case>,
    case: &Case,
    rounds: &[usize],
    defects: Defects,
) -> Run {
    run_watching(&Watch::default(), history, case, rounds, defects).0
}

/// As [`run_after`], with what became of the watched events.
pub(crate) fn run_watching(
    watch: &Watch,
    history: Option<&Case>,
    case: &Case,
    rounds: &[usize],
    defects: Defects,
) -> (Run, Vec<Trace>) {
    let partition = |number| {
        let mut partition = Partition::new(number, &case.rules);
        partition.watch(watch);
        partition
    };
    let mut partitions: Vec<_> = (0..PARTITIONS).map(partition).collect();
    let (mut front, mut out) = (Front::new(case), Output::default());
    if let Some(history) = history {
        let mut learner = Front::new(case);
        learner.replay(history, rounds, defects, |_, batch, picks| {
            for (partition, picks) in partitions.iter_mut().zip(picks) {
                partition.teach(&case.rules, batch, picks);
            }
        });
        let watermark = learner.watermark.current();
        if !defects.keeps_history_open {
            partitions.iter_mut().for_each(|it| it.end_history(&case.rules, watermark));
        }
        front.policy = learner.policy;
        front.first_sequence = history.batch.events.len() as u64;
    }
    let corpus_start = corpus_start(case);
    front.replay(case, rounds, defects, |policy, batch, picks| {
        for (partition, picks) in partitions.iter_mut().zip(picks) {
            let ctx = Context { rules: &case.rules, policy, corpus_start };
            partition.push(&ctx, batch, picks, &mut out);
            for pick in picks.iter().filter(|pick| pick.by_identity && !pick.completed) {
                let event = pick.event as usize;
                let verdict = case.verdict(&batch.view(event), case.visible[event]);
                partition.note(&case.rules, &batch.view(event), verdict);
            }
        }
    });
    let mut traces: Vec<Trace> =
        partitions.iter_mut().flat_map(|partition| partition.take_traces().0).collect();
    traces.sort_unstable();
    (collect(case, partitions, out, &front), traces)
}

fn corpus_start(case: &Case) -> Ticks {
    case.batch.events.first().map_or(Ticks::MIN, |first| first.arrival)
}

impl Front {
    fn new(case: &Case) -> Self {
        Self {
            watermark: Watermark::new(case.lateness),
            dedupe: Dedupe::default(),
            joins: Joins::default(),
            policy: PolicyLog::default(),
            routing: Routing::new(&case.rules),
            scratch: Vec::new(),
            first_sequence: 0,
            duplicates: 0,
            late: 0,
        }
    }

    /// Hands out every round's picks, by partition.
    fn replay(
        &mut self,
        case: &Case,
        rounds: &[usize],
        defects: Defects,
        mut judge: impl FnMut(&PolicyLog, &Batch, &[Vec<Pick>]),
    ) {
        let mut batch = case.batch.clone();
        let mut start = 0;
        for &length in rounds.iter().cycle() {
            if start == batch.events.len() {
                break;
            }
            let end = (start + length).min(batch.events.len());
            let mut picks: Vec<Vec<Pick>> = vec![Vec::new(); PARTITIONS];
            for index in start..end {
                self.take(case, &mut batch, index, defects, &mut picks);
            }
            if defects.reverses_rounds {
                picks.iter_mut().for_each(|picks| picks.reverse());
            }
            judge(&self.policy, &batch, &picks);
            self.policy.trim();
            start = end;
        }
    }

    /// Takes in one record and hands out its picks.
    fn take(
        &mut self,
        case: &Case,
        batch: &mut Batch,
        index: usize,
        defects: Defects,
        picks: &mut [Vec<Pick>],
    ) {
        let mark = self.watermark.observe(batch.events[index].time);
        batch.events[index].watermark = if defects.knows_no_lateness { Ticks::MIN } else { mark };
        let view = batch.view(index);
        let (event, is_late) = (view.event, view.event.is_late());
        self.late += usize::from(is_late);
        let key = record_key(&view, &mut self.scratch);
        let is_duplicate =
            key.is_some_and(|key| self.dedupe.is_duplicate(key, event.time, event.watermark));
        self.duplicates += usize::from(is_duplicate);
        if is_duplicate && !defects.keeps_duplicates || is_late && defects.drops_late_events {
            return;
        }
        let joined =
            if defects.joins_nothing { Joined::Alone } else { self.joins.join(batch, index) };
        let mut emit = |partition: usize, pick| picks[partition].push(pick);
        let (sequence, event) = (self.first_sequence + index as u64, index as u32);
        let view = batch.view(index);
        let matched = case.matched(&view, case.visible[index]);
        let pick = Pick {
            event,
            sequence,
            matched,
            by_identity: false,
            by_vault: false,
            completed: false,
        };
        self.routing.route(&view, pick, &mut emit);
        match joined {
            Joined::Alone => self.policy.append(sequence, &view, None),
            Joined::Ended { start, .. } => self.policy.append(sequence, &view, Some(start)),
            Joined::Completes { .. } if defects.completes_nothing => {}
            Joined::Completes { place, start } => {
                let completed = &batch.completed[place as usize];
                let view = batch.view_of(&completed.event);
                let matched = case.matched_by_completed(&batch.view_of(&completed.before), &view);
                let pick = Pick { event: place, matched, completed: true, ..pick };
                self.routing.route(&view, pick, &mut emit);
                self.policy.append(sequence, &view, Some(start));
            }
        }
    }
}

impl Case {
    /// The rules, of those that may see a record, whose query it matches.
    fn matched(&self, view: &EventView<'_>, visible: RuleMask) -> RuleMask {
        let mut matched = RuleMask::default();
        let matching = visible.iter().filter(|&rule| self.rules[rule].query.matches(view));
        matching.for_each(|rule| matched.insert(rule));
        matched
    }

    /// The rules that see a record, and those from which an exception hides it: a case says itself which
    /// see it.
    fn verdict(&self, view: &EventView<'_>, visible: RuleMask) -> (RuleMask, RuleMask) {
        let matched = self.matched(view, visible);
        let hides = |rule: &Rule| {
            rule.query.matches(view) && rule.exceptions.iter().any(|it| it.hides(view))
        };
        let mut excepted = RuleMask::default();
        let hiding = (0..self.rules.len()).filter(|&rule| hides(&self.rules[rule]));
        hiding.for_each(|rule| excepted.insert(rule));
        (matched.without(excepted), excepted)
    }

    /// The rules that a completed Success is for.
    fn matched_by_completed(&self, before: &EventView<'_>, view: &EventView<'_>) -> RuleMask {
        let is_record = |event: &Event| event.origin == view.event.origin;
        let record = self.batch.events.iter().position(is_record);
        let visible = self.visible[record.expect("the Success is a record")];
        let verdict = |view| {
            let excepted = RuleMask::default();
            Verdict { matched: self.matched(view, visible), excepted }
        };
        rules_for_completed(&self.rules, before, (verdict(before), verdict(view)))
    }
}

fn collect(case: &Case, mut partitions: Vec<Partition>, mut out: Output, front: &Front) -> Run {
    let &Front { ref policy, duplicates, late, .. } = front;
    let mut rules = vec![RuleStats::default(); case.rules.len()];
    let mut profiles = StateStats::default();
    let ctx = Context { rules: &case.rules, policy, corpus_start: corpus_start(case) };
    for partition in &mut partitions {
        partition.close(&ctx, &mut out);
        rules.iter_mut().zip(partition.rule_stats()).for_each(|(sum, stats)| *sum += stats);
        profiles += partition.profile_stats();
        partition.finish(&mut out);
    }
    let places = case.batch.events.iter().map(|event| event.origin).zip(0..);
    let arrivals: BTreeMap<Origin, usize> = places.collect();
    let arrival = |alert: &Alert| arrivals.get(&alert.trigger).copied();
    out.alerts.sort_by_cached_key(|alert| (arrival(alert), alert.rule, alert.group.clone()));
    out.absorbed.sort_by_key(|it| (it.rule, it.trigger, it.group_key));
    Run { alerts: out.alerts, absorbed: out.absorbed, duplicates, late, rules, profiles }
}
