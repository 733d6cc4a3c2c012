//! Comparisons: who was gained and lost, counted by hand, and what is refused.

use vaultdrill::gate::{compare, compare_text};

use crate::world::{first, score};

#[test]
fn campaigns_and_identities_that_changed_are_named() {
    let mut now = first(18, 20);
    now[19] = true;
    let mut found = first(20, 20);
    found[19] = false;
    let before = score(&found, &[2, 0, 4, 1]);
    let mut now = score(&now, &[2, 3, 0, 1]);
    now.rules_id = "new".to_owned();
    let report = compare(("old.json", &before), ("new.json", &now)).unwrap();
    let ids = |changes: &[vaultdrill::gate::CampaignChange]| {
        changes.iter().map(|it| it.campaign_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&report.lost), ["bulk-extraction-018"]);
    assert_eq!(ids(&report.gained), ["key-ransom-019"]);
    assert_eq!(report.gained[0].found_by, ["bulk_extraction"]);
    let recall = &report.recall;
    assert_eq!((recall.both, recall.lost, recall.gained, recall.neither), (18, 1, 1, 0));
    assert!((recall.loss_p_value - 0.75).abs() < 1e-9, "one or two tails of two tosses");
    // Both identities of campaigns that changed, and one of ordinary traffic on each side.
    let who = |entities: &vaultdrill::gate::SomeEntities| {
        entities.shown.iter().map(|it| (it.entity.clone(), it.alerts)).collect::<Vec<_>>()
    };
    assert_eq!(
        who(&report.newly_alerting),
        [("identity-001".to_owned(), 3), ("identity-of-key-ransom-019".to_owned(), 1)]
    );
    assert_eq!(
        who(&report.no_longer_alerting),
        [("identity-002".to_owned(), 4), ("identity-of-bulk-extraction-018".to_owned(), 1)]
    );
    let days = before.corpus.scored_days;
    let difference = report.alerts_per_day.difference.unwrap();
    assert!((difference.value.unwrap() - (3.0 - 4.0) / days).abs() < 1e-9);
    assert!(report.notes.is_empty());
    assert_eq!(report.by_attack["key-ransom"].found, [9, 10]);
}

#[test]
fn a_score_beside_itself_differs_in_nothing_and_is_said_to_be_the_same() {
    let score = score(&first(9, 10), &[1, 2]);
    let report = compare(("a.json", &score), ("a.json", &score)).unwrap();
    assert!(report.gained.is_empty() && report.lost.is_empty());
    assert_eq!(report.alerts_per_day.difference.unwrap().value, Some(0.0));
    assert_eq!(report.notes, ["Both scores are the same."]);
}

#[test]
fn unlike_corpora_are_refused_with_both_ids() {
    let old = score(&first(9, 10), &[]);
    let mut new = old.clone();
    new.corpus_id = "another".to_owned();
    let error = compare(("old.json", &old), ("new.json", &new)).unwrap_err();
    assert!(error.is_input());
    let said = "new.json: corpus_id: expected corpus as in old.json, found another";
    assert!(error.to_string().starts_with(said), "{error}");
}

#[test]
fn the_comparison_reads_as_it_should_and_fits() {
    let mut noise = vec![1; 30];
    noise[3] = 9;
    let before = score(&first(40, 60), &noise);
    noise.truncate(25);
    let mut now = first(31, 60);
    now[50] = true;
    let mut now = score(&now, &noise);
    now.rules_id = "new".to_owned();
    let report = compare(("old.json", &before), ("new.json", &now)).unwrap();
    let text = compare_text(&report, 80);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::with_settings!(
        { snapshot_path => "../golden", prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!("compare_text", text) }
    );
}
