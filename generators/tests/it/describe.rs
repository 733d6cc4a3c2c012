//! The calibration report from outside: every figure is there, and the estate file decides what it
//! is compared with.

use std::path::Path;

use vaultdrill_generators::{Description, Estate, Figure, Plan, Statistic, Verdict, describe};

use crate::common::{estate_with, plan, scenario_files};

/// Two weeks at the estate's own rates.
fn described(change: impl FnOnce(&mut Plan)) -> Description {
    let mut plan = plan(Path::new(""));
    plan.days = 14;
    plan.warmup_days = 7;
    plan.events = None;
    change(&mut plan);
    describe(&plan, &mut |_| {}).unwrap()
}

fn figure(description: &Description, statistic: Statistic) -> &Figure {
    description.figures.iter().find(|figure| figure.statistic == statistic).unwrap()
}

/// The default estate without its published figures.
fn unpublished() -> String {
    let files = scenario_files("estates");
    let (_, text) = files.into_iter().find(|(name, _)| name == "midsize.toml").unwrap();
    text.split("[[calibration]]").next().unwrap().to_owned()
}

fn publishing(statistic: &str, published: f64, tolerance: f64) -> Estate {
    let entry = format!(
        "[[calibration]]\nstatistic = \"{statistic}\"\npublished = {published:?}\n\
         tolerance = {tolerance:?}\nsource = \"here\"\n"
    );
    Estate::parse("mine.toml", &(unpublished() + &entry)).unwrap()
}

#[test]
fn the_default_estate_agrees_with_what_is_published() {
    let description = described(|plan| (plan.seed, plan.days, plan.warmup_days) = (1, 21, 14));
    let outside = description.figures.iter().filter(|one| one.verdict == Verdict::Outside);
    let outside: Vec<_> = outside.collect();
    assert!(outside.is_empty(), "{outside:?}");
}

#[test]
fn the_default_estate_publishes_and_measures_every_figure() {
    let description = described(|_| {});
    let named: Vec<Statistic> = description.figures.iter().map(|figure| figure.statistic).collect();
    assert_eq!(named, Statistic::ALL);
    for figure in &description.figures {
        assert!(figure.measured.is_some_and(f64::is_finite) && figure.n > 0, "{figure:?}");
        assert!(figure.published.is_some() && figure.tolerance.is_some(), "{figure:?}");
        assert!(figure.verdict != Verdict::Unpublished, "{figure:?}");
        let median =
            figure.statistic.name().contains("_bytes_") || figure.statistic.name().contains("_ms_");
        assert_eq!(figure.range.is_some(), median, "{figure:?}");
    }
    let value = |statistic| figure(&description, statistic).measured.unwrap();
    let classes = [
        Statistic::GapCv014,
        Statistic::GapCv1,
        Statistic::GapCv2,
        Statistic::GapCv4,
        Statistic::GapCv10,
        Statistic::GapCvMore,
    ];
    assert!((classes.map(value).iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(value(Statistic::RateCdf1) <= value(Statistic::RateCdf1440));
    assert!(value(Statistic::TopShare1) < value(Statistic::TopShare10));
    assert!(value(Statistic::PeoplePeak) > 2.0 * value(Statistic::WorkloadPeak));
}

/// Published figures are of ordinary traffic.
#[test]
fn attacks_change_no_figure() {
    let json = |description: &Description| serde_json::to_string(description).unwrap();
    let (with, without) = (described(|_| {}), described(|plan| plan.attacks.clear()));
    assert_eq!(json(&with), json(&without));
}

#[test]
fn a_figure_passes_within_its_tolerance_and_fails_outside_of_it() {
    let measured = figure(&described(|_| {}), Statistic::Share401).measured.unwrap();
    let verdict = |published: f64| {
        let estate = publishing("share_401", published, 0.01);
        let description = described(|plan| plan.estate = estate);
        let verdict = figure(&description, Statistic::Share401).verdict;
        assert_eq!(description.passes(), verdict == Verdict::Within);
        assert_eq!(figure(&description, Statistic::Share403).verdict, Verdict::Unpublished);
        verdict
    };
    assert_eq!(verdict(measured + 0.009), Verdict::Within);
    assert_eq!(verdict(measured + 0.011), Verdict::Outside);
}

/// `--events` cuts the busiest first: what lies above the cut is not compared, and says so.
#[test]
fn a_capped_corpus_is_compared_below_its_cap_only() {
    let capped = described(|plan| plan.events = Some(60_000));
    assert!(capped.busiest_per_day < 1_440.0, "{}", capped.busiest_per_day);
    assert_eq!(figure(&capped, Statistic::RateCdf1440).verdict, Verdict::Capped);
    assert_ne!(figure(&capped, Statistic::RateCdf24).verdict, Verdict::Capped);
    assert_ne!(figure(&described(|_| {}), Statistic::RateCdf1440).verdict, Verdict::Capped);
}

#[test]
fn faults_in_calibration_tables_are_refused_with_their_place() {
    let refused = |entry: &str| Estate::parse("mine.toml", &(unpublished() + entry)).unwrap_err();
    let line = unpublished().lines().count();
    let error = refused("[[calibration]]\nstatistic = \"share_410\"\n");
    assert_eq!((error.line, error.column), (line + 2, 13), "{error}");
    assert!(error.message.contains("did you mean `share_401`?"), "{error}");
    let entry = "[[calibration]]\nstatistic = \"share_401\"\npublished = -1\n";
    assert!(refused(entry).message.contains("-1.0 is out of bounds"));
    let entry =
        "[[calibration]]\nstatistic = \"share_401\"\npublished = 1\ntolerance = 1\nsource = \"\"\n";
    assert!(refused(&entry.repeat(2)).message.contains("`share_401` has two tables"));
    assert!(estate_with(&[]).name().ends_with("midsize.toml"));
}
