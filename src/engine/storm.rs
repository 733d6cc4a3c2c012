//! A storm of alerts, cut: how many of a rule's are kept, and what is said of the others.
//!
//! Contract: alerts come in the order in which they were raised, so that which ones are kept depends on
//! neither workers nor blocks. An alert belongs to the day of its own time, UTC. Where the alerts of a run
//! have a share of memory, the evidence of later ones is cut once half of it is used, and none is kept once
//! all of it is. Every alert that is not kept is counted, by rule and day.

use std::collections::{BTreeMap, BTreeSet};

use crate::detect::Alert;
use crate::event::Origin;
use crate::limits::Limits;

/// Alerts kept per rule and run, whatever the days; beyond them an analyst has no use for more.
pub const MAX_ALERTS_PER_RULE: u64 = 100_000;

/// Days of a rule that are told apart when their alerts are not kept; those of others are only counted.
const MAX_DAYS: usize = 400;

/// What an alert is charged, in parts of its size: while they are put in order, and while what is to be
/// said of them all is counted, there is as much again.
const HELD: u64 = 2;

/// Alerts of one rule that were not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// How many.
    pub total: u64,
    /// How many on each day, in days since the epoch, as far as days are told apart.
    pub by_day: BTreeMap<i64, u64>,
}

/// Counts of one rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfRule {
    pub(crate) alerts: u64,
    pub(crate) dropped: Dropped,
    /// Evidence events cut because of the share of memory.
    pub(crate) evidence_cut: u64,
    /// Alerts of each day.
    by_day: BTreeMap<i64, u64>,
}

/// Which alerts are kept.
#[derive(Debug)]
pub(crate) struct Kept {
    rules: Vec<OfRule>,
    per_day: u64,
    /// Bytes that alerts may take, and those they take.
    bytes_max: u64,
    bytes: u64,
    /// Rule and completing record of each.
    triggers: BTreeSet<(usize, Origin)>,
}

impl Kept {
    /// None yet of so many rules.
    pub(crate) fn new(rules: usize, limits: &Limits, bytes_max: Option<u64>) -> Self {
        Self {
            rules: vec![OfRule::default(); rules],
            per_day: limits.alerts_per_day,
            bytes_max: bytes_max.unwrap_or(u64::MAX),
            bytes: 0,
            triggers: BTreeSet::new(),
        }
    }

    /// Whether the next alert is kept, with as much evidence as it then has; counted either way.
    pub(crate) fn admit(&mut self, alert: &mut Alert) -> bool {
        let rule = &mut self.rules[alert.rule];
        let day = alert.time.utc_day();
        let on_day = rule.by_day.get(&day).copied().unwrap_or_default();
        let fits = rule.alerts < MAX_ALERTS_PER_RULE && on_day < self.per_day;
        let is_tight = self.bytes > self.bytes_max / 2;
        let cut = if is_tight { alert.cut_evidence() } else { 0 };
        let bytes = HELD * alert.size_bytes() as u64;
        if !fits || self.bytes.saturating_add(bytes) > self.bytes_max {
            rule.dropped.add(day);
            return false;
        }
        self.bytes += bytes;
        rule.alerts += 1;
        rule.evidence_cut += cut;
        *rule.by_day.entry(day).or_default() += 1;
        self.triggers.insert((alert.rule, alert.trigger));
        true
    }

    /// Whether an alert of that rule was kept that this record completed.
    pub(crate) fn has(&self, rule: usize, trigger: Origin) -> bool {
        self.triggers.contains(&(rule, trigger))
    }

    /// The counts of each rule; leaves none.
    pub(crate) fn take_rules(&mut self) -> Vec<OfRule> {
        std::mem::take(&mut self.rules)
    }
}

impl Dropped {
    fn add(&mut self, day: i64) {
        self.total += 1;
        if self.by_day.len() < MAX_DAYS || self.by_day.contains_key(&day) {
            *self.by_day.entry(day).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Evidence, Triage, Values};
    use crate::event::{Key, TickSpan, Ticks};

    /// An alert of a rule on a day, with so many evidence events.
    fn alert(rule: usize, day: i64, number: u64, evidence: u64) -> Alert {
        let time = Ticks(0) + TickSpan::days(day);
        let event = |offset| Evidence { time, origin: Origin { file: 0, offset } };
        let events = number..number + evidence.max(1);
        Alert {
            rule,
            time,
            fired_at: time,
            trigger: event(number).origin,
            window: (time, time),
            group: Vec::new(),
            group_key: Key(0),
            values: Values::default(),
            steps: Vec::new(),
            evidence: events.map(event).collect(),
            evidence_total: evidence as u32,
            triage: Triage::default(),
        }
    }

    fn limits(alerts_per_day: u64) -> Limits {
        Limits { alerts_per_day, ..Limits::DEFAULT }
    }

    #[test]
    fn the_first_of_each_day_are_kept_whatever_the_order_of_days() {
        let mut kept = Kept::new(2, &limits(2), None);
        let days = [(0, 5), (0, 6), (1, 5), (0, 5), (0, 5), (0, 6), (0, 5), (1, 5), (0, 6)];
        let admitted: Vec<bool> = (0..)
            .zip(days)
            .map(|(n, (rule, day))| kept.admit(&mut alert(rule, day, n, 1)))
            .collect();
        assert_eq!(admitted, [true, true, true, true, false, true, false, true, false]);
        assert!(kept.has(0, Origin { file: 0, offset: 3 }));
        assert!(!kept.has(0, Origin { file: 0, offset: 4 }));
        let [first, second] = kept.take_rules().try_into().unwrap();
        assert_eq!((first.alerts, second.alerts, second.dropped.total), (4, 2, 0));
        assert_eq!(first.dropped, Dropped { total: 3, by_day: [(5, 2), (6, 1)].into() });
    }

    #[test]
    fn days_beyond_those_told_apart_are_counted() {
        let mut kept = Kept::new(1, &limits(1), None);
        for day in 0..MAX_DAYS as i64 + 7 {
            for number in [0, 1] {
                assert_eq!(kept.admit(&mut alert(0, day, number, 1)), number == 0);
            }
        }
        let dropped = &kept.take_rules()[0].dropped;
        assert_eq!((dropped.total, dropped.by_day.len()), (MAX_DAYS as u64 + 7, MAX_DAYS));
    }

    #[test]
    fn a_rule_keeps_no_more_than_its_cap_in_a_run() {
        let mut kept = Kept::new(1, &limits(u64::MAX), None);
        let admitted = (0..MAX_ALERTS_PER_RULE + 3)
            .filter(|&number| kept.admit(&mut alert(0, number as i64 % 9, number, 1)));
        assert_eq!(admitted.count() as u64, MAX_ALERTS_PER_RULE);
        assert_eq!(kept.take_rules()[0].dropped.total, 3);
    }

    #[test]
    fn a_share_of_memory_cuts_evidence_first_and_then_alerts() {
        let mut kept = Kept::new(1, &limits(u64::MAX), Some(1 << 20));
        let (mut bytes, mut lengths) = (0, Vec::new());
        for number in 0.. {
            let mut alert = alert(0, 1, number, 500);
            if !kept.admit(&mut alert) {
                break;
            }
            bytes += HELD as usize * alert.size_bytes();
            lengths.push(alert.evidence.len());
        }
        assert!(bytes <= 1 << 20 && bytes > (1 << 20) - 20_000, "{bytes}");
        let whole = lengths.iter().take_while(|&&length| length == 500).count();
        // The completing record, the oldest here, stays with the hundred newest.
        assert!(whole > 10 && lengths[whole..].iter().all(|&length| length == 101), "{lengths:?}");
        let cut = 399 * (lengths.len() - whole) as u64;
        assert_eq!((kept.rules[0].dropped.total, kept.rules[0].evidence_cut), (1, cut));
    }
}
