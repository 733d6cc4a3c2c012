//! Once its buffers have grown, the parser allocates nothing, whatever the traffic is made of; and what
//! rules say of an event is found without allocating from the first event on.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::json;
use vaultdrill::event::Extra;
use vaultdrill::ingest::{Blocks, LineParser, ParsedBlock, parse_block};
use vaultdrill::rules::{EMBEDDED, Evaluator, PACK, Query, RuleSet, load, parse_rule};

#[path = "ingest_lines/records.rs"]
mod records;

/// Counts every request for memory.
struct Counting;

thread_local! {
    /// Requests of this thread: tests run side by side.
    static REQUESTS: Cell<u64> = const { Cell::new(0) };
}

fn count_one() {
    REQUESTS.with(|requests| requests.set(requests.get() + 1));
}

#[expect(unsafe_code, reason = "an allocator cannot be written otherwise")]
// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_one();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count_one();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Reads, challenges, lists, vault patches, Activity Log pairs, repeated keys, and damage of all sorts.
fn mixed_corpus() -> Vec<u8> {
    let mut text = Vec::new();
    for n in 0..2000 {
        let record = records::record(n);
        text.extend_from_slice(record.as_bytes());
        text.push(b'\n');
        match n % 97 {
            0 => text.extend_from_slice(&record.as_bytes()[..record.len() / 2]),
            1 => text.extend_from_slice(format!("{{\"time\":1,{}", &record[1..]).as_bytes()),
            2 => text.extend_from_slice(b"{\"text\":\"\xff\"}\r"),
            3 => text.extend_from_slice("[".repeat(200).as_bytes()),
            4 => text.extend_from_slice(b"{\"category\":\"AuditEvent\",\"resourceId\":\"/x\"}"),
            5 => text.extend_from_slice(record.replace("2026", "year").as_bytes()),
            6 => text.extend_from_slice(record.replace("203.0.113.", "2001:db8::").as_bytes()),
            _ => continue,
        }
        text.push(b'\n');
    }
    text
}

/// Parses everything in blocks and gives the number of events, malformed records and repeated keys.
fn parse_all(parser: &mut LineParser, text: &[u8], block: &mut ParsedBlock) -> [u64; 3] {
    let mut counts = [0; 3];
    for range in Blocks::new(text, 64 << 10) {
        parse_block(parser, &text[range.clone()], 0, range.start as u64, block);
        counts[0] += block.batch.events.len() as u64;
        counts[1] += block.malformed.len() as u64;
        counts[2] += block.duplicate_keys;
    }
    counts
}

/// Fields of every kind: Elastic's names, paths into arrays, request bodies and dotted keys, and a name
/// with a wildcard.
fn extras() -> Vec<Extra> {
    let names = [
        "event.outcome",
        "event.duration",
        "source.ip",
        "azure.resource.name",
        "azure.activitylogs.identity.claims.appid",
        "azure.activitylogs.properties.requestbody.properties.accessPolicies.objectId",
        "azure.platformlogs.identity.claim.upn",
        "properties.httpStatusCode",
        "*.sku.*",
    ];
    names.iter().map(|name| Extra::named(name).expect("short, and few")).collect()
}

#[test]
fn parsing_a_mixed_corpus_again_allocates_nothing_whatever_fields_the_rules_name() {
    let text = mixed_corpus();
    let exact: Vec<Extra> = extras().into_iter().filter(|it| !it.name().contains('*')).collect();
    for (extras, reads_along) in [(vec![], true), (exact, true), (extras(), false)] {
        let (mut parser, mut block) = (LineParser::extracting(&extras), ParsedBlock::default());
        let first = parse_all(&mut parser, &text, &mut block);
        assert!(first.iter().all(|&count| count > 10), "{first:?}");
        let named = |extra: &Extra| block.batch.views().any(|view| view.extras(*extra).count() > 0);
        assert!(extras.iter().all(named), "every field has values");
        let before = REQUESTS.get();
        let again = parse_all(&mut parser, &text, &mut block);
        let requests = REQUESTS.get() - before;
        assert_eq!(again, first);
        assert_eq!(requests, 0, "requests for memory over {} records", again[0] + again[1]);
        // Which fields are named decides how lines are read.
        assert_eq!(parser.read_along_skeletons() > 0, reads_along, "{extras:?}");
    }
}

/// Records in other shapes than the raw one, and in containers.
fn shaped_corpus() -> String {
    let mut text = String::new();
    for n in 0..200 {
        let record = records::record(n);
        let raw: serde_json::Value = serde_json::from_str(&record).expect("it is JSON");
        let (time, id) = (&raw["time"], &raw["resourceId"]);
        let log =
            if raw["identity"]["claims"].is_object() { "activitylogs" } else { "platformlogs" };
        for shaped in [
            json!({ "records": [raw, raw] }),
            json!({ "@timestamp": time, "message": record }),
            json!({ "@timestamp": time, "azure": { "resource": { "id": id }, log: raw } }),
            json!({ "eventTimestamp": time, "resourceId": id, "claims": raw["identity"]["claims"],
                "operationName": { "value": raw["operationName"] }, "properties": raw["properties"] }),
            json!({ "TimeGenerated": time, "Type": "AZKVAuditLogs", "_ResourceId": id,
                "OperationName": raw["operationName"], "Identity": raw["identity"].to_string(),
                "CertificateProperties": raw["properties"] }),
            json!({ "TimeGenerated": time, "Type": "AzureDiagnostics", "ResourceId": id,
                "httpStatusCode_d": 200.0, "properties_networkAcls_s": raw["properties"].to_string(),
                "properties_sku_Name_s": "a", "identity_claim_oid_g": "b" }),
            json!({ "TimeGenerated": time, "Type": "AzureActivity", "_ResourceId": id,
                "Claims": raw["identity"]["claims"].to_string(), "CategoryValue": "Administrative" }),
        ] {
            text.push_str(&shaped.to_string());
            text.push('\n');
        }
    }
    text
}

#[test]
fn records_in_other_shapes_allocate_nothing_either() {
    let text = shaped_corpus();
    let (mut parser, mut block) = (LineParser::new(), ParsedBlock::default());
    let first = parse_all(&mut parser, text.as_bytes(), &mut block);
    assert_eq!((first[0], first[1]), (8 * 200, 0));
    let before = REQUESTS.get();
    let again = parse_all(&mut parser, text.as_bytes(), &mut block);
    assert_eq!((REQUESTS.get() - before, again), (0, first));
}

/// Every form of test, on fields of every kind.
const QUERIES: [&str; 16] = [
    "access: (reveal or list) and not outcome: denied",
    "http_status >= 400 or not http_status: *",
    "@timestamp >= 2026 and time < \"2026-01-01T00:05:00Z\"",
    "operation: (Secret* and not *List or \"keyunwrap\") or operation: *x*",
    "vault > a and object < z and object: *",
    "source_ip: (203.0.113.0/25 or \"2001:db8::/32\") or source_ip < 9.9.9.9",
    "grantee: *-*",
    "*: 203.0.113.7 or *ser: *@*",
    "\"secret get\" or Secret*",
    "event.outcome: success or event.duration > 5",
    "source.ip: 203.0.113.0/24 or client.ip > 203.0.113.200",
    "data_stream.dataset: azure.plat*",
    "azure.activitylogs.properties.requestbody.properties.accessPolicies.objectId: *-*",
    "properties.httpStatusCode > 300 or properties.httpStatusCode: 2*",
    "*.sku.*: standard or *.upn: *",
    "",
];

/// Frames in zones with and without changes of the clock, an expiry, and a query of its own.
const EXCEPTIONS: &str = r#"
    [[exceptions]]
    reason = "night"
    frames = [
        { weekdays = ["wednesday"], from = "22:00", to = "02:00", zone = "Europe/Berlin" },
        { weekdays = ["monday"], from = "02:00", to = "04:00", zone = "UTC" },
    ]
    [[exceptions]]
    query = "user: admin* or *.upn: admin*"
    expires = 2026-03-02T12:00:00+01:00
    reason = "migration"
"#;

#[test]
fn judging_an_event_by_queries_rules_and_exceptions_allocates_nothing() {
    let queries = QUERIES.map(|source| Query::parse(source).expect(source));
    let mut rules = load(&[PACK]).expect("the pack").rules;
    let is_meant = |(id, _): &&(&str, &str)| *id == "bulk-extraction";
    let (_, text) = EMBEDDED.iter().find(is_meant).expect("a rule of the pack");
    let text = text.replacen("id = \"", "id = \"excepting-", 1) + EXCEPTIONS;
    rules.push(parse_rule("excepting.toml", &text).expect("a rule"));
    let rules = RuleSet::new(rules).expect("few rules");
    let mut extras: BTreeSet<Extra> = rules.extras().iter().copied().collect();
    queries.iter().for_each(|query| query.extras(&mut extras));

    let mut parser = LineParser::extracting(&extras.into_iter().collect::<Vec<_>>());
    let (text, mut block) = (mixed_corpus(), ParsedBlock::default());
    parse_block(&mut parser, &text, 0, 0, &mut block);
    let mut answers = [[0_u32; 2]; QUERIES.len()];
    let (mut matched, mut excepted) = (0, 0);
    let mut evaluator = Evaluator::new(&rules);
    for view in block.batch.views() {
        evaluator.evaluate(&view);
    }
    let before = REQUESTS.get();
    for view in block.batch.views() {
        for (query, answers) in queries.iter().zip(&mut answers) {
            answers[usize::from(query.matches(&view))] += 1;
        }
        let verdict = rules.evaluate(&view);
        assert_eq!(evaluator.evaluate(&view), verdict);
        matched += verdict.matched.0.count_ones();
        excepted += verdict.excepted.0.count_ones();
    }
    let requests = REQUESTS.get() - before;
    assert_eq!(requests, 0, "requests for memory over {} events", block.batch.events.len());
    assert!(matched > 100 && excepted > 0, "{matched} matched, {excepted} excepted");
    for (source, [no, yes]) in QUERIES.iter().zip(answers) {
        assert!(yes > 0 && (no > 0 || source.is_empty()), "{source}: {no} no, {yes} yes");
    }
}
