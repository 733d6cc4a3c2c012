//! What the alerts were about, which look-alikes raised some, and what other alerters would find.

use super::figures::{counted, percent_with_interval, rate, rate_with_interval};
use super::forest::{Forest, Row, Share, chart};
use super::html::{Html, name};
use super::inputs::Inputs;
use super::page::section;
use super::svg::Shape;
use super::table::{Cell, Table};
use crate::score::{Metric, Score};

/// Whom alerts were about most, as far as they are listed.
const ENTITIES_LISTED: usize = 10;

/// Writes the sections on packs, on baselines and on what alerts were about.
pub(super) fn write(html: &mut Html, inputs: &Inputs) {
    let score = &inputs.score;
    if score.by_pack.len() > 1 {
        packs(html, score);
    }
    baselines(html, score);
    about(html, score);
}

fn row(label: &str, figure: String, metric: &Metric) -> Row {
    let share = Share { shape: Shape::Square, what: label.to_owned(), metric: metric.clone() };
    Row { label: label.to_owned(), figure, shares: vec![share], is_total: false }
}

/// Shares of alerts as a table behind their chart.
fn shares(caption: &str, of: &'static str, rows: &[(String, u64, &Metric)]) -> Table {
    let mut table = Table::new(caption, &["", of, "share"]);
    for (label, count, metric) in rows {
        table.row(vec![
            Cell::text(label),
            Cell::count(*count),
            Cell::figure(percent_with_interval(Some(metric)), metric.value),
        ]);
    }
    table
}

fn packs(html: &mut Html, score: &Score) {
    let lead = "Each pack as if it had run alone; every other figure of this page is of all packs \
                together. A pack with a star has rules that compare with more past than the warm-up has, \
                so that its figures are no ranking.";
    section(html, "packs", "Packs compared", lead, |html| {
        let label = |pack: &str, exceeds: Option<u64>| match exceeds {
            Some(rules) if rules > 0 => format!("{} *", name(pack)),
            _ => name(pack),
        };
        let mut rows: Vec<_> = score.by_pack.iter().collect();
        rows.sort_by(|a, b| {
            b.1.campaigns_found.cmp(&a.1.campaigns_found).then_with(|| a.0.cmp(b.0))
        });
        let header = [
            "pack",
            "rules",
            "found",
            "found alone",
            "recall",
            "precision",
            "alerts a day",
            "false a day",
        ];
        let mut table = Table::new("Packs of rules side by side", &header);
        for (pack, one) in &rows {
            let percent =
                |metric: &Metric| Cell::figure(percent_with_interval(Some(metric)), metric.value);
            let per_day = |metric: &Metric| Cell::figure(rate(metric.value), metric.value);
            table.row(vec![
                Cell::Name(label(pack, one.rules_whose_history_exceeds_warm_up)),
                Cell::count(one.rules),
                Cell::count(one.campaigns_found),
                Cell::count(one.found_alone),
                percent(&one.recall),
                percent(&one.precision),
                per_day(&one.alerts_per_day),
                per_day(&one.false_alerts_per_day),
            ]);
        }
        let rows = rows.iter().map(|(pack, one)| {
            let figure = format!("{} of {}", one.campaigns_found, one.recall.n);
            row(&label(pack, one.rules_whose_history_exceeds_warm_up), figure, &one.recall)
        });
        let forest = Forest {
            id: "packs-forest",
            title: "Share of campaigns found, by pack",
            axis: "campaigns found, %",
            rows: rows.collect(),
        };
        chart(html, &forest);
        table.write(html);
    });
}

fn baselines(html: &mut Html, score: &Score) {
    let rebased = &score.precision.rebased;
    let lead = match rebased.value {
        Some(share) if share > 0.0 => elsewhere(score.precision.declared_campaigns_per_day, share),
        _ => "A detector is worth what it finds beyond what chance finds.".to_owned(),
    };
    section(html, "baselines", "Compared with no skill at all", &lead, |html| {
        let unknown = Metric::unknown("not in score.json");
        let own = score.recall.get("campaign").unwrap_or(&unknown);
        let (random, silent) = (&score.baselines.random, &score.baselines.silent);
        let rows = [
            ("these rules".to_owned(), score.alerts.scored, own),
            ("as many alerts at random".to_owned(), random.alerts, &random.recall),
            ("no alert at all".to_owned(), silent.alerts, &silent.recall),
        ];
        let forest = Forest {
            id: "baselines-forest",
            title: "Share of campaigns found, beside alerters without skill",
            axis: "campaigns found, %",
            rows: rows
                .iter()
                .map(|(label, alerts, metric)| row(label, counted(*alerts, "alert"), metric))
                .collect(),
        };
        chart(html, &forest);
        shares("Recall beside alerters without skill", "alerts", &rows).write_behind_chart(html);
    });
}

/// What share of alerts would be about an attack, with so many campaigns a day.
fn elsewhere(campaigns_per_day: f64, share: f64) -> String {
    let campaigns = match 1.0 / campaigns_per_day {
        days if days >= 10.0 => format!("one campaign in {days:.0} days"),
        days if days > 1.0 => format!("one campaign in {days:.1} days"),
        _ if campaigns_per_day > 1.0 => format!("{campaigns_per_day} campaigns a day"),
        _ => "one campaign a day".to_owned(),
    };
    let alerts = match share {
        share if share < 0.01 => format!("one alert in {:.0}", 1.0 / share),
        share => format!("{} of alerts", super::figures::percent(Some(share))),
    };
    format!(
        "With {campaigns} instead of as many as were staged, {alerts} would be about an attack."
    )
}

fn about(html: &mut Html, score: &Score) {
    let (counts, parts) = (score.alerts, &score.alert_shares);
    let lead = format!(
        "{} alerts a day, which are {} cases a day: a case is one identity within 24 hours.",
        rate_with_interval(&score.alerts_per_day),
        rate_with_interval(&score.cases_per_day)
    );
    section(html, "alerts", "What the alerts were about", &lead, |html| {
        let rows = [
            ("an attack".to_owned(), counts.malicious, &parts.malicious),
            ("a look-alike of one".to_owned(), counts.look_alike, &parts.look_alike),
            ("a security test".to_owned(), counts.authorised, &parts.authorised),
            ("ordinary traffic".to_owned(), counts.spurious, &parts.spurious),
        ];
        let forest = Forest {
            id: "alerts-forest",
            title: "Alerts by what they were about",
            axis: "share of alerts, %",
            rows: rows
                .iter()
                .map(|(label, count, metric)| row(label, counted(*count, "alert"), metric))
                .collect(),
        };
        chart(html, &forest);
        shares("Alerts by what they were about", "alerts", &rows).write_behind_chart(html);
        rules(html, score);
        look_alikes(html, score);
        entities(html, score);
    });
}

fn folded(html: &mut Html, title: &str, table: &Table) {
    html.element("details", &[("class", &"data")], |html| {
        html.leaf("summary", &[], title);
        table.write(html);
    });
}

fn rules(html: &mut Html, score: &Score) {
    let header = [
        "rule",
        "found",
        "found alone",
        "alerts",
        "attack",
        "look-alike",
        "test",
        "ordinary",
        "precision",
        "false a day",
    ];
    let mut table = Table::new("Rules, and what their alerts were about", &header);
    for (rule, one) in &score.by_rule {
        let alerts = one.alerts;
        let mark = if one.history_exceeds_warm_up == Some(true) { " *" } else { "" };
        let noise = one.false_alerts_per_day.value;
        table.row(vec![
            Cell::Name(name(rule) + mark),
            Cell::count(one.campaigns_found),
            Cell::count(one.found_alone),
            Cell::count(alerts.scored),
            Cell::count(alerts.malicious),
            Cell::count(alerts.look_alike),
            Cell::count(alerts.authorised),
            Cell::count(alerts.spurious),
            Cell::figure(percent_with_interval(Some(&one.precision)), one.precision.value),
            Cell::figure(rate(noise), noise),
        ]);
    }
    folded(html, "By rule", &table);
}

fn look_alikes(html: &mut Html, score: &Score) {
    let header = ["look-alike", "instances", "raised an alert", "share"];
    let mut table = Table::new("Benign traffic that resembles an attack", &header);
    for (look_alike, one) in &score.by_look_alike {
        let share = one.alerted as f64 / one.instances.max(1) as f64;
        table.row(vec![
            Cell::name(look_alike),
            Cell::count(one.instances),
            Cell::count(one.alerted),
            Cell::figure(super::figures::percent(Some(share)), Some(share)),
        ]);
    }
    folded(html, "Look-alikes that raised an alert", &table);
}

fn entities(html: &mut Html, score: &Score) {
    let mut loudest: Vec<_> =
        score.entities.iter().filter(|(_, one)| one.is_identity && one.alerts > 0).collect();
    loudest.sort_by(|a, b| b.1.alerts.cmp(&a.1.alerts).then_with(|| a.0.cmp(b.0)));
    let header = ["identity", "alerts", "in the traffic without attacks"];
    let mut table = Table::new("Identities with the most alerts", &header);
    for (identity, one) in loudest.iter().take(ENTITIES_LISTED) {
        table.row(vec![
            Cell::name(identity),
            Cell::count(one.alerts),
            Cell::count(one.false_alerts),
        ]);
    }
    let title = format!(
        "The loudest {} of {} identities",
        loudest.len().min(ENTITIES_LISTED),
        loudest.len()
    );
    folded(html, &title, &table);
}

#[cfg(test)]
mod tests {
    use super::elsewhere;

    #[test]
    fn the_rate_and_the_share_are_said_as_they_are() {
        for (campaigns_per_day, share, claims) in [
            (1.0 / 30.0, 0.004, ["With one campaign in 30 days", "one alert in 250 would"]),
            (0.7, 0.4, ["With one campaign in 1.4 days", "40\u{a0}% of alerts would"]),
            (1.0, 0.97, ["With one campaign a day", "97\u{a0}% of alerts would"]),
            (2.5, 0.01, ["With 2.5 campaigns a day", "1\u{a0}% of alerts would"]),
        ] {
            let said = elsewhere(campaigns_per_day, share);
            assert!(claims.iter().all(|claim| said.contains(claim)), "{said}");
        }
    }
}
