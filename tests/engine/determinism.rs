//! Speed settings are not results.

use vaultdrill::engine::{Options, Outcome, RuleCounts};

use crate::support::{OPTIONS, corpus, default_rules, run, written};

#[test]
fn alerts_are_byte_identical_for_any_number_of_workers_and_any_block_size() {
    let rules = default_rules();
    let inputs = [corpus().to_owned()];
    let first = run(&inputs, &rules, &OPTIONS);
    let expected = written(&first, &rules);
    assert!(expected[0].lines().count() > 100, "too few alerts to compare");
    for (workers, block_bytes) in [(1, 1 << 20), (2, 1 << 12), (7, 1 << 16), (7, 100_003)] {
        let options = Options { workers, block_bytes, ..OPTIONS };
        let outcome = run(&inputs, &rules, &options);
        assert_eq!(written(&outcome, &rules), expected, "{workers} workers, {block_bytes} bytes");
        assert_eq!(outcome.findings.counts, first.findings.counts);
        assert_eq!(without_sizes(&outcome), without_sizes(&first));
        assert_eq!(outcome.findings.corpus_id, first.findings.corpus_id);
    }
}

/// What each rule did; how many bytes a hash table takes depends on its random seed.
fn without_sizes(outcome: &Outcome) -> Vec<RuleCounts> {
    let mut rules = outcome.findings.rules.clone();
    rules.iter_mut().for_each(|rule| rule.stats.state.size_bytes = 0);
    rules
}

#[test]
fn the_corpus_id_is_the_one_that_the_manifest_states() {
    let outcome = run(&[corpus().to_owned()], &default_rules(), &OPTIONS);
    let manifest = std::fs::read_to_string(corpus().join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["corpus_id"], format!("{:032x}", outcome.findings.corpus_id));
    assert_eq!(manifest["events"], outcome.findings.counts.records);
}
