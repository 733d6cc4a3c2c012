//! What a sweep costs: a hundred settings of one rule beside one detection pass of the default rules
//! over the same corpus. At most three times as much is wanted; the ratio is printed at the end.
//!
//! The ratio is of all of it: events parsed and keyed once, then a hundred settings replayed, judged
//! against truth, and summed up with their intervals. The benchmark `replay` of each rule is without the first.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use vaultdrill::detect::Watermark;
use vaultdrill::engine::{Capture, Options, capture, detect};
use vaultdrill::ingest::{Input, resolve_inputs};
use vaultdrill::rules::{EMBEDDED, RuleSet, load, parse_rule};
use vaultdrill::scenarios::Kind;
use vaultdrill::score::{AlertLog, Manifest, Referee, Truth};
use vaultdrill::sweep::{Axis, Figures, Lab, figures, scored_alerts};
use vaultdrill_generators::{Attack, Estate, Layout, LookAlike, Plan, generate};

const EVENTS: u64 = 200_000;
const WORKERS: usize = 2;
const SETTINGS: usize = 100;
const WANTED: f64 = 3.0;

fn write_corpus(out: &Path) {
    let estate = Kind::Estate.load("midsize").expect("embedded");
    let attacks = Kind::Attack.load_all();
    let look_alikes = Kind::LookAlike.load_all();
    let attacks = attacks.iter().map(|file| Attack::parse(&file.name, &file.text));
    let look_alikes = look_alikes.iter().map(|file| LookAlike::parse(&file.name, &file.text));
    let plan = Plan {
        estate: Estate::parse(&estate.name, &estate.text).expect("embedded files are sound"),
        attacks: attacks.collect::<Result<_, _>>().expect("embedded files are sound"),
        withheld: Vec::new(),
        look_alikes: look_alikes.collect::<Result<_, _>>().expect("embedded files are sound"),
        seed: 1,
        events: Some(EVENTS),
        days: 21,
        warmup_days: 14,
        layout: Layout::Lines,
        threads: WORKERS,
        out: out.to_owned(),
        force: false,
    };
    generate(&plan, &mut |_| {}).expect("a temporary folder can be written");
}

/// A hundred settings of a rule: its first tunable by its second, evenly.
fn settings(id: &str) -> Vec<RuleSet> {
    let (_, text) = EMBEDDED.iter().find(|(its, _)| *its == id).expect("embedded");
    let rule = parse_rule(id, text).expect("embedded files are sound");
    let axes = rule.tunables.iter().zip([20, 5]).map(|(tunable, steps)| {
        let mut parameters = rule.parameters().into_iter();
        let parameter = parameters.find(|it| it.name == tunable.name).expect("it is its own");
        Axis::new(&rule, parameter, (tunable.low, tunable.high), steps)
    });
    let axes = axes.collect();
    let lab = Lab::new(rule, text, axes, 1).expect("within the rule's own ranges");
    lab.rules().iter().cycle().take(SETTINGS).cloned().collect()
}

fn judge(captured: &Capture, referee: &Referee<'_>, settings: &[RuleSet]) -> Vec<Figures> {
    captured.replay_all(settings, WORKERS, |place, alerts, _| {
        let rules = &settings[place];
        let event = |origin| captured.event(origin);
        let log = AlertLog {
            file: "replay".to_owned(),
            corpus_id: String::new(),
            rules_id: rules.rules_id().to_owned(),
            alerts: scored_alerts(&alerts, &rules.rules[0], referee, event),
            foreign: None,
        };
        figures(&referee.tally(&log, |_| true).expect("the replay is of this corpus"))
    })
}

/// A small range of a whole number has fewer steps than were asked for; settings then come again.
fn distinct(settings: &[RuleSet]) -> usize {
    settings.iter().map(RuleSet::rules_id).collect::<BTreeSet<_>>().len()
}

/// Time of one call of `work`: the least of five.
fn least(mut work: impl FnMut()) -> Duration {
    let one = |_| {
        #[expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
        let started = std::time::Instant::now();
        work();
        started.elapsed()
    };
    (0..5).map(one).min().unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "the ratio is what the bench is for")]
fn sweep(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = folder.path().join("corpus");
    write_corpus(&corpus);
    let inputs: Vec<Input> = resolve_inputs(std::slice::from_ref(&corpus)).expect("just written");
    let options = Options {
        workers: WORKERS,
        block_bytes: 1 << 20,
        lateness: Watermark::DEFAULT_LATENESS,
        limits: vaultdrill::limits::Limits::DEFAULT,
    };
    let text = |name: &str| fs::read_to_string(corpus.join(name)).expect("just written");
    let truth = Truth::read("truth", text("truth.ndjson").as_bytes()).expect("just written");
    let manifest = Manifest::parse("manifest", &text("manifest.json")).expect("just written");
    let referee = Referee::new(&truth, &manifest).expect("of one corpus");
    let pack = load(&["vaultdrill"]).expect("the embedded rules are sound");
    let pass = || {
        let outcome = detect(&inputs, &pack, &options, &mut |_, _| {});
        outcome.expect("a sound corpus").findings.alerts.len()
    };
    let mut group = criterion.benchmark_group("sweep");
    group.sample_size(10);
    group.bench_function("detection_pass", |bencher| bencher.iter(pass));
    let detection = least(|| {
        pass();
    });
    for id in ["bulk-extraction", "list-flood", "novel-object", "list-then-read"] {
        let settings = settings(id);
        let take =
            || capture(&inputs, &settings[0], &options, &mut |_, _| {}).expect("a sound corpus");
        let captured = take();
        group.bench_function(format!("replay/{id}"), |bencher| {
            bencher.iter(|| judge(&captured, &referee, &settings));
        });
        let all = least(|| {
            judge(&take(), &referee, &settings);
        });
        let ratio = all.as_secs_f64() / detection.as_secs_f64();
        let verdict = if ratio <= WANTED { "within" } else { "ABOVE" };
        println!(
            "{id}: {SETTINGS} settings, {} of them distinct, cost {ratio:.2} detection passes ({all:.2?} against \
             {detection:.2?}), {verdict} the {WANTED} wanted; {} events captured",
            distinct(&settings),
            captured.len()
        );
    }
    group.finish();
}

criterion_group!(benches, sweep);
criterion_main!(benches);
