//! Which rules to switch on under a budget of alerts: the greedy order, and the curves along it.
//!
//! At each step the rule that finds the most further campaigns per false alert a day comes next; a rule
//! without false alerts comes before any other. Which campaigns a rule adds is taken from the drill
//! itself, so the order is one of hindsight: what it promises elsewhere is less.

use std::collections::{BTreeMap, BTreeSet};

use super::curves::{Axis, Curve, Point, chart};
use super::figures::{counted, percent_with_interval, rate};
use super::html::{Html, name};
use super::inputs::Inputs;
use super::page::section;
use super::svg::Shape;
use super::sweep;
use super::table::{Cell, Table};
use crate::score::{Metric, Score, wilson};

/// Shares of the recall of all rules that the lead names the price of.
const PRICED_SHARES: [f64; 2] = [0.5, 0.9];

/// One more rule switched on.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The rule.
    pub rule_id: String,
    /// Campaigns that no rule before it found.
    pub gained: u64,
    /// What it costs alone, in false alerts a day; all alerts a day where there is no clean twin.
    pub cost: f64,
    /// What all rules so far cost.
    pub total_cost: f64,
    /// Share of the campaigns that they find.
    pub recall: Metric,
    /// Share of their alerts that are about an attack.
    pub precision: Option<f64>,
}

/// The greedy order; rules that add no campaign are left out.
pub fn greedy(score: &Score) -> Vec<Step> {
    let mut finds: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (at, outcome) in score.outcomes.iter().enumerate() {
        for rule in outcome.found_by.keys() {
            finds.entry(rule).or_default().insert(at);
        }
    }
    let (mut found, mut steps) = (BTreeSet::new(), Vec::new());
    let (mut total_cost, mut alerts, mut malicious) = (0.0, 0, 0);
    while let Some((rule, cost)) = next(score, &finds, &found) {
        let its = finds.remove(rule).unwrap_or_default();
        let before = found.len();
        found.extend(its);
        total_cost += cost;
        if let Some(one) = score.by_rule.get(rule) {
            alerts += one.alerts.scored;
            malicious += one.alerts.malicious;
        }
        steps.push(Step {
            rule_id: rule.to_owned(),
            gained: (found.len() - before) as u64,
            cost,
            total_cost,
            recall: wilson(found.len() as u64, score.outcomes.len() as u64),
            precision: (alerts > 0).then(|| malicious as f64 / alerts as f64),
        });
    }
    steps
}

/// The rule with the most further campaigns for its cost, then with the most, then the first by name.
fn next<'a>(
    score: &Score,
    finds: &BTreeMap<&'a str, BTreeSet<usize>>,
    found: &BTreeSet<usize>,
) -> Option<(&'a str, f64)> {
    let gains = finds.iter().filter_map(|(&rule, its)| {
        let gained = its.difference(found).count();
        (gained > 0).then(|| (rule, gained, cost(score, rule)))
    });
    let worth = |gained: usize, cost: f64| match cost > 0.0 {
        true => gained as f64 / cost,
        false => f64::INFINITY,
    };
    let best = gains.max_by(|a, b| {
        worth(a.1, a.2)
            .total_cmp(&worth(b.1, b.2))
            .then_with(|| a.1.cmp(&b.1))
            .then_with(|| b.0.cmp(a.0))
    });
    best.map(|(rule, _, cost)| (rule, cost))
}

/// False alerts a day, or all of them where there is no clean twin.
fn cost(score: &Score, rule: &str) -> f64 {
    let Some(one) = score.by_rule.get(rule) else { return 0.0 };
    one.false_alerts_per_day.value.or(one.alerts_per_day.value).unwrap_or(0.0)
}

/// Writes the section, with the curves of a sweep where there is one.
pub(super) fn write(html: &mut Html, inputs: &Inputs) {
    let score = &inputs.score;
    let steps = greedy(score);
    let kind = match score.false_alerts_per_day.value {
        Some(_) => "false alerts a day",
        None => "alerts a day",
    };
    section(html, "budget", "What a budget of alerts buys", &lead(&steps, score, kind), |html| {
        html.element("div", &[("class", &"pair")], |html| {
            chart(html, &budget_curve(&steps, kind));
            chart(html, &trade_curve(&steps, kind));
        });
        table(&steps, kind).write_behind_chart(html);
        html.leaf(
            "p",
            &[("class", &"note")],
            "Rules in the order that finds most for what they cost, chosen on these very campaigns: \
             elsewhere the same order will find somewhat less. Bands are 95 % intervals of the recall.",
        );
        if let Some(found) = &inputs.sweep {
            sweep::write(html, found);
        }
    });
}

fn lead(steps: &[Step], score: &Score, kind: &str) -> String {
    let Some(last) = steps.last() else { return "No rule found anything.".to_owned() };
    let whole = last.recall.value.unwrap_or(0.0);
    let priced = PRICED_SHARES.iter().filter_map(|share| {
        let at = steps.iter().position(|step| step.recall.value >= Some(share * whole))?;
        let step = &steps[at];
        Some(format!(
            "{} for {:.1} {kind} with {}",
            super::figures::percent(step.recall.value),
            step.total_cost,
            counted(at as u64 + 1, "rule")
        ))
    });
    let priced: Vec<String> = priced.collect();
    let idle = score.by_rule.len().saturating_sub(steps.len());
    let idle = match idle {
        0 => String::new(),
        idle => {
            format!(" {} found nothing that those had not.", counted(idle as u64, "further rule"))
        }
    };
    format!(
        "Switched on one by one, the best bargain first, {} find everything that all find: {}.{idle}",
        counted(steps.len() as u64, "rule"),
        priced.join(", ")
    )
}

fn words(step: &Step, kind: &str) -> String {
    format!(
        "{}: {} found, {:.1} {kind}, {} of alerts about an attack",
        name(&step.rule_id),
        percent_with_interval(Some(&step.recall)),
        step.total_cost,
        super::figures::percent(step.precision)
    )
}

fn budget_curve<'a>(steps: &[Step], kind: &'a str) -> Curve<'a> {
    let nothing = Point {
        x: 0.0,
        y: 0.0,
        lo: Some(0.0),
        hi: Some(0.0),
        shape: Shape::Ring,
        words: "no rule: nothing found".to_owned(),
    };
    let points = steps.iter().map(|step| Point {
        x: step.total_cost,
        y: step.recall.value.unwrap_or(0.0),
        lo: step.recall.lo,
        hi: step.recall.hi,
        shape: Shape::Disc,
        words: words(step, kind),
    });
    Curve {
        id: "budget-curve",
        title: "Recall for a budget of alerts",
        x: Axis::rate(kind),
        y: Axis::share("campaigns found"),
        points: std::iter::once(nothing).chain(points).collect(),
        is_step: true,
    }
}

fn trade_curve(steps: &[Step], kind: &str) -> Curve<'static> {
    let points = steps.iter().filter_map(|step| {
        Some(Point {
            x: step.recall.value?,
            y: step.precision?,
            lo: None,
            hi: None,
            shape: Shape::Disc,
            words: words(step, kind),
        })
    });
    Curve {
        id: "trade-curve",
        title: "Precision for recall",
        x: Axis::share("campaigns found"),
        y: Axis::share("alerts about an attack"),
        points: points.collect(),
        is_step: false,
    }
}

fn table(steps: &[Step], kind: &str) -> Table {
    let header = [
        "rule switched on",
        "campaigns added",
        "costs a day",
        "cost so far",
        "recall so far",
        "precision so far",
    ];
    let mut table = Table::new(format!("Rules by what they add for their {kind}"), &header);
    for step in steps {
        table.row(vec![
            Cell::name(&step.rule_id),
            Cell::count(step.gained),
            Cell::figure(rate(Some(step.cost)), Some(step.cost)),
            Cell::figure(rate(Some(step.total_cost)), Some(step.total_cost)),
            Cell::figure(percent_with_interval(Some(&step.recall)), step.recall.value),
            Cell::figure(super::figures::percent(step.precision), step.precision),
        ]);
    }
    table
}
