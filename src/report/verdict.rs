//! The verdict: one sentence, and the four figures that decide.

use super::figures::{
    counted, duration, interval_words, percent, percent_with_interval, rate, rate_with_interval,
};
use super::html::{Html, name};
use super::inputs::Inputs;
use crate::score::Metric;

/// Writes the head of the page.
pub(super) fn write(html: &mut Html, inputs: &Inputs) {
    let score = &inputs.score;
    let counts = score.campaigns;
    html.element("header", &[], |html| {
        let drill = format!(
            "vaultdrill · drill {} · estate {} · seed {}",
            name(&inputs.drill.name),
            name(&score.corpus.estate),
            score.corpus.seed
        );
        html.leaf("p", &[("class", &"kicker")], drill);
        let together = match score.by_pack.len() {
            0 | 1 => String::new(),
            packs => format!(" with {packs} packs together"),
        };
        let campaigns = counted(counts.scored, "attack campaign");
        html.element("h1", &[], |html| {
            html.text(format!("Found {} of {campaigns}{together}: ", counts.detected));
            html.leaf("span", &[("class", &"accent")], percent(campaign_recall(inputs).value));
            html.text(".");
        });
        html.leaf("p", &[("class", &"lead")], sentence(inputs));
        html.element("div", &[("class", &"cards")], |html| cards(html, inputs));
    });
}

/// What the terminal summary opens with.
fn sentence(inputs: &Inputs) -> String {
    let score = &inputs.score;
    let alerts = match score.alerts.scored {
        0 => "Nothing alerted".to_owned(),
        alerts => format!(
            "{} of {} {} about an attack: {}",
            score.alerts.malicious,
            counted(alerts, "alert"),
            if score.alerts.malicious == 1 { "was" } else { "were" },
            percent_with_interval(Some(&score.precision.alert)),
        ),
    };
    format!(
        "{alerts}. {:.1} days were scored, after a warm-up that is not. Intervals are 95 % intervals.",
        score.corpus.scored_days
    )
}

fn campaign_recall(inputs: &Inputs) -> Metric {
    let recall = inputs.score.recall.get("campaign").cloned();
    recall.unwrap_or_else(|| Metric::unknown("not in score.json"))
}

fn cards(html: &mut Html, inputs: &Inputs) {
    let score = &inputs.score;
    let (counts, recall) = (score.campaigns, campaign_recall(inputs));
    let show_percent = |share: f64| percent(Some(share));
    let show_rate = |per_day: f64| format!("{per_day:.1}");
    card(
        html,
        "recall.campaign",
        "Campaigns found",
        &percent(recall.value),
        &[
            interval_words(&recall, show_percent),
            format!("{} of {}, {} missed", counts.detected, counts.scored, counts.missed),
        ],
    );
    let precision = &score.precision.alert;
    card(
        html,
        "precision.alert",
        "Alerts about an attack",
        &percent(precision.value),
        &[
            interval_words(precision, show_percent),
            format!("{} of {}", score.alerts.malicious, counted(score.alerts.scored, "alert")),
        ],
    );
    let noise = &score.false_alerts_per_day;
    card(
        html,
        "alerts_per_day",
        "Alerts a day",
        &rate(score.alerts_per_day.value),
        &[
            interval_words(&score.alerts_per_day, show_rate),
            match noise.value {
                Some(_) => format!("{} false ones without attacks", rate_with_interval(noise)),
                None => "false ones not known without the clean twin".to_owned(),
            },
        ],
    );
    let delays = &score.detection_time_seconds;
    let half = delays.p50.value.map_or_else(|| "–".to_owned(), duration);
    card(
        html,
        "detection_time_seconds.p50",
        "Half known within",
        &half,
        &[
            interval_words(&delays.p50, duration),
            format!(
                "of those found; 90 % within {}; {} never",
                delays.p90.value.map_or_else(|| "–".to_owned(), duration),
                delays.missed
            ),
        ],
    );
}

fn card(html: &mut Html, metric: &'static str, title: &str, value: &str, notes: &[String]) {
    html.element("div", &[("class", &"card"), ("data-metric", &metric)], |html| {
        html.leaf("h2", &[], title);
        html.leaf("p", &[("class", &"big")], value);
        for note in notes.iter().filter(|note| !note.is_empty()) {
            html.leaf("p", &[("class", &"small")], note);
        }
    });
}
