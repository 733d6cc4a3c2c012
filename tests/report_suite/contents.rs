//! What the page says is what score.json says, and no chart stands without its table.

use std::fs;

use serde_json::Value;

use crate::markup::elements;
use crate::stage::{drill, report};

/// A default drill's report stays below this, and so must a small one's.
pub(crate) const SIZE_MAX: usize = 300_000;

#[test]
fn the_verdict_says_what_score_json_says() {
    let page = report(drill(), &[]);
    let score = score();
    let card = |metric: &str| {
        let (_, rest) = page.split_once(&format!("data-metric=\"{metric}\">")).unwrap();
        text(rest.split_once("</div>").unwrap().0)
    };
    let number = |path: &str| score.pointer(path).unwrap().as_f64().unwrap();
    let percent = |path: &str| format!("{:.0} %", number(path) * 100.0);
    let interval = |path: &str| {
        let (lo, hi) = (percent(&format!("{path}/lo")), percent(&format!("{path}/hi")));
        format!("95 % interval {lo} to {hi}")
    };
    let campaigns = &score["campaigns"];
    let (found, scored) = (&campaigns["detected"], &campaigns["scored"]);
    let recall = card("recall.campaign");
    let claims = [
        percent("/recall/campaign/value"),
        interval("/recall/campaign"),
        format!("{found} of {scored}, {} missed", campaigns["missed"]),
    ];
    assert!(claims.iter().all(|claim| recall.contains(claim)), "{recall}: {claims:?}");
    let precision = card("precision.alert");
    let alerts = &score["alerts"];
    let claims = [
        percent("/precision/alert/value"),
        format!("{} of {} alerts", alerts["malicious"], alerts["scored"]),
    ];
    assert!(claims.iter().all(|claim| precision.contains(claim)), "{precision}: {claims:?}");
    let rate = card("alerts_per_day");
    let claims = ["/alerts_per_day/value", "/false_alerts_per_day/value"];
    let claims = claims.map(|path| format!("{:.1}", number(path)));
    assert!(claims.iter().all(|claim| rate.contains(claim)), "{rate}: {claims:?}");
    let delay = card("detection_time_seconds.p50");
    let half = number("/detection_time_seconds/p50/value").round() as u64;
    let half = format!("{} min {} s", half / 60, half % 60);
    assert!(delay.contains(&half), "{delay}: {half}");
    let headline = text(page.split_once("<h1>").unwrap().1.split_once("</h1>").unwrap().0);
    assert!(headline.starts_with(&format!("Found {found} of {scored} attack campaigns")));
}

#[test]
fn every_chart_is_named_described_and_has_a_table() {
    let page = report(drill(), &[]);
    let elements = elements(&page);
    let charts: Vec<_> = elements.iter().filter(|element| element.tag == "svg").collect();
    assert!(charts.len() > 10, "{} charts", charts.len());
    for chart in charts {
        assert_eq!(chart.attributes["role"], "img");
        let rest = &page[chart.at..];
        let inside = rest.split_once("</svg>").unwrap().0;
        for tag in ["<title", "<desc"] {
            let (_, said) = inside.split_once(tag).unwrap();
            let said = said.split_once('>').unwrap().1.split_once('<').unwrap().0;
            assert!(said.len() > 5, "{} has an empty {tag}", chart.attributes["id"]);
        }
        // Of a timeline without alerts the facts stand in words; all others have a table in their section.
        let section = rest.split_once("</section>").unwrap().0;
        let is_silent = inside.contains("no alert holds an event of it");
        assert!(is_silent || section.contains("<table"), "{}", chart.attributes["id"]);
    }
    for id in ["forest", "budget-curve", "trade-curve", "time-curve", "lost-bars", "latency-curve"]
    {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id} is missing");
    }
    assert!(!page.contains("NaN") && !page.contains("inf\""), "a place that is no number");
}

#[test]
fn every_missed_campaign_is_listed_and_the_page_stays_small() {
    let page = report(drill(), &[]);
    let missed = score()["missed"].as_array().unwrap().clone();
    assert!(!missed.is_empty(), "the drill misses nothing: no test");
    for campaign in missed {
        assert!(page.contains(campaign["campaign_id"].as_str().unwrap()), "{campaign}");
    }
    assert!(page.len() < SIZE_MAX, "{} bytes", page.len());
}

#[test]
fn the_same_files_give_the_same_page_as_the_drill_left() {
    let left = fs::read_to_string(drill().join("report.html")).unwrap();
    let again = report(drill(), &[]);
    // Only the name of the folder differs.
    let same = |page: &str| page.replace("drill-tiny", ".");
    assert_eq!(same(&left), same(&again));
}

#[test]
fn how_near_a_missed_campaign_came_is_told() {
    let score = score();
    let nearest = score["missed"].as_array().unwrap().iter().map(|missed| &missed["nearest"]);
    let nearest: Vec<_> = nearest.filter(|nearest| !nearest.is_null()).collect();
    assert!(!nearest.is_empty());
    let page = fs::read_to_string(drill().join("report.html")).unwrap();
    for nearest in nearest {
        let why = nearest["why"].as_str().unwrap().replace('\'', "&#39;");
        let rule = nearest["rule_id"].as_str().map(|rule| format!("{rule}: "));
        let told = rule.unwrap_or_default() + &why;
        assert!(page.contains(&told), "{told}");
    }
}

fn score() -> Value {
    serde_json::from_str(&fs::read_to_string(drill().join("score.json")).unwrap()).unwrap()
}

/// Text without its tags, spaces as typed.
pub(crate) fn text(markup: &str) -> String {
    let parts = markup.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<Vec<_>>().join(" ").replace('\u{a0}', " ")
}
