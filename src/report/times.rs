//! How long it took to know, and what was lost by then.

use super::curves::{BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH};
use super::figures::{counted, duration, percent, percent_with_interval};
use super::html::Html;
use super::inputs::Inputs;
use super::page::section;
use super::svg::{Chart, Scale, Shape, count_ticks, label, line, mark, path, rectangle};
use super::table::{Cell, Table};
use crate::event::Ticks;
use crate::score::{CampaignOutcome, Delays, Score, wilson};

/// Times that the axis and the table name.
const NAMED_SECONDS: [(f64, &str); 7] = [
    (10.0, "10 s"),
    (60.0, "1 min"),
    (300.0, "5 min"),
    (3_600.0, "1 h"),
    (21_600.0, "6 h"),
    (86_400.0, "1 d"),
    (604_800.0, "7 d"),
];
/// Marks along the curve of times: one for each twentieth of the campaigns found.
const MARKS: usize = 20;
/// Objects by number, in classes that double.
const CLASSES: [(u64, u64); 8] =
    [(0, 0), (1, 1), (2, 3), (4, 7), (8, 15), (16, 31), (32, 63), (64, u64::MAX)];

/// Writes the section.
pub(super) fn write(html: &mut Html, inputs: &Inputs) {
    let score = &inputs.score;
    section(html, "times", "How long it took, and what was lost by then", &lead(score), |html| {
        html.element("div", &[("class", &"pair")], |html| {
            html.element("figure", &[], |html| until_known(html, score));
            html.element("figure", &[], |html| lost(html, score));
        });
        quantiles(score).write_behind_chart(html);
    });
}

fn lead(score: &Score) -> String {
    let delays = &score.detection_time_seconds;
    let objects = &score.objects_revealed_before_alert;
    let known = |seconds: Option<f64>| seconds.map_or_else(|| "–".to_owned(), duration);
    format!(
        "Half of the campaigns that were found were known {} after their first event, nine in ten after {}. \
         {} never found, and had {} handed out.",
        known(delays.p50.value),
        known(delays.p90.value),
        match delays.missed {
            1 => "1 campaign was".to_owned(),
            missed => format!("{missed} campaigns were"),
        },
        counted(objects.objects_in_missed, "object"),
    )
}

/// Seconds from the first event to the first alert, ascending, of the campaigns found of which it is
/// known.
fn seconds_until_known(outcomes: &[CampaignOutcome]) -> Vec<f64> {
    let ticks = |text: &str| Ticks::parse(text.as_bytes()).ok();
    let mut seconds: Vec<f64> = outcomes
        .iter()
        .filter_map(|outcome| {
            let fired_at = ticks(outcome.fired_at.as_deref()?)?;
            Some(fired_at.since(ticks(&outcome.first_event)?).as_seconds_f64())
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds
}

/// The share of all campaigns that is known after a time: it ends below 100 % where some never are.
fn until_known(html: &mut Html, score: &Score) {
    let seconds = seconds_until_known(&score.outcomes);
    let all = score.outcomes.len().max(1) as f64;
    let (lo, hi) = (NAMED_SECONDS[0].0, NAMED_SECONDS[NAMED_SECONDS.len() - 1].0);
    let (x, y) = (Scale::log(lo, hi, LEFT, RIGHT), Scale::linear(0.0, 1.0, BOTTOM, TOP));
    let never = score.outcomes.iter().filter(|outcome| !outcome.is_found()).count();
    let description = format!(
        "The share of campaigns known rises to {}; {never} never are.",
        percent(Some(seconds.len() as f64 / all))
    );
    let title = "Campaigns known, by time since their first event";
    html.leaf("figcaption", &[], title);
    let frame = Chart {
        id: "time-curve",
        title,
        description: &description,
        width: WIDTH,
        height: HEIGHT,
        snap: "x",
    };
    frame.write(html, |html| {
        time_axes(html, &x, &y);
        let reached = y.at(seconds.len() as f64 / all);
        if seconds.len() < score.outcomes.len() {
            let words = match score.outcomes.len() - seconds.len() - never {
                0 => format!("{} never found", counted(never as u64, "campaign")),
                untold => format!("{never} never found, {untold} found nobody knows when"),
            };
            rectangle(html, "gap", (LEFT, TOP), (RIGHT - LEFT, reached - TOP), None);
            label(html, "l gap-name", LEFT + 10.0, f64::midpoint(TOP, reached) + 5.0, words);
        }
        let mut points = vec![(LEFT, BOTTOM)];
        for (at, &second) in seconds.iter().enumerate() {
            let height = |found: usize| y.at(found as f64 / all);
            points.extend([(x.at(second), height(at)), (x.at(second), height(at + 1))]);
        }
        points.push((RIGHT, reached));
        path(html, "curve", &points);
        for (found, second) in marked(&seconds) {
            let share = found as f64 / all;
            let words =
                format!("{found} of {all} ({}) within {}", percent(Some(share)), duration(second));
            mark(html, Shape::Disc, (x.at(second), y.at(share)), &words);
        }
    });
}

/// About twenty campaigns evenly over those found: how many are known by then, and when.
fn marked(seconds: &[f64]) -> Vec<(usize, f64)> {
    let marks = seconds.len().min(MARKS);
    (1..=marks)
        .map(|k| seconds.len() * k / marks)
        .map(|found| (found, seconds[found - 1]))
        .collect()
}

fn time_axes(html: &mut Html, x: &Scale, y: &Scale) {
    for fifth in 0..=5 {
        let share = f64::from(fifth) / 5.0;
        line(html, "grid", (LEFT, y.at(share)), (RIGHT, y.at(share)));
        label(html, "r", LEFT - 8.0, y.at(share) + 4.5, format!("{:.0}", share * 100.0));
    }
    for (at, (seconds, text)) in NAMED_SECONDS.iter().enumerate() {
        line(html, "tick", (x.at(*seconds), BOTTOM), (x.at(*seconds), BOTTOM + 5.0));
        let class = if at + 1 < NAMED_SECONDS.len() { "m" } else { "r" };
        label(html, class, x.at(*seconds), BOTTOM + 21.0, text);
    }
    line(html, "axis", (LEFT, BOTTOM), (RIGHT, BOTTOM));
    label(html, "l axis-name", 4.0, 14.0, "campaigns known, %");
    label(html, "r axis-name", RIGHT, BOTTOM + 44.0, "after their first event");
}

/// Objects handed out before the alert, or at all where there was none.
fn lost(html: &mut Html, score: &Score) {
    let of = |wanted: bool, (least, most): (u64, u64)| {
        let outcomes = score.outcomes.iter().filter(|one| one.is_found() == wanted);
        let objects = outcomes.filter_map(|one| one.objects_revealed_before_alert);
        objects.filter(|objects| (least..=most).contains(objects)).count() as u64
    };
    let classes: Vec<(String, u64, u64)> = CLASSES
        .iter()
        .map(|&class| (class_name(class), of(true, class), of(false, class)))
        .collect();
    let highest = classes.iter().map(|(_, found, missed)| found + missed).max().unwrap_or(0);
    let ticks = count_ticks(highest);
    let y = Scale::linear(0.0, ticks.last().copied().unwrap_or(1.0), BOTTOM, TOP);
    let told = classes
        .iter()
        .map(|(class, found, missed)| format!("{class}: {found} found, {missed} never found"));
    let title = "Campaigns by objects handed out before anybody knew";
    html.leaf("figcaption", &[], title);
    let description = told.collect::<Vec<_>>().join("; ");
    let frame = Chart {
        id: "lost-bars",
        title,
        description: &description,
        width: WIDTH,
        height: HEIGHT,
        snap: "x",
    };
    frame.write(html, |html| {
        for &tick in &ticks {
            line(html, "grid", (LEFT, y.at(tick)), (RIGHT, y.at(tick)));
            label(html, "r", LEFT - 8.0, y.at(tick) + 4.5, tick);
        }
        let pitch = (RIGHT - LEFT) / classes.len() as f64;
        for (at, (class, found, missed)) in classes.iter().enumerate() {
            let left = LEFT + at as f64 * pitch + pitch * 0.16;
            let (foot, neck) = (y.at(*found as f64), y.at((found + missed) as f64));
            let words = format!("{class} objects: {found} found, {missed} never found");
            let width = pitch * 0.68;
            rectangle(html, "bar", (left, foot), (width, BOTTOM - foot), None);
            rectangle(html, "bar hollow", (left, neck), (width, foot - neck), None);
            // The whole column says it, however low the bar.
            rectangle(html, "mark column", (left, TOP), (width, BOTTOM - TOP), Some(&words));
            label(html, "m", left + width / 2.0, BOTTOM + 21.0, class);
        }
        line(html, "axis", (LEFT, BOTTOM), (RIGHT, BOTTOM));
        label(html, "l axis-name", 4.0, 14.0, "campaigns");
        label(html, "r axis-name", RIGHT, BOTTOM + 44.0, "objects; outlined: never found");
    });
}

fn class_name((least, most): (u64, u64)) -> String {
    match (least, most) {
        (least, u64::MAX) => format!("{least}+"),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least}–{most}"),
    }
}

fn quantiles(score: &Score) -> Table {
    let seconds = seconds_until_known(&score.outcomes);
    let header = ["", "half", "90 %", "99 %", "campaigns", "never"];
    let mut table = Table::new("Times and objects, over the campaigns found", &header);
    let rows = [
        ("first event to alert", &score.detection_time_seconds),
        ("first value handed out to alert", &score.detection_time_from_reveal_seconds),
        ("the same without delay of the logs", &score.event_time_delay_from_reveal_seconds),
    ];
    for (title, delays) in rows {
        let Delays { p50, p90, p99, detected, missed } = delays;
        let time = |value: Option<f64>| {
            Cell::figure(value.map_or_else(|| "–".to_owned(), duration), value)
        };
        table.row(vec![
            Cell::text(title),
            time(p50.value),
            time(p90.value),
            time(p99.value),
            Cell::count(*detected),
            Cell::count(*missed),
        ]);
    }
    let objects = &score.objects_revealed_before_alert;
    let whole = |value: Option<f64>| {
        Cell::figure(value.map_or_else(|| "–".to_owned(), |value| format!("{value:.0}")), value)
    };
    table.row(vec![
        Cell::text("objects handed out before the alert"),
        whole(objects.p50.value),
        whole(objects.p90.value),
        Cell::figure("–", None),
        Cell::count(objects.detected),
        Cell::count(objects.missed),
    ]);
    let found = score.outcomes.iter().filter(|outcome| outcome.is_found()).count();
    // Found in time or not: that cannot be told of a campaign found nobody knows when.
    for (limit, text) in NAMED_SECONDS.into_iter().filter(|_| seconds.len() == found) {
        let known = seconds.iter().filter(|second| **second <= limit).count() as u64;
        let share = wilson(known, score.outcomes.len() as u64);
        table.row(vec![
            Cell::text(format!("known within {text}: {}", percent_with_interval(Some(&share)))),
            Cell::figure("", None),
            Cell::figure("", None),
            Cell::figure("", None),
            Cell::count(known),
            Cell::figure("", None),
        ]);
    }
    table
}
