//! Several inputs are merged by arrival.

use std::fs;

use vaultdrill::engine::Options;

use crate::support::{OPTIONS, corpus, default_rules, run};

/// Deals the corpus' records out over three corpora, each with its arrivals, in runs of uneven length.
/// Records of one arrival stay together, because ties between inputs are broken by input.
fn dealt() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let events = fs::read_to_string(corpus().join("events.ndjson")).unwrap();
    let arrivals = fs::read(corpus().join("arrivals.i64")).unwrap();
    let mut hands = vec![(String::new(), Vec::new()); 3];
    let mut nth = 0;
    let mut last = None;
    for (line, arrival) in events.lines().zip(arrivals.chunks(8)) {
        nth += usize::from(last.replace(arrival) != Some(arrival));
        let (lines, times) = &mut hands[(nth / 37 + nth / 1009) % 3];
        lines.push_str(line);
        lines.push('\n');
        times.extend_from_slice(arrival);
    }
    for (name, (lines, times)) in ["a", "b", "c"].iter().zip(hands) {
        let hand = folder.path().join(name);
        fs::create_dir(&hand).unwrap();
        fs::write(hand.join("events.ndjson"), lines).unwrap();
        fs::write(hand.join("arrivals.i64"), times).unwrap();
    }
    folder
}

#[test]
fn a_corpus_dealt_out_over_three_inputs_gives_the_alerts_of_the_whole() {
    let rules = default_rules();
    let folder = dealt();
    let hands = ["a", "b", "c"].map(|name| folder.path().join(name));
    let essence = |inputs: &[std::path::PathBuf], options: &Options| {
        let outcome = run(inputs, &rules, options);
        let alerts = outcome.findings.alerts.into_iter();
        let mut alerts: Vec<_> = alerts
            .map(|(alert, absorbed)| {
                let evidence = alert.evidence.len();
                (alert.fired_at, alert.rule, alert.group, alert.time, evidence, absorbed)
            })
            .collect();
        alerts.sort();
        (outcome.findings.counts, alerts)
    };
    let whole = essence(&[corpus().to_owned()], &OPTIONS);
    for block_bytes in [1 << 12, 1 << 16, 1 << 20] {
        let options = Options { block_bytes, ..OPTIONS };
        assert_eq!(essence(&hands, &options), whole, "{block_bytes} bytes a block");
    }
}
