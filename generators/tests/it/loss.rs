//! Records that are lost on the way: gone from the corpus and from the steps of truth, and counted.

use std::collections::BTreeSet;

use crate::common::{Corpus, estate_with, record_key, step_key};

/// The common corpus with this share of copies lost, at rates that do not make up for it.
fn losing(share: &str) -> Corpus {
    let line = format!("duplicate_share = 0.02\nloss_share = {share}");
    Corpus::of(|plan| {
        plan.estate =
            estate_with(&[("duplicate_share = 0.001", &line), ("max = 5200", "max = 100")]);
        // What a schedule makes is told by what can be seen of it.
        plan.look_alikes.clear();
        plan.events = None;
    })
}

#[test]
fn what_is_lost_is_counted_and_everything_else_stays_as_it_was() {
    let (whole, lossy) = (losing("0"), losing("0.3"));
    let lines = |corpus: &Corpus| corpus.events.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (before, after) = (lines(&whole), lines(&lossy));
    assert!(after.is_subset(&before));
    let kept = lossy.manifest.events as f64 / whole.manifest.events as f64;
    assert!((0.68..0.72).contains(&kept), "{kept} of the records");

    let records: BTreeSet<_> = lossy.records().iter().map(record_key).collect();
    let steps = lossy.truth_lines("step");
    assert!(steps.iter().all(|step| records.contains(&step_key(step))), "steps are records");
    let done = whole.truth_lines("campaign");
    let told = lossy.truth_lines("campaign");
    assert_eq!(told.len(), done.len());
    for (done, told) in done.iter().zip(&told) {
        for key in ["campaign_id", "start", "end", "identities", "vaults", "parameters"] {
            assert_eq!(done[key], told[key], "what was done is no matter of delivery");
        }
        let distinct = |corpus: &Corpus| {
            let steps = corpus.truth_lines("step");
            let own = steps.iter().filter(|step| step["campaign_id"] == told["campaign_id"]);
            own.map(step_key).collect::<BTreeSet<_>>().len() as u64
        };
        let unlogged = done["unobserved"].as_u64().unwrap();
        assert_eq!(told["unobserved"], unlogged + distinct(&whole) - distinct(&lossy));
    }
}

#[test]
fn a_campaign_of_which_nothing_arrives_still_has_its_line() {
    let silent = losing("1");
    assert_eq!((silent.manifest.events, silent.truth_lines("step").len()), (0, 0));
    let campaigns = silent.truth_lines("campaign");
    assert!(!campaigns.is_empty());
    for campaign in campaigns {
        assert!(campaign["unobserved"].as_u64().unwrap() > 0);
        assert!(campaign["start"].as_str() <= campaign["end"].as_str());
    }
}

#[test]
fn totals_hold_whatever_is_lost() {
    let corpus = Corpus::of(|plan| {
        let line = "duplicate_share = 0.001\nloss_share = 0.1";
        plan.estate = estate_with(&[("duplicate_share = 0.001", line)]);
    });
    assert!(corpus.manifest.events.abs_diff(20_000) < 400, "{}", corpus.manifest.events);
}
