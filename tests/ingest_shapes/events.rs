//! Record by record: each shape gives the event of the raw record.

use serde_json::Value;
use vaultdrill::event::{EventView, Extra, Field, Origin};
use vaultdrill::ingest::{LineParser, ParsedBlock, Record, Records, parse_block};

use crate::writers::{SHAPES, elastic, is_audit};
use crate::{raw_lines, raw_values};

/// Fields of rules that are no canonical ones: what Elastic stores, and paths of the raw record.
const EXTRAS: [&str; 16] = [
    "event.action",
    "event.outcome",
    "event.category",
    "source.ip",
    "azure.resource.name",
    "azure.resource.id",
    "azure.platformlogs.properties.id",
    "azure.platformlogs.identity.claim.upn",
    "azure.platformlogs.result_signature",
    "azure.activitylogs.identity.claims.appid",
    "azure.activitylogs.identity.claims_initiated_by_user.name",
    "azure.activitylogs.identity.authorization.evidence.principal_id",
    "azure.activitylogs.properties.status_code",
    "properties.httpStatusCode",
    "properties.requestbody.properties.principalId",
    "resultSignature",
];

/// Everything of an event that detection sees, its time down to `ticks`.
fn seen(view: &EventView<'_>, ticks: i64) -> String {
    let fields = Field::ALL.iter().map(|field| (field.word(), view.display(*field)));
    let extras = EXTRAS.map(|name| {
        let field = Extra::named(name).unwrap();
        (name, view.extras(field).map(str::to_owned).collect::<Vec<_>>())
    });
    format!("{} {:?} {extras:?}", view.event.time.0 / ticks, fields.collect::<Vec<_>>())
}

fn parser() -> LineParser {
    LineParser::extracting(&EXTRAS.map(|name| Extra::named(name).unwrap()))
}

/// Resource ids, whose case is not that of the record in every shape.
fn upper_ids(raw: &Value) -> Value {
    let mut raw = raw.clone();
    raw["resourceId"] = raw["resourceId"].as_str().unwrap().to_uppercase().into();
    raw
}

#[test]
fn every_shape_of_a_record_gives_its_event() {
    let raw = raw_values();
    assert!(raw.len() > 1000, "{} records", raw.len());
    assert!(raw.iter().filter(|raw| !is_audit(raw)).count() > 50);
    for (name, write) in SHAPES {
        let ticks =
            if name.starts_with("elastic") && name != "elastic original" { 10_000 } else { 1 };
        let (mut raw_parser, mut parser) = (parser(), parser());
        let mut block = ParsedBlock::default();
        for raw in raw.iter().map(upper_ids) {
            let line = raw.to_string();
            parse_block(&mut raw_parser, line.as_bytes(), 0, 0, &mut block);
            let expected = seen(&block.batch.view(0), ticks);
            let shaped = write(&raw);
            for text in [shaped.to_string(), format!("{shaped:#}")] {
                parse_block(&mut parser, text.as_bytes(), 0, 0, &mut block);
                assert!(block.malformed.is_empty(), "{name}: {:?} {text}", block.malformed);
                assert_eq!(block.batch.events.len(), 1, "{name}: {text}");
                assert_eq!(seen(&block.batch.view(0), ticks), expected, "{name}: {text}");
            }
        }
    }
}

#[test]
fn the_raw_form_of_every_shape_gives_its_event_and_its_settings() {
    let mut parser = parser();
    for raw in raw_values().iter().step_by(7).map(upper_ids) {
        let line = raw.to_string();
        assert_eq!(parser.canonical(line.as_bytes()), Ok(Some(line.as_str())));
        let settings = parser.settings(line.as_bytes());
        for (name, write) in SHAPES {
            let shaped = write(&raw).to_string();
            let canonical = parser.canonical(shaped.as_bytes()).unwrap().unwrap().to_owned();
            assert!(!canonical.contains('\n'));
            serde_json::from_str::<Value>(&canonical).unwrap();
            let [mut one, mut other] = [ParsedBlock::default(), ParsedBlock::default()];
            parse_block(&mut parser, shaped.as_bytes(), 0, 0, &mut one);
            parse_block(&mut parser, canonical.as_bytes(), 0, 0, &mut other);
            assert_eq!(seen(&one.batch.view(0), 1), seen(&other.batch.view(0), 1), "{name}");
            let mut its = parser.settings(shaped.as_bytes());
            let mut expected = settings.clone();
            // Columns have no order, and none for what is empty.
            let is_listed = |name: &str| name != "diagnostics";
            if is_listed(name) {
                its.listed.sort_by(|a, b| a.name.cmp(&b.name));
                expected.listed.sort_by(|a, b| a.name.cmp(&b.name));
                assert_eq!(its, expected, "{name}: {shaped}");
            } else {
                assert_eq!(its.grants, expected.grants, "{name}: {shaped}");
            }
        }
    }
}

#[test]
fn containers_hold_the_records_of_their_elements() {
    let raw = raw_values();
    let lines = raw_lines().join("\n");
    let each = |separator: &str| raw_lines().join(separator);
    let search: Vec<_> = raw.iter().map(|raw| serde_json::json!({ "_source": raw })).collect();
    let hits =
        |hits: Vec<Value>| serde_json::json!({ "took": 3, "hits": { "total": 9, "hits": hits } });
    let documents: Vec<_> =
        raw.iter().map(|raw| serde_json::json!({ "_source": elastic(raw) })).collect();
    drop(search);
    let files = [
        lines.clone(),
        format!("{{\"records\":[{}]}}", each(",")),
        format!("{{\"records\": [\n{}\n]}}\n", each(",\n")),
        format!("[{}]", each(",")),
        format!("{:#}", Value::Array(raw.clone())),
        format!("{{\"value\":[{}],\"nextLink\":\"x\"}}", each(",")),
        raw_lines()
            .chunks(7)
            .map(|chunk| format!("{{\"records\":[{}]}}\n", chunk.join(",")))
            .collect(),
        hits(documents).to_string(),
    ];
    let mut parser = LineParser::new();
    let times = |text: &str, parser: &mut LineParser| -> Vec<_> {
        let mut batch = vaultdrill::event::Batch::default();
        for found in Records::new(text.as_bytes()) {
            assert_eq!(found.fault, None);
            let record = parser.parse(&text.as_bytes()[found.bytes], Origin::default(), &mut batch);
            assert_eq!(record, Ok(Record::Event));
        }
        batch.events.iter().map(|event| event.time.0 / 10_000).collect()
    };
    let expected = times(&files[0], &mut parser);
    for file in &files[1..] {
        assert_eq!(times(file, &mut parser), expected, "{}", &file[..80]);
    }
}
