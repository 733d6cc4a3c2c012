//! A sweep in the report: the curves through its settings, and the settings with their figures.

use super::curves::{Axis, Curve, Point, chart};
use super::figures::{percent_with_interval, rate_with_interval};
use super::html::{Html, name, sentence};
use super::svg::Shape;
use super::table::{Cell, Table};
use crate::score::Metric;
use crate::sweep::{Curve as Through, Figures, Setting, Sweep};

/// Curves drawn; the file has them all.
const CURVES_MAX: usize = 3;
/// Settings listed in a table; likewise.
const SETTINGS_MAX: usize = 60;

/// What a setting costs: false alerts, or all where there is no clean twin.
fn cost(figures: &Figures) -> &Metric {
    match figures.false_alerts_per_day.value {
        Some(_) => &figures.false_alerts_per_day,
        None => &figures.alerts_per_day,
    }
}

/// The curves of a sweep, with bands, and its settings as a table.
pub(super) fn write(html: &mut Html, sweep: &Sweep) {
    html.leaf("h3", &[], format!("Where to set {}", name(&sweep.rule_id)));
    html.leaf("p", &[("class", &"lead")], sentence(&sweep.verdict));
    for (at, along) in sweep.curves.iter().take(CURVES_MAX).enumerate() {
        html.element("div", &[("class", &"pair")], |html| pair(html, sweep, along, at));
    }
    if sweep.curves.len() > CURVES_MAX {
        let more = sweep.curves.len() - CURVES_MAX;
        html.leaf("p", &[("class", &"note")], format!("{more} more curves are in sweep.json."));
    }
    settings(html, sweep);
}

fn pair(html: &mut Html, sweep: &Sweep, along: &Through, at: usize) {
    let parameter = name(&along.parameter);
    let through: Vec<(usize, &Setting)> = along
        .settings
        .iter()
        .filter_map(|&place| Some((place, sweep.settings.get(place)?)))
        .collect();
    let point = |place: usize, setting: &Setting, x: &Metric, y: &Metric| {
        let what = value_words(sweep, along, setting);
        let words = format!(
            "{what}: finds {} for {} alerts a day, {} about an attack",
            percent_with_interval(Some(&setting.tuning.recall)),
            rate_with_interval(cost(&setting.tuning)),
            percent_with_interval(Some(&setting.tuning.precision)),
        );
        let shape = match sweep.recommended.as_ref().map(|one| one.setting) == Some(place) {
            true => Shape::Diamond,
            false if sweep.present.setting == place => Shape::Square,
            false => Shape::Disc,
        };
        Some(Point { x: x.value?, y: y.value?, lo: y.lo, hi: y.hi, shape, words })
    };
    let budget = through.iter().filter_map(|(place, setting)| {
        point(*place, setting, cost(&setting.tuning), &setting.tuning.recall)
    });
    let trade = through.iter().filter_map(|(place, setting)| {
        point(*place, setting, &setting.tuning.recall, &setting.tuning.precision)
    });
    chart(
        html,
        &Curve {
            id: &format!("sweep-budget-{at}"),
            title: &format!("Recall for alerts a day, as {parameter} moves"),
            x: Axis::rate("false alerts a day"),
            y: Axis::share("campaigns found"),
            points: budget.collect(),
            is_step: false,
        },
    );
    chart(
        html,
        &Curve {
            id: &format!("sweep-trade-{at}"),
            title: &format!("Precision for recall, as {parameter} moves"),
            x: Axis::share("campaigns found"),
            y: Axis::share("alerts about an attack"),
            points: trade.collect(),
            is_step: false,
        },
    );
}

fn value_words(sweep: &Sweep, along: &Through, setting: &Setting) -> String {
    let at = sweep.parameters.iter().position(|one| one.name == along.parameter);
    let value = at.and_then(|at| Some((setting.values.get(at)?, &sweep.parameters[at])));
    match value {
        Some((seconds, parameter)) if parameter.is_duration => {
            format!("{} {}", name(&along.parameter), super::figures::duration(*seconds))
        }
        Some((value, _)) => format!("{} {value}", name(&along.parameter)),
        None => name(&along.parameter),
    }
}

fn settings(html: &mut Html, sweep: &Sweep) {
    let header = ["setting", "found", "held out", "about an attack", "false alerts a day"];
    let mut table = Table::new("Settings tried, and what each would have found and cost", &header);
    for setting in sweep.settings.iter().take(SETTINGS_MAX) {
        let changes = match setting.changes.as_slice() {
            [] => Cell::text("as in the rule file"),
            changes => Cell::name(&changes.join(", ")),
        };
        let share =
            |metric: &Metric| Cell::figure(percent_with_interval(Some(metric)), metric.value);
        let Setting { tuning, held_out, .. } = setting;
        table.row(vec![
            changes,
            share(&tuning.recall),
            share(&held_out.recall),
            share(&tuning.precision),
            Cell::figure(rate_with_interval(cost(tuning)), cost(tuning).value),
        ]);
    }
    table.write_behind_chart(html);
    if sweep.settings.len() > SETTINGS_MAX {
        let more = sweep.settings.len() - SETTINGS_MAX;
        html.leaf("p", &[("class", &"note")], format!("{more} more settings are in sweep.json."));
    }
}
