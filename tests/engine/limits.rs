//! Bounds of a run: what they cut is counted, and is the same however the work is shared out.

use std::collections::BTreeMap;

use vaultdrill::engine::{Options, Outcome};
use vaultdrill::limits::Limits;
use vaultdrill::output::RunReport;

use crate::support::{OPTIONS, corpus, default_rules, log, run, written};

/// Alerts kept, by rule and day.
fn by_day(outcome: &Outcome) -> BTreeMap<(usize, i64), u64> {
    let mut days = BTreeMap::new();
    for (alert, _) in &outcome.findings.alerts {
        *days.entry((alert.rule, alert.time.utc_day())).or_default() += 1;
    }
    days
}

#[test]
fn a_storm_keeps_the_first_alerts_of_a_day_and_counts_the_others() {
    let (rules, inputs) = (default_rules(), [corpus().to_owned()]);
    let whole = run(&inputs, &rules, &OPTIONS);
    let limits = Limits { alerts_per_day: 3, ..Limits::DEFAULT };
    let options = Options { limits, ..OPTIONS };
    let cut = run(&inputs, &rules, &options);
    let whole_days = by_day(&whole);
    let expected: BTreeMap<_, u64> = whole_days.iter().map(|(&day, &n)| (day, n.min(3))).collect();
    assert_eq!(by_day(&cut), expected);
    let dropped = whole.findings.alerts.len() as u64 - expected.values().sum::<u64>();
    assert!(dropped > 20, "{dropped} alerts make no storm");
    let report = RunReport::new(&cut, &rules, &options, Vec::new());
    assert_eq!((report.alerts_dropped, cut.findings.counts.alerts_dropped), (dropped, dropped));
    let days = report.rules.iter().flat_map(|rule| rule.alerts_dropped_by_day.values());
    assert_eq!(days.sum::<u64>(), dropped);
    assert!(report.summary().contains(&format!("{dropped} alerts were not kept")));
    // Those kept are told as if there were no limit.
    let [all, kept] = [&whole, &cut].map(|outcome| written(outcome, &rules));
    assert!(kept[0].lines().all(|line| all[0].lines().any(|other| other == line)));
    for (workers, block_bytes) in [(1, 1 << 12), (5, 1 << 20)] {
        let other = run(&inputs, &rules, &Options { workers, block_bytes, ..options });
        assert_eq!(written(&other, &rules), kept, "{workers} workers");
        assert_eq!(other.findings.rules.len(), cut.findings.rules.len());
        for (a, b) in other.findings.rules.iter().zip(&cut.findings.rules) {
            assert_eq!((a.alerts, &a.dropped), (b.alerts, &b.dropped));
        }
    }
}

#[test]
fn a_budget_of_memory_cuts_the_same_for_any_number_of_workers_and_any_block_size() {
    let (rules, inputs) = (default_rules(), [corpus().to_owned()]);
    // Few keys, so that a small corpus meets the caps; the least budget, so that there is a share.
    let memory = Some(400 << 20);
    let limits = Limits { keys: 1 << 11, memory, ..Limits::DEFAULT };
    let options = Options { limits, ..OPTIONS };
    let first = run(&inputs, &rules, &options);
    let evictions = |outcome: &Outcome| -> Vec<u64> {
        outcome.findings.rules.iter().map(|rule| rule.stats.state.evictions).collect()
    };
    assert!(evictions(&first).iter().sum::<u64>() > 0);
    assert_eq!(first.caps.partition.keys, 8);
    assert!(first.caps.partition.bytes.is_some());
    let expected = written(&first, &rules);
    for (workers, block_bytes) in [(1, 1 << 12), (7, 1 << 18)] {
        let other = run(&inputs, &rules, &Options { workers, block_bytes, ..options });
        assert_eq!(evictions(&other), evictions(&first), "{workers} workers");
        assert_eq!(written(&other, &rules), expected, "{workers} workers");
    }
}

#[test]
fn records_of_a_container_have_a_limit_wherever_it_is_cut() {
    let record = |n: usize| {
        format!(
            r#"{{"time":"2026-03-02T01:00:{:02}Z","category":"AuditEvent","operationName":"SecretGet","correlationId":"{n}","properties":{{"httpStatusCode":200}},"resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V"}}"#,
            n % 60
        )
    };
    let container = |separator: &str| {
        let records: Vec<_> = (0..100).map(record).collect();
        format!("{{\"records\":[{}]}}", records.join(separator))
    };
    // Over many lines, so that blocks are cut in it; and on one line among others.
    for text in [container(",\n"), [record(200), container(","), record(201)].join("\n")] {
        let alone = if text.starts_with("{\"records") { 0 } else { 2 };
        let (_folder, inputs) = log(text);
        for (workers, block_bytes) in [(1, 1 << 12), (3, 1 << 10), (2, 1 << 20)] {
            let limits = Limits { envelope_records: 60, ..Limits::DEFAULT };
            let options = Options { limits, workers, block_bytes, ..OPTIONS };
            let findings = run(&inputs, &default_rules(), &options).findings;
            assert_eq!(
                (findings.counts.records, findings.counts.events),
                (100 + alone, 60 + alone)
            );
            let reasons: Vec<_> = findings.malformed.by_reason.into_iter().collect();
            assert_eq!(reasons, [("beyond --max-envelope-records".to_owned(), 40)]);
        }
    }
}

#[test]
fn lines_and_nesting_have_limits_of_their_own() {
    let padded = |bytes: usize| {
        let record = r#"{"time":"2026-03-02T01:00:00Z","category":"AuditEvent","operationName":"SecretGet","properties":{"httpStatusCode":200},"resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V","#;
        format!("{record}\"pad\":\"{}\"}}", "x".repeat(bytes - record.len() - 9))
    };
    let deep = |depth: usize| {
        let nested = format!("{}{}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        padded(300).replace("\"pad\"", &format!("\"deep\":{nested},\"pad\""))
    };
    let lines = [padded(2000), padded(2001), deep(20), deep(21)];
    assert_eq!((lines[0].len(), lines[1].len()), (2000, 2001));
    let (_folder, inputs) = log(lines.join("\n"));
    let read = |line_bytes, depth| {
        let limits = Limits { line_bytes, depth, ..Limits::DEFAULT };
        let outcome = run(&inputs, &default_rules(), &Options { limits, ..OPTIONS });
        let reasons = outcome.findings.malformed.by_reason.clone();
        (outcome.findings.counts.events, reasons.into_iter().collect::<Vec<_>>())
    };
    assert_eq!(read(1 << 20, 64), (4, Vec::new()));
    assert_eq!(read(2001, 21), (4, Vec::new()));
    let reasons = [("longer than --max-line-bytes", 1), ("nested deeper than --max-depth", 1)];
    let reasons: Vec<_> = reasons.map(|(reason, n)| (reason.to_owned(), n)).into();
    assert_eq!(read(2000, 20), (2, reasons));
}
