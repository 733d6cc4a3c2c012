//! Draws that truth repeats: what decides how hard an instance is to notice (its size, its pace,
//! whom it acts as), so that a miss can be explained from truth alone.
//!
//! Noting a draw never adds one: the bytes of a corpus do not depend on what is noted.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::Script;
use crate::tenant::Position;

/// What was drawn for one instance.
#[derive(Debug, Default)]
pub(crate) struct Drawn {
    values: BTreeMap<&'static str, Value>,
    pauses: u32,
    paused_seconds: f64,
}

impl Drawn {
    /// By name; the mean of the pauses is `pause_seconds_mean`.
    pub(crate) fn into_values(mut self) -> BTreeMap<&'static str, Value> {
        if self.pauses > 0 {
            let mean = milliseconds(self.paused_seconds / f64::from(self.pauses));
            self.values.insert("pause_seconds_mean", Value::from(mean));
        }
        self.values
    }
}

impl Drawn {
    /// For a burst that nobody drew anything for: only whom it acts as.
    pub(crate) fn acting_as(position: Position) -> Self {
        let mut drawn = Self::default();
        let word = serde_json::to_value(position).expect("a position is a plain word");
        drawn.values.insert("acting_as", word);
        drawn
    }
}

impl Script<'_> {
    /// Notes a number, a word or a truth value; the same name again replaces it.
    pub(crate) fn note(&mut self, name: &'static str, value: impl Serialize) {
        let value = serde_json::to_value(value).expect("plain numbers and words are always JSON");
        self.drawn.values.insert(name, value);
    }

    /// Draws and notes whether something happens.
    pub(crate) fn decide(&mut self, name: &'static str, share: Share) -> bool {
        let happens = self.stream.chance(share.0);
        self.note(name, happens);
        happens
    }

    /// Draws and notes how many.
    pub(crate) fn count(&mut self, name: &'static str, range: CountRange) -> usize {
        let count = range.draw_count(self.stream);
        self.note(name, count);
        count
    }

    /// Draws and notes a time.
    pub(crate) fn seconds(&mut self, name: &'static str, range: SecondsRange) -> f64 {
        let seconds = range.draw(self.stream);
        self.note(name, milliseconds(seconds));
        seconds
    }

    /// Waits for a time of its own, which counts into the mean of the pauses.
    pub(crate) fn pause(&mut self, range: SecondsRange) {
        let seconds = range.draw(self.stream);
        self.drawn.pauses += 1;
        self.drawn.paused_seconds += seconds;
        self.wait(seconds);
    }
}

/// Seconds rounded to what a reader can use.
fn milliseconds(seconds: f64) -> f64 {
    libm::round(seconds * 1e3) / 1e3
}
