//! Rendering on several threads, appending on one, in the order of the descriptors: bytes do not
//! depend on how many threads there are.
//!
//! The calling thread expands, hashes and writes; the others render. With one thread everything
//! happens on the caller.

use std::collections::VecDeque;

use crossbeam::channel::{Receiver, Sender as Channel, bounded};

use super::Output;
use crate::delivery::Sender;
use crate::event::Event;
use crate::plan::GenerateError;
use crate::render::Texts;
use crate::time::Ticks;

/// Records rendered at once: about two megabytes of text.
pub(crate) const CHUNK: usize = 2_048;
/// Chunks under way per worker; more would only wait.
const AHEAD: usize = 3;

/// Some records in their final form.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    /// One line each.
    pub(crate) bytes: Vec<u8>,
    pub(crate) records: Vec<Record>,
    /// Smallest and largest event time.
    times: Option<(Ticks, Ticks)>,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    /// Where its line ends, line end included.
    pub(crate) end: usize,
    pub(crate) arrival: Ticks,
    pub(crate) sender: Sender,
}

impl Rendered {
    /// Replaces what is there.
    pub(crate) fn fill(&mut self, texts: &Texts<'_>, events: &[Event]) {
        self.bytes.clear();
        self.records.clear();
        self.times = None;
        for event in events {
            texts.write(&mut self.bytes, event);
            self.records.push(Record {
                end: self.bytes.len(),
                arrival: event.arrival,
                sender: Sender::of(texts.tenant, event),
            });
            self.times = widened(self.times, (event.time, event.time));
        }
    }

    /// Each record with its line, line end included.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (&Record, &[u8])> {
        let mut from = 0;
        self.records.iter().map(move |record| {
            let line = &self.bytes[from..record.end];
            from = record.end;
            (record, line)
        })
    }
}

struct Job {
    events: Vec<Event>,
    reply: Channel<Rendered>,
}

/// Where descriptors go, in arrival order.
pub(crate) struct Sink<'a> {
    texts: &'a Texts<'a>,
    output: &'a mut dyn Output,
    scratch: Rendered,
    jobs: Option<Channel<Job>>,
    replies: VecDeque<Receiver<Rendered>>,
    ahead: usize,
    pub(crate) tally: Tally,
}

/// What went through.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    /// Of records and their line ends.
    pub(crate) bytes: u64,
    /// First and last event time.
    pub(crate) times: Option<(Ticks, Ticks)>,
}

/// Runs `body` with a sink over `threads` threads; returns what went through once all of it has
/// been appended to `output`.
pub(crate) fn with_renderers<'a>(
    texts: &'a Texts<'a>,
    threads: usize,
    output: &'a mut dyn Output,
    body: impl FnOnce(&mut Sink<'_>) -> Result<(), GenerateError>,
) -> Result<Tally, GenerateError> {
    let workers = threads.saturating_sub(1);
    let mut sink = Sink {
        texts,
        output,
        scratch: Rendered::default(),
        jobs: None,
        replies: VecDeque::new(),
        ahead: workers * AHEAD,
        tally: Tally::default(),
    };
    if workers == 0 {
        body(&mut sink)?;
        return Ok(sink.tally);
    }
    std::thread::scope(|scope| {
        let (jobs, waiting) = bounded::<Job>(workers * AHEAD);
        for _ in 0..workers {
            let waiting = waiting.clone();
            scope.spawn(move || {
                for job in waiting {
                    let mut rendered = Rendered::default();
                    rendered.fill(texts, &job.events);
                    // Nobody waits for it when the sink has failed.
                    let _ = job.reply.send(rendered);
                }
            });
        }
        drop(waiting);
        // Moved in: when the body fails it goes, and with its channel the workers.
        let mut sink = Sink { jobs: Some(jobs), ..sink };
        body(&mut sink)?;
        sink.drain(0)?;
        Ok(sink.tally)
    })
}

impl Sink<'_> {
    /// Takes descriptors that are in their final order.
    pub(crate) fn take(&mut self, events: &[Event]) -> Result<(), GenerateError> {
        for chunk in events.chunks(CHUNK) {
            let Some(jobs) = &self.jobs else {
                let mut rendered = std::mem::take(&mut self.scratch);
                rendered.fill(self.texts, chunk);
                self.append(&rendered)?;
                self.scratch = rendered;
                continue;
            };
            let (reply, answer) = bounded(1);
            jobs.send(Job { events: chunk.to_vec(), reply })
                .expect("workers outlive the sink's sender");
            self.replies.push_back(answer);
            self.drain(self.ahead)?;
        }
        Ok(())
    }

    /// Appends finished chunks until so many are under way.
    fn drain(&mut self, under_way: usize) -> Result<(), GenerateError> {
        while self.replies.len() > under_way {
            let Some(answer) = self.replies.pop_front() else { break };
            let rendered = answer
                .recv()
                .expect("a worker answers each job unless it panicked, which ends the run");
            self.append(&rendered)?;
        }
        Ok(())
    }

    fn append(&mut self, rendered: &Rendered) -> Result<(), GenerateError> {
        self.output.append(rendered)?;
        self.tally.events += rendered.records.len() as u64;
        self.tally.bytes += rendered.bytes.len() as u64;
        if let Some(times) = rendered.times {
            self.tally.times = widened(self.tally.times, times);
        }
        Ok(())
    }
}

fn widened(span: Option<(Ticks, Ticks)>, (first, last): (Ticks, Ticks)) -> Option<(Ticks, Ticks)> {
    let (earliest, latest) = span.unwrap_or((first, last));
    Some((earliest.min(first), latest.max(last)))
}
