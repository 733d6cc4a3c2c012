//! Storage accounts and databases under customer-managed keys: they unwrap by the clock.

use super::Moment;
use crate::event::{Event, Outcome, Request, Verb};
use crate::random::Stream;

/// One encrypted resource.
#[derive(Debug, Clone)]
pub(crate) struct Cryptography {
    pub(crate) vault: u16,
    pub(crate) key: u32,
    pub(crate) per_day: f64,
    pub(crate) phase: f64,
}

impl Cryptography {
    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, out: &mut Vec<Event>) {
        for at in moment.ticks(stream, self.per_day, self.phase) {
            let mut script = moment.script(stream, at, 0, out);
            script.maybe_challenge(Request::Cryptography, self.vault, self.key);
            if script.stream.chance(0.04) {
                script.read(self.key);
            }
            let verb = if script.stream.chance(0.9) { Verb::Unwrap } else { Verb::Wrap };
            script.act(self.key, verb, Outcome::Ok);
        }
    }
}
