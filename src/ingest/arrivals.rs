//! Arrival times from the side file of a corpus: one little-endian `i64` of ticks per record.

use std::path::Path;

use super::{IngestError, MappedFile};
use crate::event::Ticks;

const RECORD_BYTES: usize = size_of::<i64>();

/// The arrival times of a corpus, by number of the record in file order.
#[derive(Debug)]
pub struct Arrivals {
    map: MappedFile,
}

impl Arrivals {
    /// Maps `arrivals.i64`.
    ///
    /// # Errors
    /// If the file cannot be mapped, or its length is no multiple of eight.
    pub fn open(path: &Path) -> Result<Self, IngestError> {
        let map = MappedFile::open(path)?;
        if !map.len().is_multiple_of(RECORD_BYTES) {
            return Err(IngestError::ArrivalsLength { path: path.to_owned(), bytes: map.len() });
        }
        Ok(Self { map })
    }

    /// How many records have an arrival time.
    pub fn len(&self) -> u64 {
        (self.map.len() / RECORD_BYTES) as u64
    }

    /// Whether no record has one.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// The arrival time of record number `record`; `None` past the end, where events and arrivals
    /// are not of the same corpus.
    pub fn get(&self, record: u64) -> Option<Ticks> {
        let start = usize::try_from(record).ok()?.checked_mul(RECORD_BYTES)?;
        let bytes = self.map.bytes().get(start..)?.first_chunk()?;
        Some(Ticks(i64::from_le_bytes(*bytes)))
    }

    /// Whether the file is still what it was when it was opened; more arrivals than there were do no harm.
    ///
    /// # Errors
    /// [`IngestError::Changed`] if it was cut short or rewritten.
    pub fn check(&self) -> Result<(), IngestError> {
        self.map.change().map(drop)
    }

    /// Gives the memory of all records before `record` back; they stay readable.
    pub fn release_before(&self, record: u64) {
        let end = usize::try_from(record.min(self.len())).map_or(0, |record| record * RECORD_BYTES);
        self.map.release(0..end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_are_little_endian_ticks_in_record_order() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let ticks = [17_092_080_005_000_000_i64, -1, i64::MAX];
        let bytes: Vec<u8> = ticks.iter().flat_map(|tick| tick.to_le_bytes()).collect();
        std::fs::write(file.path(), bytes).unwrap();
        let arrivals = Arrivals::open(file.path()).unwrap();
        assert_eq!(arrivals.len(), 3);
        arrivals.release_before(2);
        for (record, tick) in ticks.into_iter().enumerate() {
            assert_eq!(arrivals.get(record as u64), Some(Ticks(tick)));
        }
        assert_eq!(arrivals.get(3), None);
        assert_eq!(arrivals.get(u64::MAX), None);
    }

    #[test]
    fn a_cut_off_file_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [0; 12]).unwrap();
        let error = Arrivals::open(file.path()).unwrap_err();
        assert!(error.to_string().contains("12 bytes"), "{error}");
    }

    #[test]
    fn no_records_have_no_arrivals() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let arrivals = Arrivals::open(file.path()).unwrap();
        assert!(arrivals.is_empty());
        assert_eq!(arrivals.get(0), None);
    }
}
