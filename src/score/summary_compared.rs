//! The parts of the summary that put the headline beside something else: other alerters, and the same
//! drill with its estate's assumptions turned.

use super::summary::{
    Page, bare_percent, interval, one_in, percent_with_interval, rate_with_interval,
};
use super::summary_tables::{dash, table};
use super::{Comparison, Metric, Score};
use crate::escaped::escaped;

/// A smaller share reads better as one in so many.
const READABLE_SHARE_MIN: f64 = 0.01;

/// How far the headline rests on what nobody has measured.
pub(super) fn sensitivity(page: &mut Page, score: &Score) {
    if score.sensitivity.is_empty() {
        page.sentence(
            "How far this rests on the estate's assumptions: not measured (drill --sensitivity).",
        );
        return;
    }
    page.heading("With the estate's assumptions halved and doubled");
    let recall = score.recall.get("campaign");
    let base = [
        "as it is".to_owned(),
        String::new(),
        recall.map_or_else(dash, share),
        share(&score.precision.alert),
        rate(&score.false_alerts_per_day),
    ];
    let rows = score.sensitivity.iter().flat_map(|one| {
        let turned = [
            escaped(&one.parameter),
            escaped(&one.value),
            share(&one.recall),
            share(&one.precision),
            rate(&one.false_alerts_per_day),
        ];
        let points = |metric: &Metric| change(metric, 100.0);
        let moved = [
            "  change".to_owned(),
            String::new(),
            points(&one.recall_change),
            points(&one.precision_change),
            change(&one.false_alerts_per_day_change, 1.0),
        ];
        [turned, moved]
    });
    let header = ["assumed", "set to", "recall %", "precision %", "false/d"];
    page.table(table(header, 2, std::iter::once(base).chain(rows)));
    page.sentence(
        "One seed's differences, campaigns paired by id; another estate has other victims too.",
    );
}

/// What alerters without detection, and other packs, would have scored.
pub(super) fn compared(page: &mut Page, score: &Score) {
    page.heading("Compared with");
    let own = Comparison {
        alerts: score.alerts.scored,
        recall: score.recall.get("campaign").cloned().unwrap_or_else(|| Metric::unknown("none")),
        precision: score.precision.alert.clone(),
        alerts_per_day: score.alerts_per_day.clone(),
        false_alerts_per_day: score.false_alerts_per_day.clone(),
    };
    let baselines = &score.baselines;
    let fixed = [("these rules", &own), ("silence", &baselines.silent)];
    let packs = baselines.packs.iter().map(|(pack, one)| (pack.as_str(), one));
    let all = fixed.into_iter().chain([("random alerts", &baselines.random)]).chain(packs);
    let rows = all.map(|(name, one)| {
        let coarse = |metric: &Metric| metric.value.map_or_else(dash, |rate| format!("{rate:.1}"));
        [
            escaped(name),
            share(&one.recall),
            share(&one.precision),
            coarse(&one.alerts_per_day),
            coarse(&one.false_alerts_per_day),
        ]
    });
    page.table(table(["alerter", "recall %", "precision %", "alerts/d", "false/d"], 1, rows));
    page.sentence("random alerts: as many as these rules raise, each at an event drawn by lot.");
    if baselines.packs.is_empty() && score.by_pack.len() < 2 {
        page.sentence("Published rules of others: not run (drill --compare-packs).");
    }
    rebased(page, score);
}

fn rebased(page: &mut Page, score: &Score) {
    let rebased = &score.precision.rebased;
    let Some(precision) = rebased.value else { return };
    let days = 1.0 / score.precision.declared_campaigns_per_day;
    let rate = match days >= 1.5 {
        true => format!("one campaign in {days:.0} days"),
        false => format!("{:.1} campaigns a day", days.recip()),
    };
    let alerts = match precision > 0.0 && precision < READABLE_SHARE_MIN {
        true => one_in(rebased),
        false => percent_with_interval(Some(rebased)) + " of alerts",
    };
    page.sentence(&format!("With {rate}, {alerts} would be about an attack."));
}

/// A share in per cent, for a column that says so.
pub(super) fn share(metric: &Metric) -> String {
    metric.value.map_or_else(dash, bare_percent) + &interval(metric, bare_percent)
}

/// A rate; without its tenths where they would be noise.
pub(super) fn rate(metric: &Metric) -> String {
    match metric.value {
        Some(value) if value >= 100.0 => {
            let whole = |rate: f64| format!("{rate:.0}");
            whole(value) + &interval(metric, whole)
        }
        _ => rate_with_interval(metric),
    }
}

/// A signed change, with its sign also where it rounds to nothing.
fn change(metric: &Metric, scale: f64) -> String {
    let show = |value: f64| format!("{:+.0}", value * scale);
    metric.value.map_or_else(dash, show) + &interval(metric, show)
}
