//! A sweep in the report: the curves through its settings, and the settings with their figures.

use super::curves::{Axis, Curve, Point, chart};
use super::figures::{percent_with_interval, rate_with_interval};
use super::html::{Html, conclusion, name, sentence};
use super::svg::Shape;
use super::table::{Cell, Table};
use crate::score::Metric;
use crate::sweep::{Curve as Through, Setting, Sweep, words};

/// Curves drawn; the file has them all.
const CURVES_MAX: usize = 3;
/// Settings listed in a table; likewise.
const SETTINGS_MAX: usize = 60;

/// Points drawn of a curve: more cannot be told apart, and each takes its bytes.
const POINTS_MAX: usize = 40;

/// What a setting costs, as an axis or a column names it.
fn unit(sweep: &Sweep) -> &'static str {
    match words::unit(sweep) {
        "alerts" => "alerts a day",
        _ => "false alerts a day",
    }
}

/// The curves of a sweep, with bands, and its settings as a table.
pub(super) fn write(html: &mut Html, sweep: &Sweep) {
    html.leaf("h3", &[], format!("Where to set {}", name(&sweep.rule_id)));
    html.leaf("p", &[("class", &"lead")], conclusion(&sweep.verdict));
    let facts = [
        format!("Tuned on {}.", words::part(&sweep.tuning)),
        format!("Held out: {}.", words::part(&sweep.held_out)),
        format!("Budget: {}.", words::budget(sweep)),
        format!("Made by: {}", sweep.command),
    ];
    for fact in facts {
        html.leaf("p", &[("class", &"note")], sentence(&fact));
    }
    for (at, along) in sweep.curves.iter().take(CURVES_MAX).enumerate() {
        html.element("div", &[("class", &"pair")], |html| pair(html, sweep, along, at));
        if along.settings.len() > POINTS_MAX {
            let more = format!(
                "About {POINTS_MAX} of the {} settings of this curve are drawn, evenly along it.",
                along.settings.len()
            );
            html.leaf("p", &[("class", &"note")], more);
        }
    }
    if sweep.curves.len() > CURVES_MAX {
        let more = sweep.curves.len() - CURVES_MAX;
        html.leaf("p", &[("class", &"note")], format!("{more} more curves are in sweep.json."));
    }
    settings(html, sweep);
}

fn pair(html: &mut Html, sweep: &Sweep, along: &Through, at: usize) {
    let parameter = name(&along.parameter);
    let recommended = sweep.recommended.as_ref().map(|one| one.setting);
    let places = thinned(&along.settings, &[Some(sweep.present.setting), recommended]);
    let through: Vec<(usize, &Setting)> =
        places.into_iter().filter_map(|place| Some((place, sweep.settings.get(place)?))).collect();
    let point = |place: usize, setting: &Setting, x: &Metric, y: &Metric| {
        let what = value_words(sweep, along, setting);
        let said = format!(
            "{what}: finds {} for {} {}, {} about an attack",
            percent_with_interval(Some(&setting.tuning.recall)),
            rate_with_interval(words::cost(sweep, &setting.tuning)),
            unit(sweep),
            percent_with_interval(Some(&setting.tuning.precision)),
        );
        let shape = match recommended == Some(place) {
            true => Shape::Diamond,
            false if sweep.present.setting == place => Shape::Square,
            false => Shape::Disc,
        };
        Some(Point { x: x.value?, y: y.value?, lo: y.lo, hi: y.hi, shape, words: said })
    };
    let budget = through.iter().filter_map(|(place, setting)| {
        point(*place, setting, words::cost(sweep, &setting.tuning), &setting.tuning.recall)
    });
    let trade = through.iter().filter_map(|(place, setting)| {
        point(*place, setting, &setting.tuning.recall, &setting.tuning.precision)
    });
    chart(
        html,
        &Curve {
            id: &format!("sweep-budget-{at}"),
            title: &format!("Recall for {}, as {parameter} moves", unit(sweep)),
            x: Axis::rate(unit(sweep)),
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

/// About [`POINTS_MAX`] of `places`, evenly, both ends and those to `keep` included.
fn thinned(places: &[usize], keep: &[Option<usize>]) -> Vec<usize> {
    let last = places.len().saturating_sub(1);
    let stride = last.div_ceil(POINTS_MAX - 1).max(1);
    let is_drawn = |&(at, place): &(usize, usize)| {
        at == last || at.is_multiple_of(stride) || keep.contains(&Some(place))
    };
    places.iter().copied().enumerate().filter(is_drawn).map(|(_, place)| place).collect()
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
    let header = ["setting", "found", "held out", "about an attack", unit(sweep)];
    let mut table = Table::new("Settings tried, and what each would have found and cost", &header);
    for setting in sweep.settings.iter().take(SETTINGS_MAX) {
        let changes = match setting.changes.as_slice() {
            [] => Cell::text("as in the rule file"),
            changes => Cell::name(&changes.join(", ")),
        };
        let share =
            |metric: &Metric| Cell::figure(percent_with_interval(Some(metric)), metric.value);
        let Setting { tuning, held_out, .. } = setting;
        let cost = words::cost(sweep, tuning);
        table.row(vec![
            changes,
            share(&tuning.recall),
            share(&held_out.recall),
            share(&tuning.precision),
            Cell::figure(rate_with_interval(cost), cost.value),
        ]);
    }
    table.write_behind_chart(html);
    if sweep.settings.len() > SETTINGS_MAX {
        let more = sweep.settings.len() - SETTINGS_MAX;
        html.leaf("p", &[("class", &"note")], format!("{more} more settings are in sweep.json."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_curve_keeps_its_ends_and_what_is_marked() {
        for count in 0..600 {
            let places: Vec<usize> = (0..count).map(|at| at * 7).collect();
            let marked = places.get(count * 2 / 3).copied();
            let drawn = thinned(&places, &[marked, None]);
            assert!(drawn.len() <= POINTS_MAX + 2 && drawn.is_sorted(), "{count}");
            assert_eq!((drawn.first(), drawn.last()), (places.first(), places.last()));
            assert!(marked.is_none_or(|marked| drawn.contains(&marked)));
            assert!(count > POINTS_MAX || drawn == places, "{count}: {drawn:?}");
        }
    }
}
