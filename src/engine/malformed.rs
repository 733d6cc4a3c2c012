//! Malformed records of a run: all counted, the first few kept to look at.

use std::collections::BTreeMap;

use crate::ingest::Reason;

/// How many malformed records are kept with their place; enough to find the cause.
const MAX_SAMPLES: usize = 10;

/// One malformed record.
#[derive(Clone, Debug, PartialEq)]
pub struct MalformedSample {
    /// Index of the file.
    pub file: usize,
    /// Byte offset of the line.
    pub offset: u64,
    /// What is wrong with it.
    pub reason: Reason,
}

/// The malformed records of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MalformedRecords {
    /// How many there were.
    pub total: u64,
    /// How many for each reason.
    pub by_reason: BTreeMap<String, u64>,
    /// The first of them in file order.
    pub samples: Vec<MalformedSample>,
}

impl MalformedRecords {
    /// Counts one; calls may come in any order.
    pub(crate) fn add(&mut self, sample: MalformedSample) {
        self.total += 1;
        *self.by_reason.entry(sample.reason.to_string()).or_default() += 1;
        let place = |sample: &MalformedSample| (sample.file, sample.offset);
        let at = self.samples.partition_point(|kept| place(kept) < place(&sample));
        if at < MAX_SAMPLES {
            self.samples.insert(at, sample);
            self.samples.truncate(MAX_SAMPLES);
        }
    }
}
