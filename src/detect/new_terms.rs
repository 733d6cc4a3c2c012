//! Rules that look for tuples of values not seen in the last `history`.
//!
//! Contract: an event that is not late is new iff no earlier arrival that matched, succeeded and was
//! not late bears its tuple with an event time after t - `history`; one whose first `known` terms
//! must be known needs such an arrival with that prefix. Only the newest sighting matters for either.
//! While the run is younger than `learn` (by arrival time) nothing alerts, unless a history has taught
//! the rule before. Alerts are absorbed by
//! known prefix where there is one, else by tuple: one alert for a newcomer that touches much.

use super::alert::Values;
use super::judged::{Finding, Judged, Sink};
use super::suppress::Suppressions;
use super::table::Table;
use super::trace::Fate;
use super::{Output, StateStats};
use crate::event::{Event, EventView, Key, Outcome, TickSpan, Ticks};
use crate::limits::Share;
use crate::rules::NewTerms;

/// For how many histories a sighting is remembered, so that an alert can tell "not for 15 days" from
/// "never".
const REMEMBERED_HISTORIES: i64 = 2;

/// State of one `new_terms` rule in one partition.
#[derive(Debug)]
pub(super) struct Sightings {
    /// Newest sighting of each tuple, and of each known prefix.
    newest: Table<Ticks>,
    pub(super) suppressions: Suppressions,
}

impl Sightings {
    /// Nothing seen yet.
    pub(super) fn new(share: &Share) -> Self {
        let (newest, suppressions) = (Table::new(share.tuples), Suppressions::new(share.keys));
        Self { newest, suppressions }
    }

    pub(super) fn judge(&mut self, rule: &NewTerms, judged: &Judged<'_>, sink: &mut Sink<'_>) {
        let event = judged.view.event;
        let Some((prefix, tuple)) = keys(rule, &judged.view) else {
            sink.stats.ungrouped += 1;
            return;
        };
        let forgotten = event.watermark - memory(rule);
        let last_seen = self.sight(tuple, event, forgotten);
        let is_recent = |seen: Ticks| seen > event.time - rule.history;
        let is_known =
            prefix.is_none_or(|prefix| self.sight(prefix, event, forgotten).is_some_and(is_recent));
        let is_new =
            !last_seen.is_some_and(is_recent) && is_known && !judged.is_learning(rule.learn);
        if is_new && self.suppressions.admits(prefix.unwrap_or(tuple), judged, sink) {
            let finding = Finding {
                window: (event.time, event.time),
                group: judged.group(&rule.terms),
                key: tuple,
                values: Values { last_seen, ..Values::default() },
                steps: Vec::new(),
                evidence: vec![judged.evidence()],
            };
            judged.fire(finding, sink);
        }
    }

    /// What will keep an event from alerting that is about to be judged, suppression aside.
    pub(super) fn outlook(&self, rule: &NewTerms, judged: &Judged<'_>) -> Option<Fate> {
        let event = judged.view.event;
        let (prefix, tuple) = keys(rule, &judged.view)?;
        let horizon = event.time - rule.history;
        let seen = |key| self.newest.get(key).copied().filter(|&seen: &Ticks| seen > horizon);
        if let Some(last_seen) = seen(tuple) {
            return Some(Fate::Known { last_seen });
        }
        if prefix.is_some_and(|prefix| seen(prefix).is_none()) {
            return Some(Fate::Stranger);
        }
        judged.is_learning(rule.learn).then_some(Fate::Learning)
    }

    /// When the alert was that has absorbed an event.
    pub(super) fn absorber(&self, rule: &NewTerms, judged: &Judged<'_>) -> Option<Ticks> {
        let (prefix, tuple) = keys(rule, &judged.view)?;
        let key = prefix.unwrap_or(tuple);
        self.suppressions.absorber(key, judged.view.event.time, judged.suppress)
    }

    /// Takes in an event of a history.
    pub(super) fn teach(&mut self, rule: &NewTerms, view: &EventView<'_>) {
        let Some((prefix, tuple)) = keys(rule, view) else { return };
        for key in prefix.into_iter().chain([tuple]) {
            self.sight(key, view.event, view.event.watermark - memory(rule));
        }
    }

    /// Forgets what lies too far behind a history that ends with this watermark.
    pub(super) fn end_history(&mut self, rule: &NewTerms, watermark: Ticks) {
        self.newest.retain(|seen| *seen > watermark - memory(rule));
    }

    pub(super) fn charged_bytes(&self) -> usize {
        self.newest.charged_bytes() + self.suppressions.charged_bytes()
    }

    /// Forgets the tuples seen least lately, or what lately alerted where that is more.
    pub(super) fn shed(&mut self, rule: usize, out: &mut Output) {
        if self.newest.charged_bytes() >= self.suppressions.charged_bytes() {
            self.newest.shed(|_, _| ());
        } else {
            self.suppressions.shed(rule, out);
        }
    }

    pub(super) fn stats(&self) -> StateStats {
        self.newest.stats()
    }

    /// The newest sighting of `key` before this event, which is one itself if it succeeded.
    fn sight(&mut self, key: Key, event: &Event, forgotten: Ticks) -> Option<Ticks> {
        if event.outcome != Outcome::Success {
            return self.newest.get(key).copied().filter(|&seen| seen > forgotten);
        }
        let is_dead = |&seen: &Ticks| seen <= forgotten;
        let make = || Ticks::MIN;
        let newest = self.newest.get_or_insert_with(key, is_dead, |_, _| (), make);
        let before = *newest;
        *newest = before.max(event.time);
        Some(before).filter(|&seen| seen > forgotten)
    }
}

/// How far behind the watermark a sighting is remembered.
fn memory(rule: &NewTerms) -> TickSpan {
    TickSpan(rule.history.0.saturating_mul(REMEMBERED_HISTORIES))
}

/// The keys of the known prefix, where there is one, and of the tuple; `None` where a term is
/// missing.
fn keys(rule: &NewTerms, view: &EventView<'_>) -> Option<(Option<Key>, Key)> {
    let (known, rest) = rule.terms.split_at(rule.known);
    if known.is_empty() {
        return Some((None, view.tuple_key(rest)?));
    }
    let prefix = view.tuple_key(known)?;
    let tuple = rest.iter().try_fold(prefix, |key, &term| Some(key.then(view.key(term)?)))?;
    Some((Some(prefix), tuple))
}
