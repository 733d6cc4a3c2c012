//! One pass over the events: their number, order, arrivals and times.

use serde_json::Value;

use super::truth::Sought;
use super::{Check, EXAMPLES, Stated, compare, some};
use crate::event::Ticks;
use crate::ingest::{Input, Unpack};
use crate::limits::Limits;
use crate::records::{Opened, RecordsError, Tally, What};

/// Records between two tellings of progress.
const RECORDS_PER_TICK: u64 = 1 << 12;

/// What the events turned out to be.
#[derive(Default)]
pub(super) struct Seen {
    tally: Tally,
    times: Option<(Ticks, Ticks)>,
    /// Whether every input has arrival times of its own.
    has_arrivals: bool,
    /// Why reading ended early: arrivals and events do not belong together.
    cut: Option<String>,
    /// Records that arrived before the one before them in their input.
    backwards: u64,
    examples: Vec<String>,
    broken: Vec<String>,
}

impl Seen {
    /// Reads all records, and shows the events to `sought`.
    pub(super) fn read(
        inputs: &[Input],
        limits: Limits,
        mut sought: Option<&mut Sought>,
        advance: &mut dyn FnMut(u64),
    ) -> Result<Self, RecordsError> {
        let mut seen = Self {
            has_arrivals: inputs.iter().all(|input| input.arrivals.is_some()),
            ..Self::default()
        };
        // Each input for itself: its order is what arrivals are about.
        for input in inputs {
            let opened =
                Opened::open(std::slice::from_ref(input), Unpack::default(), &mut |_, _| ())?;
            match seen.read_input(&opened.within(limits), sought.as_deref_mut(), advance) {
                Err(RecordsError::Arrivals { .. }) if seen.cut.is_some() => {}
                other => other?,
            }
        }
        Ok(seen)
    }

    fn read_input(
        &mut self,
        opened: &Opened,
        mut sought: Option<&mut Sought>,
        advance: &mut dyn FnMut(u64),
    ) -> Result<(), RecordsError> {
        let cut = |error: RecordsError, seen: &mut Self| {
            if matches!(error, RecordsError::Arrivals { .. }) {
                seen.cut = Some(error.to_string());
            }
            error
        };
        let mut reader = opened.read().map_err(|error| cut(error, self))?;
        let (mut last, mut told) = (Ticks::MIN, 0);
        while let Some(record) = reader.next().map_err(|error| cut(error, self))? {
            self.tally.count(&record);
            let place = || {
                format!(
                    "{}, byte {}",
                    opened.path(record.origin.file).display(),
                    record.origin.offset
                )
            };
            match record.what {
                What::Event { event, .. } => {
                    let time = event.event.time;
                    let (first, latest) = self.times.unwrap_or((time, time));
                    self.times = Some((first.min(time), latest.max(time)));
                    sought.iter_mut().for_each(|sought| sought.meet(&event, self.has_arrivals));
                }
                What::Foreign => {
                    note(&mut self.broken, || format!("{}: of another service", place()))
                }
                What::Malformed(reason) => {
                    note(&mut self.broken, || format!("{}: {reason}", place()))
                }
            }
            if record.arrival < last {
                self.backwards += 1;
                note(&mut self.examples, || {
                    format!("{}: {} after {last}", place(), record.arrival)
                });
            }
            last = last.max(record.arrival);
            if self.tally.records.is_multiple_of(RECORDS_PER_TICK) {
                advance(reader.bytes_read() - told);
                told = reader.bytes_read();
            }
        }
        advance(reader.bytes_read() - told);
        Ok(())
    }

    /// The checks that follow.
    pub(super) fn checks(&self, stated: &Stated, bytes: u64) -> Vec<Check> {
        let Tally { records, foreign, malformed, .. } = self.tally;
        let number =
            |key: &str| stated.members.get(key).map_or("none".to_owned(), Value::to_string);
        let arrivals = match (&self.cut, self.has_arrivals) {
            (Some(fault), _) => Err(fault.clone()),
            (None, true) => Ok(format!("{records} times")),
            (None, false) => Err("expected arrivals.i64 beside the events, found none".to_owned()),
        };
        let broken = foreign + malformed;
        let usable = match broken {
            0 => Ok(format!("{records} events, none malformed or of another service")),
            _ => Err(format!(
                "expected events only, found {malformed} malformed and {foreign} of other services: {}",
                some(&self.broken, broken)
            )),
        };
        let order = match self.backwards {
            0 => Ok("by arrival".to_owned()),
            count => {
                Err(format!("expected records by arrival, found {}", some(&self.examples, count)))
            }
        };
        let mut checks = vec![Check::new("arrivals", arrivals)];
        if self.cut.is_none() {
            checks.push(Check::new(
                "count",
                compare("records:", &number("events"), &records.to_string()),
            ));
        }
        checks.push(Check::new("bytes", compare("bytes:", &number("bytes"), &bytes.to_string())));
        checks.push(Check::new("records", usable));
        checks.push(Check::new("order", order));
        if self.cut.is_none() {
            checks.push(Check::new("times", self.span(stated)));
        }
        checks
    }

    /// Whether the earliest and the latest event are those that the manifest states.
    fn span(&self, stated: &Stated) -> Result<String, String> {
        let Some((first, last)) = self.times else {
            return Err("expected events, found none".to_owned());
        };
        let found = format!("{first} to {last}");
        match &stated.parsed {
            Ok(manifest) => compare(
                "events of",
                &format!("{} to {}", manifest.first_time, manifest.last_time),
                &found,
            ),
            Err(_) => Err(format!("expected a manifest to compare with, found events of {found}")),
        }
    }
}

fn note(examples: &mut Vec<String>, example: impl FnOnce() -> String) {
    if examples.len() < EXAMPLES {
        examples.push(example());
    }
}
