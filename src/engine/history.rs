//! What comes before a corpus: records that are only learned from.
//!
//! They are worked through in the same rounds by a coordinator of their own: a history has its own
//! order of arrival, watermark, duplicates and joins, of which the corpus starts with fresh ones. What
//! goes on into the corpus are the partitions and the log of changes of access.

use super::coordinator::{Coordinator, Progress};
use super::jobs::{Chunk, Done, Job};
use super::outcome::History;
use super::pool::Pool;
use super::run::{EngineError, arrival_source, file_names};
use crate::detect::PolicyLog;
use crate::event::{TickSpan, Ticks};

/// What goes from a history to the corpus; new where there is none.
pub(crate) struct Memory {
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) policy: PolicyLog,
    /// Sequence number of the next event.
    pub(crate) sequence: u64,
}

/// Learns from all that `learner` reads: gives what that leaves, and what it was; that is nothing where
/// an interrupt came before its first event.
pub(crate) fn learn(
    mut learner: Coordinator<'_>,
    pool: &Pool<Job, Done>,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Memory, Option<History>), EngineError> {
    learner.is_history = true;
    learner.run(pool, progress)?;
    let Coordinator { inputs, shared, sequencer, mut chunks, policy, collector, .. } = learner;
    let mut counts = collector.counts(&sequencer);
    counts.duplicates_forgotten = learner.dedupe.evictions();
    counts.halves_dropped = learner.joins.dropped();
    let (Some(first_arrival), Some(last_arrival)) = (sequencer.start, sequencer.end) else {
        if learner.interrupted {
            return Ok((Memory { chunks, policy, sequence: sequencer.sequence }, None));
        }
        let names = inputs.iter().map(|input| input.name.clone()).collect();
        return Err(EngineError::EmptyHistory { names, records: counts.records });
    };
    let watermark = sequencer.watermark.current();
    chunks.iter_mut().for_each(|chunk| chunk.end_history(shared.rules, watermark));
    let history = History {
        counts,
        digest: collector.corpus_id(),
        first_arrival,
        last_arrival,
        overlap: TickSpan(0),
        arrival_source: arrival_source(inputs, &sequencer),
        file_names: file_names(inputs).collect(),
    };
    Ok((Memory { chunks, policy, sequence: sequencer.sequence }, Some(history)))
}

impl History {
    /// The history as that of a corpus whose first event arrived then; none for an empty one.
    pub(super) fn before(self, start: Option<Ticks>) -> Self {
        let start = start.unwrap_or(Ticks::MAX);
        Self { overlap: self.last_arrival.max(start).since(start), ..self }
    }
}
