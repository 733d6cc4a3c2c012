//! Invariants of scoring over random drills.

use proptest::prelude::*;

use crate::fixture::{Alert, Campaign, Drill, at, inputs, ordinary};
use vaultdrill::score::{Score, score};

/// Up to six campaigns of all classes, and alerts that each take some events of some campaigns.
pub(crate) fn drills() -> impl Strategy<Value = Drill> {
    let class = prop::sample::select(vec!["malicious", "look_alike", "authorised"]);
    let campaigns = prop::collection::vec((class, 13_i64..20, 1_i64..5), 1..6);
    let alert = (any::<prop::sample::Index>(), 1_usize..4, 0_usize..4, 1_u64..5, 0_usize..4);
    (campaigns, prop::collection::vec(alert, 0..8)).prop_map(|(campaigns, alerts)| {
        let mut campaigns: Vec<Campaign> = campaigns
            .into_iter()
            .enumerate()
            .map(|(k, (class, day, reveals))| {
                Campaign::new(
                    &format!("c{k}"),
                    class,
                    &format!("kind{}", k % 2),
                    at(day, 0),
                    reveals,
                )
            })
            .collect();
        campaigns.push(Campaign::attack("always", at(16, 0)));
        let alerts = alerts.into_iter().enumerate().map(|(k, (of, held, own, least, who))| {
            let campaign = of.get(&campaigns);
            let mut evidence: Vec<_> =
                (0..own).map(|n| ordinary(&format!("own-{k}-{n}"), campaign.start)).collect();
            evidence.extend(campaign.steps.iter().take(held).cloned());
            let threshold = least.min(evidence.len() as u64);
            Alert::distinct(&format!("a{k}"), threshold, &evidence).by(&format!("who{who}"))
        });
        Drill { alerts: alerts.collect(), ..Drill::new(&campaigns, &[]) }
    })
}

fn recalls(score: &Score) -> Vec<Option<f64>> {
    score.recall.values().map(|metric| metric.value).collect()
}

/// The lines after the header, turned round.
fn reversed(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// One more spurious alert never raises precision and never changes recall.
    #[test]
    fn a_spurious_alert_only_costs(drill in drills()) {
        let before = drill.score().unwrap();
        let mut noisier = drill.clone();
        noisier.alerts.push(Alert::query("extra", &ordinary("extra", at(17, 0))));
        let after = noisier.score().unwrap();
        prop_assert_eq!(after.alerts.spurious, before.alerts.spurious + 1);
        prop_assert_eq!(recalls(&after), recalls(&before));
        let precision = |score: &Score| score.precision.alert.value;
        if let Some(before) = precision(&before) {
            prop_assert!(precision(&after).unwrap() <= before);
        }
    }

    /// One more alert about an attack never lowers recall, nor lets the first alarm come later.
    #[test]
    fn a_credit_only_helps(drill in drills()) {
        let before = drill.score().unwrap();
        let mut better = drill.clone();
        let always = drill.campaigns.last().unwrap();
        better.alerts.push(Alert::query("extra", &always.steps[0]));
        let after = better.score().unwrap();
        prop_assert!(recalls(&after).iter().zip(recalls(&before)).all(|(after, before)| *after >= before));
        prop_assert!(after.by_attack["bulk_extraction"].campaigns.detected == 1);
        prop_assert!(after.campaigns.missed <= before.campaigns.missed);
    }

    /// The order of lines changes nothing.
    #[test]
    fn the_order_of_lines_does_not_matter(drill in drills()) {
        let drill = Drill { clean: Some(drill.alerts.clone()), ..drill };
        let mut turned = drill.clone();
        turned.campaigns.reverse();
        turned.clean.iter_mut().for_each(|alerts| alerts.reverse());
        let [alerts, evidence] = [drill.alerts_text(), drill.evidence_text()];
        let text = (turned.truth_text(), reversed(&alerts), reversed(&evidence));
        let mut inputs = inputs(&text.0, &text.1, &text.2).unwrap();
        inputs.clean_twin = turned.twin();
        prop_assert_eq!(score(&inputs).unwrap(), drill.score().unwrap());
    }

    /// Every figure is finite and inside its own interval; what was judged adds up.
    #[test]
    fn figures_are_finite_and_add_up(drill in drills()) {
        let score = drill.score().unwrap();
        let json = serde_json::to_value(&score).unwrap();
        let mut open = vec![&json];
        while let Some(value) = open.pop() {
            if let (Some(middle), Some(lo), Some(hi)) =
                (value["value"].as_f64(), value["lo"].as_f64(), value["hi"].as_f64())
            {
                prop_assert!(lo <= middle && middle <= hi, "{}", value);
            }
            match value {
                serde_json::Value::Array(items) => open.extend(items),
                serde_json::Value::Object(items) => open.extend(items.values()),
                _ => {}
            }
        }
        let counts = score.alerts;
        let judged = counts.malicious + counts.look_alike + counts.authorised + counts.spurious;
        prop_assert_eq!(judged, counts.scored);
        prop_assert_eq!(counts.scored + counts.before_scored_period, drill.alerts.len() as u64);
        prop_assert_eq!(score.campaigns.detected + score.campaigns.missed, score.campaigns.scored);
    }
}
