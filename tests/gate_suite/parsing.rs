//! Requirements: what is read, what is refused and where, and that nothing makes the parser panic.

use proptest::prelude::*;
use vaultdrill::gate::{Amount, Filter, Limit, MetricRequirement, Operator, Requirement, Unit};
use vaultdrill::rules::Severity;

#[test]
fn expressions_have_one_spelling() {
    for (text, canonical) in [
        ("recall.campaign.lo>=0.90", "recall.campaign.lo >= 0.9"),
        ("  ttd.p90 <= 120s ", "ttd.p90 <= 120s"),
        ("recall > 90%", "recall > 90%"),
        ("throughput >= 0.95*baseline", "throughput >= 0.95 * baseline"),
        ("recall >= baseline-2%", "recall >= baseline - 2%"),
        ("alerts_per_day <= 1.0 * baseline + 5", "alerts_per_day <= baseline + 5"),
        ("alerts_per_day < 1_000", "alerts_per_day < 1000"),
        ("latency.p99 <= 5ms", "latency.p99 <= 5ms"),
        ("no_lost_campaign( )", "no_lost_campaign()"),
        (
            "no_lost_campaign(severity>=high and attack == key-ransom)",
            "no_lost_campaign(severity >= high and attack == key-ransom)",
        ),
    ] {
        assert_eq!(Requirement::parse(text).unwrap().to_string(), canonical);
    }
}

#[test]
fn faults_are_told_with_column_expectation_and_the_nearest_word() {
    for (text, column, said) in [
        ("", 1, "expected the name of a metric or no_lost_campaign(), found the end"),
        ("recall => 0.9", 8, "expected >=, <=, > or <, found \"=>\""),
        ("recall == 0.9", 8, "expected >=, <=, > or <, found \"==\""),
        ("recall >= ", 11, "expected a number or baseline, found the end"),
        ("recall >= 0.9x", 14, "expected a unit (%, ms, s, m, h, d) or none, found \"x\""),
        ("recall >= basline", 11, "found \"basline\" (did you mean `baseline`?)"),
        ("recall >= 5% * baseline", 11, "expected a factor above zero without a unit"),
        ("recall >= baseline - -1", 22, "expected a number above zero"),
        ("recall >= 0.9 or so", 15, "expected the end, found \"or\""),
        ("no_lost_campain()", 1, "(did you mean `no_lost_campaign`?)"),
        ("no_lost_campaign", 17, "expected (, found the end"),
        ("no_lost_campaign(sevrity >= high)", 18, "(did you mean `severity`?)"),
        ("no_lost_campaign(severity >= hihg)", 30, "(did you mean `high`?)"),
        ("no_lost_campaign(attack >= x)", 25, "expected =="),
        ("no_lost_campaign(severity >= high", 34, "expected `and` or ), found the end"),
    ] {
        let error = Requirement::parse(text).unwrap_err();
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.to_string().contains(said), "{text}: {error}");
        let arrow = error.to_string().lines().last().unwrap().find('^').unwrap();
        assert_eq!(arrow, column + 1, "the arrow stands under the fault:\n{error}");
    }
}

#[test]
fn an_endless_expression_is_refused() {
    let error = Requirement::parse(&"a".repeat(1_001)).unwrap_err();
    assert!(error.to_string().contains("at most 1000 characters"), "{error}");
}

fn amount() -> impl Strategy<Value = Amount> {
    let unit = prop::sample::select(vec![
        Unit::None,
        Unit::Percent,
        Unit::Milliseconds,
        Unit::Seconds,
        Unit::Minutes,
        Unit::Hours,
        Unit::Days,
    ]);
    (-1_000_000_i64..1_000_000, unit)
        .prop_map(|(number, unit)| Amount { number: number as f64 / 1000.0, unit })
}

fn limit() -> impl Strategy<Value = Limit> {
    let baseline = (1_u32..5_000, amount()).prop_map(|(factor, offset)| Limit::Baseline {
        factor: f64::from(factor) / 1000.0,
        // Without an offset there is no unit to spell.
        offset: if offset.number.abs() <= 0.0 { Amount::plain(0.0) } else { offset },
    });
    prop_oneof![amount().prop_map(Limit::Amount), baseline]
}

fn requirement() -> impl Strategy<Value = Requirement> {
    let metric = "[a-z_]{1,9}(\\.[a-z][a-z0-9-]{0,9}){0,3}"
        .prop_filter("a function", |name| name != "no_lost_campaign");
    let metric = (metric, prop::sample::select(Operator::ALL.to_vec()), limit()).prop_map(
        |(metric, operator, limit)| {
            Requirement::Metric(MetricRequirement { metric, operator, limit })
        },
    );
    let filter = prop_oneof![
        prop::sample::select(Severity::ALL.to_vec()).prop_map(Filter::SeverityAtLeast),
        prop::sample::select(Severity::ALL.to_vec()).prop_map(Filter::SeverityIs),
        "[a-z][a-z-]{0,15}".prop_map(Filter::AttackIs),
        "(plain|evasive)".prop_map(Filter::VariantIs),
    ];
    let lost = prop::collection::vec(filter, 0..4).prop_map(Requirement::NoLostCampaign);
    prop_oneof![metric, lost]
}

proptest! {
    /// Whatever a requirement is, its spelling reads as the same one.
    #[test]
    fn spelling_and_reading_are_inverse(requirement in requirement()) {
        prop_assert_eq!(Requirement::parse(&requirement.to_string()), Ok(requirement));
    }

    /// Any text is read or refused, and a refusal can be shown.
    #[test]
    fn no_text_makes_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Err(error) = Requirement::parse(&String::from_utf8_lossy(&bytes)) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    /// Nor does any text made of the language's own pieces.
    #[test]
    fn no_jumble_of_words_makes_the_parser_panic(words in prop::collection::vec(
        prop::sample::select(vec![
            "recall", ".", "lo", " ", ">=", "<", "=", "0.9", "%", "ms", "-", "+", "*", "baseline",
            "no_lost_campaign", "(", ")", "severity", "high", "and", "attack", "\u{301}", "é",
        ]), 0..20))
    {
        let text = words.concat();
        if let Ok(requirement) = Requirement::parse(&text) {
            prop_assert_eq!(Requirement::parse(&requirement.to_string()), Ok(requirement));
        }
    }
}
