//! Which exception would remove the most of a rule's alerts about one kind of call.
//!
//! Contract: an exception hides events, so an alert counts as removed iff all of its evidence is of the
//! calls that the exception names; what the alert had absorbed is not looked at. Combinations of values are
//! tried from the narrowest to the widest, and the narrowest is taken that removes nearly as many alerts as
//! the best. All of them name the caller: one that does not would hide anybody who makes the same call. One
//! that rests on the caller alone is taken only where the others remove less than half as many, and says
//! what `rules check` would say of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Noted;
use super::noted::FIELDS;
use crate::rules::{Query, Rule, risk_of};

/// Rules for which an exception is proposed: those with the most alerts.
const RULES: usize = 5;

/// An exception that removes fewer alerts, or fewer of a hundred of the rule's, is not worth its risk.
const LEAST_REMOVED: u64 = 2;
const LEAST_PERCENT: u64 = 5;

/// What narrower combinations may remove less than the best one, in percent of it.
const NEARLY: u64 = 80;

/// Places in [`FIELDS`] of the combinations tried, narrowest first; the caller is at 0.
const NARROW: [&[usize]; 4] = [&[0, 1, 2, 3], &[0, 1, 2], &[0, 2], &[0, 1]];
const BY_CALLER: &[usize] = &[0];

/// An exception that could be made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Candidate {
    /// The rule.
    pub rule_id: String,
    /// How many of its alerts rest on nothing else.
    pub removes: u64,
    /// How many alerts it has.
    pub of: u64,
    /// What it excepts, in the language of queries.
    pub query: String,
    /// The same as a table of the rule's file, in printable ASCII; its reason is still to be given.
    pub toml: String,
    /// What it rests on alone, where an intruder could slip into it.
    pub rests_on: Option<String>,
}

/// For each of the noisiest rules the best exception, if one is worth it.
pub(super) fn candidates(by_rule: &BTreeMap<usize, Vec<&Noted>>, rules: &[Rule]) -> Vec<Candidate> {
    let mut noisiest: Vec<_> = by_rule.iter().collect();
    noisiest.sort_by(|(a, its), (b, others)| {
        (others.len(), &rules[**a].id).cmp(&(its.len(), &rules[**b].id))
    });
    noisiest.truncate(RULES);
    let best = |(&rule, alerts): (&usize, &Vec<&Noted>)| {
        let (places, values, removes) = best(alerts)?;
        let clauses: Vec<String> = clauses(places, &values);
        let query = clauses.join(" and ");
        let rests_on = Query::parse(&query).ok().and_then(|query| risk_of(&query));
        let (rule_id, of) = (rules[rule].id.clone(), alerts.len() as u64);
        Some(Candidate { rule_id, removes, of, toml: toml(&clauses), query, rests_on })
    };
    noisiest.into_iter().filter_map(best).collect()
}

type Best<'a> = (&'static [usize], Vec<&'a str>, u64);

/// The combination to take, its values, and how many alerts it removes.
fn best<'a>(alerts: &[&'a Noted]) -> Option<Best<'a>> {
    let narrow: Vec<Best<'a>> =
        NARROW.iter().filter_map(|&places| most_frequent(alerts, places)).collect();
    let most = narrow.iter().map(|best| best.2).max().unwrap_or_default();
    let is_near = |best: &Best<'_>| best.2 * 100 >= most * NEARLY;
    let narrow = narrow.into_iter().find(is_near);
    let by_caller = most_frequent(alerts, BY_CALLER).filter(|best| best.2 > 2 * most);
    let is_worth_it = |best: &Best<'_>| {
        best.2 >= LEAST_REMOVED && best.2 * 100 >= alerts.len() as u64 * LEAST_PERCENT
    };
    by_caller.or(narrow).filter(is_worth_it)
}

/// The values at those places that most alerts have in common; of equals the first.
fn most_frequent<'a>(alerts: &[&'a Noted], places: &'static [usize]) -> Option<Best<'a>> {
    let mut counts: BTreeMap<Vec<&'a str>, u64> = BTreeMap::new();
    for alert in alerts {
        let values: Option<Vec<_>> = places.iter().map(|&at| alert.common.value(at)).collect();
        if let Some(values) = values {
            *counts.entry(values).or_default() += 1;
        }
    }
    let most = counts.into_iter().rev().max_by_key(|&(_, count)| count)?;
    Some((places, most.0, most.1))
}

fn clauses(places: &[usize], values: &[&str]) -> Vec<String> {
    let clause = |(&at, value): (&usize, &&str)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{}: \"{value}\"", FIELDS[at].word())
    };
    places.iter().zip(values).map(clause).collect()
}

/// A table to append to a rule's file. Whatever is not printable is written as what TOML reads as it.
fn toml(clauses: &[String]) -> String {
    let mut text = String::from("[[exceptions]]\nquery = \"\"\"\n");
    for (place, clause) in clauses.iter().enumerate() {
        text.push_str(if place == 0 { "  " } else { "  and " });
        for c in clause.chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                ' '..='~' => text.push(c),
                _ => text.push_str(&format!("\\U{:08x}", c as u32)),
            }
        }
        text.push('\n');
    }
    text.push_str("\"\"\"\nreason = \"\"\n");
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::{noted, rules};
    use super::super::{Common, Noise};
    use super::*;

    fn alerts(common: &[([&str; 4], usize)]) -> Vec<Noted> {
        let with = |(values, count): &([&str; 4], usize)| {
            let common = Common::of(*values);
            vec![Noted { common, ..noted(0, 1, "", "") }; *count]
        };
        common.iter().flat_map(with).collect()
    }

    fn candidate(common: &[([&str; 4], usize)]) -> Option<Candidate> {
        Noise::of(&alerts(common), &rules(), None).exceptions.pop()
    }

    #[test]
    fn the_narrowest_that_removes_nearly_as_much_is_taken() {
        let narrow = candidate(&[
            (["amy", "get", "red", "10.0.0.0/24"], 8),
            (["amy", "get", "red", ""], 2),
            (["ben", "get", "blue", ""], 3),
        ])
        .unwrap();
        let query = r#"identity: "amy" and operation: "get" and vault: "red" and source_block: "10.0.0.0/24""#;
        assert_eq!((narrow.query.as_str(), narrow.removes, narrow.of), (query, 8, 13));
        assert_eq!(narrow.rests_on, None);
        let wider = candidate(&[
            (["amy", "get", "red", "10.0.0.0/24"], 5),
            (["amy", "get", "red", ""], 2),
            (["amy", "list", "red", ""], 3),
        ])
        .unwrap();
        assert_eq!(
            (wider.query.as_str(), wider.removes),
            (r#"identity: "amy" and vault: "red""#, 10)
        );
    }

    #[test]
    fn what_rests_on_the_caller_alone_says_so() {
        let vaults = ["a", "b", "c", "d", "e"].map(|vault| (["amy", "", vault, ""], 2));
        let found = candidate(&vaults).unwrap();
        assert_eq!((found.query.as_str(), found.removes), (r#"identity: "amy""#, 10));
        assert_eq!(found.rests_on.as_deref(), Some("an identity"));
    }

    #[test]
    fn without_one_caller_there_is_none() {
        let nobodys = (["", "get", "red", "10.0.0.0/24"], 40);
        assert_eq!(candidate(&[nobodys]), None);
        // The few of one caller are still proposed, and only those.
        let found = candidate(&[nobodys, (["amy", "get", "red", ""], 9)]).unwrap();
        assert_eq!(found.query, r#"identity: "amy" and operation: "get" and vault: "red""#);
        assert_eq!((found.removes, found.of), (9, 49));
    }

    #[test]
    fn a_single_alert_is_worth_no_exception() {
        assert_eq!(candidate(&[(["amy", "get", "red", ""], 1)]), None);
        assert_eq!(candidate(&[(["", "", "", ""], 9)]), None);
        let few_of = |others| candidate(&[(["amy", "", "red", ""], 2), ([""; 4], others)]);
        assert_eq!(few_of(38).map(|found| found.removes), Some(2));
        assert_eq!(few_of(39), None);
    }

    #[test]
    fn of_equals_the_first_by_name_is_taken() {
        let two = [(["ben", "", "red", ""], 3), (["amy", "", "red", ""], 3)];
        assert_eq!(candidate(&two).unwrap().query, r#"identity: "amy" and vault: "red""#);
    }

    /// A table is read as what it is meant to be, whatever the log has in its names.
    #[test]
    fn hostile_names_come_back_from_the_file_as_they_were() {
        #[derive(serde::Deserialize)]
        struct File {
            exceptions: Vec<Table>,
        }
        #[derive(serde::Deserialize)]
        struct Table {
            query: String,
        }
        for name in
            ["a\"b", "a\\", "\\u0041", "\"\"\"\n[x]", "\u{1b}[31m\u{202e}\u{1f600}", "*", "a\tb"]
        {
            let found = candidate(&[([name, "", "red", ""], 2)]).unwrap();
            assert!(found.toml.chars().all(|c| c == '\n' || (' '..='~').contains(&c)));
            assert!(found.toml.lines().all(|line| line.len() <= 80), "{}", found.toml);
            let file: File = toml::from_str(&found.toml).unwrap();
            assert_eq!(file.exceptions.len(), 1);
            let query = Query::parse(&file.exceptions[0].query).unwrap();
            let matches = |identity: &str| {
                let (mut batch, mut event) =
                    <(crate::event::Batch, crate::event::Event)>::default();
                batch.set_text(&mut event, crate::event::TextField::Identity, identity);
                batch.set_text(&mut event, crate::event::TextField::Vault, "red");
                query.matches(&batch.view_of(&event))
            };
            assert!(matches(name), "{name:?}: {}", found.toml);
            assert!(!matches("another"), "{name:?}: {}", found.toml);
        }
    }
}
