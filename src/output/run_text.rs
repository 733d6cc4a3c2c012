//! What run.json says, for people: fits 80 columns.

use comfy_table::{CellAlignment, Table, presets};

use super::{RuleReport, RunReport};
use crate::rules::Timing;

impl RunReport {
    /// What was read and what every rule did.
    pub fn summary(&self) -> String {
        let mut text = format!(
            "{} records, {}: {} judged, {} duplicate, {} foreign, {} malformed, {} late\n{}\n",
            self.records,
            bytes(self.bytes as f64),
            self.events,
            self.duplicates,
            self.foreign,
            self.malformed.total,
            self.late,
            self.speed_line(),
        );
        if let Some(history) = &self.history {
            text.push_str(&history.summary());
        }
        text.push_str(&self.timing_line());
        for sample in &self.malformed.samples {
            let file = sample.file.escape_debug();
            text.push_str(&format!("malformed: {file}:{}: {}\n", sample.offset, sample.reason));
        }
        if self.malformed.total > self.malformed.samples.len() as u64 {
            let more = self.malformed.total - self.malformed.samples.len() as u64;
            text.push_str(&format!("malformed: and {more} more (counts by reason in run.json)\n"));
        }
        if self.alerts_dropped > 0 {
            text.push_str(&format!(
                "{} alerts beyond the cap were not kept\n",
                self.alerts_dropped
            ));
        }
        format!("{text}\n{}\n\n{}", self.rule_table(), self.state_line())
    }

    /// What all rules and the profiles remember, and whether anything had to be forgotten.
    fn state_line(&self) -> String {
        let all = || self.rules.iter().map(|rule| &rule.state).chain([&self.profiles]);
        let (keys, held) =
            all().fold((0, 0), |(keys, held), one| (keys + one.keys, held + one.bytes));
        let evictions: u64 = all().map(|one| one.evictions).sum();
        let each = if keys == 0 { 0.0 } else { held as f64 / keys as f64 };
        let forgotten = match evictions {
            0 => String::from("no cap was reached"),
            some => format!("{some} things had to be forgotten"),
        };
        let (held, each) = (bytes(held as f64), bytes(each));
        format!("state: {keys} keys in {held}, {each} each, profiles included; {forgotten}")
    }

    /// How fast, and how long an event waited for its verdict.
    pub fn speed_line(&self) -> String {
        let latency = &self.decision_latency;
        format!(
            "{:.2} s on {} worker{}: {} events/s, {}/s;\n\
             from a block being read to the verdict on its events: {} (p99 {})",
            self.wall_seconds,
            self.workers,
            if self.workers == 1 { "" } else { "s" },
            thousands(self.events_per_second),
            bytes(self.bytes_per_second),
            milliseconds(latency.p50_ns),
            milliseconds(latency.p99_ns),
        )
    }

    /// How many rules ran on their schedules, and what that cost them; nothing where none did.
    fn timing_line(&self) -> String {
        let scheduled: Vec<_> =
            self.rules.iter().filter(|rule| rule.timing == Timing::Scheduled.word()).collect();
        if scheduled.is_empty() {
            return String::new();
        }
        let sum = |figure: fn(&RuleReport) -> u64| -> u64 {
            scheduled.iter().map(|rule| figure(rule)).sum()
        };
        format!(
            "timing: {} on schedule, {} streaming; runs left out {} over max_signals,\n\
             and {} of the events that matched were in no run's window\n",
            scheduled.len(),
            self.rules.len() - scheduled.len(),
            sum(|rule| rule.over_max_signals),
            sum(|rule| rule.unseen),
        )
    }

    fn rule_table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["rule", "matched", "excepted", "alerts", "absorbed", "state"]);
        for rule in &self.rules {
            table.add_row([
                rule.rule_id.clone(),
                rule.matched.to_string(),
                rule.excepted.to_string(),
                rule.alerts.to_string(),
                rule.suppressed.to_string(),
                bytes(rule.state.bytes as f64),
            ]);
        }
        table.column_iter_mut().skip(1).for_each(|column| {
            column.set_cell_alignment(CellAlignment::Right);
        });
        table
    }
}

fn bytes(count: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let unit = UNITS.into_iter().find(|&(size, _)| count >= size);
    unit.map_or_else(
        || format!("{count:.0} B"),
        |(size, name)| format!("{:.1} {name}", count / size),
    )
}

fn thousands(count: f64) -> String {
    if count >= 1e6 { format!("{:.2} M", count / 1e6) } else { format!("{:.0} k", count / 1e3) }
}

fn milliseconds(ns: u64) -> String {
    format!("{:.0} ms", ns as f64 / 1e6)
}
