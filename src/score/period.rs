//! What counts: the time after warm-up, the campaigns that had a fair chance within it, and every
//! look-alike that reaches into it.

use super::{AlertLog, Campaign, Manifest, ScoreError, ScoredAlert};
use crate::event::{TickSpan, Ticks};

/// How long after its end a campaign can still be found: an alert that arrives later is of no use
/// to the response. A campaign must leave as much time before the corpus ends.
pub(super) const CREDIT_SPAN: TickSpan = TickSpan::hours(48);

/// From the end of warm-up (inclusive) to the last event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    pub(super) first: Ticks,
    pub(super) start: Ticks,
    pub(super) end: Ticks,
    /// How much past the rules could learn from before anything counts.
    pub(super) warm_up: TickSpan,
    events: u64,
}

impl Period {
    pub(super) fn of(manifest: &Manifest) -> Self {
        Self {
            first: manifest.first_time,
            start: manifest.warmup_end,
            end: manifest.last_time,
            warm_up: manifest.warm_up(),
            events: manifest.events,
        }
    }

    /// Length of the scored part in days of 24 hours.
    pub(super) fn days(&self) -> f64 {
        self.end.since(self.start).as_seconds_f64() / 86_400.0
    }

    /// Events in the scored part: all of them times its share of the corpus' time, because the
    /// manifest counts the whole.
    pub(super) fn events(&self) -> f64 {
        let whole = self.end.since(self.first).as_seconds_f64();
        self.events as f64 * self.end.since(self.start).as_seconds_f64() / whole
    }

    pub(super) fn holds(&self, alert: &ScoredAlert) -> bool {
        alert.time >= self.start
    }

    /// Refuses alerts whose event time the corpus cannot have.
    pub(super) fn check(&self, log: &AlertLog) -> Result<(), ScoreError> {
        let outside = |alert: &&ScoredAlert| {
            // An activity need only reach into the corpus.
            let claims = alert.claims.as_ref();
            let (start, end) = claims.map_or((alert.time, alert.time), |it| (it.start, it.end));
            end < self.first || start > self.end
        };
        match log.alerts.iter().find(outside) {
            None => Ok(()),
            Some(alert) => Err(ScoreError::OutsideCorpus {
                place: log.place(alert),
                alert_id: alert.id.clone(),
                first: self.first.to_string(),
                last: self.end.to_string(),
                found: alert.time.to_string(),
            }),
        }
    }

    /// Whether a look-alike could raise a scored alert. Unlike an attack it needs no time to be found
    /// in: its alerts cost precision to the last event.
    pub(super) fn reaches(&self, look_alike: &Campaign) -> bool {
        look_alike.end >= self.start
    }

    /// Why an attack campaign is not scored; `None` where it is.
    pub(super) fn censoring(&self, campaign: &Campaign) -> Option<&'static str> {
        if campaign.end < self.start {
            Some("ended during warm-up")
        } else if campaign.start < self.start {
            Some("began during warm-up")
        } else if self.end.since(campaign.end) < CREDIT_SPAN {
            Some("ended under 48 h before the corpus")
        } else {
            None
        }
    }
}
