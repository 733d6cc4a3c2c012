//! Recall by attack, as a forest plot: the weakest attack first, plain and evasive apart.

use super::figures::{duration, percent_with_interval};
use super::forest::{Forest, Row, Share, chart};
use super::html::{Html, name};
use super::inputs::Inputs;
use super::page::section;
use super::svg::Shape;
use super::table::{Cell, Table};
use crate::score::{AttackScore, Metric};

/// Attacks named in the sentence above the chart.
const WEAKEST_NAMED: usize = 3;
/// Variants of the adversary, and how they are marked.
const VARIANTS: [(&str, Shape); 2] = [("plain", Shape::Disc), ("evasive", Shape::Triangle)];

/// Writes the section.
pub(super) fn write(html: &mut Html, inputs: &Inputs) {
    let score = &inputs.score;
    let mut attacks: Vec<(&String, &AttackScore)> =
        score.by_attack.iter().filter(|(_, one)| one.campaigns.scored > 0).collect();
    attacks.sort_by(|a, b| {
        let share = |one: &AttackScore| one.recall.value.unwrap_or(0.0);
        share(a.1).total_cmp(&share(b.1)).then_with(|| a.0.cmp(b.0))
    });
    section(html, "recall", "What is found, by attack", &lead(&attacks), |html| {
        let all = score
            .recall
            .get("campaign")
            .map(|metric| row("all attacks", "all attacks", metric, &score.by_variant, true));
        let rows = attacks
            .iter()
            .map(|(attack, one)| row(&name(attack), attack, &one.recall, &one.by_variant, false));
        legend(html);
        let forest = Forest {
            id: "forest",
            title: "Share of campaigns found, by attack",
            axis: "campaigns found, %",
            rows: all.into_iter().chain(rows).collect(),
        };
        chart(html, &forest);
        table(&attacks).write_behind_chart(html);
        kinds(html, inputs);
    });
}

fn lead(attacks: &[(&String, &AttackScore)]) -> String {
    let weak = attacks.iter().filter(|(_, one)| one.campaigns.missed > 0).take(WEAKEST_NAMED);
    let named: Vec<String> = weak
        .map(|(attack, one)| {
            let counts = one.campaigns;
            format!("{} ({} of {})", name(attack), counts.detected, counts.scored)
        })
        .collect();
    let whole = attacks.iter().filter(|(_, one)| one.campaigns.missed == 0).count();
    let found = format!("{whole} of {} attacks were found every time.", attacks.len());
    match named.is_empty() {
        true => found,
        false => format!("{found} Weakest: {}.", named.join(", ")),
    }
}

fn legend(html: &mut Html) {
    html.element("p", &[("class", &"legend")], |html| {
        html.leaf("span", &[("class", &"key square")], "all campaigns");
        html.leaf("span", &[("class", &"key disc")], "plain adversary");
        html.leaf("span", &[("class", &"key triangle")], "evasive adversary");
        html.leaf("span", &[("class", &"key whisk")], "95 % interval");
    });
}

fn row(
    label: &str,
    attack: &str,
    recall: &Metric,
    by_variant: &std::collections::BTreeMap<String, Metric>,
    is_total: bool,
) -> Row {
    let attack = name(attack);
    let whole = Share { shape: Shape::Square, what: attack.clone(), metric: recall.clone() };
    let variants = VARIANTS.iter().filter_map(|(variant, shape)| {
        let metric = by_variant.get(*variant)?.clone();
        let what = format!("{attack}, {variant}, {}", found_of(&metric));
        Some(Share { shape: *shape, what, metric })
    });
    Row {
        label: label.to_owned(),
        figure: found_of(recall),
        shares: std::iter::once(whole).chain(variants).collect(),
        is_total,
    }
}

/// The count behind a share.
fn found_of(share: &Metric) -> String {
    format!("{:.0} of {}", share.value.unwrap_or(0.0) * share.n as f64, share.n)
}

fn table(attacks: &[(&String, &AttackScore)]) -> Table {
    let header = [
        "attack",
        "found",
        "of",
        "recall",
        "plain",
        "evasive",
        "median time to alarm",
        "median objects lost by then",
    ];
    let mut table = Table::new("Recall by attack", &header);
    let share = |metric: &Metric| Cell::figure(percent_with_interval(Some(metric)), metric.value);
    for (attack, one) in attacks {
        let variant =
            |name: &str| one.by_variant.get(name).map_or_else(|| Cell::figure("–", None), share);
        let (time, lost) =
            (one.detection_time_seconds.p50.value, one.objects_revealed_before_alert.p50.value);
        table.row(vec![
            Cell::name(attack),
            Cell::count(one.campaigns.detected),
            Cell::count(one.campaigns.scored),
            share(&one.recall),
            variant("plain"),
            variant("evasive"),
            Cell::figure(time.map_or_else(|| "–".to_owned(), duration), time),
            Cell::figure(lost.map_or_else(|| "–".to_owned(), |lost| format!("{lost:.0}")), lost),
        ]);
    }
    table
}

/// Not a chart: few, and not what one decides by.
fn kinds(html: &mut Html, inputs: &Inputs) {
    let header = ["kind of identity", "campaigns", "recall", "alerts", "about an attack"];
    let mut table = Table::new("By kind of the acting identity", &header);
    for (kind, one) in &inputs.score.by_identity_kind {
        table.row(vec![
            Cell::name(kind),
            Cell::count(one.recall.n),
            Cell::figure(percent_with_interval(Some(&one.recall)), one.recall.value),
            Cell::count(one.alerts.scored),
            Cell::figure(percent_with_interval(Some(&one.precision)), one.precision.value),
        ]);
    }
    html.element("details", &[("class", &"data")], |html| {
        html.leaf("summary", &[], "By kind of the acting identity");
        table.write(html);
    });
}
