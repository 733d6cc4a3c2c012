//! What run.json says, for people: fits 80 columns, but for names of files that are longer.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};

use super::{LinesReport, RuleReport, RunReport};
use crate::rules::Timing;
use crate::wrapped::{WIDTH, folded};

impl RunReport {
    /// What was read and what every rule did.
    pub fn summary(&self) -> String {
        let mut text = format!(
            "{} records = {} events + {} malformed + {} foreign + {} duplicates; {}, {} late\n{}\n",
            self.records,
            self.events,
            self.malformed.total,
            self.foreign,
            self.duplicates,
            bytes(self.bytes as f64),
            self.late,
            self.speed_line(),
        );
        text.push_str(&self.lines_line());
        if let Some(history) = &self.history {
            text.push_str(&history.summary());
        }
        if let Some(pace) = &self.pace {
            text.push_str(&pace.summary());
        }
        if self.interrupted {
            text.push_str("interrupted: all of this is of what had been read by then\n");
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
        text.push_str(&self.cuts());
        let (table, state) = (self.rule_table(), folded(&self.state_line()));
        let noise = self.noise.as_ref().map_or_else(String::new, |it| format!("\n\n{}", it.text()));
        format!("{}\n{table}\n\n{state}{noise}", folded(&text))
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
             from a {}: {} (p99 {})",
            self.wall_seconds,
            self.workers,
            if self.workers == 1 { "" } else { "s" },
            thousands(self.events_per_second),
            bytes(self.bytes_per_second),
            match self.pace {
                Some(_) => "record being due to its verdict",
                None => "block being read to the verdict on its events",
            },
            milliseconds(latency.p50_ns),
            milliseconds(latency.p99_ns),
        )
    }

    /// How many of the records needed a parser; nothing where there were none, or an earlier version ran.
    fn lines_line(&self) -> String {
        let LinesReport { skeleton, simd_json } = self.lines;
        if skeleton + simd_json == 0 {
            return String::new();
        }
        let share = 100.0 * simd_json as f64 / (skeleton + simd_json) as f64;
        format!("simd-json read {share:.1} % of the records, known skeletons the others\n")
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

    /// Ids wrap, figures do not.
    fn rule_table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH as u16);
        table.set_header(["rule", "matched", "excepted", "alerts", "absorbed", "state"]);
        for rule in &self.rules {
            table.add_row([
                rule.rule_id.clone(),
                figure(rule.matched),
                figure(rule.excepted),
                figure(rule.alerts),
                figure(rule.suppressed),
                bytes(rule.state.bytes as f64),
            ]);
        }
        table.column_iter_mut().skip(1).for_each(|column| {
            column.set_cell_alignment(CellAlignment::Right);
            column.set_constraint(ColumnConstraint::ContentWidth);
        });
        table
    }
}

/// A count for a narrow column: run.json has all digits of a very large one.
fn figure(count: u64) -> String {
    if count < 1_000_000_000 { count.to_string() } else { format!("{:.2e}", count as f64) }
}

pub(super) fn bytes(count: f64) -> String {
    const UNITS: [(f64, &str); 6] =
        [(1e18, "EB"), (1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
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
    let milliseconds = ns as f64 / 1e6;
    if ns < 10_000_000 { format!("{milliseconds:.1} ms") } else { format!("{milliseconds:.0} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Environment, Latencies};
    use serde_json::{Value, json};

    /// Counts of what was read, and of what was kept.
    const READ: [&str; 6] = ["records", "events", "bytes", "foreign", "duplicates", "late"];
    const KEPT: [&str; 6] = [
        "block_bytes",
        "duplicate_keys",
        "alerts",
        "alerts_dropped",
        "duplicates_forgotten",
        "changes_dropped",
    ];

    /// A run in which every count is `count`, of rules with these ids.
    fn report(count: u64, ids: &[&str]) -> RunReport {
        let state = json!({
            "keys": count, "cap": count, "bytes": count, "bytes_per_key": 1.0, "evictions": count,
        });
        let rule = |id: &&str| {
            json!({
                "rule_id": id, "pack": "p", "timing": "scheduled", "matched": count,
                "excepted": count, "alerts": count, "suppressed": count, "over_max_signals": count,
                "unseen": count, "evidence_cut": count, "history_seconds": 1.0, "state": state,
            })
        };
        let sample = json!({ "file": "a.ndjson", "offset": count, "reason": "not JSON" });
        let time = "2026-03-01T08:00:00.0000000Z";
        let mut history = json!({
            "corpus_id": "", "arrival_source": "", "first_time": time, "last_time": time,
            "seconds": 1.0, "overlap_seconds": 0.0, "files": [],
        });
        for name in READ.iter().chain(&["malformed", "forgotten"]) {
            history[name] = json!(count);
        }
        let mut value = json!({
            "schema_version": 1, "corpus_id": "", "rules_id": "", "timing": "scheduled",
            "malformed": { "total": count, "by_reason": {}, "samples": [sample] },
            "lateness": 1.0, "arrival_source": "", "workers": 255, "wall_seconds": 1e6,
            "events_per_second": 1e9, "bytes_per_second": 1e12, "stage_seconds": {},
            "decision_latency": Latencies::default().summary(),
            "rules": ids.iter().map(rule).collect::<Vec<Value>>(),
            "environment": Environment::detect(), "command": [],
        });
        for name in READ.iter().chain(&KEPT) {
            value[name] = json!(count);
        }
        (value["profiles"], value["history"]) = (state.clone(), history);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let uuid = "6b0e4f0c-8a51-4a0e-9d27-8b1f5f3c0a02";
        let longest = "z".repeat(64);
        for count in [0, 40_000, 123_456_789, 999_999_999, 12_345_678_901, 1 << 61] {
            let text = report(count, &["short", uuid, &longest]).summary();
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{count}: {line}");
            }
            assert_eq!(text.matches('z').count(), longest.len(), "{text}");
            let words = text.replace('\n', " ");
            assert_eq!(words.contains("things had to be forgotten"), count > 0, "{text}");
        }
    }
}
