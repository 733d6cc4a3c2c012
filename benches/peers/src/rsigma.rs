//! rsigma-eval: the rules of `rules.yml` over every line, on one thread.
//!
//! Its correlations keep one state for all events and take one event at a time, in order; shares of the
//! file on several threads would each see a part of every window. Lines become `serde_json` values, as its
//! own command line has them. Three defaults are not kept: `time` is the timestamp (the default would be
//! the wall clock), a correlation that fires starts over (`reset`; by default it fires again at every event
//! while its window lasts), and its state may hold more groups than 100,000.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use rsigma_eval::{
    CorrelationAction, CorrelationConfig, CorrelationEngine, Event, EventValue, JsonEvent,
    TimestampFallback,
};
use serde_json::Value;

use crate::Failure;

const RULES: &str = include_str!("../rules.yml");
const SPELLED_OUT: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";
/// Of a time like `2026-03-02T00:00:21.9526206Z`, what its ten minutes share.
const TEN_MINUTES: usize = "2026-03-02T00:0".len();
const BUFFER_BYTES: usize = 1 << 20;

/// Counts what the rules match, and the identities and ten minutes in which correlations fire.
pub(crate) fn count(path: &Path) -> Result<Value, Failure> {
    let mut engine = CorrelationEngine::new(CorrelationConfig {
        timestamp_fields: vec!["time".to_owned()],
        timestamp_fallback: TimestampFallback::Skip,
        max_state_entries: 10_000_000,
        action_on_match: CorrelationAction::Reset,
        ..CorrelationConfig::default()
    });
    engine.add_collection(&rsigma_parser::parse_sigma_yaml(RULES)?)?;

    let mut lines = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
    let (mut line, mut records) = (Vec::new(), 0_u64);
    let mut matched = [0_u64; 3];
    let mut cells: [HashSet<(String, String)>; 2] = Default::default();
    while lines.read_until(b'\n', &mut line)? > 0 {
        if !line.trim_ascii().is_empty() {
            let record: Value = serde_json::from_slice(&line)?;
            records += 1;
            for result in engine.process_event(&Record::new(&record)) {
                let place = match result.header.rule_title.as_str() {
                    "Values handed out" => 0,
                    "Denied calls" => 1,
                    "Vault written" => 2,
                    "Many objects read by one identity" => 3,
                    "Many denied calls of one identity" => 4,
                    other => return Err(format!("a rule that nobody asked for: {other}").into()),
                };
                let Some(correlation) = result.as_correlation() else {
                    matched[place] += 1;
                    continue;
                };
                let time = record["time"].as_str().ok_or("a record without a time")?;
                let caller = correlation.group_key.first().map_or("", |(_, caller)| caller);
                cells[place - 3].insert((caller.to_owned(), time[..TEN_MINUTES].to_owned()));
            }
        }
        line.clear();
    }
    Ok(serde_json::json!({
        "records": records,
        "reveals": matched[0],
        "denied": matched[1],
        "vault_writes": matched[2],
        "object_cells": cells[0].len(),
        "denied_cells": cells[1].len(),
    }))
}

/// A record that has one more field, `caller`.
struct Record<'a> {
    event: JsonEvent<'a>,
    caller: Option<&'a str>,
}

impl<'a> Record<'a> {
    fn new(record: &'a Value) -> Self {
        let claim = &record["identity"]["claim"];
        let caller = claim["oid"].as_str().or_else(|| claim[SPELLED_OUT].as_str());
        Self { event: JsonEvent::borrow(record), caller }
    }
}

impl Event for Record<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        if path == "caller" {
            return self.caller.map(|caller| EventValue::Str(Cow::Borrowed(caller)));
        }
        self.event.get_field(path)
    }

    fn any_string_value(&self, passes: &dyn Fn(&str) -> bool) -> bool {
        self.event.any_string_value(passes)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        self.event.all_string_values()
    }

    fn to_json(&self) -> Value {
        self.event.to_json()
    }

    fn top_level_keys(&self) -> Option<Vec<Cow<'_, str>>> {
        self.event.top_level_keys()
    }

    fn visit_top_level_keys(&self, visit: &mut dyn FnMut(&str)) -> bool {
        self.event.visit_top_level_keys(visit)
    }
}
