//! Rendering on several threads, appending on one, in the order of the descriptors: bytes do not
//! depend on how many threads there are.
//!
//! The calling thread expands, hashes and writes; the others render. With one thread everything
//! happens on the caller.

use std::collections::VecDeque;

use crossbeam::channel::{Receiver, Sender, bounded};

use super::events::EventFiles;
use crate::event::Event;
use crate::plan::GenerateError;
use crate::render::Texts;
use crate::time::Ticks;

/// Records rendered at once: about two megabytes of text.
const CHUNK: usize = 2_048;
/// Chunks under way per worker; more would only wait.
const AHEAD: usize = 3;

/// Some records in their final form.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    pub(crate) bytes: Vec<u8>,
    /// Little-endian arrival ticks.
    pub(crate) arrivals: Vec<u8>,
    /// Smallest and largest event time.
    pub(crate) times: Option<(Ticks, Ticks)>,
}

impl Rendered {
    fn fill(&mut self, texts: &Texts<'_>, events: &[Event]) {
        self.bytes.clear();
        self.arrivals.clear();
        self.times = None;
        for event in events {
            texts.write(&mut self.bytes, event);
            self.arrivals.extend_from_slice(&event.arrival.to_le_bytes());
            let (first, last) = self.times.unwrap_or((event.time, event.time));
            self.times = Some((first.min(event.time), last.max(event.time)));
        }
    }
}

struct Job {
    events: Vec<Event>,
    reply: Sender<Rendered>,
}

/// Where descriptors go, in arrival order.
pub(crate) struct Sink<'a> {
    texts: &'a Texts<'a>,
    pub(crate) files: EventFiles,
    scratch: Rendered,
    jobs: Option<Sender<Job>>,
    replies: VecDeque<Receiver<Rendered>>,
    ahead: usize,
}

/// Runs `body` with a sink over `threads` threads; returns the files, complete.
pub(crate) fn with_renderers(
    texts: &Texts<'_>,
    threads: usize,
    files: EventFiles,
    body: impl FnOnce(&mut Sink<'_>) -> Result<(), GenerateError>,
) -> Result<EventFiles, GenerateError> {
    let workers = threads.saturating_sub(1);
    let mut sink = Sink {
        texts,
        files,
        scratch: Rendered::default(),
        jobs: None,
        replies: VecDeque::new(),
        ahead: workers * AHEAD,
    };
    if workers == 0 {
        body(&mut sink)?;
        return Ok(sink.files);
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
        sink.jobs = Some(jobs);
        body(&mut sink)?;
        sink.drain(0)?;
        Ok(sink.files)
    })
}

impl Sink<'_> {
    /// Takes descriptors that are in their final order.
    pub(crate) fn take(&mut self, events: &[Event]) -> Result<(), GenerateError> {
        for chunk in events.chunks(CHUNK) {
            let Some(jobs) = &self.jobs else {
                self.scratch.fill(self.texts, chunk);
                self.files.append(&self.scratch)?;
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
            self.files.append(&rendered)?;
        }
        Ok(())
    }
}
