//! Every layout carries the same records, arrivals and truth; what a layout adds can be taken off
//! again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use vaultdrill_generators::{GenerateError, Layout, Manifest, generate, stream};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::common::{Corpus, plan, small};

#[test]
fn envelopes_hold_the_same_records_in_the_same_order() {
    let packed = Corpus::of(|plan| plan.layout = Layout::EventHub);
    let mut records = Vec::new();
    let mut sizes = BTreeMap::new();
    for line in packed.events.lines() {
        let envelope = line.strip_prefix(r#"{"records":["#).and_then(|l| l.strip_suffix("]}"));
        let inside = split_records(envelope.expect(line));
        let planes = inside.iter().map(|record| is_activity(record));
        assert!(planes.clone().all(|plane| plane == is_activity(inside[0])), "one hub each");
        let arrivals = &packed.arrivals[records.len()..records.len() + inside.len()];
        let waited = arrivals[inside.len() - 1] - arrivals[0];
        assert!(waited <= 20 * 10_000_000, "flushed after {waited} ticks");
        *sizes.entry(inside.len()).or_insert(0) += 1;
        records.extend(inside);
    }
    assert!(records == small().events.lines().collect::<Vec<_>>());
    assert_eq!(packed.arrivals, small().arrivals);
    assert!(sizes.keys().all(|size| (1..=100).contains(size)) && sizes.len() > 3, "{sizes:?}");
    same_truth(&packed.truth, &small().truth);
    let manifest = &packed.manifest;
    assert_eq!(manifest.corpus_id, format!("{:032x}", xxh3_128(packed.events.as_bytes())));
    assert_eq!(manifest.events as usize, records.len());
    assert_eq!(manifest.bytes as usize, packed.events.len());
}

#[test]
fn blobs_hold_the_same_records_filed_by_sender_and_hour_of_arrival() {
    let tree = Tree::of(3);
    let mut seen: Vec<(i64, String)> = Vec::new();
    for (branch, blobs) in &tree.branches {
        let arrivals = fs::read(tree.root().join(branch).join("arrivals.i64")).unwrap();
        let mut arrivals =
            arrivals.chunks_exact(8).map(|chunk| i64::from_le_bytes(chunk.try_into().unwrap()));
        for (hour, text) in blobs {
            for record in text.lines() {
                let arrival = arrivals.next().expect("an arrival per record");
                assert_eq!(*hour, hour_path(arrival), "filed by arrival");
                let value: Value = serde_json::from_str(record).unwrap();
                let resource = value["resourceId"].as_str().unwrap();
                assert!(belongs(branch, resource), "{branch}: {resource}");
                seen.push((arrival, record.to_owned()));
            }
        }
        assert_eq!(arrivals.next(), None);
    }
    let mut expected: Vec<(i64, String)> =
        small().arrivals.iter().copied().zip(small().events.lines().map(str::to_owned)).collect();
    seen.sort();
    expected.sort();
    assert!(seen == expected);
    same_truth(&fs::read_to_string(tree.root().join("truth.ndjson")).unwrap(), &small().truth);
}

#[test]
fn the_list_of_a_tree_names_every_file_with_its_digest() {
    let tree = Tree::of(1);
    let list = fs::read_to_string(tree.root().join("files.sha256")).unwrap();
    assert_eq!(tree.manifest.sha256["files.sha256"], sha256(list.as_bytes()));
    let listed: BTreeMap<&str, &str> =
        list.lines().map(|line| line.split_once("  ").unwrap()).map(|(a, b)| (b, a)).collect();
    let files = files_below(tree.root());
    let beside = ["files.sha256", "manifest.json", "truth.ndjson"];
    assert_eq!(listed.len() + beside.len(), files.len());
    let mut bytes = 0;
    for (path, digest) in listed {
        let content = fs::read(tree.root().join(path)).unwrap();
        assert_eq!(digest, sha256(&content), "{path}");
        bytes += if path.ends_with(".json") { content.len() as u64 } else { 0 };
    }
    assert_eq!(tree.manifest.bytes, bytes);
}

#[test]
fn the_id_of_a_tree_is_that_of_its_senders_in_path_order() {
    let (one, three) = (Tree::of(1), Tree::of(3));
    assert_eq!(one.manifest, three.manifest);
    let mut all = Xxh3::new();
    for blobs in one.branches.values() {
        let bytes: String = blobs.values().map(String::as_str).collect();
        all.update(&xxh3_128(bytes.as_bytes()).to_le_bytes());
    }
    assert_eq!(one.manifest.corpus_id, format!("{:032x}", all.digest128()));
}

#[test]
fn a_forced_change_of_layout_leaves_no_file_of_the_old_one() {
    let directory = tempfile::tempdir().unwrap();
    let mut plan = plan(directory.path());
    plan.days = 2;
    let order = [Layout::Lines, Layout::Blobs, Layout::EventHub, Layout::Blobs, Layout::Lines];
    for layout in order {
        plan.layout = layout;
        plan.force = false;
        if !files_below(directory.path()).is_empty() {
            let refused = generate(&plan, &mut |_| {}).unwrap_err();
            assert!(matches!(refused, GenerateError::Exists { .. }), "{refused}");
        }
        plan.force = true;
        let manifest = generate(&plan, &mut |_| {}).unwrap();
        let files = files_below(directory.path());
        let blobs = files.iter().any(|file| file.ends_with("PT1H.json"));
        let lines = files.contains(&PathBuf::from("events.ndjson"));
        assert_eq!((blobs, lines), (layout == Layout::Blobs, layout != Layout::Blobs));
        assert!(files.iter().all(|file| !file.to_str().unwrap().contains(".part")), "{files:?}");
        assert_eq!(manifest.layout, layout);
    }
}

#[test]
fn logs_that_no_corpus_listed_are_never_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("insights-logs-auditevent/resourceId=/PT1H.json");
    fs::create_dir_all(log.parent().unwrap()).unwrap();
    fs::write(&log, "somebody's\n").unwrap();
    let mut plan = plan(directory.path());
    plan.days = 2;
    for layout in [Layout::Lines, Layout::Blobs] {
        for force in [false, true] {
            (plan.layout, plan.force) = (layout, force);
            let refused = generate(&plan, &mut |_| {}).unwrap_err();
            assert!(refused.to_string().contains("insights-logs-auditevent"), "{refused}");
        }
    }
    assert_eq!(fs::read_to_string(&log).unwrap(), "somebody's\n");
}

#[test]
fn a_stream_is_the_event_file_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    let through = stream(&plan(directory.path()), &mut out, &mut |_| {}).unwrap();
    assert!(out == small().events.as_bytes());
    assert_eq!((through.events, through.bytes), (small().manifest.events, out.len() as u64));
    assert!(files_below(directory.path()).is_empty());
}

/// A corpus of blobs, read back: by sender, by hour.
struct Tree {
    manifest: Manifest,
    branches: BTreeMap<String, BTreeMap<String, String>>,
    directory: TempDir,
}

impl Tree {
    fn of(threads: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut plan = plan(directory.path());
        (plan.layout, plan.threads) = (Layout::Blobs, threads);
        let manifest = generate(&plan, &mut |_| {}).unwrap();
        let mut branches: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for file in files_below(directory.path()) {
            let path = file.to_str().unwrap();
            if let Some(at) = path.find("/y=") {
                let text = fs::read_to_string(directory.path().join(&file)).unwrap();
                let blobs = branches.entry(path[..at].to_owned()).or_default();
                blobs.insert(path[at + 1..].to_owned(), text);
            }
        }
        assert!(branches.len() > 20, "{} senders", branches.len());
        Self { manifest, branches, directory }
    }

    fn root(&self) -> &Path {
        self.directory.path()
    }
}

/// Everything below, relative.
fn files_below(root: &Path) -> Vec<PathBuf> {
    let mut open = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    files
}

/// `y=2026/m=03/...` of an arrival, for corpora that begin and end in one March.
fn hour_path(arrival: i64) -> String {
    let hours = arrival.div_euclid(36_000_000_000);
    // 2026-03-01 is day 20,513 of the epoch.
    let day = hours / 24 - 20_513 + 1;
    format!("y=2026/m=03/d={day:02}/h={:02}/m=00/PT1H.json", hours % 24)
}

/// Resource logs lie with their vault, the Activity Log with its subscription.
fn belongs(branch: &str, resource: &str) -> bool {
    let (container, path) = branch.split_once("/resourceId=").unwrap();
    match container {
        "insights-logs-auditevent" => path == resource,
        "insights-activity-logs" => resource.to_uppercase().starts_with(path),
        other => panic!("{other}"),
    }
}

/// The same but for the id of the corpus.
fn same_truth(a: &str, b: &str) {
    let steps = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    assert!(steps(a) == steps(b));
}

fn is_activity(record: &str) -> bool {
    record.contains(r#""category":"Administrative""#)
}

/// Cuts at the commas between records.
fn split_records(inside: &str) -> Vec<&str> {
    let (mut from, mut depth, mut quoted, mut escaped) = (0, 0, false, false);
    let mut records = Vec::new();
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth -= 1,
            b',' if !quoted && depth == 0 => {
                records.push(&inside[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    records.push(&inside[from..]);
    records
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
