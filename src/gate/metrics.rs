//! From a name in a requirement to a figure: a dotted path in score.json, or in run.json after `run.`.
//!
//! A path may go on into a metric (`.lo`, `.hi`, `.n`, `.value`); such an end is taken literally.

use serde_json::Value;

use super::model::{Class, Quantity};
use crate::nearest::nearest;
use crate::output::RunReport;
use crate::score::{Metric, Score};

/// Names that stand for a longer one, alone or before a dot.
const SHORT: [(&str, &str); 8] = [
    ("recall", "recall.campaign"),
    ("precision", "precision.alert"),
    ("ttd", "detection_time_seconds"),
    ("ttd_from_reveal", "detection_time_from_reveal_seconds"),
    ("objects_revealed", "objects_revealed_before_alert"),
    ("throughput", "run.events_per_second"),
    ("throughput_bytes", "run.bytes_per_second"),
    ("state_bytes", "run.state_bytes"),
];
const RUN: &str = "run.";
const LATENCY: &str = "latency.";
/// Keys of run.json that say what a run cost; the others say what it did.
const COSTS: [&str; 7] = [
    "wall_seconds",
    "events_per_second",
    "bytes_per_second",
    "stage_seconds",
    "decision_latency",
    "profiles",
    "state_bytes",
];
/// Those of them that another run of the same would give the same.
const EXACT_COSTS: [&str; 2] = ["profiles", "state_bytes"];
/// Lists and maps of a score that hold no metrics.
const NOT_METRICS: [&str; 2] = ["entities", "matrix"];
/// Ends of paths that are counts wherever they stand.
const COUNTS: [&str; 3] = ["n", "detected", "missed"];
const NANOSECONDS: f64 = 1e-9;

/// The figures of one drill, by name.
#[derive(Debug)]
pub(super) struct Metrics {
    score: Value,
    run: Option<Value>,
}

/// A figure that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Keys from the root to it.
    pub(super) path: Vec<String>,
    pub(super) class: Class,
    pub(super) quantity: Quantity,
    /// Another run would give another value.
    pub(super) is_noisy: bool,
    pub(super) figure: Figure,
}

/// A figure with or without uncertainty of its own.
#[derive(Clone, Debug)]
pub(super) enum Figure {
    Metric(Metric),
    Literal(f64),
}

/// Why a name gives no figure.
#[derive(Debug)]
pub(super) enum NotFound {
    /// There is no such name; the nearest there is.
    Unknown(Option<String>),
    /// It names a group of metrics; some of them.
    Group(String),
    /// It is null; why.
    Null(String),
    /// It is one of run.json's, which is not at hand.
    NoRun,
}

impl Metrics {
    pub(super) fn new(score: &Score, run: Option<&RunReport>) -> Self {
        let run = run.map(|run| {
            let rules: u64 = run.rules.iter().map(|rule| rule.state.bytes).sum();
            let mut value = serde_json::to_value(run).unwrap_or_default();
            value["state_bytes"] = (run.profiles.bytes + rules).into();
            value
        });
        Self { score: serde_json::to_value(score).unwrap_or_default(), run }
    }

    pub(super) fn find(&self, name: &str) -> Result<Found, NotFound> {
        let full = full_name(name);
        let (root, rest, in_run) = match full.strip_prefix(RUN) {
            Some(rest) => (self.run.as_ref().ok_or(NotFound::NoRun)?, rest, true),
            None => (&self.score, full.as_str(), false),
        };
        let mut path = Vec::new();
        let (parent, value) =
            descend(root, rest, &mut path).ok_or_else(|| NotFound::Unknown(self.nearest(name)))?;
        let figure = match value {
            Value::Object(_) => metric(value)?,
            Value::Number(number) => Figure::Literal(number.as_f64().unwrap_or(f64::NAN)),
            Value::Null => return Err(NotFound::Null(reason(parent))),
            _ => return Err(NotFound::Unknown(self.nearest(name))),
        };
        Ok(Found::new(path, in_run, figure))
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let mut names: Vec<String> = SHORT.iter().map(|(short, _)| (*short).to_owned()).collect();
        names.extend(["p50", "p90", "p99"].map(|it| format!("ttd.{it}")));
        names.extend(["p50", "p90", "p99"].map(|it| format!("{LATENCY}{it}")));
        collect(&self.score, &mut String::new(), &mut names);
        if let Some(run) = &self.run {
            collect(run, &mut "run".to_owned(), &mut names);
        }
        nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
    }
}

impl Found {
    fn new(path: Vec<String>, in_run: bool, figure: Figure) -> Self {
        let first = path.first().map_or("", String::as_str);
        let last = path.last().map_or("", String::as_str);
        let is_cost = in_run && COSTS.contains(&first);
        let has = |word: &str| path.iter().any(|key| key == word);
        let is_share = || {
            ["recall", "precision", "by_variant", "alert_shares", "recall_without_suppression"]
                .into_iter()
                .any(has)
                && last != "declared_campaigns_per_day"
        };
        let is_time =
            || path.iter().any(|key| key.contains("seconds") && !key.contains("per_second"));
        let is_latency = in_run && last.ends_with("_ns");
        let quantity = match () {
            () if COUNTS.contains(&last) => Quantity::Number,
            () if is_latency || is_time() => Quantity::Time,
            () if !in_run && is_share() => Quantity::Share,
            () => Quantity::Number,
        };
        let figure = match figure {
            Figure::Literal(value) if is_latency => Figure::Literal(value * NANOSECONDS),
            figure => figure,
        };
        Self {
            class: if is_cost { Class::Performance } else { Class::Quality },
            is_noisy: is_cost && !EXACT_COSTS.contains(&first),
            quantity,
            path,
            figure,
        }
    }

    /// A share of campaigns that were found; not of events, nor of an alerter to compare with.
    pub(super) fn is_recall(&self) -> bool {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path[..] {
            ["recall" | "by_variant", _] | ["recall_without_suppression"] => true,
            [by, _, "recall"] => by.starts_with("by_"),
            _ => false,
        }
    }
}

/// The whole path that a short name stands for.
fn full_name(name: &str) -> String {
    if let Some(quantile) = name.strip_prefix(LATENCY) {
        return format!("{RUN}decision_latency.{quantile}_ns");
    }
    for (short, full) in SHORT {
        match name.strip_prefix(short) {
            Some("") => return full.to_owned(),
            // `recall.campaign` and `precision.alert` are whole paths already.
            Some(rest) if rest.starts_with('.') && !full.starts_with(&format!("{short}.")) => {
                return format!("{full}{rest}");
            }
            Some(end @ (".value" | ".lo" | ".hi" | ".n")) => return format!("{full}{end}"),
            _ => {}
        }
    }
    name.to_owned()
}

/// The value at `rest` and what holds it. Keys may have dots: the first way that leads there is taken.
fn descend<'a>(
    value: &'a Value,
    rest: &str,
    path: &mut Vec<String>,
) -> Option<(&'a Value, &'a Value)> {
    for (key, inner) in value.as_object()? {
        let Some(after) = rest.strip_prefix(key.as_str()) else { continue };
        path.push(key.clone());
        if after.is_empty() {
            return Some((value, inner));
        }
        if let Some(after) = after.strip_prefix('.')
            && let Some(found) = descend(inner, after, path)
        {
            return Some(found);
        }
        path.pop();
    }
    None
}

/// The metric that an object is.
fn metric(value: &Value) -> Result<Figure, NotFound> {
    let metric: Option<Metric> = serde_json::from_value(value.clone()).ok();
    match metric {
        Some(metric) if metric.value.is_some() => Ok(Figure::Metric(metric)),
        Some(metric) => Err(NotFound::Null(metric.method)),
        None => {
            let mut names = Vec::new();
            collect(value, &mut String::new(), &mut names);
            names.truncate(5);
            Err(NotFound::Group(names.join(", ")))
        }
    }
}

/// Why something in `parent` is null.
fn reason(parent: &Value) -> String {
    let method = parent.get("method").and_then(Value::as_str);
    method.unwrap_or("it is null").to_owned()
}

/// Paths of all figures below `value`.
fn collect(value: &Value, path: &mut String, names: &mut Vec<String>) {
    match value {
        Value::Object(map) if map.contains_key("method") && map.contains_key("value") => {
            names.push(path.clone());
        }
        Value::Object(map) => {
            for (key, inner) in map.iter().filter(|(key, _)| !NOT_METRICS.contains(&key.as_str())) {
                let length = path.len();
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                collect(inner, path, names);
                path.truncate(length);
            }
        }
        Value::Number(_) => names.push(path.clone()),
        _ => {}
    }
}
