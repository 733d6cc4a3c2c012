//! `no_lost_campaign`, and the waivers that somebody has to answer for.

use vaultdrill::drill::Drill;
use vaultdrill::gate::{GateReport, Verdict, WaiverFile, WaiverState};
use vaultdrill::rules::Severity;

use crate::world::{World, first, run, score};

/// The last two of 20 campaigns are lost: `bulk-extraction-018` and `key-ransom-019`.
fn two_lost() -> World {
    World::against(score(&first(18, 20), &[]), score(&first(20, 20), &[]))
}

fn lost(report: &GateReport) -> Vec<&str> {
    report.checks[0].lost.iter().map(|campaign| campaign.campaign_id.as_str()).collect()
}

#[test]
fn a_lost_campaign_fails_and_is_named_whatever_the_figures_say() {
    let mut world = two_lost();
    assert_eq!(world.words(&["recall >= baseline"]), ["INCONCLUSIVE"]);
    let report = world.decide(&["no_lost_campaign()"]).unwrap();
    assert_eq!(report.verdict, Verdict::Fail);
    assert_eq!(lost(&report), ["bulk-extraction-018", "key-ransom-019"]);
    assert_eq!(report.checks[0].lost[1].found_by, ["bulk_extraction"]);
    // What is gained does not make up for it.
    let mut others = first(18, 20);
    others.reverse();
    let mut world = World::against(score(&others, &[]), score(&first(18, 20), &[]));
    assert_eq!(world.words(&["no_lost_campaign()"]), ["FAIL"]);
    let mut same = World::against(score(&first(18, 20), &[]), score(&first(18, 20), &[]));
    assert_eq!(same.words(&["no_lost_campaign()"]), ["PASS"]);
}

#[test]
fn the_drill_for_a_build_catches_one_lost_campaign_of_any_severity() {
    let ci = Drill::parse("ci.toml", include_str!("../../scenarios/drills/ci.toml")).unwrap();
    let requirements = ci.gate.unwrap().requirements().unwrap();
    let requirements: Vec<String> = requirements.iter().map(ToString::to_string).collect();
    let requirements: Vec<&str> = requirements.iter().map(String::as_str).collect();
    for severity in [Severity::Low, Severity::Medium, Severity::Critical] {
        let noise = [1; 8];
        let mut world =
            World::against(score(&first(119, 120), &noise), score(&first(120, 120), &noise));
        world.now.outcomes.iter_mut().for_each(|one| one.severity = Some(severity));
        world.runs[0] = Some(run(80_000.0, 3_000_000));
        let report = world.decide(&requirements).unwrap();
        assert_eq!((report.verdict, report.counts.failed), (Verdict::Fail, 1), "{severity:?}");
        assert_eq!(lost(&report), ["key-ransom-119"]);
    }
}

#[test]
fn filters_say_which_campaigns_may_not_be_lost() {
    let mut world = two_lost();
    for (filter, expected) in [
        ("severity >= high", vec!["key-ransom-019"]),
        ("severity == low", vec!["bulk-extraction-018"]),
        ("severity >= low and attack == key-ransom", vec!["key-ransom-019"]),
        ("attack == bulk-extraction", vec!["bulk-extraction-018"]),
    ] {
        let report = world.decide(&[&format!("no_lost_campaign({filter})")]).unwrap();
        assert_eq!(lost(&report), expected, "{filter}");
    }
    let refusal = world.refusal("no_lost_campaign(attack == key-ransm)");
    assert!(refusal.ends_with("found \"key-ransm\" (did you mean \"key-ransom\"?)"), "{refusal}");
    let none = world.decide(&["no_lost_campaign(severity == critical)"]).unwrap();
    assert_eq!(none.verdict, Verdict::Inconclusive, "nothing was put to the test");
}

#[test]
fn a_campaign_of_unknown_severity_is_not_let_go() {
    let mut world = two_lost();
    for outcome in &mut world.now.outcomes {
        outcome.severity = None;
    }
    let report = world.decide(&["no_lost_campaign(severity >= critical)"]).unwrap();
    assert_eq!(lost(&report).len(), 2);
}

const WAIVER: &str = r#"
    [[waivers]]
    campaign_id = "key-ransom-019"
    reason = "the rule comes back next week"
    owner = "detection team"
    until = 2026-12-01
"#;

#[test]
fn a_waiver_takes_a_campaign_out_until_its_day_and_is_shown() {
    let requirement = ["no_lost_campaign(severity >= high)"];
    let mut world = two_lost().waivers(WAIVER);
    for (today, verdict, state) in [
        ("2026-12-01", Verdict::Pass, WaiverState::Used),
        ("2026-12-02", Verdict::Fail, WaiverState::Expired),
    ] {
        world.terms.today = today.parse().unwrap();
        let report = world.decide(&requirement).unwrap();
        assert_eq!((report.verdict, report.waivers[0].state), (verdict, state), "{today}");
        assert_eq!(report.checks[0].verdict, Verdict::Fail, "what was found stays");
        assert_eq!(report.counts.waived, u64::from(state == WaiverState::Used));
        let is_said = report.notes.iter().any(|note| note.contains("ended on 2026-12-01"));
        assert_eq!(is_said, state == WaiverState::Expired);
    }
    // The other campaign is not waived.
    let mut world = two_lost().waivers(WAIVER);
    assert_eq!(world.words(&["no_lost_campaign()"]), ["FAIL"]);
}

#[test]
fn a_waiver_names_a_requirement_however_it_is_spelled() {
    let waiver = r#"
        [[waivers]]
        requirement = "recall>=0.95"
        reason = "until the new estate is in"
        until = "2026-12-01"

        [[waivers]]
        requirement = "alerts_per_day <= 5"
        reason = "nobody asks for this"
        until = "2026-12-01"
    "#;
    let mut world = World::new(score(&first(10, 40), &[])).waivers(waiver);
    let report = world.decide(&["recall >= 0.95", "recall >= 10%"]).unwrap();
    assert_eq!((report.verdict, report.counts.waived), (Verdict::Pass, 1));
    let states: Vec<_> = report.waivers.iter().map(|waiver| waiver.state).collect();
    assert_eq!(states, [WaiverState::Used, WaiverState::Unused]);
    assert!(report.notes[0].contains("matches no failure"), "{:?}", report.notes);
}

#[test]
fn a_faulty_waiver_is_refused_with_its_place() {
    let whole = |body: &str| format!("[[waivers]]\n{body}");
    for (text, said) in [
        (
            whole("reason = \"r\"\nuntil = 2026-12-01"),
            "waiver 1: of: expected either requirement or",
        ),
        (whole("campaign_id = \"c\"\nreason = \" \"\nuntil = 2026-12-01"), "waiver 1: reason: "),
        (
            whole("campaign_id = \"c\"\nreason = \"r\"\nuntil = \"soon\""),
            "expected a day such as 2026",
        ),
        (whole("campaign_id = \"c\"\nreason = \"r\""), "missing field `until`"),
        (
            whole("campain_id = \"c\"\nreason = \"r\"\nuntil = 2026-12-01"),
            "unknown field `campain_id`",
        ),
        (whole("requirement = \"recall =\"\nreason = \"r\"\nuntil = 2026-12-01"), "column 8"),
    ] {
        let refusal = WaiverFile::parse("waivers.toml", &text).unwrap_err().to_string();
        assert!(refusal.contains(said), "{text}: {refusal}");
    }
}
