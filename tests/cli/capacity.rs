//! `capacity` end to end on a tiny corpus, `doctor` on a made-up machine, and paced replay with an
//! interrupt. No duration is asserted: this may run on a busy machine.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{failure_of, output_of, vaultdrill};

fn corpus(folder: &Path) {
    let size = ["--events", "8000", "--days", "3", "--warmup-days", "1", "--attacks", "none"];
    let arguments = [&["generate", "--out", "corpus"][..], &size].concat();
    output_of(folder, &arguments);
}

#[test]
fn a_capacity_report_says_what_is_sustained_and_leaves_its_files() {
    let folder = tempfile::tempdir().unwrap();
    corpus(folder.path());
    let common = [
        "capacity",
        "--corpus",
        "corpus",
        "--workers",
        "1",
        "--seconds",
        "0.05",
        "--plan",
        "1, 10",
    ];
    let generous = [&common[..], &["--slo", "p99<=1000s", "--out", "out"]].concat();
    let text = output_of(folder.path(), &generous);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let report = fs::read_to_string(folder.path().join("out/capacity.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["slo"], "p99 <= 1000000 ms");
    let manifest = fs::read_to_string(folder.path().join("corpus/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(report["corpus"]["records"], manifest["events"]);
    let probes = report["probes"].as_array().unwrap();
    assert!(probes.len() >= 3, "{report}");
    // Whether there is one depends on the machine; that a maximum was confirmed twice does not.
    let confirmed = probes.iter().filter(|probe| {
        probe["tag"] == "w1-maximum" && probe["faults"].as_array().unwrap().is_empty()
    });
    let size = &report["sizing"][0];
    assert_eq!(text.starts_with("Sustains "), size["maximum"].is_number(), "{text}");
    if let Some(maximum) = size["maximum"].as_f64() {
        let rates = confirmed.map(|probe| probe["rate"].as_f64().unwrap());
        assert!(
            rates.filter(|rate| (rate - maximum).abs() < 1e-9 * maximum).count() == 2,
            "{report}"
        );
        let at_70 = size["loads"][1][1]["faults"].as_array().unwrap();
        assert_eq!(size["recommended"].is_number(), at_70.is_empty(), "{size}");
    }
    // The engine may be slow here, but never wrong.
    for probe in probes {
        let faults = probe["faults"].as_array().unwrap();
        assert!(
            !faults.contains(&"alerts".into()) && !faults.contains(&"dropped".into()),
            "{probe}"
        );
        // Of which nothing was seen is not taken for sustained.
        assert!(probe["growth"].is_object() || faults.contains(&"queue".into()), "{probe}");
    }
    let log = fs::read_to_string(folder.path().join("out/latency.hlog")).unwrap();
    let intervals = log.lines().filter(|line| line.starts_with("Tag=")).count();
    assert_eq!(intervals, probes.len());

    let impossible = [&common[..], &["--slo", "max<=1ns", "--format", "json"]].concat();
    let report: serde_json::Value =
        serde_json::from_str(&output_of(folder.path(), &impossible)).unwrap();
    assert_eq!(report["sizing"][0]["maximum"], serde_json::Value::Null);
    assert_eq!(report["plan"]["sureness"], "refused");
}

#[test]
fn what_capacity_cannot_replay_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("logs")).unwrap();
    for name in ["a.ndjson", "b.ndjson"] {
        fs::write(folder.path().join("logs").join(name), "{}\n").unwrap();
    }
    let (code, message) = failure_of(folder.path(), &["capacity", "--corpus", "logs"]);
    assert!(code == 2 && message.contains("expected one input"), "{message}");
    let (code, message) =
        failure_of(folder.path(), &["capacity", "--corpus", "logs/a.ndjson", "--seconds", "0.05"]);
    assert!(code == 3 && message.contains("expected events"), "{message}");
    let (code, message) = failure_of(folder.path(), &["capacity", "--slo", "p99<5ms"]);
    assert!(code == 2 && message.contains("p99<=5ms"), "{message}");
}

#[test]
fn the_doctor_names_what_would_spoil_a_measurement() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join("root").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("proc/loadavg", "7.50 3.00 1.00 9/200 4711\n");
    write("proc/stat", "cpu  10 0 5 80 1 0 1 3 0 0\n");
    write("proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 9000000 kB\nCached: 5000 kB\n");
    write("proc/self/status", "Name:\tvaultdrill\nCpus_allowed_list:\t0-3\n");
    write("proc/self/cgroup", "0::/machine/one\n");
    write("sys/devices/system/cpu/online", "0-3\n");
    write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    write("sys/fs/cgroup/machine/cpu.max", "150000 100000\n");
    write("sys/fs/cgroup/machine/one/memory.max", "max\n");
    write("sys/class/power_supply/AC/type", "Mains\n");
    write("sys/class/power_supply/AC/online", "0\n");
    let arguments = ["doctor", "--root", "root", "--seconds", "0"];
    let text = output_of(folder.path(), &arguments);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    for found in ["7.50 threads runnable on 4", "powersave", "1.50 cores' worth", "battery"] {
        let line = text.lines().find(|line| line.contains(found));
        assert!(line.is_some_and(|line| line.starts_with("WARN")), "{found}: {text}");
    }
    assert!(text.contains("cpupower frequency-set -g performance"), "{text}");
    let json = output_of(folder.path(), &[&arguments[..], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let of = |name| findings.iter().find(|one| one["name"] == name).unwrap()["verdict"].clone();
    assert_eq!([of("steal time"), of("memory"), of("memory limit")], ["unknown", "fine", "fine"]);
}

#[test]
fn a_paced_run_writes_what_an_unpaced_one_writes_and_says_how_it_went() {
    let folder = tempfile::tempdir().unwrap();
    corpus(folder.path());
    output_of(folder.path(), &["detect", "corpus", "--out", "plain"]);
    let text = output_of(folder.path(), &["detect", "corpus", "--rate", "1M", "--out", "paced"]);
    assert!(text.contains("offered at 1000000 records/s"), "{text}");
    assert!(text.contains("from a record being due to its verdict"), "{text}");
    for name in ["alerts.ndjson", "evidence.ndjson"] {
        let read = |run: &str| fs::read(folder.path().join(run).join(name)).unwrap();
        assert!(read("plain") == read("paced"), "{name}");
    }
    // Without its arrivals.i64 beside it.
    let alone = folder.path().join("alone.ndjson");
    fs::copy(folder.path().join("corpus/events.ndjson"), alone).unwrap();
    let (code, message) = failure_of(folder.path(), &["detect", "alone.ndjson", "--speed", "60x"]);
    assert!(code == 2 && message.contains("arrivals.i64"), "{message}");
}

/// Runs a command that makes a directory `run` once it heeds interrupts, and sends it one then: gives its
/// exit code and what it wrote.
#[cfg(unix)]
fn interrupted(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vaultdrill"))
        .current_dir(folder)
        .args(arguments)
        .env("TMPDIR", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !folder.join("run").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let sent = Command::new("sh").arg("-c").arg(format!("kill -INT {}", child.id())).status();
    assert!(sent.unwrap().success());
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (child.wait().unwrap().code(), stdout, stderr)
}

/// A replay that would take half a minute.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_replay_with_what_it_has_found() {
    let folder = tempfile::tempdir().unwrap();
    corpus(folder.path());
    let arguments = ["detect", "corpus", "--speed", "8000x", "--out", "run"];
    let (code, stdout, stderr) = interrupted(folder.path(), &arguments);
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stdout.contains("interrupted: all of this is of what had been read"), "{stdout}");
    assert!(stderr.contains("interrupted after"), "{stderr}");
    let run = fs::read_to_string(folder.path().join("run/run.json")).unwrap();
    let run: serde_json::Value = serde_json::from_str(&run).unwrap();
    assert_eq!(run["interrupted"], true);
    let manifest = fs::read_to_string(folder.path().join("corpus/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert!(run["records"].as_u64() < manifest["events"].as_u64(), "{run}");
    assert!(folder.path().join("run/alerts.ndjson").exists());
    let whole = vaultdrill(folder.path(), &["detect", "corpus", "--format", "json"]);
    assert!(!String::from_utf8(whole.stdout).unwrap().contains("interrupted"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_probes_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    corpus(folder.path());
    let arguments =
        ["capacity", "--corpus", "corpus", "--workers", "1", "--seconds", "1", "--out", "run"];
    let (code, stdout, stderr) = interrupted(folder.path(), &arguments);
    assert!(code == Some(130) && stdout.is_empty(), "{code:?} {stdout}");
    assert!(stderr.contains("interrupted after"), "{stderr}");
    assert_eq!(fs::read_dir(folder.path().join("run")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "something is left");
}
