//! A replay gives exactly the alerts of a real run with the edited rule.

use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vaultdrill::detect::{Alert, Triage};
use vaultdrill::engine::{capture, detect};
use vaultdrill::ingest::resolve_inputs;
use vaultdrill::rules::{EMBEDDED, Parameter, Rule, RuleKind, RuleSet, parse_rule};
use vaultdrill::sweep::edited;

use crate::support::{OPTIONS, disturbed, folder};

/// Rules of every kind: adaptive by one's own past and by a wider group's, with and without distinct
/// values; new terms with and without a known part; sequences by identity and by grantee; queries.
const RULES: [&str; 8] = [
    "bulk-extraction",
    "denied-then-success",
    "grant-then-read",
    "list-flood",
    "new-block-reader",
    "novel-object",
    "slow-extraction",
    "vault-modified",
];

/// How many settings of each, so that there are more than twenty in all.
const SETTINGS: usize = 3;

const HOUR: f64 = 3600.0;

fn random_value(parameter: &Parameter, rule: &Rule, rng: &mut ChaCha8Rng) -> f64 {
    let tunable = rule.tunables.iter().find(|it| it.name == parameter.name);
    let (low, high) = match (parameter.name.as_str(), tunable) {
        // Mostly near the lower end, where rules alert.
        (_, Some(tunable)) => (tunable.low, tunable.low + (tunable.high - tunable.low) * 0.3),
        ("threshold.adaptive.learn" | "new_terms.learn", None) => (0.0, 72.0 * HOUR),
        ("threshold.adaptive.quantile", None) => (0.3, 1.0),
        ("threshold.adaptive.history_days", None) => (2.0, 10.0),
        ("threshold.adaptive.min_days", None) => (1.0, 3.0),
        ("suppress", None) => (0.0, 3.0 * HOUR),
        (_, None) => return parameter.value,
    };
    let value = low + (high - low) * rng.random_range(0.0..1.0_f64);
    if parameter.is_whole || parameter.is_duration { value.round() } else { value }
}

/// Random settings of the rule, as files that are read back; each a rule of its own.
fn settings(id: &str, rng: &mut ChaCha8Rng) -> Vec<Rule> {
    let (_, text) = EMBEDDED.iter().find(|(its, _)| *its == id).unwrap();
    let rule = parse_rule(id, text).unwrap();
    let parameters = rule.parameters();
    let setting = |place: usize| {
        let its = parameters.iter().filter(|it| !it.name.starts_with("schedule."));
        let changes: Vec<_> =
            its.map(|parameter| (parameter, random_value(parameter, &rule, rng))).collect();
        let edited = edited(text, &changes).unwrap();
        Rule { id: format!("{id}-{place}"), ..parse_rule(id, &edited).unwrap() }
    };
    (0..SETTINGS).map(setting).collect()
}

/// What the files of a run say of alerts, but for habits and changes.
fn told(alerts: impl IntoIterator<Item = (Alert, u64)>) -> Vec<(Alert, u64)> {
    let plain = |alert| Alert { rule: 0, triage: Triage::default(), ..alert };
    alerts.into_iter().map(|(alert, absorbed)| (plain(alert), absorbed)).collect()
}

/// Compares every setting over the corpus; gives alerts, settings that alert, and absorbed events.
fn compare(corpus: &Path, seed: u64) -> (usize, usize, u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let by_rule: Vec<Vec<Rule>> = RULES.iter().map(|id| settings(id, &mut rng)).collect();
    let inputs = resolve_inputs(&[corpus.to_owned()]).unwrap();
    let rules = RuleSet::new(by_rule.iter().flatten().cloned().collect()).unwrap();
    let real = detect(&inputs, &rules, &OPTIONS, &mut |_, _| {}).unwrap().findings.alerts;
    let (mut count, mut alerting, mut absorbed) = (0, 0, 0);
    for its in by_rule {
        let sets: Vec<RuleSet> =
            its.iter().map(|rule| RuleSet::new(vec![rule.clone()]).unwrap()).collect();
        let captured = capture(&inputs, &sets[0], &OPTIONS, &mut |_, _| {}).unwrap();
        assert!(!captured.is_empty());
        let replayed = captured.replay_all(&sets, 2, |_, alerts, _| alerts);
        for (rule, replayed) in its.iter().zip(replayed) {
            let of_rule = real.iter().filter(|(alert, _)| rules.rules[alert.rule].id == rule.id);
            let expected = told(of_rule.cloned());
            count += expected.len();
            alerting += usize::from(!expected.is_empty());
            absorbed += expected.iter().map(|(_, absorbed)| absorbed).sum::<u64>();
            let found = told(replayed);
            assert_eq!(found.len(), expected.len(), "{}: {:?}", rule.id, rule.parameters());
            assert_eq!(found, expected, "{}", rule.id);
        }
    }
    (count, alerting, absorbed)
}

#[test]
fn random_settings_alert_as_a_real_run_does() {
    let (alerts, alerting, absorbed) = compare(&folder().join("corpus"), 1);
    assert!(alerts > 100 && alerting > 9 && absorbed > 20, "{alerts} {alerting} {absorbed}");
}

#[test]
fn random_settings_alert_as_a_real_run_does_under_lateness_and_duplicates() {
    let (alerts, alerting, absorbed) = compare(disturbed(), 2);
    assert!(alerts > 100 && alerting > 9 && absorbed > 20, "{alerts} {alerting} {absorbed}");
}

#[test]
fn a_capture_finds_the_record_of_every_alert() {
    let inputs = resolve_inputs(&[folder().join("corpus")]).unwrap();
    let (_, text) = EMBEDDED.iter().find(|(id, _)| *id == "novel-object").unwrap();
    let mut rule = parse_rule("novel-object", text).unwrap();
    if let RuleKind::NewTerms(kind) = &mut rule.kind {
        kind.learn = vaultdrill::event::TickSpan::days(1);
    }
    let rules = RuleSet::new(vec![rule]).unwrap();
    let captured = capture(&inputs, &rules, &OPTIONS, &mut |_, _| {}).unwrap();
    let alerts = captured.replay(&rules);
    assert!(!alerts.is_empty());
    for (alert, _) in &alerts {
        let event = captured.event(alert.trigger).unwrap();
        assert_eq!((event.event.time, event.event.arrival), (alert.time, alert.fired_at));
    }
    let nowhere = vaultdrill::event::Origin { file: 9, offset: 0 };
    assert!(captured.event(nowhere).is_none());
}
