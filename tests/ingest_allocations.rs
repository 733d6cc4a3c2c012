//! Once its buffers have grown, the parser allocates nothing, whatever the traffic is made of.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use vaultdrill::event::Extra;
use vaultdrill::ingest::{Blocks, LineParser, ParsedBlock, parse_block};

#[path = "ingest_lines/records.rs"]
mod records;

/// Counts every request for memory.
struct Counting;

static REQUESTS: AtomicU64 = AtomicU64::new(0);

#[expect(unsafe_code, reason = "an allocator cannot be written otherwise")]
// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        REQUESTS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        REQUESTS.fetch_add(1, Ordering::Relaxed);
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
    for extras in [vec![], extras()] {
        let (mut parser, mut block) = (LineParser::extracting(&extras), ParsedBlock::default());
        let first = parse_all(&mut parser, &text, &mut block);
        assert!(first.iter().all(|&count| count > 10), "{first:?}");
        let named = |extra: &Extra| block.batch.views().any(|view| view.extras(*extra).count() > 0);
        assert!(extras.iter().all(named), "every field has values");
        let before = REQUESTS.load(Ordering::Relaxed);
        let again = parse_all(&mut parser, &text, &mut block);
        let requests = REQUESTS.load(Ordering::Relaxed) - before;
        assert_eq!(again, first);
        assert_eq!(requests, 0, "requests for memory over {} records", again[0] + again[1]);
    }
}
