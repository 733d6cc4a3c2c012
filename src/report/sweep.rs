//! What a report needs of sweep.json: settings of a rule with their figures, and the curves through them.
//!
//! `vaultdrill sweep` writes the file; its own model says what each key means. Keys that are not
//! needed here are allowed.

use serde::Deserialize;

use super::curves::{Axis, Curve, Point, chart};
use super::figures::{percent_with_interval, rate_with_interval};
use super::html::{Html, name, sentence};
use super::svg::Shape;
use super::table::{Cell, Table};
use crate::score::Metric;

/// Curves drawn; the file has them all.
const CURVES_MAX: usize = 3;
/// Settings listed in a table; likewise.
const SETTINGS_MAX: usize = 60;

/// A sweep of one rule.
#[derive(Clone, Debug, Deserialize)]
pub struct Sweep {
    /// The rule.
    pub rule_id: String,
    /// What was varied, in the order of each setting's `values`.
    pub parameters: Vec<Parameter>,
    /// Every setting.
    pub settings: Vec<Setting>,
    /// The rule file's own.
    pub present: Place,
    /// One curve per parameter.
    pub curves: Vec<Along>,
    /// The setting to take, where one keeps the budget.
    pub recommended: Option<Place>,
    /// The conclusion in a sentence or two.
    pub verdict: String,
}

/// One parameter that was varied.
#[derive(Clone, Debug, Deserialize)]
pub struct Parameter {
    /// Key path in the rule file.
    pub name: String,
    /// Its values are seconds.
    pub is_duration: bool,
}

/// One setting and what came of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Setting {
    /// Values of the parameters, in their order.
    pub values: Vec<f64>,
    /// What differs from the rule file's own.
    pub changes: Vec<String>,
    /// On the part that settings are chosen on.
    pub tuning: Figures,
    /// On the part that the choice is reported on.
    pub held_out: Figures,
}

/// How good a setting is.
#[derive(Clone, Debug, Deserialize)]
pub struct Figures {
    /// Share of the campaigns found.
    pub recall: Metric,
    /// Share of the alerts that are about an attack.
    pub precision: Metric,
    /// Alerts a day.
    pub alerts_per_day: Metric,
    /// Alerts a day in the clean twin.
    pub false_alerts_per_day: Metric,
}

/// A setting by its place.
#[derive(Clone, Debug, Deserialize)]
pub struct Place {
    /// Its place in `settings`.
    pub setting: usize,
}

/// Settings along one parameter.
#[derive(Clone, Debug, Deserialize)]
pub struct Along {
    /// The parameter.
    pub parameter: String,
    /// Places in `settings`, by ascending value.
    pub settings: Vec<usize>,
}

impl Figures {
    /// What it costs: false alerts, or all where there is no clean twin.
    fn cost(&self) -> &Metric {
        match self.false_alerts_per_day.value {
            Some(_) => &self.false_alerts_per_day,
            None => &self.alerts_per_day,
        }
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

fn pair(html: &mut Html, sweep: &Sweep, along: &Along, at: usize) {
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
            rate_with_interval(setting.tuning.cost()),
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
        point(*place, setting, setting.tuning.cost(), &setting.tuning.recall)
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

fn value_words(sweep: &Sweep, along: &Along, setting: &Setting) -> String {
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
            Cell::figure(rate_with_interval(tuning.cost()), tuning.cost().value),
        ]);
    }
    table.write_behind_chart(html);
    if sweep.settings.len() > SETTINGS_MAX {
        let more = sweep.settings.len() - SETTINGS_MAX;
        html.leaf("p", &[("class", &"note")], format!("{more} more settings are in sweep.json."));
    }
}
