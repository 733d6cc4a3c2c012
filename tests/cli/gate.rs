//! `gate` and `compare` as a user meets them: exit codes, files, and what is refused.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{failure_of, output_of, vaultdrill};

const DRILL: &str = r#"
    schema_version = 1
    name = "tiny"
    description = "One attack and one rule."
    estate = "small"
    attacks = "bulk-extraction"
    rules = ["bulk-extraction"]
    seed = 3
    days = 18
    warmup_days = 14
    events = 14_000

    [gate]
    require = ["recall >= 1%"]
"#;

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_drill_is_gated_and_compared_from_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("tiny.toml"), DRILL).unwrap();
    output_of(root, &["drill", "tiny.toml", "--quiet"]);
    let score = json(&root.join("drill-tiny/score.json"));
    let recall = score["recall"]["campaign"]["value"].as_f64().unwrap();

    let gate = |more: &[&str]| {
        let arguments = ["gate", "--score", "drill-tiny"];
        let output = vaultdrill(root, &[&arguments[..], more].concat());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code().unwrap(), said, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let literal = format!("recall.campaign.value >= {recall}");
    let (code, said, _) =
        gate(&["tiny.toml", "--require", &literal, "--require", "ttd.p90 <= 30d"]);
    assert!(code == 0 && said.starts_with("PASS: 3 requirements, 3 met."), "{code}: {said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");

    let quality = ["--require", "recall.campaign.value > 100%"];
    let speed = ["--require", "throughput >= 1_000_000_000"];
    let (code, _, errors) = gate(&quality);
    assert!(code == 10 && errors == "error: gate: quality failed\n", "{code}: {errors}");
    assert_eq!(gate(&speed).0, 11);
    assert_eq!(gate(&[quality, speed].concat()).0, 12);
    let doubt = ["--require", "recall >= 1%", "--margin", "1%"];
    assert_eq!(gate(&doubt).0, 20);
    assert_eq!(gate(&[&doubt[..], &["--inconclusive", "fail"]].concat()).0, 10);
    assert_eq!(gate(&[&doubt[..], &["--inconclusive", "pass"]].concat()).0, 0);

    verdict_stands(root, &quality);
    stale_verdicts_are_removed(root);

    let files = ["--out", "out", "--junit", "j.xml", "--markdown", "m.md", "--json", "g.json"];
    let (_, said, _) = gate(&[&quality[..], &files, &["--format", "json"]].concat());
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said, json(&root.join("g.json")));
    assert_eq!((&said["kind"], &said["verdict"]), (&"gate".into(), &"fail".into()));
    for (own, given) in [("gate.json", "g.json"), ("gate.md", "m.md"), ("gate.junit.xml", "j.xml")]
    {
        let read = |path: std::path::PathBuf| fs::read_to_string(path).unwrap();
        assert_eq!(read(root.join("out").join(own)), read(root.join(given)));
    }

    let compared =
        output_of(root, &["compare", "drill-tiny", "drill-tiny/score.json", "--out", "c.json"]);
    assert!(compared.contains("Both scores are the same."), "{compared}");
    assert_eq!(json(&root.join("c.json"))["kind"], "compare");
    refuses(root, &score);
}

/// Neither a reader that has gone nor a summary that cannot be written changes the exit code.
fn verdict_stands(root: &Path, failing: &[&str]) {
    let gate = |more: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdrill"));
        command.current_dir(root).args(["gate", "--score", "drill-tiny"]).args(failing).args(more);
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        // A directory: nothing can be appended to it.
        command.env("GITHUB_STEP_SUMMARY", root).status().unwrap().code()
    };
    assert_eq!(gate(&[]), Some(10));
    assert_eq!(gate(&["--github"]), Some(10));
    assert_eq!(gate(&["--format", "json"]), Some(10));
}

fn stale_verdicts_are_removed(root: &Path) {
    let out = root.join("stale");
    fs::create_dir_all(out.join("base")).unwrap();
    let files = ["gate.json", "gate.md", "gate.junit.xml", "score.json", "base/score.json"];
    // No corpus can be written where a file has its name.
    for file in files.into_iter().chain(["corpus"]) {
        fs::write(out.join(file), "old").unwrap();
    }
    let arguments =
        ["gate", "tiny.toml", "--base-rules", "bulk-extraction", "--out", "stale", "--quiet"];
    assert!(!vaultdrill(root, &arguments).status.success());
    for file in files {
        assert!(!out.join(file).exists(), "{file}");
    }
}

fn refuses(root: &Path, score: &Value) {
    let write = |name: &str, change: fn(&mut Value)| {
        let mut changed = score.clone();
        change(&mut changed);
        fs::write(root.join(name), changed.to_string()).unwrap();
    };
    write("other.json", |it| it["corpus_id"] = "other".into());
    write("newer.json", |it| it["schema_version"] = 2.into());
    write("empty.json", |it| it["campaigns"]["scored"] = 0.into());
    fs::write(
        root.join("nan.json"),
        score.to_string().replacen("\"value\":", "\"value\":NaN,\"x\":", 1),
    )
    .unwrap();
    let own = "drill-tiny/score.json";
    for (arguments, code, said) in [
        (vec!["compare", own, "other.json"], 3, "corpus_id: expected "),
        (
            vec!["gate", "--score", own, "--baseline", "other.json", "--require", "recall >= 0"],
            3,
            "unlike things",
        ),
        (vec!["compare", own, "newer.json"], 3, "schema_version: expected 1, found 2"),
        (vec!["compare", own, "nan.json"], 3, "nan.json"),
        (vec!["compare", own, "absent.json"], 3, "absent.json"),
        (vec!["compare", own, "empty.json"], 4, "at least one scored campaign"),
        (vec!["gate", "--score", own], 2, "expected at least one requirement"),
        (vec!["gate", "--score", own, "--require", "recal >= 0"], 2, "did you mean `recall`?"),
        (vec!["gate", "--score", own, "--require", "recall >= baseline"], 2, "--baseline FILE"),
        (vec!["gate", "tiny.toml"], 2, "expected --score FILE, or --base-rules"),
        (vec!["gate"], 2, "DRILL"),
        (
            vec!["gate", "--score", own, "--require", "recall >= 0", "--waivers", "absent.toml"],
            2,
            "absent.toml",
        ),
        (
            vec![
                "gate",
                "--score",
                own,
                "--require",
                "recall >= 0",
                "--github",
                "--format",
                "json",
            ],
            2,
            "--json FILE",
        ),
    ] {
        let (found, errors) = failure_of(root, &arguments);
        assert!(found == code && errors.contains(said), "{arguments:?}: {found}: {errors}");
    }
}
