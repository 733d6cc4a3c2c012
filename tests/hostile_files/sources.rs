//! The same records from every kind of source give the same alerts; what is no source is said.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::{Compression, write::GzEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::{command, detect, errors, folder, records, run_json, summary};

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// alerts.ndjson of a run over `source`, with the source's name taken out.
fn alerts(folder: &Path, source: &str) -> String {
    let output = detect(folder, &[source, "--out", "out"]);
    assert_eq!(output.status.code(), Some(0), "{source}: {}", errors(&output));
    let text = fs::read_to_string(folder.join("out/alerts.ndjson")).unwrap();
    text.replace(&format!("\"file\":\"{source}\""), "\"file\":\"\"")
}

#[test]
fn compressed_files_are_told_by_content_and_give_the_same_alerts_at_the_same_places() {
    let folder = folder(900);
    let folder = folder.path();
    let plain = alerts(folder, "events.log");
    assert_eq!(plain.lines().count(), 301);
    let text = records(900);
    let (first, second) = text.split_at(text.len() / 3);
    for (name, bytes) in [
        ("a.gz", gz(text.as_bytes())),
        ("b.ndjson", [gz(first.as_bytes()), gz(second.as_bytes())].concat()),
        ("c.zst", zst(text.as_bytes())),
        ("d.txt", [zst(first.as_bytes()), zst(second.as_bytes())].concat()),
    ] {
        fs::write(folder.join(name), bytes).unwrap();
        assert_eq!(alerts(folder, name), plain, "{name}");
    }
    assert_eq!(crate::names(&folder.join("out")), ["alerts.ndjson", "evidence.ndjson", "run.json"]);
}

#[test]
fn standard_input_and_a_named_pipe_are_read_to_their_end() {
    let folder = folder(300);
    let folder = folder.path();
    let plain = alerts(folder, "events.log");
    let mut child = command(folder, &["detect", "--rules", "rule.toml", "-", "--out", "out"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&gz(records(300).as_bytes())).unwrap();
    assert!(child.wait().unwrap().success());
    let text = fs::read_to_string(folder.join("out/alerts.ndjson")).unwrap();
    assert_eq!(text.replace("\"file\":\"-\"", "\"file\":\"\""), plain);

    assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
    let path = folder.join("pipe");
    let writer = std::thread::spawn(move || fs::write(path, records(300)).unwrap());
    assert_eq!(alerts(folder, "pipe"), plain);
    writer.join().unwrap();
}

#[test]
fn a_folder_reads_its_files_and_says_what_else_it_holds() {
    let folder = folder(30);
    let folder = folder.path();
    let logs = folder.join("logs");
    fs::create_dir_all(logs.join("below/deeper")).unwrap();
    fs::write(logs.join("a.json.gz"), gz(records(10).as_bytes())).unwrap();
    fs::write(logs.join("below/deeper/b.ndjson"), records(20)).unwrap();
    fs::write(logs.join("below/empty.log"), "").unwrap();
    fs::write(logs.join("c.ndjson.partial"), records(5)).unwrap();
    fs::write(logs.join("alerts.ndjson"), records(5)).unwrap();
    symlink("../events.log", logs.join("out.log")).unwrap();
    symlink("..", logs.join("up")).unwrap();
    assert!(Command::new("mkfifo").arg(logs.join("pipe.log")).status().unwrap().success());
    let _socket = UnixListener::bind(logs.join("socket.log")).unwrap();

    let output = detect(folder, &["logs", "--out", "out", "--format", "json"]);
    let run = summary(&output);
    // The ten of the one file are among the twenty of the other.
    assert_eq!((run["records"].as_u64(), run["duplicates"].as_u64()), (Some(30), Some(10)));
    assert_eq!(run_json(&folder.join("out"))["inputs"], run["inputs"]);
    assert_eq!(run["inputs"]["files"], 3);
    assert_eq!(run["inputs"]["empty"], 1);
    assert_eq!(run["inputs"]["not_read"], 6);
    // The lines of a terminal's width are one sentence.
    let said = errors(&output).replace('\n', " ");
    for name in ["alerts.ndjson", "socket.log", "out.log", "pipe.log", "up (a link", "and 1 more"] {
        assert!(said.contains(name), "{name}: {said}");
    }
}

#[test]
fn what_cannot_be_a_source_is_refused_by_name() {
    let folder = folder(1);
    let folder = folder.path();
    let _socket = UnixListener::bind(folder.join("socket")).unwrap();
    symlink("self", folder.join("self")).unwrap();
    fs::create_dir(folder.join("nothing")).unwrap();
    fs::write(folder.join("cut.gz"), &gz(records(99).as_bytes())[..700]).unwrap();
    for (arguments, said) in [
        (vec!["socket"], "a socket"),
        (vec!["self"], "self"),
        (vec!["nothing"], "nothing"),
        (vec!["*.nothing"], "*.nothing"),
        (vec!["-", "-"], "standard input"),
        (vec!["events.log", "cut.gz", "--out", "out"], "cut.gz"),
    ] {
        let output = detect(folder, &arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {}", errors(&output));
        assert!(errors(&output).contains(said), "{arguments:?}: {}", errors(&output));
    }
    assert!(crate::names(&folder.join("out")).is_empty());
}

#[test]
fn bombs_are_cut_off_at_the_bound() {
    let folder = folder(1);
    let folder = folder.path();
    let zeros = vec![b'0'; 48 << 20];
    fs::write(folder.join("bomb.gz"), gz(&zeros)).unwrap();
    fs::write(folder.join("bomb.zst"), zst(&zeros)).unwrap();
    for name in ["bomb.gz", "bomb.zst"] {
        assert!(fs::metadata(folder.join(name)).unwrap().len() < 1 << 20);
        let output = detect(folder, &[name, "--max-unpacked", "4M", "--out", "out"]);
        assert_eq!(output.status.code(), Some(3), "{name}: {}", errors(&output));
        let said = errors(&output);
        assert!(said.contains(name) && said.contains("--max-unpacked"), "{said}");
    }
    // Of endless input no more is read than the bound.
    let output = detect(folder, &["/dev/zero", "--max-unpacked", "4M"]);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
}

/// One that nobody may read, and, for those who may read everything, one of which the system refuses to
/// say anything.
#[test]
fn an_unreadable_file_is_named_and_nothing_is_judged_without_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(1);
    let folder = folder.path();
    let path = folder.join("closed.log");
    fs::write(&path, records(1)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    symlink("circle.log", folder.join("circle.log")).unwrap();
    let is_closed = fs::read(&path).is_err();
    for name in ["closed.log", "circle.log"].into_iter().skip(usize::from(!is_closed)) {
        let output = detect(folder, &["events.log", name, "--out", "out"]);
        assert_eq!(output.status.code(), Some(3));
        assert!(errors(&output).contains(name), "{}", errors(&output));
        assert!(crate::names(&folder.join("out")).is_empty());
    }
}

/// What a row says is another test's matter; here every row counts, broken ones as well.
#[test]
fn every_row_of_a_table_is_a_record() {
    let folder = folder(1);
    let folder = folder.path();
    let csv = "\u{feff}\"TimeGenerated [UTC]\",OperationName\n\
               \"3/9/2026, 10:00:00.000 AM\",SecretGet\n1,2,3\nx,y\n";
    fs::write(folder.join("query_data.csv"), csv).unwrap();
    let answer = r#"{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated"},{"name":"a"}],
                     "rows":[["2026-03-09T00:00:00Z",1],["short"]]}]}"#;
    fs::write(folder.join("answer.json"), answer).unwrap();
    let run = summary(&detect(folder, &["query_data.csv", "answer.json", "--format", "json"]));
    assert_eq!(run["records"], 5);
    let malformed = run["malformed"]["by_reason"]["not valid JSON"].as_u64();
    assert_eq!(malformed, Some(2), "{}", run["malformed"]);
}

/// Whatever names it has among the arguments.
#[test]
fn a_file_counts_once() {
    let folder = folder(9);
    let folder = folder.path();
    symlink("events.log", folder.join("link.log")).unwrap();
    let arguments = [".", "events.log", "./events.log", "link.log", "--format", "json"];
    let output = detect(folder, &arguments);
    assert!(errors(&output).contains("the same file again"), "{}", errors(&output));
    let run = summary(&output);
    assert_eq!((&run["records"], &run["inputs"]["files"]), (&9.into(), &1.into()));
    assert_eq!(run["duplicates"], 0);
}

/// As a portal leaves it, with a quote that nobody closes: the rows behind it are read.
#[test]
fn a_quote_left_open_in_a_table_costs_one_row() {
    let folder = folder(1);
    let folder = folder.path();
    let mut csv = String::from("TimeGenerated,OperationName\n");
    (0..99).for_each(|n| csv += if n == 9 { "x,\"y\n" } else { "x,y\n" });
    fs::write(folder.join("q.csv"), csv).unwrap();
    let run = summary(&detect(folder, &["q.csv", "--format", "json"]));
    assert_eq!(run["records"], 99);
}
