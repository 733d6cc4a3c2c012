//! The tables of the terminal summary.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::summary::{duration, escaped, interval, percent};
use super::{AttackScore, CampaignRecord, Delays, Metric, RuleScore, Score};

/// Missed campaigns listed; the file has all of them.
pub(super) const MISSED_SHOWN: usize = 10;
/// Longest list of identities or vaults shown in a cell.
const NAMES_SHOWN: usize = 2;

pub(super) fn attacks_table(by_attack: &BTreeMap<String, AttackScore>) -> Table {
    let mut table = plain(["attack", "found", "missed", "recall", "first alert", "objects lost"]);
    for (attack, score) in by_attack {
        let (campaigns, time) = (score.campaigns, &score.detection_time_seconds.p50);
        table.add_row([
            escaped(attack),
            campaigns.detected.to_string(),
            campaigns.missed.to_string(),
            percent(score.recall.value) + &interval(&score.recall, |share| percent(Some(share))),
            time.value.map_or_else(dash, duration),
            whole(&score.objects_revealed_before_alert.p50),
        ]);
    }
    right(table, 1)
}

pub(super) fn alerts_table(score: &Score) -> Table {
    let (counts, shares) = (score.alerts, &score.alert_shares);
    let mut table = plain(["about", "alerts", "share"]);
    for (about, count, share) in [
        ("an attack", counts.malicious, &shares.malicious),
        ("a look-alike of one", counts.look_alike, &shares.look_alike),
        ("a security test", counts.authorised, &shares.authorised),
        ("ordinary traffic", counts.spurious, &shares.spurious),
    ] {
        let share = percent(share.value) + &interval(share, |share| percent(Some(share)));
        table.add_row([about.to_owned(), count.to_string(), share]);
    }
    right(table, 1)
}

pub(super) fn times_table(score: &Score) -> Table {
    let mut table = plain(["per campaign found", "median", "90 %", "99 %", "never"]);
    let row = |label: &str, delays: &Delays| {
        let show = |metric: &Metric| metric.value.map_or_else(dash, duration);
        let missed = delays.missed.to_string();
        [label.to_owned(), show(&delays.p50), show(&delays.p90), show(&delays.p99), missed]
    };
    table.add_row(row("from its first event", &score.detection_time_seconds));
    table.add_row(row("from its first reveal", &score.detection_time_from_reveal_seconds));
    table.add_row(row("the same, logs at once", &score.event_time_delay_from_reveal_seconds));
    let objects = &score.objects_revealed_before_alert;
    let missed = objects.missed.to_string();
    let label = "objects revealed before".to_owned();
    table.add_row([label, whole(&objects.p50), whole(&objects.p90), dash(), missed]);
    right(table, 1)
}

pub(super) fn rules_table(by_rule: &BTreeMap<String, RuleScore>) -> Table {
    let mut table = plain([
        "rule",
        "alerts",
        "attack",
        "look-alike",
        "test",
        "ordinary",
        "found",
        "alone",
        "false/day",
    ]);
    for (rule_id, score) in by_rule {
        let alerts = score.alerts;
        let mark = if score.history_exceeds_warm_up == Some(true) { " *" } else { "" };
        let found = score.recall.value.unwrap_or_default() * score.recall.n as f64;
        let mut row = vec![escaped(rule_id) + mark];
        let counts = [
            alerts.scored,
            alerts.malicious,
            alerts.look_alike,
            alerts.authorised,
            alerts.spurious,
        ];
        row.extend(counts.map(|count| count.to_string()));
        row.extend([format!("{found:.0}"), score.found_alone.to_string()]);
        let noise = score.false_alerts_per_day.value;
        row.push(noise.map_or_else(dash, |rate| format!("{rate:.1}")));
        table.add_row(row);
    }
    right(table, 1)
}

pub(super) fn missed_table(missed: &[CampaignRecord]) -> Table {
    let mut table = plain(["campaign", "attack", "start", "identity", "vault", "objects lost"]);
    for campaign in missed.iter().take(MISSED_SHOWN) {
        // Minutes are enough to find it in the log.
        let start = campaign.start.get(..16).unwrap_or(&campaign.start).replace('T', " ");
        table.add_row([
            escaped(&campaign.campaign_id),
            escaped(&campaign.attack),
            start,
            names(&campaign.identities),
            names(&campaign.vaults),
            campaign.objects_revealed.to_string(),
        ]);
    }
    right(table, 5)
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

fn dash() -> String {
    "-".to_owned()
}

fn plain<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header);
    table
}

/// Aligns the columns from `first` on to the right.
fn right(mut table: Table, first: usize) -> Table {
    for column in table.column_iter_mut().skip(first) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
