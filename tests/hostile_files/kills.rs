//! `kill -9` while results are written, in a folder that holds an earlier run's.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::{detect, errors, folder, names, records, run_json, start_detect};

/// `corpus_id` of each file of a result that is there, in the order of [`FILES`].
fn ids(out: &Path) -> [Option<String>; 3] {
    let of = |name: &str| {
        let text = fs::read_to_string(out.join(name)).ok()?;
        // run.json is one document, the others begin with a line of their own.
        let head = if name == "run.json" { text.as_str() } else { text.lines().next()? };
        let head: serde_json::Value = serde_json::from_str(head).unwrap();
        Some(head["corpus_id"].as_str().unwrap().to_owned())
    };
    ["run.json", "alerts.ndjson", "evidence.ndjson"].map(of)
}

/// Whenever it is killed: all files there are of one run, run.json only beside both others, alerts only
/// beside their evidence, and a further run replaces whatever there is.
#[test]
fn results_of_two_runs_never_stand_beside_each_other() {
    let folder = folder(300);
    let folder = folder.path();
    fs::write(folder.join("later.log"), records(6000)).unwrap();
    let out = folder.join("out");
    for kill in 0..12_u64 {
        let earlier = detect(folder, &["events.log", "--out", "out"]);
        assert!(earlier.status.success(), "{}", errors(&earlier));
        let mut child = start_detect(folder, &["later.log", "--out", "out"]);
        // Any moment will do; these are spread over a run, and the last ones follow its writing.
        if kill < 6 {
            std::thread::sleep(Duration::from_millis(kill * 80));
        } else {
            while child.try_wait().unwrap().is_none() && !out.join("alerts.ndjson.partial").exists()
            {
            }
            std::thread::sleep(Duration::from_millis((kill - 6) * 30));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let [run, alerts, evidence] = ids(&out);
        let there: Vec<_> = [&run, &alerts, &evidence].into_iter().flatten().collect();
        assert!(there.windows(2).all(|pair| pair[0] == pair[1]), "{there:?}");
        assert!(run.is_none() || there.len() == 3, "{:?}", names(&out));
        assert!(alerts.is_none() || evidence.is_some(), "{:?}", names(&out));
    }
    assert!(detect(folder, &["events.log", "--out", "out"]).status.success());
    assert_eq!(run_json(&out)["records"], 300);
    assert_eq!(names(&out), ["alerts.ndjson", "evidence.ndjson", "run.json"]);
}
