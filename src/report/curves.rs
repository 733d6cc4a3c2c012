//! One curve with a band on two axes: what budgets, sweeps and latencies are drawn with.

use super::figures::bare_percent;
use super::html::Html;
use super::svg::{Chart, Scale, Shape, band, label, line, mark, path, round_ticks};

// The frame that charts in a pair have in common, in units of their own.
pub(super) const WIDTH: f64 = 480.0;
pub(super) const HEIGHT: f64 = 320.0;
pub(super) const LEFT: f64 = 56.0;
pub(super) const RIGHT: f64 = 464.0;
pub(super) const TOP: f64 = 30.0;
pub(super) const BOTTOM: f64 = 266.0;

/// A curve to draw, and what it is called.
#[derive(Debug)]
pub(super) struct Curve<'a> {
    /// Unique within the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) x: Axis<'a>,
    pub(super) y: Axis<'a>,
    pub(super) points: Vec<Point>,
    /// The value holds until the next point.
    pub(super) is_step: bool,
}

/// An axis.
#[derive(Debug)]
pub(super) struct Axis<'a> {
    name: &'a str,
    is_share: bool,
}

/// A point of a curve, its band, and what it says.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) lo: Option<f64>,
    pub(super) hi: Option<f64>,
    pub(super) shape: Shape,
    pub(super) words: String,
}

impl<'a> Axis<'a> {
    /// From 0 to 100 %.
    pub(super) fn share(name: &'a str) -> Self {
        Self { name, is_share: true }
    }

    /// From zero to a little beyond the largest value.
    pub(super) fn rate(name: &'a str) -> Self {
        Self { name, is_share: false }
    }

    fn ticks(&self, values: impl Iterator<Item = f64>) -> Vec<f64> {
        match self.is_share {
            true => (0..=5).map(|fifth| f64::from(fifth) / 5.0).collect(),
            false => round_ticks(values.fold(0.0, f64::max)),
        }
    }

    fn show(&self, value: f64) -> String {
        match self.is_share {
            true => bare_percent(value),
            false => value.to_string(),
        }
    }

    fn title(&self) -> String {
        format!("{}{}", self.name, if self.is_share { ", %" } else { "" })
    }
}

/// Draws a curve; points may be few, and without any only the axes stand.
pub(super) fn chart(html: &mut Html, curve: &Curve<'_>) {
    let x_ticks = curve.x.ticks(curve.points.iter().map(|point| point.x));
    let y_ticks =
        curve.y.ticks(curve.points.iter().flat_map(|point| [Some(point.y), point.hi]).flatten());
    let end = |ticks: &[f64]| ticks.last().copied().unwrap_or(1.0);
    let x = Scale::linear(0.0, end(&x_ticks), LEFT, RIGHT);
    let y = Scale::linear(0.0, end(&y_ticks), BOTTOM, TOP);
    let words = curve.points.iter().map(|point| point.words.as_str()).collect::<Vec<_>>();
    let description = match words.as_slice() {
        [] => "Nothing to draw.".to_owned(),
        [only] => (*only).to_owned(),
        [first, .., last] => format!("From {first}, to {last}."),
    };
    let frame = Chart {
        id: curve.id,
        title: curve.title,
        description: &description,
        width: WIDTH,
        height: HEIGHT,
        snap: "x",
    };
    html.element("figure", &[], |html| {
        html.leaf("figcaption", &[], curve.title);
        frame.write(html, |html| {
            axes(html, curve, (&x_ticks, &x), (&y_ticks, &y));
            let bands: Option<Vec<_>> = curve
                .points
                .iter()
                .map(|point| Some((x.at(point.x), y.at(point.lo?), y.at(point.hi?))))
                .collect();
            let steps = |points: Vec<(f64, f64, f64)>| match curve.is_step {
                true => stepped(&points),
                false => points,
            };
            if let Some(points) = bands {
                band(html, "band", &steps(points));
            }
            let points = curve.points.iter().map(|point| (x.at(point.x), y.at(point.y), 0.0));
            let points = steps(points.collect());
            path(html, "curve", &points.iter().map(|&(x, y, _)| (x, y)).collect::<Vec<_>>());
            for point in &curve.points {
                mark(html, point.shape, (x.at(point.x), y.at(point.y)), &point.words);
            }
        });
    });
}

/// Each value once more where the next one begins.
fn stepped(points: &[(f64, f64, f64)]) -> Vec<(f64, f64, f64)> {
    let mut steps = Vec::with_capacity(points.len() * 2);
    for (at, point) in points.iter().enumerate() {
        if let Some(before) = at.checked_sub(1).and_then(|before| points.get(before)) {
            steps.push((point.0, before.1, before.2));
        }
        steps.push(*point);
    }
    steps
}

fn axes(
    html: &mut Html,
    curve: &Curve<'_>,
    (x_ticks, x): (&[f64], &Scale),
    (y_ticks, y): (&[f64], &Scale),
) {
    for &tick in y_ticks {
        line(html, "grid", (LEFT, y.at(tick)), (RIGHT, y.at(tick)));
        label(html, "r", LEFT - 8.0, y.at(tick) + 4.5, curve.y.show(tick));
    }
    for &tick in x_ticks {
        line(html, "tick", (x.at(tick), BOTTOM), (x.at(tick), BOTTOM + 5.0));
        label(html, "m", x.at(tick), BOTTOM + 21.0, curve.x.show(tick));
    }
    line(html, "axis", (LEFT, BOTTOM), (RIGHT, BOTTOM));
    label(html, "l axis-name", 4.0, 14.0, curve.y.title());
    label(html, "r axis-name", RIGHT, BOTTOM + 44.0, curve.x.title());
}
