//! The simplest driver of the detection core: one thread, rounds of any length.

use vaultdrill::detect::{
    Absorbed, Alert, Context, Dedupe, Output, PARTITIONS, Partition, Pick, PolicyLog, Routing,
    RuleStats, StateStats, Watermark, record_key,
};
use vaultdrill::event::{Batch, TickSpan, Ticks};
use vaultdrill::rules::{Rule, RuleMask};

/// A corpus in arrival order, what each record matched, and the rules.
pub(crate) struct Case {
    pub(crate) batch: Batch,
    pub(crate) matched: Vec<RuleMask>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) lateness: TickSpan,
}

/// What a driver can get wrong on its own.
#[derive(Clone, Copy, Default)]
pub(crate) struct Defects {
    pub(crate) keeps_duplicates: bool,
    pub(crate) knows_no_lateness: bool,
    pub(crate) drops_late_events: bool,
    pub(crate) reverses_rounds: bool,
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

/// Runs a case in rounds of the given lengths, over and over.
pub(crate) fn run(case: &mut Case, rounds: &[usize], defects: Defects) -> Run {
    let mut watermark = Watermark::new(case.lateness);
    let (mut dedupe, mut scratch) = (Dedupe::default(), Vec::new());
    let mut policy = PolicyLog::default();
    let routing = Routing::new(&case.rules);
    let mut partitions: Vec<_> = (0..PARTITIONS).map(|_| Partition::new(&case.rules)).collect();
    let (mut out, mut duplicates, mut late) = (Output::default(), 0, 0);
    let corpus_start = case.batch.events.first().map_or(Ticks::MIN, |first| first.arrival);
    let mut start = 0;
    for &length in rounds.iter().cycle() {
        if start == case.batch.events.len() {
            break;
        }
        let end = (start + length).min(case.batch.events.len());
        let mut picks: Vec<Vec<Pick>> = vec![Vec::new(); PARTITIONS];
        for index in start..end {
            let time = case.batch.events[index].time;
            let mark = watermark.observe(time);
            case.batch.events[index].watermark =
                if defects.knows_no_lateness { Ticks::MIN } else { mark };
            let view = case.batch.view(index);
            let (event, is_late) = (view.event, view.event.is_late());
            late += usize::from(is_late);
            let key = record_key(&view, &mut scratch);
            let is_duplicate =
                key.is_some_and(|key| dedupe.is_duplicate(key, event.time, event.watermark));
            duplicates += usize::from(is_duplicate);
            if is_duplicate && !defects.keeps_duplicates || is_late && defects.drops_late_events {
                continue;
            }
            let sequence = index as u64;
            policy.append(sequence, &view);
            routing.route(&view, index as u32, sequence, case.matched[index], |partition, pick| {
                picks[partition].push(pick);
            });
        }
        for (partition, picks) in partitions.iter_mut().zip(&mut picks) {
            if defects.reverses_rounds {
                picks.reverse();
            }
            let ctx = Context { rules: &case.rules, policy: &policy, corpus_start };
            partition.push(&ctx, &case.batch, picks, &mut out);
        }
        policy.trim();
        start = end;
    }
    collect(case, partitions, out, (duplicates, late))
}

fn collect(
    case: &Case,
    mut partitions: Vec<Partition>,
    mut out: Output,
    (duplicates, late): (usize, usize),
) -> Run {
    let mut rules = vec![RuleStats::default(); case.rules.len()];
    let mut profiles = StateStats::default();
    for partition in &mut partitions {
        rules.iter_mut().zip(partition.rule_stats()).for_each(|(sum, stats)| *sum += stats);
        profiles += partition.profile_stats();
        partition.finish(&mut out);
    }
    let arrival =
        |alert: &Alert| case.batch.events.iter().position(|event| event.origin == alert.trigger);
    out.alerts.sort_by_key(|alert| (arrival(alert), alert.rule));
    out.absorbed.sort_by_key(|absorbed| (absorbed.rule, absorbed.trigger));
    Run { alerts: out.alerts, absorbed: out.absorbed, duplicates, late, rules, profiles }
}
