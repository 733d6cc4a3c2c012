//! Each kind of damage to a corpus is found and named.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value, json};
use vaultdrill::event::{TickSpan, Ticks};
use vaultdrill::records::{CorpusWriter, RecordsError, WriteTruth};

use crate::line;
use crate::program::{failure_of, generate, json, output_of, run};

/// The names of the checks that fail, and what they say.
fn failed(folder: &Path, corpus: &str) -> Vec<(String, String)> {
    let output = run(folder, &["verify", corpus, "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(if report["ok"] == json!(true) { 0 } else { 3 }));
    let checks = report["checks"].as_array().unwrap();
    let failed = checks.iter().filter(|check| check["ok"] == json!(false));
    let text = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    failed.map(|check| (text(check, "check"), text(check, "found"))).collect()
}

/// Damages a copy of the corpus, and makes sums and ids hold again where `mended` says so.
fn damaged(folder: &Path, mended: bool, damage: impl FnOnce(&Path)) -> Vec<(String, String)> {
    let copy = folder.join("copy");
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir(&copy).unwrap();
    for name in ["events.ndjson", "arrivals.i64", "truth.ndjson", "manifest.json"] {
        fs::copy(folder.join("corpus").join(name), copy.join(name)).unwrap();
    }
    damage(&copy);
    if mended {
        mend(&copy);
    }
    failed(folder, "copy")
}

/// Writes sums, sizes and ids anew.
fn mend(corpus: &Path) {
    use sha2::{Digest, Sha256};
    let mut manifest = json(&corpus.join("manifest.json"));
    let events = fs::read(corpus.join("events.ndjson")).unwrap();
    let id = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&events));
    let truth = fs::read_to_string(corpus.join("truth.ndjson")).unwrap();
    let truth = truth.replace(manifest["corpus_id"].as_str().unwrap(), &id);
    fs::write(corpus.join("truth.ndjson"), truth).unwrap();
    manifest["corpus_id"] = json!(id);
    manifest["bytes"] = json!(events.len());
    for name in ["events.ndjson", "arrivals.i64", "truth.ndjson"] {
        let sum = Sha256::digest(fs::read(corpus.join(name)).unwrap());
        manifest["sha256"][name] =
            json!(sum.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    }
    fs::write(corpus.join("manifest.json"), manifest.to_string()).unwrap();
}

/// Changes a text file.
fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    fs::write(path, change(fs::read_to_string(path).unwrap())).unwrap();
}

fn names(failed: &[(String, String)]) -> Vec<&str> {
    failed.iter().map(|(name, _)| name.as_str()).collect()
}

/// How many records the corpus has, and which of them are steps of its only campaign.
const RECORDS: i64 = 20;
const STEPS: std::ops::Range<i64> = 3..8;

fn time(record: i64) -> Ticks {
    Ticks(17_700_000_000_000_000) + TickSpan::minutes(record)
}

fn arrival(record: i64) -> Ticks {
    time(record) + TickSpan::minutes(5)
}

/// Writes a corpus with one campaign.
fn write(folder: &Path) {
    let mut writer = CorpusWriter::create(&folder.join("corpus"), false).unwrap();
    for record in 0..RECORDS {
        let text = line(time(record), &format!("id-{record}"));
        writer.push(&text, time(record), arrival(record)).unwrap();
    }
    let mut truth = |file: &mut dyn Write, id: &str| {
        writeln!(file, "{}", json!({"schema_version": 1, "kind": "truth", "corpus_id": id}))?;
        let campaign = json!({
            "type": "campaign", "campaign_id": "c-1", "class": "malicious", "attack": "bulk-extraction",
            "start": time(STEPS.start).to_string(), "end": time(STEPS.end - 1).to_string(),
        });
        writeln!(file, "{campaign}")?;
        for record in STEPS {
            let step = json!({
                "type": "step", "campaign_id": "c-1", "time": time(record).to_string(),
                "arrived": arrival(record).to_string(), "correlation_id": format!("id-{record}"),
                "operation": "SecretGet", "reveals": true,
            });
            writeln!(file, "{step}")?;
        }
        Ok(())
    };
    let truth: WriteTruth<'_, RecordsError> = &mut truth;
    let facts = Map::from_iter([("campaigns".to_owned(), json!({"bulk-extraction": 1}))]);
    writer.finish(facts, Some(truth)).unwrap();
}

#[test]
fn a_corpus_of_every_layout_is_what_it_says_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for layout in ["lines", "event-hub", "blobs"] {
        generate(folder, layout, layout);
        let text = output_of(folder, &["verify", layout]);
        let is_sound =
            |line: &str| line.len() <= 80 && (line.starts_with("ok ") || line.starts_with("    "));
        assert!(text.lines().all(is_sound), "{text}");
        for check in [
            "manifest",
            "sums",
            "corpus_id",
            "arrivals",
            "count",
            "records",
            "order",
            "times",
            "steps",
        ] {
            assert!(text.contains(check), "{check}: {text}");
        }
    }
}

#[test]
fn damage_to_events_and_arrivals_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder);
    assert_eq!(failed(folder, "corpus"), []);

    let found = damaged(folder, false, |copy| {
        edit(&copy.join("events.ndjson"), |text| text.replacen("id-15", "id-51", 1));
    });
    assert_eq!(names(&found), ["sums", "corpus_id"]);
    assert!(found[0].1.contains("events.ndjson"), "{}", found[0].1);

    // A record that is gone, with its arrival or without.
    let last = line(time(RECORDS - 1), &format!("id-{}", RECORDS - 1)) + "\n";
    let cut = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() - 8]).unwrap();
    };
    let shorten = |copy: &Path| edit(&copy.join("events.ndjson"), |text| text.replace(&last, ""));
    let found = damaged(folder, true, shorten);
    assert_eq!(names(&found), ["arrivals"]);
    assert!(found[0].1.contains("found 20 for 19 records"), "{found:?}");
    let found = damaged(folder, true, |copy| cut(&copy.join("arrivals.i64")));
    assert_eq!(names(&found), ["arrivals"]);
    let found = damaged(folder, true, |copy| {
        shorten(copy);
        cut(&copy.join("arrivals.i64"));
    });
    assert_eq!(names(&found), ["count", "times"]);

    // Records that are none, and of others.
    let found = damaged(folder, true, |copy| {
        edit(&copy.join("events.ndjson"), |text| {
            let (first, rest) = text.split_once('\n').unwrap();
            let (second, rest) = rest.split_once('\n').unwrap();
            format!(
                "{}\n{}\n{rest}",
                "x".repeat(first.len()),
                crate::FOREIGN.to_owned() + &" ".repeat(second.len())
            )
        });
    });
    assert_eq!(names(&found), ["records", "times"]);
    let said = &found[0].1;
    assert!(
        said.contains("1 malformed and 1 of other services") && said.contains("byte 0"),
        "{said}"
    );

    // Two arrivals that have changed places, which also makes steps arrive at other times.
    let found = damaged(folder, true, |copy| {
        let path = copy.join("arrivals.i64");
        let mut bytes = fs::read(&path).unwrap();
        let place = |record: i64| record as usize * 8..(record as usize + 1) * 8;
        let (first, second) = (place(STEPS.start), place(STEPS.start + 1));
        let kept = bytes[first.clone()].to_owned();
        bytes.copy_within(second.clone(), first.start);
        bytes[second].copy_from_slice(&kept);
        fs::write(&path, bytes).unwrap();
    });
    assert_eq!(names(&found), ["order", "step arrivals"]);
}

#[test]
fn damage_to_the_manifest_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder);
    let changed = |key: &str, value: Value| {
        damaged(folder, true, |copy| {
            edit(&copy.join("manifest.json"), |text| {
                let mut manifest: Value = serde_json::from_str(&text).unwrap();
                manifest[key] = value;
                manifest.to_string()
            });
        })
    };
    assert_eq!(names(&changed("schema_version", json!(2))), ["manifest", "times"]);
    assert_eq!(names(&changed("events", json!(21))), ["count"]);
    assert_eq!(names(&changed("last_time", json!(time(60).to_string()))), ["times"]);
    let found = changed("campaigns", json!({"bulk-extraction": 2}));
    assert_eq!(names(&found), ["campaigns"]);
    assert!(found[0].1.contains("bulk-extraction: expected 2, found 1"), "{found:?}");
    let found = damaged(folder, false, |copy| fs::remove_file(copy.join("manifest.json")).unwrap());
    assert!(names(&found).starts_with(&["manifest", "sums", "corpus_id"]), "{found:?}");
}

#[test]
fn what_nothing_vouches_for_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder);
    let manifest = |copy: &Path, change: &dyn Fn(&mut Value)| {
        edit(&copy.join("manifest.json"), |text| {
            let mut manifest: Value = serde_json::from_str(&text).unwrap();
            change(&mut manifest);
            manifest.to_string()
        });
    };
    // Truth that is gone, with its sum or without.
    let found = damaged(folder, false, |copy| {
        fs::remove_file(copy.join("truth.ndjson")).unwrap();
    });
    assert_eq!(names(&found), ["sums", "truth"]);
    let found = damaged(folder, false, |copy| {
        fs::remove_file(copy.join("truth.ndjson")).unwrap();
        manifest(copy, &|manifest| {
            drop(manifest["sha256"].as_object_mut().unwrap().remove("truth.ndjson"))
        });
    });
    assert_eq!(names(&found), ["sums", "truth"]);
    // Every arrival moved alike, and no sum that would say so.
    for name in ["arrivals.i64", "events.ndjson", "truth.ndjson"] {
        let found = damaged(folder, false, |copy| {
            manifest(copy, &|manifest| {
                drop(manifest["sha256"].as_object_mut().unwrap().remove(name))
            });
        });
        assert_eq!(names(&found), ["sums"], "{name}");
        assert!(found[0].1.contains(name), "{found:?}");
    }
    // Sums of what is no file of the corpus.
    for name in ["/dev/zero", "../copy/events.ndjson", "sub/events.ndjson", ""] {
        let found = damaged(folder, false, |copy| {
            manifest(copy, &|manifest| manifest["sha256"][name] = json!("0"));
        });
        assert_eq!(names(&found), ["sums"], "{name}");
    }
    #[cfg(unix)]
    {
        let found = damaged(folder, false, |copy| {
            let made = std::process::Command::new("mkfifo").arg(copy.join("pipe")).status();
            assert!(made.unwrap().success());
            manifest(copy, &|manifest| manifest["sha256"]["pipe"] = json!("0"));
        });
        assert_eq!(names(&found), ["sums"]);
        assert!(found[0].1.contains("plain file"), "{found:?}");
    }
}

#[test]
fn days_that_are_not_those_of_the_times_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    generate(folder, "corpus", "lines");
    for (key, days) in [("warmup_days", 3), ("warmup_days", 5), ("days", 7)] {
        let found = damaged(folder, false, |copy| {
            edit(&copy.join("manifest.json"), |text| {
                let mut manifest: Value = serde_json::from_str(&text).unwrap();
                manifest[key] = json!(days);
                manifest.to_string()
            });
        });
        assert_eq!(names(&found), ["days"], "{key} {days}");
    }
}

#[test]
fn truth_that_is_of_other_events_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder);
    let step = STEPS.start;
    let changed = |from: &str, to: &str| {
        damaged(folder, true, |copy| {
            edit(&copy.join("truth.ndjson"), |text| {
                let lines = text.lines().map(|line| {
                    let is_it = line.contains(&format!("\"id-{step}\""));
                    if is_it { line.replace(from, to) } else { line.to_owned() }
                });
                lines.collect::<Vec<_>>().join("\n")
            });
        })
    };
    let found = changed("\"id-3\"", "\"id-nowhere\"");
    assert_eq!(names(&found), ["steps"]);
    assert!(found[0].1.contains("no record with its correlation id"), "{found:?}");
    let found = changed("SecretGet", "SecretList");
    assert_eq!(names(&found), ["steps"]);
    assert!(
        found[0].1.contains("expected secretlist") && found[0].1.contains("found secretget"),
        "{found:?}"
    );
    let found = changed(&time(step).to_string(), &time(0).to_string());
    assert_eq!(names(&found), ["spans", "steps"]);
    let found = changed(&arrival(step).to_string(), &arrival(9).to_string());
    assert_eq!(names(&found), ["step arrivals"]);

    let found = damaged(folder, true, |copy| {
        edit(&copy.join("truth.ndjson"), |text| {
            text.replacen("corpus_id\":\"", "corpus_id\":\"0", 1)
        });
    });
    assert_eq!(names(&found), ["truth"]);
    let (code, message) = failure_of(folder, &["verify", "copy"]);
    assert!(code == 3 && message.contains("1 of"), "{message}");
}
