//! Reads a requirement: `<metric> <operator> <limit>`, or `no_lost_campaign(<filters>)`.
//!
//! A limit is a number with or without a unit (`90%`, `120s`), or `[factor *] baseline [+ or - number]`.
//! Errors point at the column and say what could stand there.

use super::error::ExpressionError;
use super::requirement::{Amount, Filter, Limit, MetricRequirement, Operator, Requirement, Unit};
use crate::nearest::nearest;
use crate::rules::Severity;

/// Longest expression read; longer ones are a mistake.
const CHARACTERS_MAX: usize = 1_000;
const NO_LOST_CAMPAIGN: &str = "no_lost_campaign";
const BASELINE: &str = "baseline";

impl Requirement {
    /// Reads the requirement that `text` spells.
    ///
    /// # Errors
    /// [`ExpressionError`] with the column of the fault.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut parser = Parser { text, characters: text.chars().collect(), at: 0 };
        if parser.characters.len() > CHARACTERS_MAX {
            parser.at = CHARACTERS_MAX;
            return Err(parser.unexpected("the end: an expression is at most 1000 characters long"));
        }
        parser.skip_spaces();
        let start = parser.at;
        let name = parser.word(true);
        if name.is_empty() {
            return Err(parser.unexpected("the name of a metric or no_lost_campaign()"));
        }
        parser.skip_spaces();
        let requirement = if parser.take("(") {
            if name != NO_LOST_CAMPAIGN {
                parser.at = start;
                return Err(parser.unknown(
                    "the function no_lost_campaign",
                    &name,
                    [NO_LOST_CAMPAIGN],
                ));
            }
            Self::NoLostCampaign(parser.filters()?)
        } else {
            if name == NO_LOST_CAMPAIGN {
                return Err(parser.unexpected("("));
            }
            let operator = parser.operator()?;
            let limit = parser.limit()?;
            Self::Metric(MetricRequirement { metric: name, operator, limit })
        };
        parser.skip_spaces();
        if parser.at < parser.characters.len() {
            return Err(parser.unexpected("the end"));
        }
        Ok(requirement)
    }
}

struct Parser<'a> {
    text: &'a str,
    characters: Vec<char>,
    at: usize,
}

impl Parser<'_> {
    fn skip_spaces(&mut self) {
        while self.characters.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    /// Takes `symbol` if it stands here.
    fn take(&mut self, symbol: &str) -> bool {
        let length = symbol.chars().count();
        let here = self.characters.get(self.at..self.at + length);
        let is_here = here.is_some_and(|here| here.iter().copied().eq(symbol.chars()));
        if is_here {
            self.at += length;
        }
        is_here
    }

    /// Letters, digits, `_`; and `.` and `-` in names `with_marks`.
    fn word(&mut self, with_marks: bool) -> String {
        let start = self.at;
        let belongs =
            |c: &char| c.is_alphanumeric() || *c == '_' || (with_marks && matches!(c, '.' | '-'));
        while self.characters.get(self.at).is_some_and(belongs) {
            self.at += 1;
        }
        self.characters[start..self.at].iter().collect()
    }

    fn operator(&mut self) -> Result<Operator, ExpressionError> {
        let operator = Operator::ALL.into_iter().find(|operator| self.take(operator.word()));
        let followed = self.characters.get(self.at).is_some_and(|&c| matches!(c, '=' | '<' | '>'));
        match operator {
            Some(operator) if !followed => Ok(operator),
            _ => Err(self.unexpected(">=, <=, > or <")),
        }
    }

    fn limit(&mut self) -> Result<Limit, ExpressionError> {
        self.skip_spaces();
        if self.characters.get(self.at).is_some_and(|c| c.is_alphabetic()) {
            return self.baseline(1.0);
        }
        let start = self.at;
        let amount = self.amount("a number or baseline")?;
        self.skip_spaces();
        if !self.take("*") {
            return Ok(Limit::Amount(amount));
        }
        if amount.unit != Unit::None || amount.number <= 0.0 {
            self.at = start;
            return Err(self.unexpected("a factor above zero without a unit"));
        }
        self.skip_spaces();
        self.baseline(amount.number)
    }

    fn baseline(&mut self, factor: f64) -> Result<Limit, ExpressionError> {
        let start = self.at;
        let word = self.word(false);
        if word != BASELINE {
            self.at = start;
            return Err(self.unknown("baseline or a number", &word, [BASELINE]));
        }
        self.skip_spaces();
        let sign = if self.take("+") {
            1.0
        } else if self.take("-") {
            -1.0
        } else {
            return Ok(Limit::Baseline { factor, offset: Amount::plain(0.0) });
        };
        self.skip_spaces();
        let start = self.at;
        let amount = self.amount("a number")?;
        if amount.number <= 0.0 {
            self.at = start;
            return Err(self.unexpected("a number above zero"));
        }
        Ok(Limit::Baseline { factor, offset: Amount { number: sign * amount.number, ..amount } })
    }

    fn amount(&mut self, expected: &str) -> Result<Amount, ExpressionError> {
        let start = self.at;
        self.take("-");
        let is_part = |c: &char| c.is_ascii_digit() || matches!(c, '.' | '_');
        while self.characters.get(self.at).is_some_and(is_part) {
            self.at += 1;
        }
        let digits: String =
            self.characters[start..self.at].iter().filter(|&&c| c != '_').collect();
        let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
        let Some(number) = number else {
            self.at = start;
            return Err(self.unexpected(expected));
        };
        // Minus zero would be spelled differently from zero, and is the same.
        let number = if digits.starts_with('-') && number >= 0.0 { 0.0 } else { number };
        let unit_at = self.at;
        let unit = Unit::WORDS.into_iter().find(|(word, _)| self.take(word));
        if self.characters.get(self.at).is_some_and(|c| c.is_alphanumeric()) {
            self.at = unit_at;
            return Err(self.unexpected("a unit (%, ms, s, m, h, d) or none"));
        }
        Ok(Amount { number, unit: unit.map_or(Unit::None, |(_, unit)| unit) })
    }

    /// What is in the brackets, the closing one included.
    fn filters(&mut self) -> Result<Vec<Filter>, ExpressionError> {
        let mut filters = Vec::new();
        self.skip_spaces();
        if self.take(")") {
            return Ok(filters);
        }
        loop {
            filters.push(self.filter()?);
            self.skip_spaces();
            if self.take(")") {
                return Ok(filters);
            }
            let start = self.at;
            if self.word(false) != "and" {
                self.at = start;
                return Err(self.unexpected("`and` or )"));
            }
        }
    }

    fn filter(&mut self) -> Result<Filter, ExpressionError> {
        const FIELDS: [&str; 3] = ["severity", "attack", "variant"];
        self.skip_spaces();
        let start = self.at;
        let field = self.word(false);
        if !FIELDS.contains(&field.as_str()) {
            self.at = start;
            return Err(self.unknown("severity, attack or variant", &field, FIELDS));
        }
        self.skip_spaces();
        let is_severity = field == "severity";
        let is_equal = self.take("==");
        let is_comparison = is_equal || is_severity && self.take(">=");
        if !is_comparison {
            return Err(self.unexpected(if is_severity { ">= or ==" } else { "==" }));
        }
        self.skip_spaces();
        let start = self.at;
        let value = self.word(true);
        if value.is_empty() {
            return Err(self.unexpected("a value"));
        }
        if !is_severity {
            return Ok(if field == "attack" {
                Filter::AttackIs(value)
            } else {
                Filter::VariantIs(value)
            });
        }
        let severity = Severity::ALL.into_iter().find(|severity| severity.word() == value);
        let Some(severity) = severity else {
            self.at = start;
            let words = Severity::ALL.map(Severity::word);
            return Err(self.unknown("low, medium, high or critical", &value, words));
        };
        Ok(match is_equal {
            true => Filter::SeverityIs(severity),
            false => Filter::SeverityAtLeast(severity),
        })
    }

    /// Something else stands here.
    fn unexpected(&self, expected: &str) -> ExpressionError {
        let rest: String = self.characters[self.at..].iter().take(20).collect();
        let word = rest.split_whitespace().next();
        ExpressionError {
            text: self.text.to_owned(),
            column: self.at + 1,
            expected: expected.to_owned(),
            found: word.map_or_else(|| "the end".to_owned(), |word| format!("{word:?}")),
            nearest: None,
        }
    }

    /// A word stands here that means nothing.
    fn unknown<'a>(
        &self,
        expected: &str,
        word: &str,
        words: impl IntoIterator<Item = &'a str>,
    ) -> ExpressionError {
        let nearest = nearest(word, words).map(str::to_owned);
        ExpressionError { nearest, ..self.unexpected(expected) }
    }
}
