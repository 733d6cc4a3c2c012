//! A record that says when it arrived is put in order by that.

use serde_json::{Value, json};
use vaultdrill::engine::{Options, detect};
use vaultdrill::event::{Event, TickSpan, Ticks};
use vaultdrill::ingest::{LineParser, ParsedBlock, parse_block, resolve_inputs};
use vaultdrill::limits::Limits;
use vaultdrill::rules::load;

use crate::raw_values;
use crate::writers::{SHAPES, is_audit};

const ARRIVED: &str = "2031-02-03T04:05:06.0000000Z";

fn arrival(record: &Value) -> Ticks {
    let mut block = ParsedBlock::default();
    parse_block(&mut LineParser::new(), record.to_string().as_bytes(), 0, 0, &mut block);
    block.batch.events[0].arrival
}

#[test]
fn each_shape_has_its_own_field_of_arrival() {
    let raw = raw_values();
    let [audit, activity] =
        [true, false].map(|is| raw.iter().find(|raw| is_audit(raw) == is).unwrap());
    let stated = Ticks::parse(ARRIVED.as_bytes()).unwrap();
    for (name, write) in SHAPES {
        for raw in [audit, activity] {
            let mut shaped = write(raw);
            assert_eq!(arrival(&shaped), Event::NO_ARRIVAL, "{name}");
            let is_own = shaped != *raw;
            match name {
                _ if !is_own => shaped["EventEnqueuedUtcTime"] = json!(ARRIVED),
                "rest" => shaped["submissionTimestamp"] = json!(ARRIVED),
                "elastic" | "elastic original" => shaped["event"]["ingested"] = json!(ARRIVED),
                "elastic dotted" => shaped["event.ingested"] = json!(ARRIVED),
                "elastic source" => shaped["_source"]["event"]["ingested"] = json!(ARRIVED),
                _ => shaped["_TimeReceived"] = json!(ARRIVED),
            }
            assert_eq!(arrival(&shaped), stated, "{name}");
        }
    }
}

#[test]
fn a_raw_record_in_a_document_keeps_its_own_arrival() {
    let mut raw = raw_values()[0].clone();
    raw["EventEnqueuedUtcTime"] = json!(ARRIVED);
    let (_, write) = SHAPES.into_iter().find(|(name, _)| *name == "elastic original").unwrap();
    let mut document = write(&raw);
    document["event"]["ingested"] = json!("2032-02-03T04:05:06.000Z");
    assert_eq!(arrival(&document), Ticks::parse(ARRIVED.as_bytes()).unwrap());
}

#[test]
fn a_run_says_where_arrivals_came_from() {
    let source = |records: &[Value]| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.ndjson");
        let lines: Vec<_> = records.iter().map(Value::to_string).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        let options = Options {
            workers: 1,
            block_bytes: 1 << 16,
            lateness: TickSpan::hours(2),
            limits: Limits::DEFAULT,
        };
        let rules = load(&["vaultdrill"]).unwrap();
        let outcome = detect(&resolve_inputs(&[path]).unwrap(), &rules, &options, &mut |_, _| {});
        let outcome = outcome.unwrap();
        (outcome.arrival_source, outcome.arrived)
    };
    let mut records = raw_values()[..3].to_vec();
    assert_eq!(source(&records).0, "running maximum of event time");
    records[0]["EventEnqueuedUtcTime"] = json!(ARRIVED);
    let (text, arrived) = source(&records);
    let stated = Ticks::parse(ARRIVED.as_bytes()).unwrap();
    assert_eq!(arrived.unwrap(), [stated, stated]);
    assert_eq!(text, "the record's own field (1 events), running maximum of event time (2 events)");
}
