//! The same figures by pack of rules: what each pack would have scored had it run alone.
//!
//! A rule's pack is what the run's file says, else what the alerts say: the clean twin's alerts count
//! for the pack that their rule has here. Files from before there were packs name none; their rules are
//! together under the empty name.

use std::collections::{BTreeMap, BTreeSet};

use super::campaigns::{self, Outcome};
use super::matching::Judged;
use super::period::Period;
use super::rates::{self, Noise};
use super::{Class, PackScore, Run};

/// By pack: those of the rules that fired, in the twin or here, and of those that the run lists.
pub(super) fn by_pack(
    judged: &[&Judged<'_>],
    outcomes: &[Outcome<'_>],
    noise: &Noise<'_>,
    run: Option<&Run>,
    period: &Period,
) -> BTreeMap<String, PackScore> {
    let pack_of = packs(judged, noise, run);
    let names: BTreeSet<&str> = pack_of.values().copied().collect();
    let fired: BTreeSet<&str> = judged.iter().map(|one| one.alert.rule_id.as_str()).collect();
    let score = |pack: &str| {
        let is_its = |rule_id: &str| pack_of.get(rule_id) == Some(&pack);
        let rules: Vec<&str> = pack_of.keys().copied().filter(|rule| is_its(rule)).collect();
        let alerts: Vec<&Judged<'_>> =
            judged.iter().copied().filter(|one| is_its(&one.alert.rule_id)).collect();
        let scored = || alerts.iter().map(|one| one.alert);
        let own: Vec<_> = outcomes.iter().map(|outcome| outcome.of_rules(is_its)).collect();
        let own: Vec<_> = own.iter().collect();
        let alone =
            outcomes.iter().filter(|one| one.found() && one.rules.keys().all(|rule| is_its(rule)));
        let exceeds = |rule: &&str| run.and_then(|run| run.exceeds(rule, period.warm_up));
        PackScore {
            rules: rules.len() as u64,
            rules_that_alerted: rules.iter().filter(|rule| fired.contains(*rule)).count() as u64,
            alerts: rates::counts(&alerts),
            campaigns_found: campaigns::counts(&own, 0, 0).detected,
            found_alone: alone.count() as u64,
            recall: campaigns::recall(&own),
            precision: rates::share(&alerts, Some(Class::Malicious)),
            alerts_per_day: rates::alerts_per(scored(), period.days()),
            cases_per_day: rates::cases_per_day(scored(), period.days()),
            false_alerts_per_day: noise.per_day_of_rules(is_its),
            rules_whose_history_exceeds_warm_up: run
                .is_some()
                .then(|| rules.iter().filter(|rule| exceeds(rule) == Some(true)).count() as u64),
        }
    };
    names.into_iter().map(|pack| (pack.to_owned(), score(pack))).collect()
}

/// The pack of every rule that is known, by id.
fn packs<'a>(
    judged: &[&Judged<'a>],
    noise: &Noise<'a>,
    run: Option<&'a Run>,
) -> BTreeMap<&'a str, &'a str> {
    let alerts = noise.alerts().chain(judged.iter().map(|one| one.alert));
    let fired = alerts.map(|alert| (alert.rule_id.as_str(), alert.pack.as_str()));
    let listed = run.into_iter().flat_map(|run| &run.rules);
    let listed = listed.map(|rule| (rule.rule_id.as_str(), rule.pack.as_str()));
    let mut packs = BTreeMap::new();
    for (rule, pack) in fired.chain(listed) {
        let known = packs.entry(rule).or_insert(pack);
        // The last of several stands, of those that name one.
        if !pack.is_empty() {
            *known = pack;
        }
    }
    packs
}
