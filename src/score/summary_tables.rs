//! The tables of the terminal summary: names wrap, figures do not.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, presets};

use super::summary::{bare_percent, duration, interval, percent_with_interval};
use super::{AttackScore, CampaignRecord, Delays, Metric, PackScore, RuleScore, Score};
use crate::escaped::escaped;

/// Missed campaigns listed; the file has all of them.
pub(super) const MISSED_SHOWN: usize = 10;
/// Vaults shown in a cell.
const NAMES_SHOWN: usize = 1;
/// Spaces between columns.
const GAP: u16 = 2;

pub(super) fn attacks_table(by_attack: &BTreeMap<String, AttackScore>) -> Table {
    let rows = by_attack.iter().map(|(attack, score)| {
        let (campaigns, time) = (score.campaigns, &score.detection_time_seconds.p50);
        let variant = |name: &str| score.by_variant.get(name).map_or_else(dash, found_of);
        [
            escaped(attack),
            format!("{}/{}", campaigns.detected, campaigns.scored),
            variant("plain"),
            variant("evasive"),
            percent_with_interval(Some(&score.recall)),
            time.value.map_or_else(dash, coarse),
            whole(&score.objects_revealed_before_alert.p50),
        ]
    });
    let header = ["attack", "found", "plain", "evasive", "recall", "alarm", "lost"];
    table(header, 1, rows)
}

/// A duration in its largest unit, for a narrow column.
pub(super) fn coarse(seconds: f64) -> String {
    let units = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "m")];
    let unit = units.into_iter().find(|(length, _)| seconds.abs() >= *length);
    let (length, name) = unit.unwrap_or((1.0, "s"));
    format!("{:.0}{name}", seconds / length)
}

/// The count behind a share.
fn found_of(share: &Metric) -> String {
    let found = share.value.unwrap_or(0.0) * share.n as f64;
    format!("{found:.0}/{}", share.n)
}

pub(super) fn alerts_table(score: &Score) -> Table {
    let (counts, shares) = (score.alerts, &score.alert_shares);
    let rows = [
        ("an attack", counts.malicious, &shares.malicious),
        ("a look-alike of one", counts.look_alike, &shares.look_alike),
        ("a security test", counts.authorised, &shares.authorised),
        ("ordinary traffic", counts.spurious, &shares.spurious),
    ];
    let rows = rows.into_iter().map(|(about, count, share)| {
        [about.to_owned(), count.to_string(), percent_with_interval(Some(share))]
    });
    table(["about", "alerts", "share"], 1, rows)
}

pub(super) fn times_table(score: &Score) -> Table {
    let row = |label: &str, delays: &Delays| {
        let show = |metric: &Metric| metric.value.map_or_else(dash, duration);
        let missed = delays.missed.to_string();
        [label.to_owned(), show(&delays.p50), show(&delays.p90), show(&delays.p99), missed]
    };
    let objects = &score.objects_revealed_before_alert;
    let lost = [
        "objects revealed by then".to_owned(),
        whole(&objects.p50),
        whole(&objects.p90),
        dash(),
        objects.missed.to_string(),
    ];
    let rows = [
        row("after the first event", &score.detection_time_seconds),
        row("after the first reveal", &score.detection_time_from_reveal_seconds),
        row("... without log delay", &score.event_time_delay_from_reveal_seconds),
        lost,
    ];
    table(["campaigns found", "half", "90 %", "99 %", "never"], 1, rows)
}

/// Packs of rules side by side, each as if it had run alone.
pub(super) fn packs_table(by_pack: &BTreeMap<String, PackScore>) -> Table {
    let share = |metric: &Metric| {
        metric.value.map_or_else(dash, bare_percent) + &interval(metric, bare_percent)
    };
    let rate = |metric: &Metric| metric.value.map_or_else(dash, |rate| format!("{rate:.1}"));
    let rows = by_pack.iter().map(|(pack, score)| {
        let mark = if score.exceeds_warm_up() { " *" } else { "" };
        [
            escaped(pack) + mark,
            score.rules.to_string(),
            format!("{}/{}", score.campaigns_found, score.recall.n),
            share(&score.recall),
            share(&score.precision),
            rate(&score.alerts_per_day),
            rate(&score.false_alerts_per_day),
        ]
    });
    table(["pack", "rules", "found", "recall %", "precision %", "alerts/d", "false/d"], 1, rows)
}

pub(super) fn rules_table(by_rule: &BTreeMap<String, RuleScore>) -> Table {
    let rows = by_rule.iter().map(|(rule_id, score)| {
        let alerts = score.alerts;
        let mark = if score.history_exceeds_warm_up == Some(true) { " *" } else { "" };
        let noise = score.false_alerts_per_day.value;
        [
            escaped(rule_id) + mark,
            score.campaigns_found.to_string(),
            alerts.scored.to_string(),
            alerts.malicious.to_string(),
            alerts.look_alike.to_string(),
            alerts.authorised.to_string(),
            alerts.spurious.to_string(),
            noise.map_or_else(dash, |rate| format!("{rate:.1}")),
        ]
    });
    let header = ["rule", "found", "alerts", "attack", "alike", "test", "other", "false/d"];
    table(header, 1, rows)
}

/// Where, or what came nearest to finding them if that is known.
pub(super) fn missed_table(missed: &[CampaignRecord]) -> Table {
    let is_traced = missed.iter().any(|campaign| campaign.nearest.is_some());
    let rows = missed.iter().take(MISSED_SHOWN).map(|campaign| {
        // Minutes are enough to find it in the log.
        let start = campaign.start.get(..16).unwrap_or(&campaign.start).replace('T', " ");
        [
            escaped(&campaign.campaign_id),
            if is_traced { nearest(campaign) } else { names(&campaign.vaults) },
            start,
            campaign.objects_revealed.to_string(),
        ]
    });
    let second = if is_traced { "nearest to detection" } else { "vault" };
    table(["campaign", second, "start", "lost"], 2, rows)
}

fn nearest(campaign: &CampaignRecord) -> String {
    let Some(nearest) = &campaign.nearest else { return dash() };
    escaped(&nearest.told())
}

fn names(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(NAMES_SHOWN).map(|name| escaped(name)).collect();
    if names.len() > NAMES_SHOWN {
        shown.push(format!("+{}", names.len() - NAMES_SHOWN));
    }
    shown.join(" ")
}

fn whole(metric: &Metric) -> String {
    metric.value.map_or_else(dash, |value| format!("{value:.0}"))
}

pub(super) fn dash() -> String {
    "-".to_owned()
}

/// Columns from `figures` on are aligned to the right and keep their width.
pub(crate) fn table<R: Into<Row>>(
    header: impl Into<Row>,
    figures: usize,
    rows: impl IntoIterator<Item = R>,
) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header);
    table.add_rows(rows);
    let columns = table.column_count();
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if at + 1 < columns { GAP } else { 0 }));
        if at >= figures {
            column.set_cell_alignment(CellAlignment::Right);
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}
