//! Same plan, same bytes; the clean twin; the totals; what is refused.

use std::collections::BTreeSet;
use std::fs;

use sha2::{Digest, Sha256};
use vaultdrill_generators::{GenerateError, Manifest, Plan, generate};
use xxhash_rust::xxh3::xxh3_128;

use crate::common::{Corpus, attacks, estate_with, plan, record_key, small, ticks};

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let one = small();
    let three = Corpus::of(|plan| plan.threads = 3);
    assert_eq!(one.manifest, three.manifest);
    assert!(
        one.events == three.events && one.arrivals == three.arrivals && one.truth == three.truth
    );
}

#[test]
fn the_order_of_files_in_a_plan_means_nothing() {
    let turned = Corpus::of(|plan| {
        plan.attacks.reverse();
        plan.look_alikes.reverse();
    });
    assert_eq!(small().manifest.corpus_id, turned.manifest.corpus_id);
}

#[test]
fn another_seed_gives_another_corpus() {
    let other = Corpus::of(|plan| plan.seed = 8);
    assert_ne!(small().manifest.corpus_id, other.manifest.corpus_id);
    let declared =
        |corpus: &Corpus| corpus.events.matches("5d1f0a52-6c1e-4c3e-9a54-0b8f6e2d7c01").count();
    assert!(
        declared(small()) > 0 && declared(&other) > 0,
        "declared application ids outlive seeds"
    );
}

#[test]
fn the_clean_twin_is_the_corpus_without_the_steps_of_campaigns() {
    let twin = Corpus::of(|plan| plan.withheld = std::mem::take(&mut plan.attacks));
    let steps = small().hostile_steps();
    assert!(steps.len() > 200);
    let benign = |line: &&str| !steps.contains(&record_key(&serde_json::from_str(line).unwrap()));
    let expected: Vec<&str> = small().events.lines().filter(benign).collect();
    assert!(expected == twin.events.lines().collect::<Vec<_>>());
    assert!(twin.truth_lines("campaign").iter().all(|campaign| campaign["class"] != "malicious"));
}

#[test]
fn at_the_estates_own_rates_the_twin_needs_no_withheld_attacks() {
    let quiet = |plan: &mut Plan| {
        plan.estate = estate_with(&[("max = 5200", "max = 100")]);
        (plan.events, plan.days) = (None, 2);
    };
    let both = Corpus::of(quiet);
    let twin = Corpus::of(|plan| {
        quiet(plan);
        plan.attacks.clear();
    });
    let lines: BTreeSet<&str> = both.events.lines().collect();
    assert!(twin.events.lines().all(|line| lines.contains(line)));
    assert!(twin.manifest.events < both.manifest.events);
}

#[test]
fn totals_are_within_two_per_cent() {
    for (events, days) in [(20_000, 2), (60_000, 2), (20_000, 14)] {
        let directory = tempfile::tempdir().unwrap();
        let mut plan = plan(directory.path());
        (plan.events, plan.days) = (Some(events), days);
        let mut heard = None;
        let manifest = generate(&plan, &mut |progress| heard = Some(progress)).unwrap();
        let off = manifest.events as f64 / events as f64 - 1.0;
        assert!(off.abs() < 0.02, "{events} in {days} days: {} events", manifest.events);
        let heard = heard.unwrap();
        assert!(
            heard.events <= manifest.events
                && heard.events_expected.abs_diff(manifest.events) < events / 50
        );
    }
}

#[test]
fn hashes_counts_and_times_of_the_manifest_hold() {
    let corpus = small();
    let read = |name: &str| fs::read(corpus.directory.path().join(name)).unwrap();
    let sha256 = |name: &str| -> String {
        Sha256::digest(read(name)).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let manifest: Manifest = serde_json::from_slice(&read("manifest.json")).unwrap();
    assert_eq!(manifest, corpus.manifest);
    assert_eq!(manifest.sha256["events.ndjson"], sha256("events.ndjson"));
    assert_eq!(manifest.sha256["arrivals.i64"], sha256("arrivals.i64"));
    assert_eq!(manifest.sha256["truth.ndjson"], sha256("truth.ndjson"));
    assert_eq!(manifest.corpus_id, format!("{:032x}", xxh3_128(corpus.events.as_bytes())));
    assert_eq!(manifest.events as usize, corpus.events.lines().count());
    assert_eq!(manifest.bytes as usize, corpus.events.len());
    let records = corpus.records();
    let mut times: Vec<&str> =
        records.iter().map(|record| record["time"].as_str().unwrap()).collect();
    times.sort_unstable();
    assert_eq!((times[0], times[times.len() - 1]), (&*manifest.first_time, &*manifest.last_time));
    assert_eq!(manifest.warmup_end, "2026-03-03T00:00:00.0000000Z");
}

#[test]
fn arrivals_ascend_with_realistic_delay_and_reordering() {
    let corpus = small();
    let records = corpus.records();
    assert_eq!(corpus.arrivals.len(), records.len());
    assert!(corpus.arrivals.is_sorted());
    let mut delays: Vec<i64> = Vec::new();
    let mut reordered = 0;
    let mut latest = i64::MIN;
    for (record, arrival) in records.iter().zip(&corpus.arrivals) {
        let time = ticks(&record["time"]);
        delays.push((arrival - time) / 10_000_000);
        reordered += usize::from(time < latest);
        latest = latest.max(time);
    }
    delays.sort_unstable();
    assert!(delays[0] >= 45, "{} s", delays[0]);
    assert!((90..300).contains(&delays[delays.len() / 2]), "{} s", delays[delays.len() / 2]);
    assert!(reordered > records.len() / 100);
}

#[test]
fn a_few_records_arrive_twice() {
    let lines: BTreeSet<&str> = small().events.lines().collect();
    let copies = small().events.lines().count() - lines.len();
    assert!((5..60).contains(&copies), "{copies} of 20,000 at 0.1 %");
}

#[test]
fn a_corpus_is_replaced_only_by_force() {
    let directory = tempfile::tempdir().unwrap();
    let mut plan = plan(directory.path());
    plan.days = 2;
    generate(&plan, &mut |_| {}).unwrap();
    let refused = generate(&plan, &mut |_| {}).unwrap_err();
    assert!(matches!(refused, GenerateError::Exists { .. }), "{refused}");
    plan.force = true;
    generate(&plan, &mut |_| {}).unwrap();
    let names: BTreeSet<String> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    let expected = ["arrivals.i64", "events.ndjson", "manifest.json", "truth.ndjson"];
    assert!(names.iter().eq(expected), "nothing temporary is left: {names:?}");
}

#[test]
fn a_replacement_that_cannot_be_made_leaves_the_old_corpus_whole() {
    let directory = tempfile::tempdir().unwrap();
    let mut plan = plan(directory.path());
    plan.days = 2;
    generate(&plan, &mut |_| {}).unwrap();
    let files = || -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let paths = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> =
            paths.map(|path| (path.clone(), fs::read(&path).unwrap())).collect();
        files.sort();
        files
    };
    let before = files();
    assert_eq!(before.len(), 4);
    (plan.force, plan.events) = (true, Some(100));
    let refused = generate(&plan, &mut |_| {}).unwrap_err();
    assert!(matches!(refused, GenerateError::TooFewEvents { .. }), "{refused}");
    assert!(before == files());
}

#[test]
fn impossible_plans_are_refused_with_what_would_do() {
    let directory = tempfile::tempdir().unwrap();
    let refused = |change: &dyn Fn(&mut Plan)| {
        let mut plan = plan(directory.path());
        change(&mut plan);
        generate(&plan, &mut |_| {}).unwrap_err()
    };
    assert!(matches!(refused(&|plan| plan.warmup_days = 3), GenerateError::Days { .. }));
    assert!(matches!(refused(&|plan| plan.days = 0), GenerateError::Days { .. }));
    assert!(matches!(
        refused(&|plan| plan.withheld = attacks()),
        GenerateError::StagedTwice { .. }
    ));
    let few = refused(&|plan| plan.events = Some(100));
    assert!(
        matches!(few, GenerateError::TooFewEvents { asked: 100, least } if least > 1_000),
        "{few}"
    );
}
