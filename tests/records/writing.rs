//! A corpus written from records is read again as it was written.

use std::fs;
use std::io::Write;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use vaultdrill::event::{TickSpan, Ticks};
use vaultdrill::records::{CorpusWriter, RecordsError, WriteTruth};
use xxhash_rust::xxh3::xxh3_128;

use crate::{line, open};

#[test]
fn a_corpus_says_what_it_holds_and_is_read_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made");
    let start = Ticks(17_700_000_000_000_000);
    let mut writer = CorpusWriter::create(&path, false).unwrap();
    let times = [3, 0, 9].map(|seconds| start + TickSpan::seconds(seconds));
    for (index, time) in times.into_iter().enumerate() {
        let arrival = start + TickSpan::minutes(index as i64);
        writer.push(&line(time, &index.to_string()), time, arrival).unwrap();
    }
    let mut truth =
        |file: &mut dyn Write, id: &str| Ok(writeln!(file, "{{\"corpus_id\":\"{id}\"}}")?);
    let truth: WriteTruth<'_, RecordsError> = &mut truth;
    let facts = Map::from_iter([("seed".to_owned(), json!(7)), ("events".to_owned(), json!(99))]);
    let known = writer.finish(facts, Some(truth)).unwrap();

    let read = |name: &str| fs::read(path.join(name)).unwrap();
    let events = read("events.ndjson");
    assert_eq!(known.corpus_id, format!("{:032x}", xxh3_128(&events)));
    let manifest: Value = serde_json::from_slice(&read("manifest.json")).unwrap();
    assert_eq!((&manifest["seed"], &manifest["events"]), (&json!(7), &json!(3)));
    assert_eq!(manifest["first_time"], json!(times[1].to_string()));
    assert_eq!(manifest["last_time"], json!(times[2].to_string()));
    for name in ["events.ndjson", "arrivals.i64", "truth.ndjson"] {
        let sha256: String =
            Sha256::digest(read(name)).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(manifest["sha256"][name], json!(sha256), "{name}");
    }
    assert!(String::from_utf8(read("truth.ndjson")).unwrap().contains(&known.corpus_id));
    let opened = open(&[path]);
    let mut reader = opened.read().unwrap();
    let mut read = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        read.push((record.arrival.since(start), record.origin.offset));
    }
    let length = events.len() as u64 / 3;
    assert_eq!(read, [0, 1, 2].map(|at| (TickSpan::minutes(at), at as u64 * length)));
}

#[test]
fn only_a_corpus_is_replaced_and_only_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let write = |force| -> Result<(), RecordsError> {
        let mut writer = CorpusWriter::create(path, force)?;
        writer.push(&line(Ticks(0), "a"), Ticks(0), Ticks(0))?;
        writer.finish::<RecordsError>(Map::new(), None).map(drop)
    };
    write(false).unwrap();
    fs::write(path.join("truth.ndjson"), "of the corpus before").unwrap();
    fs::write(path.join("events.ndjson.partial"), "of a killed run").unwrap();
    let error = write(false).unwrap_err().to_string();
    assert!(error.contains("--force") && error.contains("arrivals.i64"), "{error}");
    write(true).unwrap();
    assert!(!path.join("truth.ndjson").exists() && !path.join("events.ndjson.partial").exists());
    fs::write(path.join("diary.txt"), "mine").unwrap();
    let error = write(true).unwrap_err().to_string();
    assert!(error.contains("diary.txt"), "{error}");
    assert_eq!(fs::read(path.join("diary.txt")).unwrap(), b"mine");
}
