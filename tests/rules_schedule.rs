//! Schedules in rule files: what is read, shown and refused, in files of ours and in Elastic's form.

#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test, as it should")]

use vaultdrill::event::TickSpan;
use vaultdrill::rules::{
    Clock, Rule, RuleSet, Schedule, Timing, load, parse_elastic_rule, parse_rule, rule_json,
    rule_text,
};

const FRAME: &str = r#"
schema_version = 1
id = "tested"
name = "Tested"
severity = "low"
risk_score = 1
guidance = { catches = "c", misses = "m", false_positives = ["f"], investigate = ["i"], respond = ["r"], impact = "i", references = ["g"] }
threat = []
"#;

const QUERY: &str = "kind = \"query\"\nquery = \"access: reveal\"\n";

const NOVELTY: &str = "kind = \"new_terms\"\nquery = \"access: reveal\"\n\
     new_terms = { terms = [\"identity\"], history = \"14d\", learn = \"7d\" }\n";

const SCHEDULE: &str = "[schedule]\ninterval = \"5m\"\nlookback = \"9m\"\n";

const ELASTIC: &str = r#"
[rule]
name = "Tested"
rule_id = "tested"
risk_score = 21
severity = "low"
type = "new_terms"
from = "now-9m"
query = "event.action: SecretGet"
[rule.new_terms]
field = "new_terms_fields"
value = ["source.ip"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-7d"
"#;

fn parsed(kind: &str, schedule: &str) -> Rule {
    parse_rule("tested.toml", &format!("{FRAME}{kind}{schedule}")).unwrap()
}

#[test]
fn a_schedule_is_read_with_its_defaults_and_is_no_choice_of_timing() {
    let minutes = TickSpan::minutes;
    let expected = Schedule {
        interval: minutes(5),
        lookback: minutes(9),
        max_signals: 100,
        clock: Clock::Arrival,
    };
    let rule = parsed(QUERY, SCHEDULE);
    assert_eq!((rule.schedule, rule.timing), (Some(expected), Timing::Streaming));
    assert_eq!(rule.on_schedule(), None);
    let all = format!("{SCHEDULE}max_signals = 20\nclock = \"event\"\n");
    let expected = Schedule { max_signals: 20, clock: Clock::Event, ..expected };
    assert_eq!(parsed(NOVELTY, &all).schedule, Some(expected));
    let threshold = "kind = \"threshold\"\nquery = \"access: reveal\"\n\
         threshold = { window = \"9m\", count = 9 }\n";
    assert_eq!(parsed(threshold, &all).schedule, Some(expected));
    assert_eq!(parsed(QUERY, "").schedule, None);
}

#[test]
fn rules_with_a_schedule_are_put_on_it_and_others_are_not() {
    let other = Rule { id: "other".into(), ..parsed(QUERY, "") };
    let mut rules = RuleSet::new(vec![parsed(QUERY, SCHEDULE), other]).unwrap();
    let id = rules.rules_id().to_owned();
    assert_eq!(rules.put_on_schedule(), 1);
    assert_eq!(rules.rules_id(), id);
    let timings: Vec<_> = rules.rules.iter().map(|rule| rule.timing).collect();
    assert_eq!(timings, [Timing::Streaming, Timing::Scheduled]);
    assert!(rules.rules[0].on_schedule().is_none() && rules.rules[1].on_schedule().is_some());
}

#[test]
fn a_schedule_is_part_of_what_a_rule_says() {
    let (with, without) = (parsed(QUERY, SCHEDULE), parsed(QUERY, ""));
    let expected = serde_json::json!({"interval": "5m", "lookback": "9m", "max_signals": 100, "clock": "arrival"});
    assert_eq!(rule_json(&with)["schedule"], expected);
    assert!(rule_json(&without)["schedule"].is_null());
    let id = |rule: &Rule| RuleSet::new(vec![rule.clone()]).unwrap().rules_id().to_owned();
    assert_ne!(id(&with), id(&without));
    let text = rule_text(&with).split_whitespace().collect::<Vec<_>>().join(" ");
    let said = "a run every 5m over the 9m before it by arrival time, at most 100 alerts a run";
    assert!(text.contains(said), "{text}");
    assert!(!rule_text(&without).contains("--timing"));
    let tunables =
        "[[tunables]]\nname = \"schedule.lookback\"\nlow = \"5m\"\nhigh = \"1h\"\neffect = \"e\"\n";
    assert_eq!(parsed(QUERY, &format!("{SCHEDULE}{tunables}")).tunables.len(), 1);
}

#[test]
fn what_cannot_run_on_a_schedule_is_refused_at_its_place_with_the_reason() {
    let sequence = "kind = \"sequence\"\nsequence = { by = [\"identity\"], max_span = \"1h\", \
         steps = [{ query = \"access: list\" }, { query = \"access: reveal\" }] }\n";
    let adaptive = "kind = \"threshold\"\nquery = \"access: reveal\"\n\
         threshold = { window = \"1h\", count = 9, adaptive = { multiple = 2.0, quantile = 0.9, \
         history_days = 9, min_days = 3, learn = \"1d\" } }\n";
    let known = NOVELTY.replace("[\"identity\"]", "[\"identity\", \"vault\"], known = 1");
    let longer = "kind = \"threshold\"\nquery = \"access: reveal\"\n\
         threshold = { window = \"1h\", count = 9 }\n";
    let cases = [
        (longer, SCHEDULE.to_owned(), "[schedule]", "as long as the window (1h)"),
        (longer, SCHEDULE.replace("9m", "2h"), "[schedule]", "as long as the window (1h)"),
        (sequence, SCHEDULE.to_owned(), "[schedule]", "sequence"),
        (adaptive, SCHEDULE.to_owned(), "[schedule]", "adaptive"),
        (&known, SCHEDULE.to_owned(), "[schedule]", "known"),
        (NOVELTY, SCHEDULE.replace("9m", "14d"), "[schedule]", "shorter than the history (14d)"),
        (QUERY, SCHEDULE.replace("5m", "0m"), "\"0m\"", "above zero"),
        (QUERY, SCHEDULE.replace("9m", "0m"), "\"0m\"", "above zero"),
        (QUERY, SCHEDULE.replace("9m", "now-9m"), "\"now-9m\"", "a duration"),
        (QUERY, format!("{SCHEDULE}max_signals = 0"), "0", "at least 1"),
        (QUERY, format!("{SCHEDULE}clock = \"arival\""), "\"arival\"", "one of arrival, event"),
        (QUERY, format!("{SCHEDULE}every = 1"), "every", "interval, lookback"),
        (QUERY, SCHEDULE.replace("interval = \"5m\"\n", ""), "[schedule]", "interval"),
    ];
    for (kind, schedule, offending, said) in cases {
        let text = format!("{FRAME}{kind}{schedule}");
        let fault = parse_rule("tested.toml", &text).expect_err(&schedule);
        let place = &text[fault.span.offset()..][..fault.span.len()];
        assert_eq!(place, offending, "{fault}");
        assert!(fault.message.contains(said), "{fault}");
    }
}

#[test]
fn a_rule_in_elastics_form_has_the_schedule_that_elastic_would_run_it_on() {
    let schedule = |text: &str| parse_elastic_rule("tested.toml", text).unwrap().rule.schedule;
    let minutes = TickSpan::minutes;
    let expected = Schedule {
        interval: minutes(5),
        lookback: minutes(9),
        max_signals: 100,
        clock: Clock::Event,
    };
    assert_eq!(schedule(ELASTIC), Some(expected));
    let with = |keys: &str| ELASTIC.replace("from = \"now-9m\"", keys);
    let expected = Schedule { lookback: minutes(6), ..expected };
    assert_eq!(schedule(&with("")), Some(expected));
    let keys = "interval = \"8m\"\nmax_signals = 7\ntimestamp_override = \"event.ingested\"";
    let expected =
        Schedule { interval: minutes(8), max_signals: 7, clock: Clock::Arrival, ..expected };
    assert_eq!(schedule(&with(keys)), Some(expected));
    let expected = Schedule { clock: Clock::Event, ..expected };
    let keys = keys.replace("event.ingested", "@timestamp");
    assert_eq!(schedule(&with(&keys)), Some(expected));
}

#[test]
fn a_schedule_that_elastic_could_not_run_is_refused_at_its_place() {
    let cases = [
        ("from = \"now-7d\"", "\"now-7d\"", "shorter than the history (7d)"),
        ("interval = \"0m\"", "\"0m\"", "above zero"),
        ("interval = \"5x\"", "\"5x\"", "a duration"),
        ("max_signals = 0", "0", "at least 1"),
        ("timestamp_override = \"event.created\"", "\"event.created\"", "event.ingested"),
    ];
    for (keys, offending, said) in cases {
        let text = ELASTIC.replace("from = \"now-9m\"", keys);
        let fault = parse_elastic_rule("tested.toml", &text).expect_err(keys);
        let place = &text[fault.span.offset()..][..fault.span.len()];
        assert_eq!(place, offending, "{fault}");
        assert!(fault.message.contains(said), "{fault}");
    }
}

/// Published: Elastic's from now-9m by event.ingested, every five minutes; Sentinel's daily rules over
/// the day before, its near-real-time one every minute.
#[test]
fn rules_of_peers_run_when_they_are_published_to_run() {
    let minute = TickSpan::minutes(1);
    let elastic = (TickSpan::minutes(5), TickSpan::minutes(9), Clock::Arrival, 100);
    let daily = (TickSpan::days(1), TickSpan::days(1), Clock::Event, 1_000_000);
    let expected = [
        ("elastic-administrator-role", elastic),
        ("elastic-diagnostics-deleted", elastic),
        ("elastic-unusual-key-usage", elastic),
        ("elastic-vault-modified", elastic),
        ("sentinel-mass-retrieval", daily),
        ("sentinel-nrt-sensitive", (minute, minute, Clock::Arrival, 1_000_000)),
        ("sentinel-sensitive", daily),
    ];
    let rules = load(&["all"]).unwrap().rules;
    let found: Vec<_> = rules
        .iter()
        .filter_map(|rule| {
            let Schedule { interval, lookback, max_signals, clock } = rule.schedule?;
            Some((rule.id.as_str(), (interval, lookback, clock, max_signals)))
        })
        .collect();
    assert_eq!(found, expected);
}
