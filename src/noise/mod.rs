//! What alerts mean for those who must read them, on logs that nobody has labelled: how many a day, of
//! which rules, about whom, and what an exception would take away.
//!
//! Contract: pure figures over alerts as [`Noted`]; lists are bounded, ordered by number, then by name.
//! Names come from a log: whoever shows them escapes them. A day is one of event time, UTC. A case is one
//! identity within 24 hours, as in a score; an alert that names no identity is a case of its own.

mod exceptions;
mod noted;

pub use exceptions::Candidate;
pub use noted::{Common, Noted};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::{TickSpan, Ticks};
use crate::rules::Rule;

/// Alerts of one identity that lie closer than this to the first of them are one case.
const CASE_SPAN: TickSpan = TickSpan::hours(24);

/// Identities, and vaults, that are named.
const NAMED: usize = 10;

/// Days of a rule that are listed: a year. Forged times could make as many as there are alerts.
const DAYS_LISTED: usize = 366;

/// Alerts by rule, day, identity and vault.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Noise {
    /// First and last day on which an event arrived; none without events.
    pub days: Option<[String; 2]>,
    /// How many days these are, both included; at least one.
    pub day_count: i64,
    /// Alerts kept.
    pub alerts: u64,
    /// Cases that they make.
    pub cases: u64,
    /// Rules that alerted, most alerts first.
    pub rules: Vec<RuleNoise>,
    /// How many of the rules did not.
    pub silent_rules: u64,
    /// The identities with the most alerts.
    pub identities: Vec<Named>,
    /// The vaults with the most alerts.
    pub vaults: Vec<Named>,
    /// For the noisiest rules, the exception that would remove the most of what they say about one
    /// caller.
    pub exceptions: Vec<Candidate>,
}

/// Alerts of one rule.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct RuleNoise {
    /// The rule.
    pub rule_id: String,
    /// Its alerts.
    pub alerts: u64,
    /// The cases that they make.
    pub cases: u64,
    /// Alerts divided by days.
    pub alerts_per_day: f64,
    /// The day with the most; of equals the first.
    pub busiest_day: String,
    /// How many it had.
    pub busiest_day_alerts: u64,
    /// Alerts of each day that had any: the first 366 of these days.
    pub by_day: BTreeMap<String, u64>,
}

/// Alerts about one identity or vault.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Named {
    /// As the log has it.
    pub name: String,
    /// Alerts that name it.
    pub alerts: u64,
    /// Rules that they are of.
    pub rules: u64,
}

impl Noise {
    /// Counts `alerts`, in whatever order, of these rules; events arrived from the first to the last of
    /// `arrived`.
    pub fn of(alerts: &[Noted], rules: &[Rule], arrived: Option<[Ticks; 2]>) -> Self {
        let days = arrived.map(|arrived| arrived.map(Ticks::utc_day));
        let day_count = days.map_or(1, |[first, last]| (last - first + 1).max(1));
        let mut by_rule: BTreeMap<usize, Vec<&Noted>> = BTreeMap::new();
        alerts.iter().for_each(|alert| by_rule.entry(alert.rule).or_default().push(alert));
        let of_rule = |(&rule, alerts): (&usize, &Vec<&Noted>)| {
            RuleNoise::of(&rules[rule].id, alerts, day_count)
        };
        let mut noises: Vec<_> = by_rule.iter().map(of_rule).collect();
        noises.sort_by(|a, b| (b.alerts, &a.rule_id).cmp(&(a.alerts, &b.rule_id)));
        Self {
            days: days.map(|days| days.map(date)),
            day_count,
            alerts: alerts.len() as u64,
            cases: cases(alerts.iter()),
            silent_rules: (rules.len() - noises.len()) as u64,
            identities: named(alerts, |alert| alert.identity.as_deref()),
            vaults: named(alerts, |alert| alert.vault.as_deref()),
            exceptions: exceptions::candidates(&by_rule, rules),
            rules: noises,
        }
    }
}

impl RuleNoise {
    fn of(rule_id: &str, alerts: &[&Noted], day_count: i64) -> Self {
        let mut by_day: BTreeMap<i64, u64> = BTreeMap::new();
        alerts.iter().for_each(|alert| *by_day.entry(alert.time.utc_day()).or_default() += 1);
        let busiest = by_day.iter().map(|(&day, &alerts)| (alerts, -day)).max();
        let (busiest_day_alerts, day) = busiest.unwrap_or_default();
        Self {
            rule_id: rule_id.to_owned(),
            alerts: alerts.len() as u64,
            cases: cases(alerts.iter().copied()),
            alerts_per_day: alerts.len() as f64 / day_count as f64,
            busiest_day: date(-day),
            busiest_day_alerts,
            by_day: by_day.into_iter().take(DAYS_LISTED).map(|(day, n)| (date(day), n)).collect(),
        }
    }
}

/// How many cases the alerts make.
fn cases<'a>(alerts: impl Iterator<Item = &'a Noted>) -> u64 {
    let mut cases = 0;
    let mut times: BTreeMap<&str, BTreeSet<Ticks>> = BTreeMap::new();
    for alert in alerts {
        match &alert.identity {
            Some(identity) => {
                times.entry(identity).or_default().insert(alert.time);
            }
            None => cases += 1,
        }
    }
    for times in times.into_values() {
        let mut opened = None;
        for time in times {
            if opened.is_none_or(|opened| time.since(opened) >= CASE_SPAN) {
                (cases, opened) = (cases + 1, Some(time));
            }
        }
    }
    cases
}

fn named<'a>(alerts: &'a [Noted], name: impl Fn(&'a Noted) -> Option<&'a str>) -> Vec<Named> {
    let mut found: BTreeMap<&str, (u64, BTreeSet<usize>)> = BTreeMap::new();
    for alert in alerts {
        if let Some(name) = name(alert) {
            let (count, rules) = found.entry(name).or_default();
            *count += 1;
            rules.insert(alert.rule);
        }
    }
    let all = found.into_iter().map(|(name, (alerts, rules))| Named {
        name: name.to_owned(),
        alerts,
        rules: rules.len() as u64,
    });
    let mut all: Vec<_> = all.collect();
    // Stable: of equals the first by name.
    all.sort_by_key(|named| std::cmp::Reverse(named.alerts));
    all.truncate(NAMED);
    all
}

/// A day, given in days since the epoch, as it is written.
pub(crate) fn date(day: i64) -> String {
    let written = (Ticks(0) + TickSpan::days(day)).to_string();
    written.split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::load;

    pub(super) fn rules() -> Vec<Rule> {
        let names = ["novel-object", "vault-modified", "bulk-extraction"].map(str::to_owned);
        load(&names).unwrap().rules
    }

    /// An alert of a rule on an hour since the epoch, by an identity on a vault.
    pub(super) fn noted(rule: usize, hour: i64, identity: &str, vault: &str) -> Noted {
        let name = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        let time = Ticks(0) + TickSpan::hours(hour);
        Noted {
            rule,
            time,
            identity: name(identity),
            vault: name(vault),
            common: Common::default(),
        }
    }

    fn place_of(rules: &[Rule], id: &str) -> usize {
        rules.iter().position(|rule| rule.id == id).unwrap()
    }

    #[test]
    fn alerts_are_counted_by_rule_day_identity_and_vault() {
        let rules = rules();
        let [object, vault] = ["novel-object", "vault-modified"].map(|id| place_of(&rules, id));
        let alerts = [
            noted(object, 1, "amy", "red"),
            noted(object, 25, "amy", "red"),
            noted(object, 26, "ben", "blue"),
            noted(object, 49, "ben", "blue"),
            noted(vault, 2, "", "red"),
            noted(vault, 3, "amy", ""),
        ];
        let arrived = Some([Ticks(0), Ticks(0) + TickSpan::hours(4 * 24 + 1)]);
        let noise = Noise::of(&alerts, &rules, arrived);
        let days = ["1970-01-01", "1970-01-05"].map(str::to_owned);
        assert_eq!((noise.days, noise.day_count), (Some(days), 5));
        // Amy at hours 1 and 3 is one case, at 25 another; Ben's lie 23 hours apart; one is nobody's.
        assert_eq!((noise.alerts, noise.cases, noise.silent_rules), (6, 4, 1));
        let [first, second] = noise.rules.try_into().unwrap();
        assert_eq!((first.rule_id.as_str(), first.alerts, first.cases), ("novel-object", 4, 3));
        assert_eq!((first.busiest_day.as_str(), first.busiest_day_alerts), ("1970-01-02", 2));
        assert!((first.alerts_per_day - 0.8).abs() < 1e-9);
        assert_eq!(first.by_day.values().copied().collect::<Vec<_>>(), [1, 2, 1]);
        assert_eq!((second.alerts, second.cases), (2, 2));
        let of = |named: &[Named]| -> Vec<(String, u64, u64)> {
            named.iter().map(|it| (it.name.clone(), it.alerts, it.rules)).collect()
        };
        assert_eq!(of(&noise.identities), [("amy".to_owned(), 3, 2), ("ben".to_owned(), 2, 1)]);
        assert_eq!(of(&noise.vaults), [("red".to_owned(), 3, 2), ("blue".to_owned(), 2, 1)]);
    }

    #[test]
    fn without_alerts_there_is_nothing_to_say() {
        let rules = rules();
        let noise = Noise::of(&[], &rules, None);
        assert_eq!((noise.alerts, noise.cases, noise.day_count), (0, 0, 1));
        assert_eq!((noise.rules.len(), noise.silent_rules), (0, 3));
        assert!(noise.exceptions.is_empty() && noise.days.is_none());
    }

    #[test]
    fn what_is_listed_is_bounded_by_number_then_name() {
        let rules = rules();
        let mut alerts: Vec<_> =
            (0..400).map(|day| noted(0, 24 * day, &format!("i{:02}", day % 20), "v")).collect();
        alerts.push(noted(0, 0, "i07", "v"));
        let noise = Noise::of(&alerts, &rules, None);
        assert_eq!(noise.rules[0].by_day.len(), DAYS_LISTED);
        let names: Vec<_> = noise.identities.iter().map(|named| named.name.as_str()).collect();
        assert_eq!(names[..3], ["i07", "i00", "i01"]);
        assert_eq!(names.len(), NAMED);
    }
}
