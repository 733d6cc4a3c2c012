//! The evasion frontier as plain text for a terminal: a table per dial, levels from left to right.

use super::summary::{Page, bare_percent, percent_with_interval};
use super::summary_tables::{dash, table};
use super::{DialFrontier, Evasion, EvasionLevel, Metric, Withstands};
use crate::escaped::escaped;
use crate::evasion::Dial;

/// Levels side by side; more make a second table.
const LEVELS_SHOWN: usize = 9;
/// Rules listed, those that find most; the file has all of them.
const RULES_SHOWN: usize = 6;
/// Longest name of a rule, so that nine levels fit beside it.
const NAME_CHARS_MAX: usize = 26;

/// The summary of `evasion`, in lines of at most `width` characters (60 at least).
pub fn evasion_text(evasion: &Evasion, width: usize) -> String {
    let mut page = Page::new(width);
    page.sentence(&format!(
        "What is still found of {} on estate {}, seed {}, the more careful the attacker.",
        escaped(&evasion.attack),
        escaped(&evasion.estate),
        evasion.seed
    ));
    for frontier in &evasion.dials {
        page.heading(&heading(evasion, frontier.dial));
        let rules = best_rules(frontier);
        for levels in frontier.levels.chunks(LEVELS_SHOWN) {
            page.table(levels_table(levels, &rules));
        }
        sentences(&mut page, frontier);
    }
    page.into_text()
}

fn heading(evasion: &Evasion, dial: Dial) -> String {
    match dial {
        Dial::Slowness => format!("Slower: times {} s between two reads", evasion.gap_seconds),
        Dial::Spread => "Spread: accounts that share the work".to_owned(),
        Dial::Volume => {
            let nearest = &evasion.nearest_threshold;
            let whose = nearest.rule_id.as_ref();
            let whose = whose.map_or_else(String::new, |rule| format!(" of {}", escaped(rule)));
            format!("Less: objects taken, times the {}{whose}", nearest.objects)
        }
    }
}

/// The rules that find most, the best first.
fn best_rules(frontier: &DialFrontier) -> Vec<&String> {
    let found = |rule: &String| {
        let share = |level: &EvasionLevel| level.by_rule.get(rule).and_then(|one| one.value);
        frontier.levels.iter().filter_map(share).sum::<f64>()
    };
    let mut rules: Vec<(f64, &String)> =
        frontier.by_rule.keys().map(|rule| (found(rule), rule)).collect();
    rules.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    rules.into_iter().take(RULES_SHOWN).map(|(_, rule)| rule).collect()
}

fn levels_table(levels: &[EvasionLevel], rules: &[&String]) -> comfy_table::Table {
    let row = |name: &str, cell: &dyn Fn(&EvasionLevel) -> String| {
        let name: String = escaped(name).chars().take(NAME_CHARS_MAX).collect();
        std::iter::once(name).chain(levels.iter().map(cell)).collect::<Vec<String>>()
    };
    let count = |metric: &Metric| {
        let found = metric.value.map(|share| share * metric.n as f64);
        found.map_or_else(dash, |found| format!("{found:.0}"))
    };
    let percent = |end: Option<f64>| end.map_or_else(dash, bare_percent);
    let mut rows = vec![
        row("campaigns", &|level| level.n.to_string()),
        row("  objects taken", &|level| format!("{:.0}", level.objects_p50)),
        row("  accounts", &|level| format!("{:.0}", level.identities_p50)),
        row("  hours", &|level| format!("{:.1}", level.hours_p50)),
        row("found by all rules", &|level| count(&level.recall)),
        row("  at least %", &|level| percent(level.recall.lo)),
        row("  at most %", &|level| percent(level.recall.hi)),
    ];
    let of_rule =
        |rule: &String| row(rule, &|level| level.by_rule.get(rule).map_or_else(dash, count));
    rows.extend(rules.iter().map(|rule| of_rule(rule)));
    table(row("", &|level| value(level.value)), 1, rows)
}

/// Without needless decimals.
fn value(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn sentences(page: &mut Page, frontier: &DialFrontier) {
    let Some(last) = frontier.levels.last() else {
        page.sentence("No campaign of it could be scored.");
        not_tried(page, frontier);
        return;
    };
    let found = last.recall.value.unwrap_or(0.0) * last.n as f64;
    page.sentence(&format!(
        "{} all rules together still find {found:.0} of {}: {}{}.",
        at(frontier.dial, last.value),
        last.n,
        percent_with_interval(Some(&last.recall)),
        match frontier.pack.below_half_at {
            Some(level) => format!("; below half {}", at(frontier.dial, level).to_lowercase()),
            None => "; never below half".to_owned(),
        }
    ));
    let with = |wanted: &dyn Fn(&Withstands) -> bool, say: &dyn Fn(&Withstands) -> String| {
        let rules = frontier.by_rule.iter().filter(|(_, one)| wanted(one));
        rules.map(|(rule, one)| escaped(rule) + &say(one)).collect::<Vec<_>>()
    };
    let say = |page: &mut Page, what: &str, rules: Vec<String>| {
        if !rules.is_empty() {
            page.sentence(&format!("{what}: {}.", rules.join(", ")));
        }
    };
    let to =
        |one: &Withstands| one.holds_to.map_or_else(String::new, |to| format!(" ({})", value(to)));
    let always = |one: &Withstands| one.below_half_at.is_none();
    say(page, "At least half at every level", with(&always, &|_| String::new()));
    let a_while = |one: &Withstands| one.below_half_at.is_some() && one.holds_to.is_some();
    say(page, "At least half up to the level in brackets", with(&a_while, &to));
    let never = |one: &Withstands| one.holds_to.is_none();
    say(page, "Less than half from the start", with(&never, &|_| String::new()));
    not_tried(page, frontier);
}

/// What was asked for and could not be had.
fn not_tried(page: &mut Page, frontier: &DialFrontier) {
    if frontier.campaigns_staged < frontier.campaigns_asked {
        page.sentence(&format!(
            "Campaigns of each level: {} of {} asked for, for no two use the same account, and the \
             estate has no more.",
            frontier.campaigns_staged, frontier.campaigns_asked
        ));
    }
    for (levels, why) in [
        (&frontier.too_long, "the campaigns would last longer than the drill can score"),
        (&frontier.too_few_accounts, "the estate has too few accounts"),
    ] {
        if !levels.is_empty() {
            let levels: Vec<String> = levels.iter().map(|&level| value(level)).collect();
            page.sentence(&format!("Not tried, for {why}: {}.", levels.join(", ")));
        }
    }
}

/// A level in words.
fn at(dial: Dial, level: f64) -> String {
    match dial {
        Dial::Slowness => format!("At {}x slower", value(level)),
        Dial::Spread if level < 1.5 => "With one account".to_owned(),
        Dial::Spread => format!("With {} accounts", value(level)),
        Dial::Volume => format!("At {}x the threshold", value(level)),
    }
}
