//! A forest plot: shares with their intervals, row by row.

use super::figures::{bare_percent, percent_with_interval};
use super::html::Html;
use super::svg::{Chart, Scale, Shape, label, line, mark};
use crate::score::Metric;

const WIDTH: f64 = 564.0;
const LEFT: f64 = 204.0;
const RIGHT: f64 = 446.0;
const TOP: f64 = 30.0;
/// Between two intervals of a row, and below a row.
const PITCH: f64 = 12.0;
const GAP: f64 = 14.0;
/// Longest label that fits the margin.
const LABEL_CHARS: usize = 26;

/// One row: what it is about, and shares of it.
#[derive(Debug)]
pub(super) struct Row {
    /// Printable already.
    pub(super) label: String,
    /// Written at the right end.
    pub(super) figure: String,
    pub(super) shares: Vec<Share>,
    /// Set off from the others.
    pub(super) is_total: bool,
}

/// A share, how it is marked, and what it is a share of, in words.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) shape: Shape,
    pub(super) what: String,
    pub(super) metric: Metric,
}

/// What a forest plot is called.
#[derive(Debug)]
pub(super) struct Forest<'a> {
    /// Unique within the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// Of its axis.
    pub(super) axis: &'a str,
    pub(super) rows: Vec<Row>,
}

/// Draws it.
pub(super) fn chart(html: &mut Html, forest: &Forest<'_>) {
    let heights: Vec<f64> = forest.rows.iter().map(height).collect();
    let bottom = TOP + heights.iter().sum::<f64>();
    let told = forest.rows.iter().map(|row| {
        let share = row.shares.first().map(|share| percent_with_interval(Some(&share.metric)));
        format!("{}: {}", row.label, share.unwrap_or_default())
    });
    let description = told.collect::<Vec<_>>().join("; ");
    let frame = Chart {
        id: forest.id,
        title: forest.title,
        description: &description,
        width: WIDTH,
        height: bottom + 34.0,
        snap: "xy",
    };
    let x = Scale::linear(0.0, 1.0, LEFT, RIGHT);
    frame.write(html, |html| {
        for fifth in 0..=5 {
            let share = f64::from(fifth) / 5.0;
            line(html, "grid", (x.at(share), TOP - 6.0), (x.at(share), bottom));
            label(html, "m", x.at(share), bottom + 18.0, bare_percent(share));
        }
        label(html, "l axis-name", LEFT, 14.0, forest.axis);
        let mut top = TOP;
        for (row, height) in forest.rows.iter().zip(heights) {
            draw_row(html, row, top, &x);
            top += height;
        }
    });
}

fn height(row: &Row) -> f64 {
    row.shares.len().max(1) as f64 * PITCH + GAP + if row.is_total { 8.0 } else { 0.0 }
}

fn draw_row(html: &mut Html, row: &Row, top: f64, x: &Scale) {
    let first = top + PITCH / 2.0;
    let weight = if row.is_total { "r strong" } else { "r" };
    let shown: String = row.label.chars().take(LABEL_CHARS).collect();
    label(html, weight, LEFT - 12.0, first + 4.5, shown);
    let weight = if row.is_total { "l strong" } else { "l" };
    label(html, weight, RIGHT + 12.0, first + 4.5, &row.figure);
    for (at, share) in row.shares.iter().enumerate() {
        let y = first + at as f64 * PITCH;
        let class = if at == 0 { "whisker" } else { "whisker thin" };
        if let (Some(lo), Some(hi)) = (share.metric.lo, share.metric.hi) {
            line(html, class, (x.at(lo), y), (x.at(hi), y));
        }
        if let Some(value) = share.metric.value {
            let words = format!("{}: {}", share.what, percent_with_interval(Some(&share.metric)));
            mark(html, share.shape, (x.at(value), y), &words);
        }
    }
}
