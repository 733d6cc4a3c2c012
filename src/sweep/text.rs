//! A sweep as text of 80 columns: what was tried, the curves, the frontier, the conclusion.

use super::{Curve, Figures, Gap, Part, Setting, Sweep, SweptParameter};
use crate::event::TickSpan;
use crate::rules::duration;
use crate::score::Metric;

/// Most rows of a curve; the ends, the rule file's own value and evenly spaced ones between.
const CURVE_ROWS: usize = 9;

/// Most rows of the frontier.
const FRONTIER_ROWS: usize = 12;

const COLUMNS: &str = "recall              precision   alerts/day   false/day";

/// The sweep for a terminal.
pub fn text(sweep: &Sweep) -> String {
    let parameters = sweep.parameters.len();
    let mut lines = vec![format!(
        "{}: {} settings of {parameters} parameter{}",
        sweep.rule_id,
        sweep.settings.len(),
        if parameters == 1 { "" } else { "s" }
    )];
    wrap(&mut lines, "tried     ", &sweep.sampling.method);
    let said = untaught(sweep);
    if !said.is_empty() {
        wrap(&mut lines, "untaught  ", &said);
    }
    let dropped = sweep.settings.iter().filter(|one| one.tuning.alerts_dropped > 0).count();
    if dropped > 0 {
        let said =
            format!("{dropped} settings with more alerts than a run keeps, the rest dropped");
        wrap(&mut lines, "cut       ", &said);
    }
    wrap(&mut lines, "tuned on  ", &part(&sweep.tuning));
    wrap(&mut lines, "held out  ", &part(&sweep.held_out));
    wrap(&mut lines, "budget    ", &budget(sweep));
    for (curve, parameter) in sweep.curves.iter().zip(&sweep.parameters) {
        lines.push(String::new());
        curve_rows(sweep, curve, parameter, &mut lines);
    }
    lines.push(String::new());
    frontier_rows(sweep, &mut lines);
    lines.push(String::new());
    wrap(&mut lines, "", &sweep.verdict);
    lines.join("\n")
}

/// The conclusion.
pub(super) fn verdict(sweep: &Sweep) -> String {
    let unit = unit(sweep);
    let most = sweep.budget.per_day;
    let Some(choice) = &sweep.recommended else {
        return format!("{} Nothing is recommended.", why_nothing(sweep));
    };
    let setting = &sweep.settings[choice.setting];
    let own = &sweep.settings[sweep.present.setting];
    let found = |figures: &Figures| {
        let per_day = cost(sweep, figures).value.unwrap_or_default();
        format!("recall {} at {per_day:.2} {unit} a day", interval(&figures.recall))
    };
    let compared = match cost(sweep, &setting.held_out).value {
        Some(per_day) if per_day > most => format!(", above the budget of {most:.2}"),
        _ => ", within the budget".to_owned(),
    };
    let gaps = gaps(&choice.optimism_gap, &sweep.present.optimism_gap, setting);
    let held_out = format!("Held out: {}{compared}; {gaps}.", found(&setting.held_out));
    if setting.changes.is_empty() {
        return format!(
            "Keep the setting of the rule file: of those that cost at most {most:.2} {unit} a day \
             none has a recall more than one standard error above its own ({}). {held_out}",
            found(&setting.tuning)
        );
    }
    format!(
        "Take {}: {} on the tuning part, the simplest of {} settings within one standard error of the \
         best. {held_out} The rule file's own setting: {}; held out: {}.",
        setting.changes.join(", "),
        found(&setting.tuning),
        choice.candidates,
        found(&own.tuning),
        found(&own.held_out)
    )
}

fn why_nothing(sweep: &Sweep) -> String {
    let (unit, most) = (unit(sweep), sweep.budget.per_day);
    let taught = sweep.settings.iter().filter(|one| !one.history_exceeds_warm_up);
    let costs = taught.filter_map(|one| cost(sweep, &one.tuning).value);
    let least = costs.fold(f64::INFINITY, f64::min);
    if least.is_infinite() {
        return "The warm-up holds the past that a setting compares with for none.".to_owned();
    }
    if least <= most {
        return format!(
            "No setting that keeps to {most:.2} {unit} a day finds a campaign of the tuning part."
        );
    }
    format!(
        "No setting of {} keeps to {most:.2} {unit} a day on the tuning part; the cheapest costs \
         {least:.2}.",
        sweep.settings.len()
    )
}

/// The gap of the setting, and how much of it comes from the choice.
fn gaps(gap: &Gap, own: &Gap, setting: &Setting) -> String {
    let (Some(value), Some(lo), Some(hi)) = (gap.value, gap.lo, gap.hi) else {
        return format!("optimism gap {}", gap.method);
    };
    let said = format!("optimism gap {value:+.2} [{lo:+.2}, {hi:+.2}]");
    match own.value {
        _ if setting.changes.is_empty() => {
            format!("{said}, all of it the shift from one part to the other")
        }
        Some(own) => format!(
            "{said}, of the rule file's own setting {own:+.2}: the difference, {:+.2}, is the optimism \
             of the choice, the rest the shift from one part to the other",
            value - own
        ),
        None => said,
    }
}

/// The settings that are in neither frontier nor choice, in words.
fn untaught(sweep: &Sweep) -> String {
    match sweep.settings.iter().filter(|one| one.history_exceeds_warm_up).count() {
        0 => String::new(),
        count => format!(
            "{count} of {} settings compare with, or learn for, more past than the warm-up holds (~): \
             left out of frontier and choice",
            sweep.settings.len()
        ),
    }
}

/// A part in words.
pub(crate) fn part(part: &Part) -> String {
    let mut said = format!(
        "{} ({} campaigns, {:.1} days",
        part.corpora.join("; "),
        part.campaigns,
        part.scored_days
    );
    said += &match part.clean_days {
        days if days > 0.0 => format!(", {days:.1} clean)"),
        _ => ", no clean twin)".to_owned(),
    };
    if !part.left_out.is_empty() {
        said += &format!("; without {}", part.left_out.join("; "));
    }
    said
}

/// The budget in words.
pub(crate) fn budget(sweep: &Sweep) -> String {
    let why = if sweep.budget.is_default { " (what the rule file's setting costs)" } else { "" };
    format!("{:.2} {} a day on the tuning part{why}", sweep.budget.per_day, unit(sweep))
}

/// What the budget counts.
pub(crate) fn unit(sweep: &Sweep) -> &'static str {
    if sweep.budget.figure == "alerts_per_day" { "alerts" } else { "false alerts" }
}

/// The figure that the budget is for.
pub(crate) fn cost<'a>(sweep: &Sweep, figures: &'a Figures) -> &'a Metric {
    if sweep.budget.figure == "alerts_per_day" {
        &figures.alerts_per_day
    } else {
        &figures.false_alerts_per_day
    }
}

fn curve_rows(sweep: &Sweep, curve: &Curve, parameter: &SweptParameter, lines: &mut Vec<String>) {
    let at = sweep.parameters.iter().position(|it| it.name == parameter.name).unwrap_or(0);
    lines.push(format!("{}, tuning part; * is the rule file's own", parameter.name));
    lines.push(format!("  {:>10}  {COLUMNS}", "value"));
    let count = curve.settings.len();
    let is_shown = |row: usize| {
        let step = count.saturating_sub(1).max(1);
        let rows = CURVE_ROWS - 1;
        count <= CURVE_ROWS || (0..=rows).any(|one| (one * step + rows / 2) / rows == row)
    };
    for (row, &setting) in curve.settings.iter().enumerate() {
        let is_own = setting == sweep.present.setting;
        if is_own || is_shown(row) {
            let setting = &sweep.settings[setting];
            let mark = match (is_own, setting.history_exceeds_warm_up) {
                (true, _) => '*',
                (false, true) => '~',
                (false, false) => ' ',
            };
            let value = value(parameter, setting.values[at]);
            lines.push(format!("{mark} {value:>10}  {}", row_of(&setting.tuning)));
        }
    }
}

fn frontier_rows(sweep: &Sweep, lines: &mut Vec<String>) {
    lines.push(format!("frontier of all settings, tuning part; by {} a day", unit(sweep)));
    lines.push(format!("  {:>10}  {COLUMNS}", "setting"));
    for &at in sweep.frontier.iter().take(FRONTIER_ROWS) {
        let is_chosen = sweep.recommended.as_ref().is_some_and(|choice| choice.setting == at);
        let mark = if is_chosen { '>' } else { ' ' };
        let setting = &sweep.settings[at];
        lines.push(format!("{mark} {at:>10}  {}", row_of(&setting.tuning)));
        wrap(lines, "              ", &changes(setting));
    }
    let more = sweep.frontier.len().saturating_sub(FRONTIER_ROWS);
    if more > 0 {
        lines.push(format!("  and {more} more in sweep.json"));
    }
}

fn changes(setting: &Setting) -> String {
    if setting.changes.is_empty() {
        return "as in the rule file".to_owned();
    }
    setting.changes.join(", ")
}

fn value(parameter: &SweptParameter, value: f64) -> String {
    if parameter.is_duration {
        duration(TickSpan((value * 1e7).round() as i64))
    } else {
        value.to_string()
    }
}

fn row_of(figures: &Figures) -> String {
    let short =
        |metric: &Metric| metric.value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    format!(
        "{:<18}  {:>9}   {:>10}   {:>9}",
        interval(&figures.recall),
        short(&figures.precision),
        short(&figures.alerts_per_day),
        short(&figures.false_alerts_per_day)
    )
}

fn interval(metric: &Metric) -> String {
    match (metric.value, metric.lo, metric.hi) {
        (Some(value), Some(lo), Some(hi)) => format!("{value:.2} [{lo:.2}, {hi:.2}]"),
        (Some(value), ..) => format!("{value:.2}"),
        _ => "-".to_owned(),
    }
}

/// Adds `said` in lines of at most 80 columns, the first after `head`, the others below it.
fn wrap(lines: &mut Vec<String>, head: &str, said: &str) {
    let mut line = head.to_owned();
    let mut is_empty = true;
    for word in said.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > 80 {
            let next = " ".repeat(head.chars().count());
            lines.push(std::mem::replace(&mut line, next));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
}
