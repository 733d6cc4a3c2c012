//! Missed campaigns of a whole corpus: what came nearest to finding them is told, and counted again
//! from the records; and watching them changes no byte of what is found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use vaultdrill::detect::{Fate, KeySizes, Trace, Watch, record_key};
use vaultdrill::engine::{Options, Outcome, RuleCounts, detect_watching};
use vaultdrill::event::{
    Batch, EventView, Key, Outcome as Answer, Plane, TextField, TickSpan, Ticks,
};
use vaultdrill::ingest::{LineParser, ParsedBlock, parse_block, resolve_inputs};
use vaultdrill::output::write_alerts;
use vaultdrill::rules::{Buckets, Rule, RuleKind, RuleSet};
use vaultdrill::score::{
    AlertLog, Class, DEFAULT_CAMPAIGNS_PER_DAY, EventId, Inputs, Manifest, Nearest, Obstacle,
    Truth, score, tell_nearest, watch_for,
};

use crate::support::{OPTIONS, corpus, default_rules, run, written};

fn truth() -> Truth {
    let text = fs::read_to_string(corpus().join("truth.ndjson")).unwrap();
    Truth::read("truth.ndjson", text.as_bytes()).unwrap()
}

fn run_watching(watch: &Watch, rules: &RuleSet, options: &Options) -> Outcome {
    let inputs = resolve_inputs(&[corpus().to_owned()]).unwrap();
    detect_watching(watch, &inputs, &[], rules, options, &mut |_, _, _| {}).unwrap()
}

#[test]
fn watching_changes_no_byte_and_tells_the_same_however_it_is_run() {
    let (rules, truth) = (default_rules(), truth());
    let attacks = truth.campaigns.iter().filter(|campaign| campaign.class == Class::Malicious);
    let steps = attacks.flat_map(|campaign| campaign.steps.keys());
    let watch = Watch::new(steps.map(|id| id.time));
    let plain = run(&[corpus().to_owned()], &rules, &OPTIONS);
    assert!(plain.findings.traces.is_empty());
    let expected = written(&plain, &rules);
    let mut traces: Option<Vec<Trace>> = None;
    for (workers, block_bytes) in [(1, 1 << 20), (3, 1 << 13)] {
        let options = Options { workers, block_bytes, ..OPTIONS };
        let watching = run_watching(&watch, &rules, &options);
        assert_eq!(written(&watching, &rules), expected);
        assert_eq!(watching.findings.counts, plain.findings.counts);
        assert_eq!(without_sizes(&watching), without_sizes(&plain));
        assert_eq!(watching.findings.traces_dropped, 0);
        let told = traces.get_or_insert_with(|| watching.findings.traces.clone());
        assert_eq!(*told, watching.findings.traces);
    }
    assert!(traces.unwrap().len() > 1000);
}

/// How many bytes a hash table takes depends on its random seed.
fn without_sizes(outcome: &Outcome) -> Vec<RuleCounts> {
    let mut rules = outcome.findings.rules.clone();
    for state in rules.iter_mut().map(|rule| &mut rule.stats.state) {
        (state.size_bytes, state.key_sizes) = (0, KeySizes::default());
    }
    rules
}

#[test]
fn every_missed_campaign_is_told_of_and_a_recount_agrees() {
    let rules = default_rules();
    let inputs = inputs(&rules);
    let mut score = score(&inputs).unwrap();
    let watching = run_watching(&watch_for(&score, &inputs.truth), &rules, &OPTIONS);
    let traces = &watching.findings.traces;
    tell_nearest(&mut score, &inputs.truth, &rules, traces);
    assert!(score.missed.len() > 5, "too few campaigns are missed to tell anything");
    let records = Records::read(&rules);
    let mut told = BTreeMap::new();
    for record in &score.missed {
        let nearest = record.nearest.as_ref().expect("every missed campaign is told of");
        let of_it = |campaign: &&vaultdrill::score::Campaign| campaign.id == record.campaign_id;
        let campaign = inputs.truth.campaigns.iter().find(of_it).unwrap();
        let is_counted = match &nearest.rule_id {
            None => records.none_is_seen(&rules, campaign.steps.keys()),
            Some(id) => {
                let rule = rules.rules.iter().position(|rule| rule.id == *id).unwrap();
                records.agree(&rules.rules[rule], trace_of(traces, rule, nearest), nearest)
            }
        };
        *told.entry(format!("{:?}", nearest.obstacle)).or_insert(0) += usize::from(is_counted);
    }
    assert!(told.get("BelowThreshold") > Some(&0), "no threshold was counted again: {told:?}");
    assert!(told.get("Unseen") > Some(&0), "nothing was unseen: {told:?}");
}

/// A run over the corpus, read back from its files.
fn inputs(rules: &RuleSet) -> Inputs {
    let folder = tempfile::tempdir().unwrap();
    write_alerts(folder.path(), &run(&[corpus().to_owned()], rules, &OPTIONS), rules).unwrap();
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let mut alerts = AlertLog::read("alerts.ndjson", text("alerts.ndjson").as_bytes()).unwrap();
    alerts.read_evidence("evidence.ndjson", text("evidence.ndjson").as_bytes()).unwrap();
    let manifest = fs::read_to_string(corpus().join("manifest.json")).unwrap();
    Inputs {
        truth: truth(),
        alerts,
        manifest: Manifest::parse("manifest.json", &manifest).unwrap(),
        run: None,
        clean_twin: None,
        campaigns_per_day: DEFAULT_CAMPAIGNS_PER_DAY,
    }
}

fn trace_of<'a>(traces: &'a [Trace], rule: usize, nearest: &Nearest) -> &'a Trace {
    let is_its = |trace: &&Trace| {
        trace.rule == Some(rule)
            && trace.time.to_string() == nearest.step.time
            && trace.correlation_id.eq_ignore_ascii_case(&nearest.step.correlation_id)
            && trace.operation == nearest.step.operation
    };
    traces.iter().find(is_its).expect("what is told rests on a trace")
}

/// The records of the corpus in order of arrival, copies left out.
struct Records {
    batch: Batch,
    kept: Vec<usize>,
}

impl Records {
    fn read(rules: &RuleSet) -> Self {
        let text = fs::read(corpus().join("events.ndjson")).unwrap();
        let mut parsed = ParsedBlock::default();
        parse_block(&mut LineParser::extracting(rules.extras()), &text, 0, 0, &mut parsed);
        let batch = parsed.batch;
        let (mut seen, mut scratch) = (BTreeSet::new(), Vec::new());
        let is_new = |&place: &usize| {
            record_key(&batch.view(place), &mut scratch).is_none_or(|key| seen.insert(key))
        };
        let kept = (0..batch.events.len()).filter(is_new).collect();
        Self { batch, kept }
    }

    fn none_is_seen<'a>(
        &self,
        rules: &RuleSet,
        mut steps: impl Iterator<Item = &'a EventId>,
    ) -> bool {
        let verdict_of = |id: &EventId| {
            let is_it = |view: &EventView<'_>| {
                view.event.time == id.time
                    && view.text(TextField::CorrelationId).eq_ignore_ascii_case(&id.correlation_id)
            };
            rules.evaluate(&self.batch.views().find(is_it).expect("a step has a record"))
        };
        let is_unseen = steps.all(|id| {
            let verdict = verdict_of(id);
            verdict.matched.is_empty() && verdict.excepted.is_empty()
        });
        assert!(is_unseen);
        true
    }

    /// Holds what is told of a rule against the records; gives whether that could be counted.
    fn agree(&self, rule: &Rule, trace: &Trace, nearest: &Nearest) -> bool {
        let events = &self.batch.events;
        let place = events.iter().position(|event| event.origin == trace.origin).unwrap();
        let view = self.batch.view(place);
        if view.event.plane != Plane::Data {
            // Changes are joined with their other halves, which are not at hand here.
            return false;
        }
        assert!(rule.query.matches(&view), "{nearest:?}");
        let is_excepted = rule.exceptions.iter().any(|exception| exception.hides(&view));
        assert_eq!(is_excepted, nearest.obstacle == Obstacle::Excepted, "{nearest:?}");
        match &trace.fate {
            Fate::Below { value, limit, is_distinct, .. } => {
                assert!(value < limit);
                assert_eq!((nearest.value, nearest.limit), (Some(*value), Some(*limit)));
                let (count, distinct) = self.fullest(rule, place);
                assert_eq!(*value, if *is_distinct { distinct } else { count }, "{nearest:?}");
                true
            }
            Fate::Known { last_seen } => self.was_seen(rule, place, *last_seen),
            Fate::Incomplete { found, needed, met, steps } => {
                assert!(found < needed && met < steps, "{nearest:?}");
                true
            }
            _ => false,
        }
    }

    /// What a rule sees of what had arrived by then, agrees in the key and lies less than `span` away.
    fn alike(
        &self,
        rule: &Rule,
        place: usize,
        span: TickSpan,
        key_of: impl Fn(&EventView<'_>) -> Option<Key>,
    ) -> Vec<EventView<'_>> {
        let key = key_of(&self.batch.view(place));
        assert!(key.is_some());
        let arrived = self.kept.iter().filter(|&&it| it <= place).map(|&it| self.batch.view(it));
        let time = self.batch.events[place].time;
        let apart = |other: Ticks| other.max(time).since(other.min(time));
        arrived
            .filter(|view| apart(view.event.time) < span)
            .filter(|view| key_of(view) == key && rule.query.matches(view))
            .filter(|view| !rule.exceptions.iter().any(|exception| exception.hides(view)))
            .collect()
    }

    /// Most events, and most distinct values, of any window that holds the record.
    fn fullest(&self, rule: &Rule, place: usize) -> (u32, u32) {
        let RuleKind::Threshold(kind) = &rule.kind else { panic!("a threshold") };
        assert_eq!(kind.buckets, Buckets::Sliding);
        let time = self.batch.events[place].time;
        let group = self.alike(rule, place, kind.window, |view| view.tuple_key(&kind.group_by));
        let ends = group.iter().map(|view| view.event.time);
        let ends = ends.filter(|&end| end >= time && end.since(time) < kind.window);
        let tallies = ends.map(|end| {
            let after = end - kind.window;
            let is_inside =
                |view: &&EventView<'_>| view.event.time > after && view.event.time <= end;
            let inside: Vec<_> = group.iter().filter(is_inside).collect();
            let value = |view: &&EventView<'_>| {
                kind.distinct.as_ref().and_then(|part| view.tuple_key(&part.fields))
            };
            let values: BTreeSet<Key> = inside.iter().filter_map(value).collect();
            (inside.len() as u32, values.len() as u32)
        });
        tallies.fold((0, 0), |most, tally| (most.0.max(tally.0), most.1.max(tally.1)))
    }

    fn was_seen(&self, rule: &Rule, place: usize, last_seen: Ticks) -> bool {
        let RuleKind::NewTerms(kind) = &rule.kind else { panic!("new terms") };
        let time = self.batch.events[place].time;
        assert!(last_seen > time - kind.history);
        let key_of = |view: &EventView<'_>| {
            kind.terms
                .iter()
                .map(|&term| view.key(term))
                .try_fold(Key(0), |all, key| Some(all.then(key?)))
        };
        let alike = self.alike(rule, place, kind.history, key_of);
        let sightings = alike[..alike.len() - 1].iter();
        let succeeded = sightings.filter(|view| view.event.outcome == Answer::Success);
        assert_eq!(succeeded.map(|view| view.event.time).max(), Some(last_seen));
        true
    }
}
