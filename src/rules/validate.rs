//! From the form of a rule file to a rule that is sound, or the first fault that keeps it from being
//! one.

use toml::Spanned;

use super::fault::{Fault, File};
use super::query::group_field;
use super::units::{DURATION, parse_duration};
use super::wire::{SCHEMA_VERSION, WireGuidance, WireRule, WireThreat, WireTunable, Word, Words};
use super::{
    Guidance, Query, Rule, RuleKind, Severity, Threat, Timing, Tunable, conditions, examples,
    exceptions, schedule,
};
use crate::event::{Field, TickSpan};
use crate::nearest::nearest;

/// Ids are typed by hand and stand in tables: longer ones serve nobody.
const MAX_ID_BYTES: usize = 64;

/// Reads a rule file. `name` is what its faults call it.
///
/// # Errors
/// [`RuleFileError`](super::RuleFileError) for the first fault.
pub fn parse_rule(name: &str, text: &str) -> Result<Rule, Fault> {
    let file = File { name, text };
    let wire: WireRule = toml::from_str(text).map_err(|error| file.toml_fault(&error))?;
    if *wire.schema_version.get_ref() != SCHEMA_VERSION {
        let expected = format!("schema_version {SCHEMA_VERSION}");
        return Err(file.unexpected(&wire.schema_version, &expected));
    }
    let kind = conditions::kind(&file, &wire)?;
    let suppress = match (&wire.suppress, &kind) {
        (Some(suppress), _) => file.span(suppress)?,
        (None, RuleKind::Threshold(threshold)) => threshold.window,
        (None, RuleKind::Sequence(sequence)) => sequence.max_span,
        (None, RuleKind::Query { .. } | RuleKind::NewTerms(_)) => TickSpan::default(),
    };
    let mut rule = Rule {
        id: file.id(&wire.id)?,
        name: file.sentence(&wire.name)?,
        pack: String::new(),
        severity: file.one_of(&wire.severity, &Severity::ALL.map(|s| (s.word(), s)))?,
        risk_score: file.risk_score(&wire.risk_score)?,
        query: conditions::query(&file, &wire, &kind)?,
        schedule: schedule::schedule(&file, &wire, &kind)?,
        timing: Timing::default(),
        kind,
        suppress,
        exceptions: exceptions::exceptions(&file, &wire.exceptions)?,
        threat: wire.threat.iter().map(|threat| file.threat(threat)).collect::<Result<_, _>>()?,
        guidance: file.guidance(&wire.guidance)?,
        tunables: Vec::new(),
        examples: examples::examples(&file, wire.examples)?,
    };
    for tunable in &wire.tunables {
        let tunable = file.tunable(tunable, &rule)?;
        rule.tunables.push(tunable);
    }
    Ok(rule)
}

/// Checks that several parts of a rule file need.
impl File<'_> {
    /// A fault that says what was expected in place of `value`, as written.
    pub(super) fn unexpected<T>(&self, value: &Spanned<T>, expected: &str) -> Fault {
        let written = self.text.get(value.span()).unwrap_or_default();
        let line = written.lines().next().unwrap_or_default();
        self.fault(value.span(), format!("expected {expected}, found {line}"), None)
    }

    pub(super) fn query(&self, source: &Word) -> Result<Query, Fault> {
        Query::parse(source.get_ref()).map_err(|error| {
            let span = self.within_string(source.span(), error.span);
            let message = format!("expected {}, found {}", error.expected, error.found);
            self.fault(span, message, error.nearest)
        })
    }

    /// Between `least` and `most` different fields.
    pub(super) fn fields(
        &self,
        words: &Words,
        least: usize,
        most: usize,
    ) -> Result<Vec<Field>, Fault> {
        let count = words.get_ref().len();
        if !(least..=most).contains(&count) {
            let range =
                if least == most { least.to_string() } else { format!("{least} to {most}") };
            return Err(self.unexpected(words, &format!("{range} fields")));
        }
        let mut fields = Vec::new();
        for word in words.get_ref() {
            let field = group_field(word.get_ref()).map_err(|error| {
                let message = format!("expected {}, found {}", error.expected, error.found);
                self.fault(word.span(), message, error.nearest)
            })?;
            if fields.contains(&field) {
                return Err(self.unexpected(word, "each field once"));
            }
            fields.push(field);
        }
        Ok(fields)
    }

    pub(super) fn span(&self, text: &Word) -> Result<TickSpan, Fault> {
        parse_duration(text.get_ref()).ok_or_else(|| self.unexpected(text, DURATION))
    }

    /// A span that is not empty.
    pub(super) fn positive_span(&self, text: &Word) -> Result<TickSpan, Fault> {
        let span = self.span(text)?;
        if span.0 > 0 { Ok(span) } else { Err(self.unexpected(text, "a duration above zero")) }
    }

    /// The value of a number that `sound` accepts.
    pub(super) fn checked<T: Copy>(
        &self,
        value: &Spanned<T>,
        expected: &str,
        sound: impl Fn(T) -> bool,
    ) -> Result<T, Fault> {
        let number = *value.get_ref();
        if sound(number) { Ok(number) } else { Err(self.unexpected(value, expected)) }
    }

    /// What `word` stands for among `choices`.
    pub(super) fn one_of<T: Copy>(
        &self,
        word: &Word,
        choices: &[(&'static str, T)],
    ) -> Result<T, Fault> {
        let chosen = choices.iter().find(|(name, _)| name == word.get_ref());
        chosen.map(|&(_, value)| value).ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|&(name, _)| name).collect();
            let message =
                format!("expected one of {}, found `{}`", names.join(", "), word.get_ref());
            self.fault(word.span(), message, nearest(word.get_ref(), names))
        })
    }

    /// A text that says something.
    pub(super) fn sentence(&self, text: &Word) -> Result<String, Fault> {
        let sentence = text.get_ref().split_whitespace().collect::<Vec<_>>().join(" ");
        if sentence.is_empty() {
            return Err(self.unexpected(text, "a text"));
        }
        Ok(sentence)
    }

    fn sentences(&self, texts: &Words) -> Result<Vec<String>, Fault> {
        if texts.get_ref().is_empty() {
            return Err(self.unexpected(texts, "at least one text"));
        }
        texts.get_ref().iter().map(|text| self.sentence(text)).collect()
    }

    pub(super) fn id(&self, id: &Word) -> Result<String, Fault> {
        let text = id.get_ref();
        let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text.len() > MAX_ID_BYTES || !text.bytes().all(sound) {
            let expected = format!("1 to {MAX_ID_BYTES} lower-case letters, digits and dashes");
            return Err(self.unexpected(id, &expected));
        }
        Ok(text.clone())
    }

    pub(super) fn risk_score(&self, score: &Spanned<u32>) -> Result<u8, Fault> {
        let sound = u8::try_from(*score.get_ref()).ok().filter(|&score| score <= 100);
        sound.ok_or_else(|| self.unexpected(score, "a risk score from 0 to 100"))
    }

    fn threat(&self, threat: &WireThreat) -> Result<Threat, Fault> {
        let tactic = self.tactic(&threat.tactic)?;
        let techniques = threat.techniques.get_ref().iter();
        let techniques = techniques.map(|technique| self.technique(technique));
        Ok(Threat { tactic, techniques: techniques.collect::<Result<_, _>>()? })
    }

    pub(super) fn tactic(&self, word: &Word) -> Result<String, Fault> {
        self.pattern(word, "a tactic such as TA0006", is_tactic)
    }

    pub(super) fn technique(&self, word: &Word) -> Result<String, Fault> {
        self.pattern(word, "a technique such as T1555 or T1555.006", is_technique)
    }

    fn pattern(
        &self,
        word: &Word,
        expected: &str,
        sound: fn(&str) -> bool,
    ) -> Result<String, Fault> {
        if sound(word.get_ref()) {
            Ok(word.get_ref().clone())
        } else {
            Err(self.unexpected(word, expected))
        }
    }

    fn guidance(&self, guidance: &WireGuidance) -> Result<Guidance, Fault> {
        Ok(Guidance {
            catches: self.sentence(&guidance.catches)?,
            misses: self.sentence(&guidance.misses)?,
            false_positives: self.sentences(&guidance.false_positives)?,
            investigate: self.sentences(&guidance.investigate)?,
            respond: self.sentences(&guidance.respond)?,
            impact: self.sentence(&guidance.impact)?,
            references: self.sentences(&guidance.references)?,
        })
    }

    /// A tunable of a parameter that `rule` has, its current value within the range.
    fn tunable(&self, tunable: &WireTunable, rule: &Rule) -> Result<Tunable, Fault> {
        let parameters = rule.parameters();
        let name = tunable.name.get_ref();
        let Some(parameter) = parameters.iter().find(|parameter| parameter.name == *name) else {
            let names: Vec<_> = parameters.iter().map(|it| it.name.as_str()).collect();
            let message =
                format!("expected a parameter of this rule ({}), found `{name}`", names.join(", "));
            return Err(self.fault(tunable.name.span(), message, nearest(name, names)));
        };
        let low = self.bound(&tunable.low, parameter.is_duration)?;
        let high = self.bound(&tunable.high, parameter.is_duration)?;
        if parameter.value < low {
            return Err(self.unexpected(&tunable.low, "at most the parameter's value"));
        }
        if parameter.value > high {
            return Err(self.unexpected(&tunable.high, "at least the parameter's value"));
        }
        Ok(Tunable { name: name.clone(), low, high, effect: self.sentence(&tunable.effect)? })
    }

    fn bound(&self, bound: &Spanned<toml::Value>, is_duration: bool) -> Result<f64, Fault> {
        let number = match bound.get_ref() {
            toml::Value::String(text) if is_duration => {
                parse_duration(text).map(TickSpan::as_seconds_f64)
            }
            toml::Value::Integer(number) if !is_duration => Some(*number as f64),
            toml::Value::Float(number) if !is_duration => Some(*number),
            _ => None,
        };
        let expected = if is_duration { DURATION } else { "a number" };
        number.ok_or_else(|| self.unexpected(bound, expected))
    }
}

fn is_tactic(text: &str) -> bool {
    text.strip_prefix("TA").is_some_and(|digits| is_number(digits, 4))
}

fn is_technique(text: &str) -> bool {
    let Some(number) = text.strip_prefix('T') else { return false };
    match number.split_once('.') {
        Some((technique, sub)) => is_number(technique, 4) && is_number(sub, 3),
        None => is_number(number, 4),
    }
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}
