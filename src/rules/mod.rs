//! Rules: what a detection is once its file has been read and found sound.
//!
//! A rule file passes `wire` (its form), `validate` (with `conditions` and `exceptions`), and becomes
//! a [`Rule`]; so does one of Elastic's, through `elastic`. [`load`](load()) turns names into a
//! [`RuleSet`], which says of each event which rules it concerns. Evaluation does no I/O and reads no
//! clock; only `load` opens files.

mod conditions;
mod describe;
mod describe_text;
mod elastic;
mod elastic_wire;
mod embedded;
mod evaluator;
mod examples;
mod exceptions;
mod explain;
mod explain_text;
mod extras;
mod fault;
mod frame;
mod load;
mod model;
mod packs;
mod parameters;
mod query;
mod risks;
mod schedule;
mod units;
mod validate;
mod verdict;
mod wire;

pub use describe::{rule_json, rules_json};
pub use describe_text::{pack_text, rule_text, rules_text};
pub use elastic::{ElasticRule, parse_elastic_rule};
pub use embedded::{EMBEDDED, PACK};
pub use evaluator::Evaluator;
pub use examples::Example;
pub use explain::{GroupValue, Hiding, RuleExplanation, Sight, StepExplanation};
pub use explain_text::{explanation_json, explanation_text};
pub use fault::RuleFileError;
pub use load::{Accepted, Checked, LoadError, Loaded, Refused, check, load, load_all};
pub use model::{
    Adaptive, Buckets, Distinct, Exception, Guidance, Need, NewTerms, Rule, RuleKind, Sequence,
    Severity, Step, Threat, Threshold, TimeFrame, Tunable, Wider,
};
pub use packs::{ALL_PACKS, INEXPRESSIBLE_FILE, Inexpressible, PACKS, Pack};
pub use parameters::Parameter;
pub use query::{Clause, Explanation, Query, QueryError};
pub(crate) use risks::risk_of;
pub use schedule::{Clock, Schedule, Timing};
pub use units::{duration, parse_span};
pub use validate::parse_rule;
pub use verdict::{MAX_RULES, RuleMask, RuleSet, RuleSetError, Verdict};
