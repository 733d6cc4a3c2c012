//! Rules by attacks: how many campaigns of each attack each rule found.

use std::collections::BTreeMap;

use super::figures::counted;
use super::html::{Html, name};
use super::inputs::Inputs;
use super::page::section;
use crate::score::AttackScore;

/// Shades of a cell, from one find to all.
const SHADES: f64 = 5.0;

/// Writes the section.
pub(super) fn write(html: &mut Html, inputs: &Inputs) {
    let score = &inputs.score;
    let attacks: Vec<(&String, &AttackScore)> =
        score.by_attack.iter().filter(|(_, one)| one.campaigns.scored > 0).collect();
    let empty = BTreeMap::new();
    let mut rules: Vec<(&String, &BTreeMap<String, u64>, u64)> = score
        .by_rule
        .iter()
        .map(|(rule, one)| (rule, score.matrix.get(rule).unwrap_or(&empty), one.campaigns_found))
        .collect();
    rules.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(b.0)));
    let (finders, idle): (Vec<_>, Vec<_>) = rules.into_iter().partition(|(_, _, found)| *found > 0);
    let lead = format!(
        "{} of {} found something. The darker a cell, the more of the attack's campaigns its rule \
         found; a dot is none. Framed figures are campaigns that no rule found.",
        finders.len(),
        counted((finders.len() + idle.len()) as u64, "rule"),
    );
    section(html, "matrix", "Which rule finds which attack", &lead, |html| {
        let caption = "Campaigns found, by rule and attack";
        let scrolls: super::html::Attributes<'_> = &[
            ("class", &"scroll"),
            ("tabindex", &0),
            ("role", &"region"),
            ("aria-label", &caption),
        ];
        html.element("div", scrolls, |html| {
            html.element("table", &[("class", &"heat")], |html| {
                html.leaf("caption", &[], caption);
                html.element("thead", &[], |html| head(html, &attacks));
                html.element("tbody", &[], |html| {
                    for (rule, found, all) in &finders {
                        html.element("tr", &[], |html| row(html, rule, found, *all, &attacks));
                    }
                });
            });
        });
        if !idle.is_empty() {
            html.element("details", &[("class", &"data")], |html| {
                html.leaf(
                    "summary",
                    &[],
                    format!("{} without a find", counted(idle.len() as u64, "rule")),
                );
                let names: Vec<String> = idle.iter().map(|(rule, ..)| name(rule)).collect();
                html.leaf("p", &[], names.join(", "));
            });
        }
    });
}

fn head(html: &mut Html, attacks: &[(&String, &AttackScore)]) {
    html.element("tr", &[("class", &"names")], |html| {
        html.leaf("th", &[("scope", &"col")], "rule");
        html.leaf("th", &[("scope", &"col")], "found");
        for (attack, _) in attacks {
            html.element("th", &[("scope", &"col")], |html| {
                html.leaf("span", &[], name(attack));
            });
        }
    });
    let totals =
        |html: &mut Html, title: &str, count: fn(&AttackScore) -> u64, class: &'static str| {
            html.element("tr", &[("class", &class)], |html| {
                html.leaf("th", &[("scope", &"row")], title);
                html.leaf("td", &[], attacks.iter().map(|(_, one)| count(one)).sum::<u64>());
                for (_, one) in attacks {
                    match count(one) {
                        0 => html.leaf("td", &[("class", &"none")], "·"),
                        many => html.leaf("td", &[], many),
                    }
                }
            });
        };
    totals(html, "campaigns", |one| one.campaigns.scored, "total");
    totals(html, "missed by every rule", |one| one.campaigns.missed, "missed");
}

fn row(
    html: &mut Html,
    rule: &str,
    found: &BTreeMap<String, u64>,
    all: u64,
    attacks: &[(&String, &AttackScore)],
) {
    html.leaf("th", &[("scope", &"row")], name(rule));
    html.leaf("td", &[("class", &"sum")], all);
    for (attack, one) in attacks {
        let count = found.get(*attack).copied().unwrap_or(0);
        if count == 0 {
            html.leaf("td", &[("class", &"none")], "·");
            continue;
        }
        let share = count as f64 / one.campaigns.scored as f64;
        let class = format!("h{:.0}", (share * SHADES).ceil().clamp(1.0, SHADES));
        html.leaf("td", &[("class", &class)], count);
    }
}
