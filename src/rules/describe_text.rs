//! Rules as text for a person at a terminal of 80 columns.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::describe::weekdays;
use super::units::{clock, duration};
use super::{
    Adaptive, Buckets, Exception, Inexpressible, Need, NewTerms, Pack, Parameter, Rule, RuleKind,
    Schedule, Sequence, Threshold,
};
use crate::event::{Field, TickSpan};
use crate::wrapped::wrapped;

const INDENT: &str = "  ";
/// Labels of the condition are padded to this, in characters.
const LABEL_WIDTH: usize = 10;

/// One line per rule: id, severity, kind, name; under the name of its pack.
pub fn rules_text(rules: &[Rule]) -> String {
    let mut packs: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        packs.entry(&rule.pack).or_default().push(rule);
    }
    let mut text = String::new();
    for (pack, rules) in packs {
        let gap = if text.is_empty() { "" } else { "\n" };
        writeln(&mut text, format_args!("{gap}{pack}:"));
        rule_lines(&mut text, rules.into_iter());
    }
    text
}

fn rule_lines<'a>(text: &mut String, rules: impl Iterator<Item = &'a Rule> + Clone) {
    let widest = rules.clone().map(|rule| rule.id.len()).max().unwrap_or(0);
    for Rule { id, name, severity, kind, .. } in rules {
        let (severity, kind) = (severity.word(), kind.word());
        writeln(text, format_args!("{id:<widest$}  {severity:<8}  {kind:<9}  {name}"));
    }
}

/// A pack: its rules, one line each, and what it does without.
pub fn pack_text(pack: &Pack, rules: &[Rule], inexpressible: &[Inexpressible]) -> String {
    let mut page = Page::default();
    page.wrapped(&format!("{}: ", pack.name), INDENT, pack.summary);
    page.heading("Rules");
    rule_lines(&mut page.text, rules.iter());
    let missing = inexpressible
        .iter()
        .map(|one| format!("{}: {} ({})", one.name, one.reason.trim_end_matches('.'), one.source));
    page.list("Published, but not to be expressed as a rule", &missing.collect::<Vec<_>>());
    page.text
}

/// Everything an analyst or a tuner needs to know of a rule.
pub fn rule_text(rule: &Rule) -> String {
    let mut page = Page::default();
    page.head(rule);
    page.section("Catches", &rule.guidance.catches);
    page.section("Cannot see", &rule.guidance.misses);
    page.heading("Condition");
    page.condition(rule);
    if !rule.exceptions.is_empty() {
        page.heading("Exceptions");
        rule.exceptions.iter().for_each(|exception| page.exception(exception));
    }
    if !rule.tunables.is_empty() {
        page.heading("Tunables");
        page.tunables(rule);
    }
    page.list("Benign causes", &rule.guidance.false_positives);
    page.list("Investigate", &rule.guidance.investigate);
    page.list("Respond", &rule.guidance.respond);
    page.section("Impact", &rule.guidance.impact);
    page.list("References", &rule.guidance.references);
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn head(&mut self, rule: &Rule) {
        writeln(&mut self.text, format_args!("{}: {}", rule.id, rule.name));
        let threat = rule
            .threat
            .iter()
            .map(|threat| format!("{} ({})", threat.tactic, threat.techniques.join(", ")));
        let (severity, kind) = (rule.severity.word(), rule.kind.word());
        let mut first = format!("{severity} severity, risk {}, {kind} rule", rule.risk_score);
        if !rule.pack.is_empty() {
            first += &format!(" of pack {}", rule.pack);
        }
        let parts: Vec<_> = std::iter::once(first).chain(threat).collect();
        self.wrapped("", "", &parts.join(", "));
    }

    fn condition(&mut self, rule: &Rule) {
        if !matches!(rule.kind, RuleKind::Sequence(_)) {
            self.labelled("events", rule.query.source());
        }
        match &rule.kind {
            RuleKind::Query { group_by } => {
                if !group_by.is_empty() {
                    self.labelled("per", &words(group_by));
                }
                self.labelled("fires at", "each of them");
            }
            RuleKind::Threshold(threshold) => self.threshold(threshold),
            RuleKind::NewTerms(new_terms) => self.new_terms(new_terms),
            RuleKind::Sequence(sequence) => self.sequence(sequence),
        }
        if rule.suppress != TickSpan::default() {
            let mut text = format!("{} after an alert", duration(rule.suppress));
            // Other kinds have no value that could double.
            if matches!(rule.kind, RuleKind::Threshold(_)) {
                text += ", unless the value has doubled";
            }
            self.labelled("quiet for", &text);
        }
        if let Some(schedule) = &rule.schedule {
            self.schedule(schedule);
        }
    }

    fn schedule(&mut self, schedule: &Schedule) {
        let Schedule { interval, lookback, max_signals, clock } = schedule;
        let (interval, lookback) = (duration(*interval), duration(*lookback));
        let text = format!(
            "with --timing scheduled: a run every {interval} over the {lookback} before it by {} \
             time, at most {max_signals} alerts a run",
            clock.word()
        );
        self.labelled("runs", &text);
    }

    fn threshold(&mut self, threshold: &Threshold) {
        if !threshold.group_by.is_empty() {
            self.labelled("per", &words(&threshold.group_by));
        }
        let placed = match threshold.buckets {
            Buckets::Sliding => "ending at any event",
            Buckets::Tumbling => "aligned to the epoch",
        };
        self.labelled("within", &format!("{}, {placed}", duration(threshold.window)));
        if let Some(count) = threshold.count {
            self.labelled("count", &format!("at least {count} events"));
        }
        if let Some(distinct) = &threshold.distinct {
            let text = format!("at least {} of {}", distinct.values, words(&distinct.fields));
            self.labelled("distinct", &text);
        }
        if let Some(adaptive) = threshold.adaptive {
            let Adaptive { multiple, quantile, history_days, min_days, learn, hard_cap, wider } =
                adaptive;
            let whose = wider.map_or("its own".to_owned(), |wider| {
                format!("the {}'s", words(&threshold.group_by[..wider.fields]))
            });
            let mut text = format!(
                "and above {multiple} times the {quantile} quantile of {whose} daily maxima over \
                 {history_days} days, from {min_days} active days on"
            );
            if wider.is_some_and(|wider| wider.new_group) {
                text += "; only with such a past, and without an active day of its own in it";
            }
            if learn.0 > 0 {
                text += &format!("; the first {} only teach", duration(learn));
            }
            if let Some(cap) = hard_cap {
                text += &format!("; at {cap} whatever its history");
            }
            self.labelled("unusual", &text);
        }
    }

    fn new_terms(&mut self, new_terms: &NewTerms) {
        let NewTerms { terms, known, history, learn } = new_terms;
        let text = format!("{} not seen together for {}", words(terms), duration(*history));
        let text = if terms.len() == 1 { text.replace(" together", "") } else { text };
        self.labelled("new", &text);
        if *known > 0 {
            self.labelled("known", &format!("{}, seen before", words(&terms[..*known])));
        }
        self.labelled("learns", &format!("for the first {}", duration(*learn)));
    }

    fn sequence(&mut self, sequence: &Sequence) {
        self.labelled("per", &words(&sequence.by));
        self.labelled("within", &duration(sequence.max_span));
        for (place, step) in (1..).zip(&sequence.steps) {
            let mut text = match &step.need {
                Need::Count(1) => String::new(),
                Need::Count(count) => format!("at least {count} of "),
                Need::Distinct(part) => {
                    format!("at least {} of {} in ", part.values, words(&part.fields))
                }
            };
            text += step.query.source();
            if step.by != sequence.by {
                text += &format!(", by {}", words(&step.by));
            }
            self.labelled(if place == 1 { "first" } else { "then" }, &text);
        }
    }

    fn exception(&mut self, exception: &Exception) {
        let mut parts = Vec::new();
        if !exception.query.source().trim().is_empty() {
            parts.push(exception.query.source().to_owned());
        }
        for frame in &exception.frames {
            parts.push(format!(
                "{} {} to {} {}",
                weekdays(frame).join(", "),
                clock(frame.from_minute),
                clock(frame.to_minute),
                frame.zone.iana_name().unwrap_or("in an unnamed zone"),
            ));
        }
        parts.extend(exception.expires.map(|expires| format!("before {expires}")));
        self.item(&format!("{}: {}", parts.join(", "), exception.reason));
    }

    fn tunables(&mut self, rule: &Rule) {
        let parameters = rule.parameters();
        for tunable in &rule.tunables {
            let Some(parameter) = parameters.iter().find(|known| known.name == tunable.name) else {
                continue;
            };
            let show = |value| quantity(parameter, value);
            let (value, low, high) = (show(parameter.value), show(tunable.low), show(tunable.high));
            let effect = &tunable.effect;
            self.item(&format!("{} = {value} ({low} to {high}): {effect}", tunable.name));
        }
    }

    fn heading(&mut self, heading: &str) {
        writeln(&mut self.text, format_args!("\n{heading}"));
    }

    /// A heading and what it is about, unless that is nothing.
    fn list(&mut self, heading: &str, items: &[String]) {
        if !items.is_empty() {
            self.heading(heading);
            items.iter().for_each(|item| self.item(item));
        }
    }

    /// As [`Page::list`].
    fn section(&mut self, heading: &str, text: &str) {
        if !text.is_empty() {
            self.heading(heading);
            self.paragraph(text);
        }
    }

    fn paragraph(&mut self, text: &str) {
        self.wrapped(INDENT, INDENT, text);
    }

    fn item(&mut self, text: &str) {
        self.wrapped("  - ", "    ", text);
    }

    fn labelled(&mut self, label: &str, text: &str) {
        let first = format!("{INDENT}{label:<LABEL_WIDTH$}");
        self.wrapped(&first, &" ".repeat(INDENT.len() + LABEL_WIDTH), text);
    }

    fn wrapped(&mut self, first: &str, later: &str, text: &str) {
        wrapped(&mut self.text, (first, later), text);
    }
}

fn writeln(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to a String cannot fail");
}

fn words(fields: &[Field]) -> String {
    let words: Vec<_> = fields.iter().map(|field| field.word()).collect();
    words.join(", ")
}

fn quantity(parameter: &Parameter, value: f64) -> String {
    if parameter.is_duration {
        duration(TickSpan::seconds(value as i64))
    } else {
        value.to_string()
    }
}
