//! Rules on a schedule, from bytes to alerts: the same for any workers and blocks, equal to the naive
//! evaluator, beside rules that stream, and what a deployed rule misses because records are delayed.

use std::fs;
use std::sync::OnceLock;

use serde_json::Value;
use vaultdrill::detect::{Alert, Triage};
use vaultdrill::engine::{Options, Outcome};
use vaultdrill::event::{TickSpan, Ticks};
use vaultdrill::rules::{RuleSet, parse_elastic_rule, parse_rule};

use crate::equivalence::{FRAME, naive};
use crate::support::{OPTIONS, corpus, log, run, written};

const RULES: [&str; 5] = [
    r#"id = "each-refused"
       kind = "query"
       query = "outcome: (denied or not_found)"
       group_by = ["identity"]
       suppress = "1h"
       schedule = { interval = "15m", lookback = "20m", max_signals = 3 }"#,
    r#"id = "many-objects"
       kind = "threshold"
       query = "access: reveal"
       group_by = ["identity"]
       threshold = { window = "1h", distinct = { fields = ["object"], values = 3 } }
       schedule = { interval = "5m", lookback = "1h", max_signals = 1, clock = "event" }"#,
    r#"id = "new-vault"
       kind = "new_terms"
       query = "outcome: success"
       new_terms = { terms = ["identity", "vault"], history = "2d", learn = "1h" }
       schedule = { interval = "1m", lookback = "9m" }"#,
    r#"id = "streamed"
       kind = "threshold"
       query = "plane: data"
       group_by = ["vault"]
       threshold = { window = "30m", count = 4 }"#,
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

fn rules() -> RuleSet {
    let parsed = RULES.map(|rule| parse_rule("test.toml", &format!("{FRAME}\n{rule}")).unwrap());
    RuleSet::new(parsed.to_vec()).unwrap()
}

fn on_schedule(mut rules: RuleSet) -> RuleSet {
    assert!(rules.put_on_schedule() > 0);
    rules
}

/// A run over the corpus on schedule, and what it writes.
fn first() -> &'static (Outcome, [String; 2]) {
    static FIRST: OnceLock<(Outcome, [String; 2])> = OnceLock::new();
    FIRST.get_or_init(|| {
        let rules = on_schedule(rules());
        let outcome = run(&[corpus().to_owned()], &rules, &OPTIONS);
        let text = written(&outcome, &rules);
        (outcome, text)
    })
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn alerts_are_byte_identical_for_any_number_of_workers_and_any_block_size() {
    let rules = on_schedule(rules());
    let inputs = [corpus().to_owned()];
    let (first, expected) = first();
    let left_out = |outcome: &Outcome| {
        let rules = outcome.findings.rules.iter();
        rules.map(|rule| (rule.stats.over_max_signals, rule.stats.unseen)).collect::<Vec<_>>()
    };
    for (place, counts) in first.findings.rules.iter().enumerate() {
        assert!(counts.alerts > 20, "too few alerts of rule {place} to compare");
    }
    assert!(left_out(first)[1].0 > 0 && left_out(first)[1].1 > 0, "{:?}", left_out(first));
    for (workers, block_bytes) in [(1, 1 << 20), (7, 20_011)] {
        let outcome = run(&inputs, &rules, &Options { workers, block_bytes, ..OPTIONS });
        assert_eq!(written(&outcome, &rules), *expected, "{workers} workers, {block_bytes} bytes");
        assert_eq!(left_out(&outcome), left_out(first));
        assert_eq!(outcome.findings.counts, first.findings.counts);
    }
}

#[test]
fn rules_without_a_schedule_alert_as_they_do_without_any_beside_them() {
    let streamed = |alerts: &str| {
        let is_streamed = |alert: &Value| {
            ["streamed", "tries-then-reads"].iter().any(|id| alert["rule_id"] == *id)
        };
        lines(alerts).into_iter().filter(is_streamed).collect::<Vec<_>>()
    };
    let rules = rules();
    let [expected, _] = written(&run(&[corpus().to_owned()], &rules, &OPTIONS), &rules);
    assert!(streamed(&expected).len() > 50, "too few alerts to compare");
    assert_eq!(streamed(&first().1[0]), streamed(&expected));
}

#[test]
fn facts_of_an_alert_are_about_its_caller() {
    let alerts = lines(&first().1[0]);
    let on_schedule = alerts.iter().filter(|alert| alert["rule_id"] == "many-objects");
    for alert in on_schedule {
        assert_eq!(alert["triage"]["identity"], alert["group"]["identity"]);
        assert!(alert["triage"]["events_today"].as_u64().unwrap() > 0, "{alert}");
        assert!(alert["fired_at"].as_str().unwrap().ends_with(":00.0000000Z"), "{alert}");
    }
}

#[test]
fn engine_and_reference_agree_on_real_records() {
    let events = fs::read_to_string(corpus().join("events.ndjson")).unwrap();
    let (rules, lateness) = (on_schedule(rules()), TickSpan::minutes(20));
    let mut alerting = 0;
    for (start, stride) in [(0, 9), (9_000, 3), (17_000, 7), (30_000, 1)] {
        let mut picked: Vec<&str> = events.lines().skip(start).step_by(stride).take(200).collect();
        (0..40).for_each(|nth| picked.swap(nth * 4, nth * 4 + nth % 19));
        (0..20).for_each(|nth| picked.insert(nth * 9 + 20, picked[nth * 9]));
        let text = picked.join("\n");
        let (_folder, inputs) = log(&text);
        let options = Options {
            workers: 3,
            block_bytes: 5000,
            lateness,
            limits: vaultdrill::limits::Limits::DEFAULT,
        };
        let found = run(&inputs, &rules, &options).findings.alerts;
        let plain = |alert: Alert| Alert { triage: Triage::default(), ..alert };
        let found: Vec<Alert> = found.into_iter().map(|(alert, _)| plain(alert)).collect();
        let expected: Vec<Alert> = naive(&text, &rules, lateness).into_iter().map(plain).collect();
        assert_eq!(found, expected, "from {start} by {stride}");
        let is_scheduled = |alert: &&Alert| rules.rules[alert.rule].on_schedule().is_some();
        alerting += found.iter().filter(is_scheduled).count();
    }
    assert!(alerting > 20, "too few alerts to compare: {alerting}");
}

/// Reads of one address at seconds after nine, each with the minute and second of its arrival.
fn delayed(records: &[(u32, u32)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (mut text, mut arrivals) = (String::new(), Vec::new());
    for (nth, &(time, arrival)) in records.iter().enumerate() {
        let at = |second: u32| format!("2026-03-02T09:{:02}:{:02}Z", second / 60, second % 60);
        text += &format!(
            r#"{{"time":"{}","category":"AuditEvent","operationName":"SecretGet","resultType":"Success","resultSignature":"OK","callerIpAddress":"192.0.2.7","correlationId":"c{nth}","properties":{{"httpStatusCode":200,"id":"https://kv.vault.azure.net/secrets/a{nth}"}},"resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV"}}"#,
            at(time)
        );
        text.push('\n');
        arrivals.extend(Ticks::parse(at(arrival).as_bytes()).unwrap().0.to_le_bytes());
    }
    fs::write(folder.path().join("events.ndjson"), text).unwrap();
    fs::write(folder.path().join("arrivals.i64"), arrivals).unwrap();
    folder
}

/// `fired_at` and count of the alerts of a threshold rule of Elastic's with these keys.
fn elastic(folder: &tempfile::TempDir, keys: &str, is_on_schedule: bool) -> Vec<(String, u64)> {
    let text = format!(
        r#"
        [rule]
        name = "Reads in bulk"
        rule_id = "reads-in-bulk"
        risk_score = 47
        severity = "medium"
        type = "threshold"
        index = ["logs-azure.platformlogs-*"]
        query = "event.action: SecretGet"
        {keys}
        [rule.threshold]
        field = ["source.ip"]
        value = 5
        "#
    );
    let rule = parse_elastic_rule("bulk.toml", &text).unwrap().rule;
    let mut rules = RuleSet::new(vec![rule]).unwrap();
    if is_on_schedule {
        rules = on_schedule(rules);
    }
    let [alerts, _] = written(&run(&[folder.path().to_owned()], &rules, &OPTIONS), &rules);
    let shown = |alert: Value| {
        let fired_at = alert["fired_at"].as_str().unwrap()[11..19].to_owned();
        (fired_at, alert["values"]["count"].as_u64().unwrap())
    };
    lines(&alerts).into_iter().map(shown).collect()
}

/// Six reads within six seconds, two of which take seven minutes to arrive. By the events' own time
/// they have left the window when they arrive; by arrival time each run sees a part only. Who judges
/// records as they arrive alerts, and so does a rule whose lookback covers the delay.
#[test]
fn delay_hides_a_burst_from_a_rule_on_its_schedule() {
    let folder = delayed(&[(271, 290), (272, 291), (273, 292), (274, 293), (275, 711), (276, 712)]);
    let at = |time: &str, count: u64| vec![(time.to_owned(), count)];
    let by_event = "from = \"now-6m\"";
    let by_arrival = "from = \"now-6m\"\ntimestamp_override = \"event.ingested\"";
    let longer = |keys: &str| keys.replace("6m", "15m");
    for keys in [by_event, by_arrival] {
        assert_eq!(elastic(&folder, keys, true), []);
        assert_eq!(elastic(&folder, &longer(keys), true), at("09:15:00", 6));
    }
    assert_eq!(elastic(&folder, by_event, false), at("09:11:51", 5));

    // Two minutes of delay: one run has them all, later than streaming has.
    let folder = delayed(&[(271, 391), (272, 392), (273, 393), (274, 394), (275, 395), (276, 396)]);
    for keys in [by_event, by_arrival] {
        assert_eq!(elastic(&folder, keys, true), at("09:10:00", 6));
    }
    assert_eq!(elastic(&folder, by_event, false), at("09:06:35", 5));
}
