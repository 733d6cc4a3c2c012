//! The whole engine, from bytes to alerts, equals the naive reference on real records.

use proptest::prelude::*;
use vaultdrill::detect::{Alert, Triage, reference};
use vaultdrill::engine::Options;
use vaultdrill::event::TickSpan;
use vaultdrill::ingest::{LineParser, ParsedBlock, parse_block};
use vaultdrill::rules::{RuleMask, RuleSet, parse_rule};

use crate::support::{corpus, log, run};

/// Rules that fire often on a few hundred records.
const RULES: [&str; 6] = [
    r#"id = "many-objects"
       kind = "threshold"
       query = "access: reveal"
       group_by = ["identity"]
       threshold = { window = "1h", distinct = { fields = ["object"], values = 3 } }"#,
    r#"id = "busy-vault"
       kind = "threshold"
       query = "plane: data"
       group_by = ["vault"]
       threshold = { window = "30m", count = 4, adaptive = { multiple = 1.5, quantile = 0.5, history_days = 3, min_days = 1, learn = "6h" } }"#,
    r#"id = "new-vault"
       kind = "new_terms"
       query = "outcome: success"
       new_terms = { terms = ["identity", "vault"], known = 1, history = "2d", learn = "1h" }"#,
    r#"id = "refused"
       kind = "query"
       query = "outcome: (denied or not_found)"
       group_by = ["identity"]
       suppress = "10m""#,
    r#"id = "granted-and-reads"
       kind = "sequence"
       suppress = "1h"
       [sequence]
       by = ["vault", "identity"]
       max_span = "2d"
       [[sequence.steps]]
       query = "change: grant and outcome: success"
       by = ["vault", "grantee"]
       [[sequence.steps]]
       query = "plane: data""#,
    r#"id = "tries-then-reads"
       kind = "sequence"
       suppress = "10m"
       [sequence]
       by = ["identity"]
       max_span = "1h"
       [[sequence.steps]]
       query = "plane: data and not access: reveal"
       [[sequence.steps]]
       query = "access: reveal"
       distinct = { fields = ["object"], values = 2 }"#,
];

/// What every rule file of a test has.
pub(crate) const FRAME: &str = r#"
    schema_version = 1
    name = "Rule of a test"
    severity = "low"
    risk_score = 1
    guidance = { catches = "c", misses = "m", false_positives = ["f"], investigate = ["i"], respond = ["r"], impact = "i", references = ["https://example.com"] }
    threat = [{ tactic = "TA0006", techniques = ["T1555.006"] }]
"#;

pub(crate) fn rules() -> RuleSet {
    let parsed = RULES.map(|rule| parse_rule("test.toml", &format!("{FRAME}\n{rule}")).unwrap());
    RuleSet::new(parsed.to_vec()).unwrap()
}

/// The alerts of the naive evaluator over the text, which is parsed in one piece.
pub(crate) fn naive(text: &str, rules: &RuleSet, lateness: TickSpan) -> Vec<Alert> {
    let mut parsed = ParsedBlock::default();
    parse_block(&mut LineParser::new(), text.as_bytes(), 0, 0, &mut parsed);
    let mut batch = parsed.batch;
    let mut newest = vaultdrill::event::Ticks::MIN;
    for event in &mut batch.events {
        newest = newest.max(event.time);
        event.arrival = newest;
    }
    let visible = vec![RuleMask(u128::MAX); batch.events.len()];
    reference::evaluate(&batch, &visible, &rules.rules, lateness).alerts
}

fn without_triage(alert: Alert) -> Alert {
    Alert { triage: Triage::default(), ..alert }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever records arrive in whatever order, once or twice, the engine says what the naive
    /// evaluator says.
    #[test]
    fn engine_and_reference_agree(
        start in 0_usize..30_000,
        stride in 1_usize..12,
        swaps in prop::collection::vec((0_usize..300, 0_usize..40), 0..60),
        copies in prop::collection::vec((0_usize..300, 0_usize..40), 0..20),
        lateness_minutes in 1_i64..200,
        workers in 1_usize..4,
        block_bytes in 2000_usize..60_000,
    ) {
        let events = std::fs::read_to_string(corpus().join("events.ndjson")).unwrap();
        let mut lines: Vec<&str> = events.lines().skip(start).step_by(stride).take(300).collect();
        for (from, by) in swaps {
            if from + by < lines.len() {
                lines.swap(from, from + by);
            }
        }
        for (from, by) in copies {
            if from < lines.len() {
                lines.insert((from + by).min(lines.len()), lines[from]);
            }
        }
        let text = lines.join("\n");
        let rules = rules();
        let lateness = TickSpan::minutes(lateness_minutes);
        let (_folder, inputs) = log(&text);
        let options = Options { workers, block_bytes, lateness, limits: vaultdrill::limits::Limits::DEFAULT };
        let found = run(&inputs, &rules, &options).findings.alerts;
        let found: Vec<Alert> = found.into_iter().map(|(alert, _)| without_triage(alert)).collect();
        let expected: Vec<Alert> =
            naive(&text, &rules, lateness).into_iter().map(without_triage).collect();
        // Where neither alerts nothing is shown; so quiet a stretch of the corpus is rare.
        prop_assume!(!(expected.is_empty() && found.is_empty()));
        prop_assert_eq!(found, expected);
    }
}
