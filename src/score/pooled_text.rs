//! Several seeds as plain text for a terminal.

use super::summary::{Page, bare_percent, counted, percent_with_interval, rate_with_interval};
use super::summary_compared::share;
use super::summary_tables::{coarse, dash, table};
use super::{Metric, Pooled, Replicates};
use crate::escaped::escaped;

/// The summary of `replicates`, in lines of at most `width` characters (60 at least).
pub fn replicates_text(replicates: &Replicates, width: usize) -> String {
    let mut page = Page::new(width);
    verdict(&mut page, replicates);
    page.heading("Seeds");
    page.table(seeds_table(replicates));
    page.sentence("alarm: median time from the first event to the first alert, of the found.");
    page.heading("Attacks over all seeds");
    page.table(attacks_table(replicates));
    page.heading("Rules over all seeds");
    page.table(rules_table(replicates));
    page.sentence(
        "Intervals of attacks and rules are over seeds; of fewer than five seeds the wider of that and \
         one over campaigns; least, most and sd are of single seeds' \
         recall in per cent; false/d: alerts a day in the same traffic without attacks.",
    );
    page.into_text()
}

fn verdict(page: &mut Page, replicates: &Replicates) {
    let (counts, seeds) = (replicates.campaigns, replicates.seeds.len() as u64);
    page.sentence(&format!(
        "Found {} of {} over {}: {}.",
        counts.detected,
        counted(counts.scored, "attack campaign"),
        counted(seeds, "seed"),
        percent_with_interval(Some(&replicates.recall.metric))
    ));
    page.sentence(&format!(
        "About an attack: {} of alerts; {} alerts a day; false alerts: {} a day.",
        percent_with_interval(Some(&replicates.precision.metric)),
        rate_with_interval(&replicates.alerts_per_day.metric),
        rate_with_interval(&replicates.false_alerts_per_day.metric)
    ));
    if let left_out @ [_, ..] = replicates.seeds_left_out.as_slice() {
        page.sentence(&format!(
            "Left out: {} without a campaign to score.",
            counted(left_out.len() as u64, "seed")
        ));
    }
    let method = &replicates.recall.metric.method;
    page.sentence(&format!("Estate {}. Brackets: {method}.", escaped(&replicates.estate)));
}

fn seeds_table(replicates: &Replicates) -> comfy_table::Table {
    let rate = |metric: &Metric| metric.value.map_or_else(dash, |rate| format!("{rate:.1}"));
    let alarm = |metric: &Metric| metric.value.map_or_else(dash, coarse);
    let rows = replicates.replicates.iter().map(|one| {
        [
            one.seed.to_string(),
            format!("{}/{}", one.campaigns.detected, one.campaigns.scored),
            share(&one.recall),
            share(&one.precision),
            rate(&one.alerts_per_day),
            rate(&one.false_alerts_per_day),
            alarm(&one.median_detection_time_seconds),
        ]
    });
    let all = replicates.campaigns;
    let pooled = [
        "all".to_owned(),
        format!("{}/{}", all.detected, all.scored),
        share(&replicates.recall.metric),
        share(&replicates.precision.metric),
        rate(&replicates.alerts_per_day.metric),
        rate(&replicates.false_alerts_per_day.metric),
        alarm(&replicates.median_detection_time_seconds.metric),
    ];
    let spread = |pooled: &Pooled, scale: f64| {
        pooled.spread.sd.map_or_else(dash, |sd| format!("{:.1}", sd * scale))
    };
    let apart = [
        "sd".to_owned(),
        String::new(),
        spread(&replicates.recall, 100.0),
        spread(&replicates.precision, 100.0),
        spread(&replicates.alerts_per_day, 1.0),
        spread(&replicates.false_alerts_per_day, 1.0),
        replicates.median_detection_time_seconds.spread.sd.map_or_else(dash, coarse),
    ];
    let header = ["seed", "found", "recall %", "precision %", "alerts/d", "false/d", "alarm"];
    table(header, 1, rows.chain([pooled, apart]))
}

/// Recall, and the least, the most and the deviation of single seeds.
fn recall_cells(recall: &Pooled) -> [String; 4] {
    let percent = |value: Option<f64>| value.map_or_else(dash, bare_percent);
    let spread = recall.spread;
    let sd = spread.sd.map_or_else(dash, |sd| format!("{:.0}", sd * 100.0));
    [share(&recall.metric), percent(spread.min), percent(spread.max), sd]
}

fn attacks_table(replicates: &Replicates) -> comfy_table::Table {
    let rows = replicates.by_attack.iter().map(|(attack, one)| {
        let [recall, least, most, sd] = recall_cells(&one.recall);
        let found = format!("{}/{}", one.campaigns.detected, one.campaigns.scored);
        [escaped(attack), found, recall, least, most, sd]
    });
    table(["attack", "found", "recall %", "least", "most", "sd"], 1, rows)
}

fn rules_table(replicates: &Replicates) -> comfy_table::Table {
    let rows = replicates.by_rule.iter().map(|(rule_id, one)| {
        let [recall, least, most, sd] = recall_cells(&one.recall);
        let noise = one.false_alerts_per_day.metric.value;
        let noise = noise.map_or_else(dash, |rate| format!("{rate:.1}"));
        [escaped(rule_id), one.campaigns_found.to_string(), recall, least, most, sd, noise]
    });
    table(["rule", "found", "recall %", "least", "most", "sd", "false/d"], 1, rows)
}
