//! The bodies of the fuzz targets, over their seeds and over mutations of them: what a fuzzer holds for
//! hours must hold here for a moment, and the seeds must be read at all.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop, and say at what"
)]

#[expect(unreachable_pub, reason = "they are a library of their own for the fuzzer")]
#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::fs;
use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Mutations tried of each seed.
const MUTATIONS: usize = 60;

/// What mutations put in: the characters that structure the formats, and some that break them.
const SPLICES: [&[u8]; 16] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b",",
    b":",
    b"\n",
    b"\0",
    b"\xff",
    b"\\ud800",
    b"1e999",
    b"null",
    b"\xef\xbb\xbf",
    b"=",
];

fn seeds(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut open, mut found) = (vec![root.join(folder)], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((path.clone(), fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty());
    found
}

/// Cuts, doubles, splices or overwrites a few places.
fn mutate(bytes: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.random_range(1..4) {
        let from = random.random_range(0..=bytes.len());
        let to = (from + random.random_range(0..40)).min(bytes.len());
        match random.random_range(0..4) {
            0 => drop(bytes.drain(from..to)),
            1 => {
                let piece = bytes[from..to].to_vec();
                bytes.splice(from..from, piece);
            }
            2 => {
                let splice = SPLICES[random.random_range(0..SPLICES.len())];
                bytes.splice(from..from, splice.iter().copied());
            }
            _ => bytes.iter_mut().skip(from).take(1).for_each(|byte| *byte = random.random()),
        }
    }
    bytes
}

fn hold(body: impl Fn(&[u8]), folders: &[&str], mutations: usize) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for (path, seed) in folders.iter().flat_map(|folder| seeds(folder)) {
        eprintln!("{}", path.display());
        body(&seed);
        for _ in 0..mutations {
            let mutated = mutate(&seed, &mut random);
            eprintln!("{}", mutated.escape_ascii());
            body(&mutated);
        }
    }
}

#[test]
fn lines_hold() {
    hold(bodies::line, &["fuzz/seeds/line"], MUTATIONS);
}

#[test]
fn scrubbed_records_hold() {
    hold(bodies::scrub, &["fuzz/seeds/scrub", "fuzz/seeds/line"], MUTATIONS / 2);
}

#[test]
fn envelopes_hold() {
    hold(bodies::envelope, &["fuzz/seeds/envelope", "fuzz/seeds/line"], MUTATIONS);
}

#[test]
fn files_of_any_kind_hold() {
    hold(bodies::csv, &["fuzz/seeds/csv", "fuzz/seeds/envelope"], MUTATIONS / 4);
}

#[test]
fn rule_files_hold() {
    hold(bodies::rule, &["fuzz/seeds/rule"], 10 * MUTATIONS);
    hold(bodies::rule, &["scenarios/rules"], 2);
}

#[test]
fn scenario_files_hold() {
    hold(bodies::scenario, &["fuzz/seeds/scenario"], MUTATIONS);
}

#[test]
fn truth_holds() {
    hold(bodies::truth, &["fuzz/seeds/truth"], 10 * MUTATIONS);
}

#[test]
fn alerts_hold() {
    hold(bodies::alerts, &["fuzz/seeds/alerts"], MUTATIONS);
}
