//! Requirements about runs: one run has no interval, and machines differ.

use vaultdrill::gate::Verdict;

use crate::world::{World, first, run, score};

/// A run of 80,000 events a second beside a baseline of `before`.
fn world(before: f64) -> World {
    let score = || score(&first(30, 40), &[1]);
    let mut base_run = run(before, 3_000_000);
    base_run.rules_id = "old".to_owned();
    let runs = [Some(run(80_000.0, 6_000_000)), Some(base_run)];
    World { runs, ..World::against(score(), score()) }
}

#[test]
fn speed_beside_a_baseline_fails_only_beyond_the_noise() {
    let requirement = ["throughput >= 0.95 * baseline"];
    for (before, word) in [(84_000.0, "PASS"), (90_000.0, "INCONCLUSIVE"), (100_000.0, "FAIL")] {
        assert_eq!(world(before).words(&requirement), [word], "{before}");
    }
    let mut calm = world(90_000.0);
    calm.terms.noise = 0.01;
    let report = calm.decide(&requirement).unwrap();
    assert!(report.performance_failed && !report.quality_failed);
    let both = calm.decide(&["throughput >= 0.95 * baseline", "recall >= 99%"]).unwrap();
    assert!(both.performance_failed && both.quality_failed);
}

#[test]
fn speeds_of_unlike_machines_cannot_be_told_apart() {
    let mut unlike = world(100_000.0);
    unlike.runs[1].as_mut().unwrap().environment.build_profile = "debug".to_owned();
    let report = unlike.decide(&["throughput >= baseline"]).unwrap();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let met = unlike.decide(&["throughput >= 0.5 * baseline"]).unwrap();
    assert_eq!(met.verdict, Verdict::Inconclusive, "a faster machine is no faster rule");
    let reason = &report.checks[0].reason;
    assert!(reason.contains("build release, baseline debug"), "{reason}");
}

#[test]
fn latency_memory_and_counts_of_a_run_have_names() {
    let mut world = world(80_000.0);
    for (requirement, word) in [
        ("latency.p99 <= 5ms", "FAIL"),
        ("latency.p99 <= 6ms", "PASS"),
        ("state_bytes <= 1000", "PASS"),
        ("state_bytes <= baseline", "PASS"),
        ("run.alerts_dropped <= 0", "PASS"),
        ("run.malformed.total <= 0", "PASS"),
    ] {
        assert_eq!(world.words(&[requirement]), [word], "{requirement}");
    }
    assert!(world.refusal("run.alerts_droped <= 0").contains("did you mean `run.alerts_dropped`?"));
    assert!(world.decide(&["latency.p99 <= 5ms"]).unwrap().performance_failed);
    assert!(world.decide(&["run.events >= 11"]).unwrap().quality_failed, "a count is no speed");
}

#[test]
fn a_run_of_other_rules_is_refused() {
    let mut world = world(80_000.0);
    world.runs[0].as_mut().unwrap().rules_id = "others".to_owned();
    let error = world.decide(&["recall >= 0"]).unwrap_err();
    assert!(error.is_input() && error.to_string().starts_with("run.json: rules_id"), "{error}");
    let mut world = self::world(80_000.0);
    world.runs[1] = None;
    assert!(world.refusal("throughput >= baseline").contains("--baseline-run FILE"));
}
