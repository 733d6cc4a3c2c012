//! A setting's figures are those of a real score, and what is held out counts for nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use vaultdrill::engine::{Capture, capture, detect};
use vaultdrill::event::TickSpan;
use vaultdrill::ingest::resolve_inputs;
use vaultdrill::output::write_alerts;
use vaultdrill::rules::{EMBEDDED, RuleKind, RuleSet, parse_rule};
use vaultdrill::score::{
    AlertLog, Campaign, Class, CleanTwin, DEFAULT_CAMPAIGNS_PER_DAY, Inputs, Manifest, Referee,
    Tally, Truth, score,
};
use vaultdrill::sweep::{Split, scored_alerts};

use crate::support::{OPTIONS, folder};

/// A rule of ours that learns for two days only, so that it has the scored week to alert in.
fn rules(id: &str) -> RuleSet {
    let (_, text) = EMBEDDED.iter().find(|(its, _)| *its == id).unwrap();
    let mut rule = parse_rule(id, text).unwrap();
    match &mut rule.kind {
        RuleKind::Threshold(kind) => {
            if let Some(adaptive) = &mut kind.adaptive {
                adaptive.learn = TickSpan::days(2);
            }
        }
        RuleKind::NewTerms(kind) => kind.learn = TickSpan::days(2),
        RuleKind::Query { .. } | RuleKind::Sequence(_) => {}
    }
    RuleSet::new(vec![rule]).unwrap()
}

fn truth(corpus: &Path) -> Truth {
    let text = fs::read_to_string(corpus.join("truth.ndjson")).unwrap();
    Truth::read("truth.ndjson", text.as_bytes()).unwrap()
}

fn manifest(corpus: &Path) -> Manifest {
    let text = fs::read_to_string(corpus.join("manifest.json")).unwrap();
    Manifest::parse("manifest.json", &text).unwrap()
}

/// The alerts of a real run, read back from its files.
fn logged(corpus: &Path, rules: &RuleSet) -> AlertLog {
    let inputs = resolve_inputs(&[corpus.to_owned()]).unwrap();
    let outcome = detect(&inputs, rules, &OPTIONS, &mut |_, _| {}).unwrap();
    let out = tempfile::tempdir().unwrap();
    write_alerts(out.path(), &outcome, rules).unwrap();
    let text = |name: &str| fs::read_to_string(out.path().join(name)).unwrap();
    let mut log = AlertLog::read("alerts.ndjson", text("alerts.ndjson").as_bytes()).unwrap();
    log.read_evidence("evidence.ndjson", text("evidence.ndjson").as_bytes()).unwrap();
    log
}

/// The alerts of a replay.
fn replayed(captured: &Capture, rules: &RuleSet, referee: &Referee<'_>) -> AlertLog {
    let alerts = captured.replay(rules);
    let event = |origin| captured.event(origin);
    AlertLog {
        file: "replay".to_owned(),
        corpus_id: format!("{:032x}", captured.corpus_id()),
        rules_id: rules.rules_id().to_owned(),
        alerts: scored_alerts(&alerts, &rules.rules[0], referee, event),
        foreign: None,
    }
}

fn captured(corpus: &Path, rules: &RuleSet) -> Capture {
    let inputs = resolve_inputs(&[corpus.to_owned()]).unwrap();
    capture(&inputs, rules, &OPTIONS, &mut |_, _| {}).unwrap()
}

#[test]
fn figures_of_a_replay_are_those_of_a_score() {
    let [corpus, twin] = ["corpus", "twin"].map(|name| folder().join(name));
    for id in ["bulk-extraction", "novel-object", "grant-then-read"] {
        let rules = rules(id);
        let inputs = Inputs {
            truth: truth(&corpus),
            alerts: logged(&corpus, &rules),
            manifest: manifest(&corpus),
            run: None,
            clean_twin: Some(CleanTwin {
                alerts: logged(&twin, &rules),
                manifest: manifest(&twin),
            }),
            campaigns_per_day: DEFAULT_CAMPAIGNS_PER_DAY,
        };
        let expected = score(&inputs).unwrap();
        assert!(expected.alerts.scored > 0, "{id} never alerts");

        let mut tally = Tally::default();
        let referee = Referee::new(&inputs.truth, &inputs.manifest).unwrap();
        let log = replayed(&captured(&corpus, &rules), &rules, &referee);
        tally.add(referee.tally(&log, |_| true).unwrap());
        let (truth, manifest) = (truth(&twin), manifest(&twin));
        let referee = Referee::new(&truth, &manifest).unwrap();
        let log = replayed(&captured(&twin, &rules), &rules, &referee);
        tally.add(referee.noise(&log).unwrap());

        assert_eq!(tally.recall(), expected.recall["campaign"], "{id}");
        assert_eq!(tally.precision(), expected.precision.alert, "{id}");
        assert_eq!(tally.alerts_per_day(), expected.alerts_per_day, "{id}");
        assert_eq!(tally.false_alerts_per_day(), expected.false_alerts_per_day, "{id}");
    }
}

#[test]
fn what_is_left_out_is_neither_a_miss_nor_an_alert() {
    let corpus = folder().join("corpus");
    let (rules, truth, manifest) = (rules("bulk-extraction"), truth(&corpus), manifest(&corpus));
    let referee = Referee::new(&truth, &manifest).unwrap();
    let log = replayed(&captured(&corpus, &rules), &rules, &referee);
    let all = referee.tally(&log, |_| true).unwrap();
    let is_attack = |class| class == Class::Malicious;
    let none = referee.tally(&log, |campaign| !is_attack(campaign.class)).unwrap();
    assert_eq!((none.campaigns, none.found), (0, 0));
    let about_attacks = all.precision().value.unwrap() * all.precision().n as f64;
    assert!(about_attacks > 0.0);
    assert_eq!(none.precision().value, Some(0.0), "no alert about an attack is left");
    assert!(none.precision().n as f64 <= all.precision().n as f64 - about_attacks + 0.5);
}

/// So that precision and alerts a day do not fall with the number of campaigns that a part keeps.
#[test]
fn parts_of_the_attacks_estimate_the_alerts_of_the_whole() {
    let corpus = folder().join("corpus");
    let (rules, truth, manifest) = (rules("bulk-extraction"), truth(&corpus), manifest(&corpus));
    let referee = Referee::new(&truth, &manifest).unwrap();
    let log = replayed(&captured(&corpus, &rules), &rules, &referee);
    let per_day = |tally: &Tally| tally.alerts_per_day().value.unwrap();
    let reaching = |class| {
        let its = truth.campaigns.iter().filter(move |one| one.class == class);
        its.filter(|one| one.end >= manifest.warmup_end)
    };
    let attacks: Vec<_> = reaching(Class::Malicious).collect();
    // Parts of a third and two thirds.
    let is_small = |campaign: &Campaign| attacks.iter().step_by(3).any(|one| one.id == campaign.id);
    let is_attack = |campaign: &Campaign| campaign.class == Class::Malicious;
    let small = referee.tally(&log, |one| !is_attack(one) || is_small(one)).unwrap();
    let large = referee.tally(&log, |one| !is_attack(one) || !is_small(one)).unwrap();
    let whole = per_day(&referee.tally(&log, |_| true).unwrap());
    let share = attacks.len().div_ceil(3) as f64 / attacks.len() as f64;
    let mean = share * per_day(&small) + (1.0 - share) * per_day(&large);
    assert!((mean - whole).abs() < 1e-9 * whole, "{mean} {whole}");
    assert!(large.precision().method.contains("stand for"), "{:?}", large.precision());
}

#[test]
fn an_alert_about_a_kept_and_a_left_out_campaign_counts_as_it_credits() {
    let corpus = folder().join("corpus");
    let (rules, mut truth) = (rules("bulk-extraction"), truth(&corpus));
    let manifest = manifest(&corpus);
    let attacks = truth.campaigns.iter().filter(|one| one.class == Class::Malicious);
    let copies = attacks.map(|one| Campaign { id: format!("{}-copy", one.id), ..one.clone() });
    let copies: Vec<_> = copies.collect();
    truth.campaigns.extend(copies);
    let referee = Referee::new(&truth, &manifest).unwrap();
    let log = replayed(&captured(&corpus, &rules), &rules, &referee);
    let all = referee.tally(&log, |_| true).unwrap();
    let kept = referee.tally(&log, |one| !one.id.ends_with("-copy")).unwrap();
    assert_eq!((kept.found * 2, kept.campaigns * 2), (all.found, all.campaigns));
    assert!(kept.found > 0);
    assert_eq!(kept.precision().n, all.precision().n);
}

#[test]
fn halves_share_no_campaign_and_each_attack_is_in_both() {
    let corpus = folder().join("corpus");
    let (truth, manifest) = (truth(&corpus), manifest(&corpus));
    let referee = Referee::new(&truth, &manifest).unwrap();
    let scored: Vec<_> = referee.scored().collect();
    let split = Split::halves(scored.iter().copied(), 1);
    assert_eq!(split, Split::halves(scored.iter().rev().copied(), 1));
    assert_ne!(split, Split::halves(scored.iter().copied(), 2));
    for campaign in &scored {
        assert!(split.tunes_on(campaign) != split.holds_out(campaign), "{}", campaign.id);
    }
    let attacks: BTreeSet<_> = scored.iter().map(|campaign| &campaign.attack).collect();
    for attack in attacks {
        let its = scored.iter().filter(|campaign| campaign.attack == *attack);
        let (tuned, held): (Vec<_>, Vec<_>) =
            its.copied().partition(|campaign| split.tunes_on(campaign));
        assert!(tuned.len().abs_diff(held.len()) <= 1, "{attack}");
    }
    let others = truth.campaigns.iter().filter(|campaign| campaign.class != Class::Malicious);
    for campaign in others {
        assert!(split.tunes_on(campaign) && split.holds_out(campaign), "{}", campaign.id);
    }
}

#[test]
fn one_variant_of_each_attack_is_held_out_of_tuning() {
    let truth = truth(&folder().join("corpus"));
    let names = |class| {
        let its = truth.campaigns.iter().filter(move |campaign| campaign.class == class);
        its.map(|campaign| campaign.attack.clone()).collect::<BTreeSet<_>>()
    };
    let (attacks, look_alikes) = (names(Class::Malicious), names(Class::LookAlike));
    let split = Split::by_kind(attacks.clone(), look_alikes.clone());
    let mut variants = BTreeSet::new();
    for campaign in &truth.campaigns {
        assert!(split.holds_out(campaign));
        if split.tunes_on(campaign) && campaign.class == Class::Malicious {
            variants.insert((campaign.attack.clone(), campaign.variant().map(str::to_owned)));
        }
    }
    assert!(variants.len() <= attacks.len(), "an attack is tuned on by one variant: {variants:?}");
    let evasive = variants.iter().filter(|(_, variant)| variant.as_deref() == Some("evasive"));
    let plain = variants.iter().filter(|(_, variant)| variant.as_deref() == Some("plain"));
    assert!(evasive.count() > 2 && plain.count() > 2, "{variants:?}");
    let its = truth.campaigns.iter().filter(|it| it.class == Class::LookAlike);
    let tuned: BTreeSet<_> =
        its.filter(|campaign| split.tunes_on(campaign)).map(|it| &it.attack).collect();
    assert_eq!(tuned.len(), look_alikes.len().div_ceil(2));
}
