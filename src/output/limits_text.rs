//! What the bounds of a run cut off, for people.

use super::{RuleReport, RunReport};
use crate::detect::PARTITIONS;
use crate::engine::MAX_ALERTS_PER_RULE;
use crate::escaped::escaped;

/// Days of a storm that are named; run.json has the others.
const DAYS_NAMED: usize = 3;

const MIB: f64 = (1 << 20) as f64;

impl RunReport {
    /// A line for each bound that cut something off, and one for a budget of memory; no line where there
    /// is neither.
    pub(super) fn cuts(&self) -> String {
        let mut text = String::new();
        if self.alerts_dropped > 0 {
            let most = self.limits.alerts_per_day;
            text.push_str(&format!(
                "{} alerts were not kept: more than {most} of one rule on one day, \
                 {MAX_ALERTS_PER_RULE} of one rule, or what memory holds\n",
                self.alerts_dropped
            ));
        }
        for rule in self.rules.iter().filter(|rule| rule.alerts_dropped > 0) {
            text.push_str(&storm(rule));
        }
        let evidence: u64 = self.rules.iter().map(|rule| rule.evidence_cut).sum();
        if evidence > 0 {
            text.push_str(&format!(
                "{evidence} evidence events were left out: their alerts keep the newest hundred\n"
            ));
        }
        if self.duplicates_forgotten > 0 {
            text.push_str(&format!(
                "{} records were forgotten before what repeats them could be known\n",
                self.duplicates_forgotten
            ));
        }
        text.push_str(&self.memory_line());
        text
    }

    fn memory_line(&self) -> String {
        let Some(budget) = self.limits.memory else { return String::new() };
        let mib = |bytes: u64| format!("{:.0} MiB", bytes as f64 / MIB);
        let used = self.peak_memory_bytes.map_or_else(
            || String::from("how much was used is not known here"),
            |peak| format!("{} used at most", mib(peak)),
        );
        let share = self.caps.and_then(|caps| caps.partition.bytes);
        let share = share.map_or_else(String::new, |share| {
            format!("; each of {PARTITIONS} partitions may remember {} KiB", share >> 10)
        });
        format!("memory: {} allowed, {used}{share}\n", mib(budget))
    }
}

/// The days on which most of a rule's alerts were not kept.
fn storm(rule: &RuleReport) -> String {
    let mut days: Vec<_> = rule.alerts_dropped_by_day.iter().collect();
    // Stable: of equals the first.
    days.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let more = days.len().saturating_sub(DAYS_NAMED);
    let named = days.iter().take(DAYS_NAMED).map(|(day, count)| format!("{count} on {day}"));
    let mut named: Vec<String> = named.collect();
    if more > 0 {
        named.push(format!("others on {more} more days"));
    }
    let id = escaped(&rule.rule_id);
    format!("storm of {id}: {} not kept ({})\n", rule.alerts_dropped, named.join(", "))
}
