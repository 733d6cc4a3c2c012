//! The repository's invariants that no compiler holds: layering, file headers, file length.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fs;
use std::path::{Path, PathBuf};

/// Files may grow to this many lines; most are near 200.
const MAX_LINES: usize = 500;

#[test]
fn detection_names_neither_the_generators_nor_the_truth() {
    for folder in ["event", "ingest", "rules", "detect", "engine"] {
        for (path, text) in rust_files(&root().join("src").join(folder)) {
            let code = without_comments(&text);
            for word in ["vaultdrill_generators", "truth", "Truth", "scenarios::", "crate::score"] {
                assert!(!code.contains(word), "{} names {word}", path.display());
            }
        }
    }
}

#[test]
fn the_generators_know_no_rule_and_no_parser() {
    let manifest = fs::read_to_string(root().join("generators/Cargo.toml")).unwrap();
    assert!(
        !manifest.lines().any(|line| line.starts_with("vaultdrill")),
        "depends on the detector"
    );
    for (path, text) in rust_files(&root().join("generators/src")) {
        let code = without_comments(&text);
        for word in ["scenarios/rules", "simd_json", "vaultdrill::"] {
            assert!(!code.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn the_core_does_no_io_starts_no_thread_and_reads_no_clock() {
    let exempt = root().join("src/rules/load.rs");
    let mut pure = vec![(root().join("src/limits.rs"), String::new())];
    pure[0].1 = fs::read_to_string(&pure[0].0).unwrap();
    for folder in [
        "event", "rules", "detect", "score", "sweep", "gate", "report", "noise", "estate", "scrub",
        "export",
    ] {
        pure.extend(rust_files(&root().join("src").join(folder)));
    }
    for (path, text) in pure.iter().filter(|(path, _)| *path != exempt) {
        let code = without_comments(text);
        // Of std::net only addresses are values.
        for word in [
            "std::fs",
            "TcpStream",
            "TcpListener",
            "UdpSocket",
            "ToSocketAddrs",
            "std::net::*",
            "std::thread",
            "std::time",
            "crate::measure",
            "println!",
        ] {
            assert!(!code.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn the_checks_see_the_files() {
    assert!(all_rust_files().len() > 100);
}

#[test]
fn unsafe_code_is_in_the_memory_map_and_its_guard_only() {
    for (path, text) in all_rust_files() {
        let map = ["src/ingest/mmap.rs", "src/ingest/bus_guard.rs"];
        let in_map = map.iter().any(|file| path == root().join(file));
        // An allocator that counts cannot be written without it.
        let counting = ["tests/ingest_allocations.rs", "tests/detect_memory.rs"];
        let counts_allocations = counting.iter().any(|file| path == root().join(file));
        let code = without_comments(&text);
        let has_unsafe =
            [concat!("unsafe", " {"), concat!("unsafe", " impl"), concat!("unsafe", " fn")];
        let has_unsafe = has_unsafe.iter().any(|form| code.contains(form));
        assert!(in_map || counts_allocations || !has_unsafe, "{}", path.display());
    }
}

#[test]
fn every_file_says_what_it_is_and_stays_small() {
    for (path, text) in all_rust_files() {
        assert!(text.starts_with("//!"), "{} has no header", path.display());
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", path.display());
    }
}

#[test]
fn the_readme_names_the_commands_that_the_gate_runs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for command in ["$ cargo run --release -- drill", "$ cargo test"] {
        assert!(readme.lines().any(|line| line.starts_with(command)), "{command}");
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn all_rust_files() -> Vec<(PathBuf, String)> {
    let folders = ["src", "tests", "benches", "generators"];
    folders.iter().flat_map(|folder| rust_files(&root().join(folder))).collect()
}

fn rust_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            files.push((path, text));
        }
    }
    files
}

/// The code of a file: no comments, no unit tests, which stand last.
fn without_comments(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| line.split(" // ").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}
