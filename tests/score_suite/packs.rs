//! Packs of rules side by side: each is scored as if it had run alone.

use proptest::prelude::*;

use crate::fixture::{Alert, Campaign, Drill, WARM_UP, at, inputs, ordinary};
use crate::properties::drills;
use vaultdrill::score::{Run, Score, score, text};

/// `alert` as one of a pack's only rule.
fn of(pack: &str, alert: Alert) -> Alert {
    Alert { rule: format!("{pack}.rule"), pack: pack.to_owned(), ..alert }
}

/// Three campaigns: one found by two packs, one by one of them, one by nobody. A third pack is silent.
fn drill() -> Drill {
    let campaigns: Vec<Campaign> =
        (0..3).map(|k| Campaign::attack(&format!("attack-{k}"), at(15 + k, 0))).collect();
    let find = |id: &str, k: usize| Alert::query(id, &campaigns[k].steps[0]).by("thief");
    let noise = |id: &str, day| Alert::query(id, &ordinary(id, at(day, 30)));
    let alerts = [
        of("ours", find("a", 0)),
        of("ours", find("b", 1)),
        of("theirs", find("c", 0)),
        of("theirs", noise("d", 16)),
        of("theirs", noise("e", 17)),
    ];
    Drill {
        clean: Some(vec![of("theirs", noise("d", 16)), of("theirs", noise("e", 17))]),
        histories: vec![("ours.rule", 1), ("theirs.rule", WARM_UP + 1), ("quiet.rule", 0)],
        ..Drill::new(&campaigns, &alerts)
    }
}

#[test]
fn the_table_puts_packs_side_by_side_and_shows_no_precision_where_nothing_alerted() {
    let summary = text(&drill().score().unwrap(), 80);
    let table = summary.split("\n\n").find(|part| part.starts_with("Packs")).unwrap();
    insta::assert_snapshot!("packs_table", table);
    assert!(summary.starts_with("Found 2 of 3 attack campaigns with 3 packs together: "));
}

#[test]
fn one_pack_is_compared_with_nothing() {
    let mut drill = drill();
    drill.alerts.retain(|alert| alert.pack == "ours");
    (drill.clean, drill.histories) = (None, Vec::new());
    let score = drill.score().unwrap();
    assert_eq!(score.by_pack.keys().collect::<Vec<_>>(), ["ours"]);
    let summary = text(&score, 80);
    assert!(summary.starts_with("Found 2 of 3 attack campaigns: "), "{summary}");
    assert!(!summary.contains("Packs"), "{summary}");
}

#[test]
fn a_pack_counts_its_rules_its_finds_and_what_it_alone_found() {
    let score = drill().score().unwrap();
    let counts = |pack: &str| {
        let one = &score.by_pack[pack];
        let alerts = (one.alerts.scored, one.alerts.malicious);
        (one.rules, one.rules_that_alerted, alerts, one.campaigns_found, one.found_alone)
    };
    assert_eq!(counts("ours"), (1, 1, (2, 2), 2, 1));
    assert_eq!(counts("theirs"), (1, 1, (3, 1), 1, 0));
    assert_eq!(counts("quiet"), (1, 0, (0, 0), 0, 0));
    let quiet = &score.by_pack["quiet"];
    assert_eq!((quiet.recall.value, quiet.recall.n), (Some(0.0), 3));
    assert_eq!((quiet.precision.value, quiet.precision.n), (None, 0));
    assert_eq!(quiet.false_alerts_per_day.value, Some(0.0));
    assert!((score.by_pack["theirs"].false_alerts_per_day.value.unwrap() - 2.0 / 7.0).abs() < 1e-9);
    let exceeding = |pack: &str| score.by_pack[pack].rules_whose_history_exceeds_warm_up;
    assert_eq!([exceeding("ours"), exceeding("theirs")], [Some(0), Some(1)]);
}

#[test]
fn the_twins_alerts_count_for_the_pack_that_their_rule_has_here() {
    let mut drill = drill();
    for alert in drill.clean.iter_mut().flatten() {
        alert.pack = "of another name".to_owned();
    }
    assert_eq!(drill.score().unwrap().by_pack, self::drill().score().unwrap().by_pack);
}

#[test]
fn files_from_before_there_were_packs_are_scored_with_their_rules_together() {
    let drill = drill();
    let without = |text: &str| {
        let text = text.replace(r#""pack":"ours","#, "").replace(r#""pack":"theirs","#, "");
        assert!(!text.contains(r#""pack""#), "{text}");
        text
    };
    let alerts = without(&drill.alerts_text());
    let mut old = inputs(&drill.truth_text(), &alerts, &drill.evidence_text()).unwrap();
    let listed = r#"{"rules":[{"rule_id":"ours.rule"},{"rule_id":"quiet.rule"}]}"#;
    old.run = Some(Run::parse("run.json", listed).unwrap());
    let score = score(&old).unwrap();
    assert_eq!(score.by_pack.keys().collect::<Vec<_>>(), [""]);
    assert_eq!((score.by_pack[""].rules, score.by_pack[""].campaigns_found), (3, 2));
    assert!(!text(&score, 80).contains("Packs"));

    // What the alerts say stands where the run says nothing.
    let mut newer = drill.inputs().unwrap();
    newer.run = old.run;
    let score = vaultdrill::score::score(&newer).unwrap();
    assert_eq!(score.by_pack.keys().collect::<Vec<_>>(), ["", "ours", "theirs"]);
    assert_eq!((score.by_pack["ours"].rules, score.by_pack[""].rules), (1, 1));
}

/// The drill with the alerts of one pack only.
fn alone(drill: &Drill, pack: &str) -> Score {
    let mut alone = drill.clone();
    alone.alerts.retain(|alert| alert.pack == pack);
    alone.clean.iter_mut().for_each(|clean| clean.retain(|alert| alert.pack == pack));
    alone.score().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A pack's figures are those of a run with that pack alone; together packs find what all rules
    /// do, and every alert is of one.
    #[test]
    fn packs_add_up_and_stand_alone(drill in drills(), clean in 0_usize..4) {
        let mut drill = drill;
        let packs = ["one", "two", "three"];
        let dealt = drill.alerts.drain(..).zip(packs.iter().cycle());
        drill.alerts = dealt.map(|(alert, pack)| of(pack, alert)).collect();
        drill.clean = Some(drill.alerts.iter().take(clean).cloned().collect());
        let score = drill.score().unwrap();

        let sum = |of: fn(&vaultdrill::score::PackScore) -> u64| -> u64 {
            score.by_pack.values().map(of).sum()
        };
        prop_assert_eq!(sum(|pack| pack.alerts.scored), score.alerts.scored);
        prop_assert!(sum(|pack| pack.found_alone) <= score.campaigns.detected);
        prop_assert!(score.campaigns.detected <= sum(|pack| pack.campaigns_found));

        let mut found = std::collections::BTreeSet::new();
        let all: Vec<&str> = drill.campaigns.iter().map(|one| one.id.as_str()).collect();
        for (pack, own) in &score.by_pack {
            let alone = alone(&drill, pack);
            prop_assert_eq!(&own.recall, &alone.recall["campaign"]);
            prop_assert_eq!(&own.precision, &alone.precision.alert);
            prop_assert_eq!(&own.alerts_per_day, &alone.alerts_per_day);
            prop_assert_eq!(&own.cases_per_day, &alone.cases_per_day);
            prop_assert_eq!(&own.false_alerts_per_day, &alone.false_alerts_per_day);
            prop_assert_eq!(own.campaigns_found, alone.campaigns.detected);
            let missed = |id: &&&str| alone.missed.iter().any(|one| one.campaign_id == **id);
            found.extend(all.iter().filter(|id| !missed(id)).copied());
        }
        if !score.by_pack.is_empty() {
            let missed: Vec<&str> =
                score.missed.iter().map(|one| one.campaign_id.as_str()).collect();
            let union_misses = |id: &str| missed.contains(&id);
            prop_assert!(all.iter().all(|id| found.contains(id) != union_misses(id)));
        }
    }
}
