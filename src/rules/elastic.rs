//! Elastic's own detection-rule files, read as rules.
//!
//! Contract: a rule of type `query` (in KQL), `threshold` or `new_terms` keeps its id, name, severity,
//! risk score and ATT&CK mapping and matches what its query matches in Elastic; any other is a fault
//! that says where and why. Its schedule (`interval`, `from`, `max_signals`, `timestamp_override`) is
//! kept for runs with `--timing scheduled`. What runs differently is noted: unless on that schedule,
//! events are judged as they arrive, so that a threshold's window is the length of the lookback (`from`)
//! and ends at any event; and new terms learn for as long as their history is, because nothing
//! precedes a corpus.
//!
//! Left out: a rule's actions, its investigation guide, and exceptions that are kept in Elastic.

use super::conditions::{MAX_GROUP_FIELDS, MAX_TERMS};
use super::elastic_wire::{WireElasticFile, WireElasticRule, WireElasticThreat};
use super::fault::{Fault, File};
use super::query::group_field;
use super::schedule::{DEFAULT_MAX_SIGNALS, obstacle};
use super::units::duration;
use super::wire::{Word, Words};
use super::{
    Buckets, Clock, Distinct, Guidance, NewTerms, Query, Rule, RuleKind, Schedule, Severity,
    Threat, Threshold, Timing,
};
use crate::event::{Field, Pattern, Plane, TickSpan};

/// Defaults of Elastic's rules.
const DEFAULT_FROM: TickSpan = TickSpan::minutes(6);
const DEFAULT_INTERVAL: TickSpan = TickSpan::minutes(5);

/// Longest lookback or history, in days: state is kept that long.
const MAX_DAYS: i64 = 366;

/// Names of the indices that hold the two logs, by integration and by the older shipper.
const INDICES: [(Plane, [&str; 2]); 2] = [
    (Plane::Data, ["logs-azure.platformlogs-default", "filebeat-8"]),
    (Plane::Control, ["logs-azure.activitylogs-default", "filebeat-8"]),
];

const LOOKBACK: &str = "a lookback such as \"now-9m\", of at most 366 days";

/// Why other types cannot be run.
const REFUSED: [(&str, &str); 6] = [
    ("eql", "sequences of Elastic's event query language"),
    ("esql", "a pipeline of Elastic's query language, ES|QL"),
    ("machine_learning", "a model that is trained and kept in Elastic"),
    ("threat_match", "an index of indicators"),
    ("saved_query", "a query that is kept in Kibana"),
    ("vulnerability_match", "an index of vulnerabilities"),
];

/// A rule of Elastic's, and what to know of how it is run here.
#[derive(Clone, Debug)]
pub struct ElasticRule {
    /// The rule.
    pub rule: Rule,
    /// What runs differently than in Elastic, one sentence each.
    pub notes: Vec<String>,
}

/// Reads a rule file of Elastic's. `name` is what its faults call it.
///
/// # Errors
/// [`RuleFileError`](super::RuleFileError) for the first reason why the rule cannot be run.
pub fn parse_elastic_rule(name: &str, text: &str) -> Result<ElasticRule, Fault> {
    let file = File { name, text };
    let wire: WireElasticFile = toml::from_str(text).map_err(|error| file.toml_fault(&error))?;
    let wire = &wire.rule;
    let mut notes = Vec::new();
    let (kind, suppress) = kind(&file, wire, &mut notes)?;
    let query = query(&file, wire)?;
    let schedule = schedule(&file, wire, &kind)?;
    if let Some(to) = wire.to.as_ref().filter(|to| to.get_ref() != "now") {
        return Err(file.unexpected(to, "\"now\", where the window of every run ends"));
    }
    if wire.data_view_id.as_ref().is_some_and(|id| !id.is_empty()) {
        notes.push("the data view is kept in Kibana: the log is not restricted by it".to_owned());
    }
    if wire.exceptions_list.as_ref().is_some_and(|lists| !lists.is_empty()) {
        notes.push("exceptions that are kept in Elastic are not applied".to_owned());
    }
    let rule = Rule {
        id: file.id(&wire.rule_id)?,
        name: file.sentence(&wire.name)?,
        pack: String::new(),
        severity: file.one_of(&wire.severity, &Severity::ALL.map(|s| (s.word(), s)))?,
        risk_score: file.risk_score(&wire.risk_score)?,
        query,
        kind,
        suppress,
        schedule: Some(schedule),
        timing: Timing::default(),
        exceptions: Vec::new(),
        threat: wire
            .threat
            .iter()
            .map(|threat| mapping(&file, threat))
            .collect::<Result<_, _>>()?,
        guidance: guidance(wire, &notes),
        tunables: Vec::new(),
        examples: Vec::new(),
    };
    Ok(ElasticRule { rule, notes })
}

/// The condition, and for how long an alert silences its group.
fn kind(
    file: &File<'_>,
    wire: &WireElasticRule,
    notes: &mut Vec<String>,
) -> Result<(RuleKind, TickSpan), Fault> {
    let word = wire.kind.get_ref().as_str();
    if let Some((_, needs)) = REFUSED.iter().find(|(known, _)| *known == word) {
        let expected =
            format!("a rule of type query, threshold or new_terms ({word} needs {needs})");
        return Err(file.unexpected(&wire.kind, &expected));
    }
    let window = lookback(file, wire.from.as_ref(), DEFAULT_FROM)?;
    match word {
        "query" => {
            let group_by = match wire.alert_suppression.as_ref().and_then(|it| it.group_by.as_ref())
            {
                Some(words) => file.fields(words, 1, MAX_GROUP_FIELDS)?,
                None => Vec::new(),
            };
            Ok((RuleKind::Query { group_by }, suppression(file, wire)?.unwrap_or_default()))
        }
        "threshold" => {
            let threshold = threshold(file, wire, window)?;
            notes.push(format!(
                "unless run on schedule, the window is the lookback ({}) and ends at any event",
                duration(window)
            ));
            if wire.alert_suppression.is_some() {
                notes.push("alert suppression is not applied on schedule".to_owned());
            }
            let suppress = suppression(file, wire)?.unwrap_or(window);
            Ok((RuleKind::Threshold(threshold), suppress))
        }
        "new_terms" => {
            let new_terms = new_terms(file, wire)?;
            let learn = duration(new_terms.learn);
            notes.push(format!(
                "the first {learn} only teach, and, unless run on schedule, only calls that \
                 succeeded do"
            ));
            if wire.alert_suppression.is_some() {
                notes.push("alert suppression is not applied: every new term alerts".to_owned());
            }
            Ok((RuleKind::NewTerms(new_terms), TickSpan::default()))
        }
        _ => Err(file.unexpected(&wire.kind, "a rule of type query, threshold or new_terms")),
    }
}

fn threshold(
    file: &File<'_>,
    wire: &WireElasticRule,
    window: TickSpan,
) -> Result<Threshold, Fault> {
    let Some(part) = &wire.threshold else {
        return Err(file.unexpected(&wire.kind, "a table rule.threshold below"));
    };
    let strings = |values: &[toml::Value]| -> Option<Vec<String>> {
        values.iter().map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let names = match part.field.get_ref() {
        toml::Value::String(one) if one.is_empty() => Some(Vec::new()),
        toml::Value::String(one) => Some(vec![one.clone()]),
        toml::Value::Array(several) => strings(several),
        _ => None,
    };
    let expected = format!("at most {MAX_GROUP_FIELDS} names of fields");
    let names = names.filter(|names| names.len() <= MAX_GROUP_FIELDS);
    let names = names.ok_or_else(|| file.unexpected(&part.field, &expected))?;
    let group_by = names.iter().map(|name| field(file, &part.field, name));
    let at_least_one = |number: u32| number > 0;
    // Elastic looks at the first only.
    let distinct = match part.cardinality.first() {
        Some(cardinality) => Some(Distinct {
            fields: vec![field(file, &cardinality.field, cardinality.field.get_ref())?],
            values: file.checked(&cardinality.value, "at least 1", at_least_one)?,
        }),
        None => None,
    };
    Ok(Threshold {
        group_by: group_by.collect::<Result<_, _>>()?,
        window,
        buckets: Buckets::Sliding,
        count: Some(file.checked(&part.value, "at least 1", at_least_one)?),
        distinct,
        adaptive: None,
    })
}

fn new_terms(file: &File<'_>, wire: &WireElasticRule) -> Result<NewTerms, Fault> {
    let Some(part) = &wire.new_terms else {
        return Err(file.unexpected(&wire.kind, "a table rule.new_terms below"));
    };
    let terms = file.fields(&part.value, 1, MAX_TERMS)?;
    let Some(start) = part.history_window_start.get_ref().first() else {
        return Err(file.unexpected(&part.history_window_start, LOOKBACK));
    };
    let history = lookback(file, Some(&start.value), TickSpan::default())?;
    Ok(NewTerms { terms, known: 0, history, learn: history })
}

/// How Elastic runs the rule.
fn schedule(file: &File<'_>, wire: &WireElasticRule, kind: &RuleKind) -> Result<Schedule, Fault> {
    let lookback = lookback(file, wire.from.as_ref(), DEFAULT_FROM)?;
    if let Some(expected) = obstacle(kind, lookback) {
        return Err(file.unexpected(wire.from.as_ref().unwrap_or(&wire.kind), &expected));
    }
    let clock = match &wire.timestamp_override {
        Some(field) => {
            let clocks = [("event.ingested", Clock::Arrival), ("@timestamp", Clock::Event)];
            file.one_of(field, &clocks)?
        }
        None => Clock::Event,
    };
    let max_signals = match &wire.max_signals {
        Some(number) => file.checked(number, "at least 1", |number| number > 0)?,
        None => DEFAULT_MAX_SIGNALS,
    };
    Ok(Schedule { interval: interval(file, wire)?, lookback, max_signals, clock })
}

/// For how long an alert silences its group, where the rule says so; per run means for an interval.
fn suppression(file: &File<'_>, wire: &WireElasticRule) -> Result<Option<TickSpan>, Fault> {
    let Some(suppression) = &wire.alert_suppression else { return Ok(None) };
    let Some(time) = &suppression.duration else {
        return interval(file, wire).map(Some);
    };
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
    let unit: i64 = file.one_of(&time.unit, &units)?;
    let seconds = file.checked(&time.value, "1 second to 366 days", |value| {
        (1..=MAX_DAYS * 86_400 / unit).contains(&value)
    })?;
    Ok(Some(TickSpan::seconds(seconds * unit)))
}

fn interval(file: &File<'_>, wire: &WireElasticRule) -> Result<TickSpan, Fault> {
    wire.interval.as_ref().map_or(Ok(DEFAULT_INTERVAL), |interval| file.positive_span(interval))
}

/// How far before `now` a date expression lies.
fn lookback(file: &File<'_>, from: Option<&Word>, default: TickSpan) -> Result<TickSpan, Fault> {
    let Some(from) = from else { return Ok(default) };
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400), ('w', 7 * 86_400)];
    let seconds = || {
        let span = from.get_ref().strip_prefix("now-")?;
        let unit = span.chars().last()?;
        let (_, length) = units.into_iter().find(|&(letter, _)| letter == unit)?;
        let digits = span.strip_suffix(unit)?;
        let number: i64 =
            digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits)?.parse().ok()?;
        number.checked_mul(length)
    };
    let seconds = seconds().filter(|seconds| (1..=MAX_DAYS * 86_400).contains(seconds));
    seconds.map(TickSpan::seconds).ok_or_else(|| file.unexpected(from, LOOKBACK))
}

/// The rule's query, restricted to the log whose index the rule reads.
fn query(file: &File<'_>, wire: &WireElasticRule) -> Result<Query, Fault> {
    if let Some(language) = wire.language.as_ref().filter(|language| language.get_ref() != "kuery")
    {
        return Err(file.unexpected(language, "the language kuery"));
    }
    if let Some(filters) = wire.filters.as_ref().filter(|filters| !filters.get_ref().is_empty()) {
        let expected = "no filters beside the query: they are queries of Elastic's search engine";
        return Err(file.unexpected(filters, expected));
    }
    let Some(source) = &wire.query else {
        return Err(file.unexpected(&wire.kind, "a key query below"));
    };
    let query = file.query(source)?;
    let planes: Vec<Plane> = match &wire.index {
        Some(indices) => INDICES
            .iter()
            .filter(|(_, names)| reads(indices, names))
            .map(|(plane, _)| *plane)
            .collect(),
        None => Plane::ALL.to_vec(),
    };
    match planes.as_slice() {
        [] => {
            let indices = wire.index.as_ref().expect("without indices both logs are read");
            let expected = "an index of Azure's resource logs or Activity Log";
            Err(file.unexpected(indices, expected))
        }
        [_, _, ..] => Ok(query),
        [plane] => {
            let log = Query::parse(&format!("plane: {}", plane.word()));
            Ok(log.expect("a plane's word is a value of its field").and(&query))
        }
    }
}

/// Whether one of the index patterns matches one of `names`, and none excludes it.
fn reads(indices: &Words, names: &[&str]) -> bool {
    let matches = |pattern: &str, name: &str| match Pattern::parse(pattern) {
        Some(pattern) => pattern.matches(name),
        None => pattern == name,
    };
    let patterns = || indices.get_ref().iter().map(|index| index.get_ref().as_str());
    names.iter().any(|name| {
        let excluded = patterns().filter_map(|pattern| pattern.strip_prefix('-'));
        patterns().any(|pattern| matches(pattern, name))
            && !excluded.into_iter().any(|it| matches(it, name))
    })
}

fn field<T>(file: &File<'_>, at: &toml::Spanned<T>, name: &str) -> Result<Field, Fault> {
    group_field(name).map_err(|error| {
        let message = format!("expected {}, found {}", error.expected, error.found);
        file.fault(at.span(), message, error.nearest)
    })
}

/// Sub-techniques where there are any, else the technique.
fn mapping(file: &File<'_>, wire: &WireElasticThreat) -> Result<Threat, Fault> {
    let mut techniques = Vec::new();
    for technique in &wire.technique {
        if technique.subtechnique.is_empty() {
            techniques.push(file.technique(&technique.id)?);
        }
        for sub in &technique.subtechnique {
            techniques.push(file.technique(&sub.id)?);
        }
    }
    Ok(Threat { tactic: file.tactic(&wire.tactic.id)?, techniques })
}

fn guidance(wire: &WireElasticRule, notes: &[String]) -> Guidance {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = |texts: &[String]| texts.iter().map(|text| line(text)).collect();
    Guidance {
        catches: line(&wire.description),
        misses: notes.join("; "),
        false_positives: lines(&wire.false_positives),
        references: lines(&wire.references),
        ..Guidance::default()
    }
}
