//! Rates, cases, false alerts and the alerters to compare with.

use crate::fixture::{Alert, Campaign, Drill, WARM_UP, at, ordinary};
use vaultdrill::event::TickSpan;

fn drill(alerts: &[Alert]) -> Drill {
    Drill::new(&[Campaign::attack("attack", at(16, 0))], alerts)
}

fn noise(id: &str, day: i64, identity: &str) -> Alert {
    Alert::query(id, &ordinary(id, at(day, 0))).by(identity)
}

#[test]
fn a_case_is_an_identity_and_a_day_from_its_first_alert() {
    let open = at(15, 0);
    let mut alerts: Vec<Alert> = [
        ("a", TickSpan(0), "ada"),
        ("b", TickSpan(TickSpan::hours(24).0 - 1), "ada"),
        ("c", TickSpan::hours(24), "ada"),
        ("d", TickSpan(0), "bob"),
    ]
    .into_iter()
    .map(|(id, after, identity)| Alert::query(id, &ordinary(id, open + after)).by(identity))
    .collect();
    // Two alerts that name nobody are two cases.
    for id in ["e", "f"] {
        let alert = Alert::query(id, &ordinary(id, open));
        alerts.push(Alert { identity: None, ..alert });
    }
    let score = drill(&alerts).score().unwrap();
    assert_eq!(score.alerts_per_day.value, Some(6.0 / 7.0));
    assert_eq!(score.cases_per_day.value, Some(5.0 / 7.0));
    assert_eq!(score.cases_per_day.n, 5);
}

#[test]
fn false_alerts_are_the_clean_twins_after_warm_up() {
    let clean = vec![noise("a", 2, "ada"), noise("b", WARM_UP, "ada"), noise("c", 20, "bob")];
    let score = Drill { clean: Some(clean), ..drill(&[]) }.score().unwrap();
    assert_eq!(score.false_alerts_per_day.value, Some(2.0 / 7.0));
    // One event a second, a third of them scored.
    let per_million = score.false_alerts_per_million_events.value.unwrap();
    assert!((per_million - 2.0 / 0.6048).abs() < 1e-9, "{per_million}");
}

#[test]
fn a_rule_that_fires_in_the_clean_twin_alone_is_a_rule_of_the_score() {
    let twin_only = Alert { rule: "twin_only".to_owned(), ..noise("a", 16, "ada") };
    let score = Drill { clean: Some(vec![twin_only]), ..drill(&[]) }.score().unwrap();
    let rule = &score.by_rule["twin_only"];
    assert_eq!((rule.alerts.scored, rule.campaigns_found), (0, 0));
    assert_eq!(rule.false_alerts_per_day.value, Some(1.0 / 7.0));
}

#[test]
fn without_a_clean_twin_false_alerts_are_unknown_and_not_zero() {
    let score = drill(&[noise("a", 16, "ada")]).score().unwrap();
    let rate = &score.false_alerts_per_day;
    assert_eq!((rate.value, rate.lo, rate.hi), (None, None, None));
    assert!(rate.method.contains("clean twin"), "{}", rate.method);
    assert_eq!(score.precision.rebased.value, None);
}

#[test]
fn no_false_alert_in_a_week_leaves_room_for_three() {
    let score = Drill { clean: Some(vec![]), ..drill(&[]) }.score().unwrap();
    let rate = &score.false_alerts_per_day;
    assert_eq!((rate.value, rate.lo, rate.hi), (Some(0.0), Some(0.0), Some(3.0 / 7.0)));
}

#[test]
fn rebased_precision_takes_misses_as_campaigns_without_alerts() {
    let campaigns = [Campaign::attack("found", at(16, 0)), Campaign::attack("missed", at(17, 0))];
    let alert = Alert::query("a", &campaigns[0].steps[0]);
    let clean = vec![noise("b", 16, "ada")];
    let drill = Drill { clean: Some(clean), ..Drill::new(&campaigns, &[alert]) };
    let mut inputs = drill.inputs().unwrap();
    inputs.campaigns_per_day = 2.0 / 7.0;
    // Half an alert per campaign makes one true alert a week against one false one.
    let score = vaultdrill::score::score(&inputs).unwrap();
    assert_eq!(score.precision.alert.value, Some(1.0));
    assert!((score.precision.rebased.value.unwrap() - 0.5).abs() < 1e-12);
}

#[test]
fn an_alert_about_two_campaigns_is_one_alert_in_rebased_precision() {
    let campaigns = [Campaign::attack("one", at(16, 0)), Campaign::attack("two", at(16, 1))];
    let evidence = [&campaigns[0].steps[..], &campaigns[1].steps[..]].concat();
    let clean = vec![noise("b", 16, "ada")];
    let alert = Alert::distinct("a", 8, &evidence);
    let drill = Drill { clean: Some(clean), ..Drill::new(&campaigns, &[alert]) };
    let mut inputs = drill.inputs().unwrap();
    inputs.campaigns_per_day = 2.0 / 7.0;
    let score = vaultdrill::score::score(&inputs).unwrap();
    assert_eq!(score.campaigns.detected, 2);
    assert!((score.precision.rebased.value.unwrap() - 0.5).abs() < 1e-12);
}

#[test]
fn the_random_alerter_finds_what_its_budget_buys() {
    let alerts = [noise("a", 16, "ada"), noise("b", 17, "ada")];
    let score = drill(&alerts).score().unwrap();
    // Four events of 604 800, drawn twice.
    let miss = 1.0 - 4.0 / 604_800.0;
    let random = &score.baselines.random;
    assert_eq!(random.alerts, 2);
    assert!((random.recall.value.unwrap() - (1.0 - miss * miss)).abs() < 1e-12);
    assert_eq!(score.baselines.silent.recall.value, Some(0.0));
}

#[test]
fn recall_without_suppression_is_given_only_where_nothing_was_absorbed() {
    let alert = noise("a", 16, "ada");
    let score = drill(std::slice::from_ref(&alert)).score().unwrap();
    assert_eq!(score.recall_without_suppression.value, Some(0.0));
    let score = drill(&[Alert { suppressed: 3, ..alert }]).score().unwrap();
    assert_eq!(score.recall_without_suppression.value, None);
    assert!(score.recall_without_suppression.method.contains("3 absorbed alerts"));
    assert!(score.recall_without_suppression.method.starts_with("not known"));
}

#[test]
fn figures_are_given_per_rule_attack_and_kind_of_identity() {
    let mut campaigns = [
        Campaign::attack("one", at(16, 0)),
        Campaign::new("two", "malicious", "novel_accessor", at(17, 0), 2),
    ];
    campaigns[1].identity_kind = Some("managed_identity");
    let (first, second) = (&campaigns[0].steps[0], &campaigns[1].steps[0]);
    let alerts = [
        Alert::query("a", first),
        Alert { rule: "novel".to_owned(), ..Alert::query("b", first) },
        Alert { rule: "novel".to_owned(), ..Alert::query("c", second) },
        noise("d", 18, "ada"),
    ];
    let score = Drill::new(&campaigns, &alerts).score().unwrap();
    let (modified, novel) = (&score.by_rule["vault_modified"], &score.by_rule["novel"]);
    assert_eq!((modified.precision.value, modified.recall.value), (Some(0.5), Some(0.5)));
    assert_eq!((novel.precision.value, novel.recall.value), (Some(1.0), Some(1.0)));
    assert_eq!((modified.found_alone, novel.found_alone), (0, 1));
    assert_eq!(score.recall["novel_accessor"].n, 1);
    assert_eq!(score.by_attack["novel_accessor"].campaigns.detected, 1);
    assert_eq!(score.by_identity_kind["managed_identity"].recall.value, Some(1.0));
    assert_eq!(score.missed.len(), 0);
    assert_eq!((modified.campaigns_found, novel.campaigns_found), (1, 2));
}

#[test]
fn an_attack_has_the_alerts_that_credit_it_per_day_and_per_campaign_found() {
    let campaigns = [
        Campaign::attack("one", at(16, 0)),
        Campaign::attack("two", at(16, 10)),
        Campaign::attack("missed", at(17, 0)),
        Campaign::new("other", "malicious", "novel_accessor", at(16, 20), 4),
        Campaign::attack("censored", at(20, 0)),
    ];
    let of = |numbers: &[usize]| -> Vec<_> {
        numbers.iter().flat_map(|&n| campaigns[n].steps.clone()).collect()
    };
    let alerts = [
        Alert::query("a", &campaigns[0].steps[0]),
        // Two campaigns of one attack, and one of another.
        Alert::distinct("b", 8, &of(&[0, 1])),
        Alert::distinct("c", 8, &of(&[1, 3])),
        Alert::query("d", &campaigns[4].steps[0]),
        noise("e", 18, "ada"),
    ];
    let score = Drill::new(&campaigns, &alerts).score().unwrap();
    let (bulk, novel) = (&score.by_attack["bulk_extraction"], &score.by_attack["novel_accessor"]);
    assert_eq!((bulk.alerts_per_day.value, bulk.alerts_per_day.n), (Some(4.0 / 7.0), 4));
    assert_eq!(novel.alerts_per_day.value, Some(1.0 / 7.0));
    // Campaign one has a and half of b, campaign two the other half and half of c.
    let per_campaign = &bulk.alerts_per_campaign_found;
    assert_eq!((per_campaign.value, per_campaign.n), (Some(1.25), 2));
    assert_eq!(novel.alerts_per_campaign_found.value, Some(0.5));
}

#[test]
fn an_attack_that_nothing_found_has_no_alerts_per_campaign_found() {
    let score = drill(&[]).score().unwrap();
    let metric = &score.by_attack["bulk_extraction"].alerts_per_campaign_found;
    assert_eq!((metric.value, metric.n, metric.lo), (None, 0, None));
}
