//! `vaultdrill rules explain`: what each rule makes of one record, read from standard input.

use std::io::{self, Read};

use serde::de::IgnoredAny;

use super::detect::load_rules;
use super::exit::{self, Failure, OrExit};
use super::terminal::Terminal;
use crate::ingest::{LineParser, ParsedBlock, parse_block};
use crate::nearest::nearest;
use crate::rules::{RuleSet, explanation_json, explanation_text};

/// Most bytes that are read: twice the longest record that the parser takes, for one written over
/// many lines.
const MAX_BYTES: u64 = 2 << 20;

/// Explains the record on standard input by the rules called `ids`, or by all of those loaded.
pub(crate) fn run(names: &[String], ids: &[String], terminal: &Terminal) -> Result<(), Failure> {
    let rules = chosen(load_rules(names, terminal)?, ids)?;
    let line = read_record().or_exit(exit::INPUT)?;
    let mut parser = LineParser::extracting(rules.extras());
    let mut parsed = ParsedBlock::default();
    parse_block(&mut parser, &line, 0, 0, &mut parsed);
    let found = match (parsed.records, parsed.malformed.first()) {
        (1, Some(malformed)) => format!("one that cannot be read: {}", malformed.reason),
        (1, None) if parsed.batch.events.is_empty() => "one of another provider or category".into(),
        (1, None) => String::new(),
        (records, _) => format!("a container of {records}, of which one can be explained"),
    };
    if !found.is_empty() {
        let error = anyhow::anyhow!("expected a record of Key Vault's logs, found {found}");
        return Err(Failure::new(exit::INPUT, error));
    }
    let event = parsed.batch.view(0);
    let explained = rules.explain(&event);
    if terminal.is_json() {
        return terminal.json(&explanation_json(&rules, &event, &explained));
    }
    terminal.text(&explanation_text(&rules, &event, &explained))
}

/// The rules of these ids; all where none is given.
fn chosen(all: RuleSet, ids: &[String]) -> Result<RuleSet, Failure> {
    for id in ids {
        let known = || all.rules.iter().map(|rule| rule.id.as_str());
        if !known().any(|known| known == id) {
            let help = nearest(id, known()).map(|word| format!(" (did you mean `{word}`?)"));
            let help = help.unwrap_or_default();
            let error = anyhow::anyhow!("expected the id of a rule loaded, found `{id}`{help}");
            return Err(Failure::new(exit::USAGE, error));
        }
    }
    if ids.is_empty() {
        return Ok(all);
    }
    let rules = all.rules.into_iter().filter(|rule| ids.contains(&rule.id));
    RuleSet::new(rules.collect()).or_exit(exit::USAGE)
}

/// The one JSON object on standard input, as one line.
fn read_record() -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        anyhow::bail!("standard input: expected one record, found more than {MAX_BYTES} bytes");
    }
    let mut values = serde_json::Deserializer::from_slice(&bytes).into_iter::<IgnoredAny>();
    match values.next() {
        None => anyhow::bail!("standard input: expected one record, found nothing"),
        Some(Err(error)) => {
            anyhow::bail!("standard input: expected one JSON object, found {error}")
        }
        Some(Ok(_)) => {}
    }
    if values.next().is_some() {
        anyhow::bail!("standard input: expected one record, found more than one");
    }
    // In JSON a line end stands between tokens only, never in a string.
    bytes.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    Ok(bytes)
}
