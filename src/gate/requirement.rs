//! A requirement as data, and its one canonical spelling, which is also its id.

use std::fmt::{self, Display, Formatter};

use crate::rules::Severity;

/// What a score must meet.
#[derive(Clone, Debug, PartialEq)]
pub enum Requirement {
    /// A figure on the right side of a limit.
    Metric(MetricRequirement),
    /// No campaign that meets all filters was found in the baseline and is not found now.
    NoLostCampaign(Vec<Filter>),
}

/// A figure, an operator, a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricRequirement {
    /// Name of the figure as written: a short name or a dotted path.
    pub metric: String,
    /// On which side of the limit.
    pub operator: Operator,
    /// The limit.
    pub limit: Limit,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
}

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// A number.
    Amount(Amount),
    /// `factor * baseline + offset`.
    Baseline {
        /// What the baseline's figure is multiplied by.
        factor: f64,
        /// What is added.
        offset: Amount,
    },
}

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    /// The number as written.
    pub number: f64,
    /// Its unit.
    pub unit: Unit,
}

/// Unit of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// That of the metric.
    None,
    /// Hundredths, of shares.
    Percent,
    /// Of times.
    Milliseconds,
    /// Of times.
    Seconds,
    /// Of times.
    Minutes,
    /// Of times.
    Hours,
    /// Of times.
    Days,
}

/// Which campaigns a requirement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// `severity >= high`
    SeverityAtLeast(Severity),
    /// `severity == high`
    SeverityIs(Severity),
    /// `attack == key-ransom`
    AttackIs(String),
    /// `variant == plain`
    VariantIs(String),
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 4] = [Self::AtLeast, Self::AtMost, Self::Above, Self::Below];

    /// As written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::Below => "<",
        }
    }

    /// Whether `figure` is on the right side of `limit`.
    pub fn holds(self, figure: f64, limit: f64) -> bool {
        match self {
            Self::AtLeast => figure >= limit,
            Self::AtMost => figure <= limit,
            Self::Above => figure > limit,
            Self::Below => figure < limit,
        }
    }

    /// Whether large figures are good.
    pub const fn wants_more(self) -> bool {
        matches!(self, Self::AtLeast | Self::Above)
    }
}

impl Unit {
    /// Units and how they are written, longest first where one begins another.
    pub(super) const WORDS: [(&str, Self); 6] = [
        ("%", Self::Percent),
        ("ms", Self::Milliseconds),
        ("s", Self::Seconds),
        ("m", Self::Minutes),
        ("h", Self::Hours),
        ("d", Self::Days),
    ];

    const fn scale(self) -> f64 {
        match self {
            Self::None | Self::Percent | Self::Seconds => 1.0,
            Self::Milliseconds => 0.001,
            Self::Minutes => 60.0,
            Self::Hours => 3_600.0,
            Self::Days => 86_400.0,
        }
    }

    fn word(self) -> &'static str {
        let word = Self::WORDS.iter().find(|(_, unit)| *unit == self);
        word.map_or("", |(word, _)| word)
    }
}

impl Amount {
    /// A number in the metric's own unit.
    pub const fn plain(number: f64) -> Self {
        Self { number, unit: Unit::None }
    }

    /// In the metric's own unit: a share, seconds, a number.
    pub fn value(self) -> f64 {
        // Percent are divided: 90 * 0.01 is not 0.9.
        match self.unit {
            Unit::Percent => self.number / 100.0,
            unit => self.number * unit.scale(),
        }
    }
}

impl Display for Requirement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(MetricRequirement { metric, operator, limit }) => {
                write!(f, "{metric} {} {limit}", operator.word())
            }
            Self::NoLostCampaign(filters) => {
                let filters: Vec<String> = filters.iter().map(Filter::to_string).collect();
                write!(f, "no_lost_campaign({})", filters.join(" and "))
            }
        }
    }
}

impl Display for Limit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Amount(amount) => amount.fmt(f),
            Self::Baseline { factor, offset } => {
                if factor.to_bits() != 1.0_f64.to_bits() {
                    write!(f, "{factor} * ")?;
                }
                f.write_str("baseline")?;
                if offset.number < 0.0 {
                    write!(f, " - {}", Amount { number: -offset.number, ..offset })?;
                } else if offset.number > 0.0 {
                    write!(f, " + {offset}")?;
                }
                Ok(())
            }
        }
    }
}

impl Display for Amount {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.number, self.unit.word())
    }
}

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::SeverityAtLeast(severity) => write!(f, "severity >= {}", severity.word()),
            Self::SeverityIs(severity) => write!(f, "severity == {}", severity.word()),
            Self::AttackIs(attack) => write!(f, "attack == {attack}"),
            Self::VariantIs(variant) => write!(f, "variant == {variant}"),
        }
    }
}
