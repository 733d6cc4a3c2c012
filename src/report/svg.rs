//! The parts that charts are drawn from: lengths, scales, axes, marks and the frame around them.
//!
//! Sizes and places are attributes, looks are classes of the style sheet: the content security policy
//! allows no style attributes. A mark carries its words in a `<title>`, which browsers show by
//! themselves; the script turns it into a tooltip, and arrow keys walk from mark to mark.

use std::fmt::{self, Display};

use super::html::{Attributes, Html};

/// Least and largest value that an axis ends at.
const TICK_MIN: f64 = 1e-6;
const TICK_MAX: f64 = 1e15;

/// A length in the units of a chart's view box, written with one decimal at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Px(pub(super) f64);

impl Display for Px {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round();
        if tenths.rem_euclid(10.0) < 0.5 {
            // Adding zero takes the sign off a negative one.
            write!(formatter, "{:.0}", tenths / 10.0 + 0.0)
        } else {
            write!(formatter, "{:.1}", tenths / 10.0)
        }
    }
}

/// From values to places; both ends included, values beyond them stay at the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    lo: f64,
    hi: f64,
    from: f64,
    to: f64,
    is_log: bool,
}

impl Scale {
    /// Equal steps for equal differences.
    pub(super) fn linear(lo: f64, hi: f64, from: f64, to: f64) -> Self {
        let hi = if hi > lo { hi } else { lo + 1.0 };
        Self { lo, hi, from, to, is_log: false }
    }

    /// Equal steps for equal ratios; both ends are above zero.
    pub(super) fn log(lo: f64, hi: f64, from: f64, to: f64) -> Self {
        let hi = if hi > lo { hi } else { lo * 10.0 };
        Self { lo, hi, from, to, is_log: true }
    }

    /// The place of `value`.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = value.clamp(self.lo, self.hi);
        let share = match self.is_log {
            true => (value / self.lo).ln() / (self.hi / self.lo).ln(),
            false => (value - self.lo) / (self.hi - self.lo),
        };
        self.from + share * (self.to - self.from)
    }
}

/// About five round numbers that cover zero to `hi`, which is held to what a page can show.
pub(super) fn round_ticks(hi: f64) -> Vec<f64> {
    let hi = if hi.is_finite() && hi > 0.0 { hi.clamp(TICK_MIN, TICK_MAX) } else { 1.0 };
    let rough = hi / 5.0;
    let exponent = rough.log10().floor() as i32;
    // Whole numbers divided by a power of ten, so that three fifths are 0.6 and print as such.
    let (above, below) = (10_f64.powi(exponent.max(0)), 10_f64.powi((-exponent).max(0)));
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * above);
    let step = steps.into_iter().find(|step| step / below >= rough * 0.999).unwrap_or(steps[3]);
    let count = (hi * below / step * 0.999_999).ceil() as u32;
    (0..=count).map(|k| f64::from(k) * step / below).collect()
}

/// The same for counts: whole numbers only.
pub(super) fn count_ticks(highest: u64) -> Vec<f64> {
    match u32::try_from(highest) {
        Ok(few) if few < 5 => (0..=few.max(1)).map(f64::from).collect(),
        _ => round_ticks(highest as f64),
    }
}

/// A chart: what it is called, what it says in words, and how large its view box is.
#[derive(Debug)]
pub(super) struct Chart<'a> {
    /// Unique within the page.
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// What one would tell somebody who cannot see it.
    pub(super) description: &'a str,
    pub(super) width: f64,
    pub(super) height: f64,
    /// `x` where a pointer picks the mark above or below it, `xy` where it picks the nearest.
    pub(super) snap: &'static str,
}

impl Chart<'_> {
    /// Writes the frame, with what `content` draws inside.
    pub(super) fn write(&self, html: &mut Html, content: impl FnOnce(&mut Html)) {
        let view_box = format!("0 0 {} {}", Px(self.width), Px(self.height));
        let (title, description) = (format!("{}-t", self.id), format!("{}-d", self.id));
        let labels = format!("{title} {description}");
        let attributes: Attributes<'_> = &[
            ("id", &self.id),
            ("class", &"chart"),
            ("viewBox", &view_box),
            ("width", &Px(self.width)),
            ("height", &Px(self.height)),
            ("role", &"img"),
            ("tabindex", &0),
            ("aria-labelledby", &labels),
            ("data-snap", &self.snap),
        ];
        html.element("div", &[("class", &"plot")], |html| {
            html.element("svg", attributes, |html| {
                html.leaf("title", &[("id", &title)], self.title);
                html.leaf("desc", &[("id", &description)], self.description);
                content(html);
            });
        });
    }
}

/// A label at (`x`, `y`); `class` says how it is anchored: `l`, `m` or `r`.
pub(super) fn label(html: &mut Html, class: &'static str, x: f64, y: f64, text: impl Display) {
    html.leaf("text", &[("class", &class), ("x", &Px(x)), ("y", &Px(y))], text);
}

/// A straight line.
pub(super) fn line(html: &mut Html, class: &'static str, from: (f64, f64), to: (f64, f64)) {
    let (x1, y1, x2, y2) = (Px(from.0), Px(from.1), Px(to.0), Px(to.1));
    html.void("line", &[("class", &class), ("x1", &x1), ("y1", &y1), ("x2", &x2), ("y2", &y2)]);
}

/// A path of straight lines through `points`.
pub(super) fn path(html: &mut Html, class: &'static str, points: &[(f64, f64)]) {
    let mut line = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let command = if at == 0 { 'M' } else { 'L' };
        line += &format!("{command}{} {}", Px(*x), Px(*y));
    }
    html.void("path", &[("class", &class), ("d", &line)]);
}

/// The area between an upper and a lower line.
pub(super) fn band(html: &mut Html, class: &'static str, points: &[(f64, f64, f64)]) {
    let upper = points.iter().map(|&(x, _, hi)| (x, hi));
    let lower = points.iter().rev().map(|&(x, lo, _)| (x, lo));
    let around: Vec<(f64, f64)> = upper.chain(lower).collect();
    if !around.is_empty() {
        path(html, class, &around);
    }
}

/// A rectangle.
pub(super) fn rectangle(
    html: &mut Html,
    class: &'static str,
    at: (f64, f64),
    size: (f64, f64),
    words: Option<&str>,
) {
    let (x, y, width, height) = (Px(at.0), Px(at.1), Px(size.0.max(0.0)), Px(size.1.max(0.0)));
    let attributes: Attributes<'_> =
        &[("class", &class), ("x", &x), ("y", &y), ("width", &width), ("height", &height)];
    match words {
        Some(words) => html.element("rect", attributes, |html| html.leaf("title", &[], words)),
        None => html.void("rect", attributes),
    }
}

/// How a mark looks; shape tells it apart as well as colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Disc,
    Ring,
    Square,
    Triangle,
    Diamond,
}

/// A mark that says `words` when pointed at or walked to.
pub(super) fn mark(html: &mut Html, shape: Shape, (x, y): (f64, f64), words: &str) {
    let title = |html: &mut Html| html.leaf("title", &[], words);
    let (x, y) = (Px(x), Px(y));
    match shape {
        Shape::Disc => {
            html.element("circle", &[("class", &"mark"), ("cx", &x), ("cy", &y), ("r", &4)], title);
        }
        Shape::Ring => {
            let attributes: Attributes<'_> =
                &[("class", &"mark hollow"), ("cx", &x), ("cy", &y), ("r", &4)];
            html.element("circle", attributes, title);
        }
        Shape::Square => outline(html, "mark", "h10v10h-10z", (x.0 - 5.0, y.0 - 5.0), title),
        Shape::Triangle => {
            outline(html, "mark hollow", "l5 9h-10z", (x.0, y.0 - 5.5), title);
        }
        Shape::Diamond => outline(html, "mark", "l6 6l-6 6l-6-6z", (x.0, y.0 - 6.0), title),
    }
}

fn outline(
    html: &mut Html,
    class: &'static str,
    shape: &'static str,
    (x, y): (f64, f64),
    title: impl FnOnce(&mut Html),
) {
    let line = format!("M{} {}{shape}", Px(x), Px(y));
    html.element("path", &[("class", &class), ("d", &line)], title);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short() {
        let shown = [10.0, 10.04, 10.06, -0.04, 99.96].map(|length| Px(length).to_string());
        assert_eq!(shown, ["10", "10", "10.1", "0", "100"]);
    }

    #[test]
    fn a_scale_keeps_what_lies_beyond_it_at_its_end() {
        let scale = Scale::log(1.0, 100.0, 0.0, 200.0);
        let places = [0.1, 1.0, 10.0, 100.0, 1e9].map(|value| scale.at(value).round() as u32);
        assert_eq!(places, [0, 0, 100, 200, 200]);
    }

    #[test]
    fn ticks_are_round_and_cover_the_range() {
        let whole = |hi| round_ticks(hi).into_iter().map(|tick| tick as u32).collect::<Vec<_>>();
        assert_eq!(whole(157.0), [0, 50, 100, 150, 200]);
        assert_eq!(whole(0.0).first(), Some(&0));
        for odd in [f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, f64::MAX] {
            assert!((2..12).contains(&round_ticks(odd).len()), "{odd}");
        }
    }

    #[test]
    fn tick_labels_are_as_short_as_their_step() {
        let shown = |hi| round_ticks(hi).iter().map(f64::to_string).collect::<Vec<_>>();
        assert_eq!(shown(0.9), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(shown(0.33), ["0", "0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(shown(0.007), ["0", "0.002", "0.004", "0.006", "0.008"]);
        for tenths in 1..2_000 {
            assert!(shown(f64::from(tenths) / 10.0).iter().all(|label| label.len() <= 4));
        }
    }

    #[test]
    fn counts_have_whole_ticks() {
        assert_eq!(count_ticks(0), [0.0, 1.0]);
        assert_eq!(count_ticks(2), [0.0, 1.0, 2.0]);
        for highest in 0..300 {
            let ticks = count_ticks(highest);
            assert!(ticks.iter().all(|tick| tick.fract() == 0.0) && ticks.len() < 9, "{ticks:?}");
            assert!(ticks.last().is_some_and(|last| *last >= highest as f64));
        }
    }
}
