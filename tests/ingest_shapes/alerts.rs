//! The engine over a log in each shape, and over a folder with all of them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use vaultdrill::engine::{Options, Outcome, detect};
use vaultdrill::event::TickSpan;
use vaultdrill::ingest::resolve_inputs;
use vaultdrill::limits::Limits;
use vaultdrill::output::write_alerts;
use vaultdrill::rules::{RuleSet, load};

use crate::writers::{SHAPES, elastic};
use crate::{raw_lines, raw_values};

const OPTIONS: Options = Options {
    workers: 2,
    block_bytes: 1 << 14,
    lateness: TickSpan::hours(2),
    limits: Limits::DEFAULT,
};

fn run(folder: &Path, rules: &RuleSet, options: &Options) -> Outcome {
    let inputs = resolve_inputs(&[folder.to_owned()]).unwrap();
    let outcome = detect(&inputs, rules, options, &mut |_, _| {}).unwrap();
    let counts = &outcome.findings.counts;
    let sum = counts.events + counts.malformed + counts.foreign + counts.duplicates;
    assert_eq!(counts.records, sum);
    outcome
}

fn run_on(text: &str, rules: &RuleSet, options: &Options) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log.json"), text).unwrap();
    run(folder.path(), rules, options)
}

/// The alerts without where their records stand; times down to milliseconds, if so wished.
fn alerts(outcome: &Outcome, rules: &RuleSet, in_millis: bool) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    write_alerts(folder.path(), outcome, rules).unwrap();
    let text = fs::read_to_string(folder.path().join("alerts.ndjson")).unwrap();
    let cut = |time: &Value| {
        let text = time.as_str().unwrap();
        json!(if in_millis { &text[..23] } else { text })
    };
    let mut alerts = Vec::new();
    for line in text.lines().skip(1) {
        let mut alert: Value = serde_json::from_str(line).unwrap();
        if let Some(seen) = alert["values"].get_mut("last_seen") {
            *seen = cut(seen);
        }
        let evidence = alert["evidence"].as_array().unwrap().iter();
        let evidence: Vec<_> = evidence
            .map(|it| json!([it["correlation_id"], cut(&it["time"]), it["operation"]]))
            .collect();
        alerts.push(json!({
            "rule": alert["rule_id"], "time": cut(&alert["time"]), "group": alert["group"],
            "values": alert["values"], "evidence": evidence, "total": alert["evidence_total"],
            "suppressed": alert["suppressed"], "severity": alert["severity"],
        }));
    }
    alerts
}

/// Compares alerts one by one, so that a difference can be read.
fn assert_same(found: &[Value], expected: &[Value], what: &str) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "{what}");
    }
    assert_eq!(found.len(), expected.len(), "{what}");
}

fn rules() -> RuleSet {
    load(&["vaultdrill"]).unwrap()
}

/// The forms of a file, and whether they carry no more than milliseconds.
fn forms() -> Vec<(String, String, bool)> {
    let raw = raw_values();
    let mut forms: Vec<_> = SHAPES
        .into_iter()
        .map(|(name, write)| {
            let lines: Vec<_> = raw.iter().map(|raw| write(raw).to_string()).collect();
            let in_millis = name.starts_with("elastic") && name != "elastic original";
            (name.to_owned(), lines.join("\n"), in_millis)
        })
        .collect();
    let lines = raw_lines();
    let envelopes = lines.chunks(11).map(|some| format!("{{\"records\":[{}]}}", some.join(",")));
    forms.push(("envelopes".into(), envelopes.collect::<Vec<_>>().join("\n"), false));
    let envelopes: Vec<_> =
        raw.chunks(11).map(|some| json!({ "records": some }).to_string()).collect();
    forms.push(("envelopes in an array".into(), format!("[{}]", envelopes.join(",")), false));
    forms.push(("by lines".into(), format!("[\n{}\n]\n", envelopes.join(",\n")), false));
    let marked: Vec<_> = lines.iter().map(|line| format!("\u{feff}{line}")).collect();
    forms.push(("marks on lines".into(), marked.join("\r\n"), false));
    forms.push(("one envelope".into(), format!("{{\"records\":[{}]}}", lines.join(",")), false));
    forms.push(("pretty".into(), format!("{:#}", json!({ "records": raw })), false));
    forms.push(("array by lines".into(), format!("[\n{}\n]\n", lines.join(",\n")), false));
    forms.push(("answer".into(), format!("{:#}", json!({ "nextLink": 1, "value": raw })), false));
    let hits: Vec<_> = raw.iter().map(|raw| json!({ "_source": elastic(raw) })).collect();
    forms.push(("search".into(), json!({ "hits": { "hits": hits } }).to_string(), true));
    forms
}

#[test]
fn every_form_of_a_log_gives_the_same_alerts() {
    let rules = rules();
    let first = run_on(&raw_lines().join("\n"), &rules, &OPTIONS);
    let expected = [false, true].map(|in_millis| alerts(&first, &rules, in_millis));
    assert!(expected[0].len() > 10, "{} alerts", expected[0].len());
    for (name, text, in_millis) in forms() {
        let outcome = run_on(&text, &rules, &OPTIONS);
        assert_eq!(outcome.findings.counts.malformed, 0, "{name}");
        assert_eq!(outcome.findings.counts.records, first.findings.counts.records, "{name}");
        let found = alerts(&outcome, &rules, in_millis);
        assert_same(&found, &expected[usize::from(in_millis)], &name);
    }
}

#[test]
fn a_folder_of_all_forms_has_each_event_once() {
    let rules = rules();
    let folder = tempfile::tempdir().unwrap();
    let exact: Vec<_> = forms().into_iter().filter(|(.., in_millis)| !in_millis).collect();
    for (name, text, _) in &exact {
        fs::write(folder.path().join(format!("{name}.json")), text).unwrap();
    }
    let one = run_on(&raw_lines().join("\n"), &rules, &OPTIONS);
    let all = run(folder.path(), &rules, &OPTIONS);
    let (one_counts, counts) = (&one.findings.counts, &all.findings.counts);
    assert_eq!(counts.records, one_counts.records * exact.len() as u64);
    assert_eq!(counts.events, one_counts.events);
    assert_same(&alerts(&all, &rules, false), &alerts(&one, &rules, false), "all");
}

#[test]
fn block_size_and_workers_change_nothing_of_containers() {
    let rules = rules();
    let lines = &raw_lines()[raw_lines().len() - 450..];
    let broken = ["{\"time\":\"20", "[1,{}", "nonsense", "{\"records\":[{\"a\":[1,2"];
    let before_envelope = ["", "{\"records\":[{\"b\":]}]}\n"];
    let mut mixed =
        format!("{:#}\n[\n{},\nx\n]\n", json!({ "records": &raw_values()[..40] }), lines[40]);
    for (place, some) in lines[41..].chunks(9).enumerate() {
        match place % 5 {
            0 => {
                mixed.push_str(before_envelope[place / 5 % 2]);
                mixed.push_str(&format!("{{\"records\":[{}]}}\n", some.join(",")));
            }
            1 => mixed.push_str(&format!("[\n  {}\n]\n", some.join(",\n  "))),
            2 => mixed.push_str(&format!("{}\n", some.join(" \n\n"))),
            3 => mixed.push_str(&format!("\u{feff}[{{\"value\":[{}]}},[{}]]\n", some[0], some[0])),
            _ => mixed.push_str(&format!("{}\n{}\n", broken[place / 5 % 4], some.join("\r\n"))),
        }
    }
    let long = format!("{{}}\n[{}]\n{}\n", lines.join(","), lines[0]);
    for text in [mixed, long, "x\n".repeat(9000), format!("{}\n", lines[..200].join("\n  "))] {
        let first = run_on(&text, &rules, &OPTIONS);
        let expected = alerts(&first, &rules, false);
        for (workers, block_bytes) in [(1, 1 << 20), (3, 1 << 12), (2, 50_021)] {
            let outcome = run_on(&text, &rules, &Options { workers, block_bytes, ..OPTIONS });
            let (found, wanted) = (&outcome.findings, &first.findings);
            assert_eq!(found.counts, wanted.counts, "{block_bytes}");
            assert_eq!(found.malformed.samples, wanted.malformed.samples, "{block_bytes}");
            assert_eq!(found.malformed.by_reason, wanted.malformed.by_reason, "{block_bytes}");
            assert_eq!(found.corpus_id, wanted.corpus_id, "{block_bytes}");
            assert_same(&alerts(&outcome, &rules, false), &expected, "another block size");
        }
    }
}
