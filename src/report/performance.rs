//! What the run cost: throughput, latency, stages and what the rules remember.

use super::curves::{BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH};
use super::figures::{bytes, grouped, latency};
use super::html::Html;
use super::inputs::Inputs;
use super::page::section;
use super::svg::{Chart, Scale, Shape, label, line, mark, path, round_ticks};
use super::table::{Cell, Table};
use crate::output::RunReport;

/// Quantiles drawn, evenly over the nines: from the median to 99.99 %.
const NINES: [(f64, &str); 9] = [
    (0.0, "0"),
    (0.5, "50"),
    (0.75, "75"),
    (0.9, "90"),
    (0.95, "95"),
    (0.99, "99"),
    (0.995, "99.5"),
    (0.999, "99.9"),
    (0.9999, "99.99"),
];

/// Writes the section.
pub(super) fn write(html: &mut Html, inputs: &Inputs) {
    let run = &inputs.run;
    let lead = format!(
        "{} events in {:.2} s on {} workers: {} events a second, {} a second. From a block being read to \
         the verdict on its events: {} at the median, {} for 99 %.",
        grouped(run.events),
        run.wall_seconds,
        run.workers,
        grouped(run.events_per_second.round() as u64),
        bytes(run.bytes_per_second),
        latency(run.decision_latency.p50_ns),
        latency(run.decision_latency.p99_ns),
    );
    section(html, "performance", "What the run cost", &lead, |html| {
        latencies(html, run);
        stages(html, run);
        state(html, run);
    });
}

fn latencies(html: &mut Html, run: &RunReport) {
    let summary = &run.decision_latency;
    let quantiles: Vec<f64> = NINES.iter().map(|(quantile, _)| *quantile).collect();
    let Some(values) = summary.values_at(&quantiles) else {
        html.leaf("p", &[("class", &"note")], "run.json holds no histogram that can be read.");
        return;
    };
    let largest_ns = values.iter().copied().max().unwrap_or(0) as f64;
    let (unit_ns, unit) = if largest_ns >= 2e9 { (1e9, "s") } else { (1e6, "ms") };
    let ticks = round_ticks(largest_ns / unit_ns);
    let y = Scale::linear(0.0, ticks.last().copied().unwrap_or(1.0), BOTTOM, TOP);
    // Each further nine takes the same width.
    let x = Scale::linear(0.0, 4.0, LEFT, RIGHT);
    let place = |quantile: f64| x.at(-(1.0 - quantile).log10());
    let mut table = Table::new("Latency of decisions", &["percentile", "latency"]);
    let description = format!(
        "{} at the median, {} for 99 %, {} for 99.9 %, {} at most.",
        latency(summary.p50_ns),
        latency(summary.p99_ns),
        latency(summary.p99_9_ns),
        latency(summary.max_ns)
    );
    let frame = Chart {
        id: "latency-curve",
        title: "Latency from a block being read to the verdict, by percentile",
        description: &description,
        width: WIDTH,
        height: HEIGHT,
        snap: "x",
    };
    html.leaf("h3", &[], "Latency by percentile");
    frame.write(html, |html| {
        for &tick in &ticks {
            line(html, "grid", (LEFT, y.at(tick)), (RIGHT, y.at(tick)));
            label(html, "r", LEFT - 8.0, y.at(tick) + 4.5, tick);
        }
        let points: Vec<(f64, f64)> = quantiles
            .iter()
            .zip(&values)
            .map(|(quantile, value)| (place(*quantile), y.at(*value as f64 / unit_ns)))
            .collect();
        path(html, "curve", &points);
        for (((_, percent), value), point) in NINES.iter().zip(&values).zip(&points) {
            label(html, "m", point.0, BOTTOM + 21.0, percent);
            let words = format!("{percent} % within {}", latency(*value));
            mark(html, Shape::Disc, *point, &words);
            table.row(vec![
                Cell::figure(format!("{percent} %"), percent.parse().ok()),
                Cell::figure(latency(*value), Some(*value as f64)),
            ]);
        }
        line(html, "axis", (LEFT, BOTTOM), (RIGHT, BOTTOM));
        label(html, "l axis-name", 4.0, 14.0, format!("latency, {unit}"));
        label(html, "r axis-name", RIGHT, BOTTOM + 44.0, "percentile of events");
    });
    table.write_behind_chart(html);
}

fn stages(html: &mut Html, run: &RunReport) {
    let mut table = Table::new("Where the time went, and what was read", &["what", "amount"]);
    for (stage, seconds) in &run.stage_seconds {
        let stage = stage.replace('_', " ");
        table.row(vec![
            Cell::name(&format!("stage: {stage}")),
            Cell::figure(format!("{seconds:.2} s"), Some(*seconds)),
        ]);
    }
    let counts = [
        ("records", run.records),
        ("events", run.events),
        ("malformed", run.malformed.total),
        ("of another provider", run.foreign),
        ("duplicates", run.duplicates),
        ("late", run.late),
        ("alerts", run.alerts),
        ("alerts over a rule's cap", run.alerts_dropped),
    ];
    for (what, count) in counts {
        table.row(vec![Cell::text(what), Cell::figure(grouped(count), Some(count as f64))]);
    }
    html.element("details", &[("class", &"data")], |html| {
        html.leaf("summary", &[], "Stages, and records read");
        table.write(html);
    });
}

fn state(html: &mut Html, run: &RunReport) {
    let header = ["rule", "events matched", "alerts", "suppressed", "keys", "state", "evictions"];
    let mut table = Table::new("What each rule did and remembers", &header);
    for rule in &run.rules {
        let state = &rule.state;
        table.row(vec![
            Cell::name(&rule.rule_id),
            Cell::figure(grouped(rule.matched), Some(rule.matched as f64)),
            Cell::count(rule.alerts),
            Cell::count(rule.suppressed),
            Cell::figure(grouped(state.keys), Some(state.keys as f64)),
            Cell::figure(bytes(state.bytes as f64), Some(state.bytes as f64)),
            Cell::count(state.evictions),
        ]);
    }
    html.element("details", &[("class", &"data")], |html| {
        html.leaf("summary", &[], "State of the rules");
        table.write(html);
    });
}
