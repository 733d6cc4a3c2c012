//! Read-only memory maps, and giving consumed parts of them back to the system.
//!
//! `unsafe` is here and in `bus_guard.rs` only. Contract: a mapped file is not cut short while a run
//! reads it; if it is, the system ends the process (SIGBUS), which the guard turns into a message and an
//! exit code. Whether a file was changed otherwise is told by [`MappedFile::change`].

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;

use super::IngestError;
use super::bus_guard::Watched;
use super::stamp::{Change, Stamp};

/// Ranges are released in whole multiples of this: on a page fault Linux maps the surrounding 64 KiB,
/// so that smaller steps would leave the pages between them resident.
#[cfg(unix)]
const RELEASE_BYTES: usize = 64 << 10;

/// A file's bytes, shared with the page cache; clones share one map.
///
/// Several may be windows of one map: what is unpacked together lies in one temporary file, and the
/// system allows only so many maps.
#[derive(Clone, Debug)]
pub struct MappedFile {
    /// Nothing for no bytes.
    map: Option<Arc<Map>>,
    window: Range<usize>,
    /// What the source was when it was opened; nothing for a pipe.
    stamp: Option<Arc<Stamp>>,
}

#[derive(Debug)]
struct Map {
    /// Dropped first: an address is watched no longer than it is mapped.
    _watched: Watched,
    map: Mmap,
}

impl MappedFile {
    /// Maps a regular file as it stands; an empty one has no bytes.
    ///
    /// # Errors
    /// If the file cannot be opened or mapped, or is no regular file.
    pub fn open(path: &Path) -> Result<Self, IngestError> {
        let unreadable = |source| IngestError::Unreadable { path: path.to_owned(), source };
        // Asked first: to open a pipe is to wait for its writer.
        if !path.metadata().map_err(unreadable)?.is_file() {
            return Err(IngestError::NotAFile { path: path.to_owned() });
        }
        let file = File::open(path).map_err(unreadable)?;
        let stamp = Stamp::of(path, &file).map_err(unreadable)?;
        let map = Map::of(&file, path).map_err(unreadable)?;
        let window = 0..map.as_ref().map_or(0, |map| map.map.len());
        Ok(Self { map, window, stamp: Some(Arc::new(stamp)) })
    }

    /// Windows of one file that nobody else can write, each standing for a source.
    pub(super) fn windows(
        file: &File,
        name: &Path,
        windows: Vec<(Range<usize>, Option<Arc<Stamp>>)>,
    ) -> std::io::Result<Vec<Self>> {
        let map = Map::of(file, name)?;
        let window = |(window, stamp)| Self { map: map.clone(), window, stamp };
        Ok(windows.into_iter().map(window).collect())
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        self.map.as_ref().map_or(&[], |map| &map.map[self.window.clone()])
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.window.len()
    }

    /// Whether the file has no bytes.
    pub fn is_empty(&self) -> bool {
        self.window.is_empty()
    }

    /// What has become of the source since it was opened.
    ///
    /// # Errors
    /// [`IngestError::Changed`] if it was cut short or written to in place, so that nobody knows which of
    /// its bytes were read.
    pub fn change(&self) -> Result<Change, IngestError> {
        self.stamp.as_ref().map_or(Ok(Change::None), |stamp| stamp.change())
    }

    /// What to say of a file whose bytes are not what they were.
    pub(crate) fn changed(&self) -> IngestError {
        let path =
            || self.stamp.as_ref().map_or_else(PathBuf::new, |stamp| stamp.path().to_owned());
        let rewritten = |_| IngestError::Changed { path: path(), found: "rewritten" };
        self.change().map_or_else(|error| error, rewritten)
    }

    /// Maps the pages of `range` at once instead of one fault at a time, where the system can.
    pub fn populate(&self, range: Range<usize>) {
        #[cfg(target_os = "linux")]
        if let Some(map) = &self.map
            && !range.is_empty()
            && range.end <= self.len()
        {
            let start = self.window.start + range.start;
            // The advice saves time and nothing depends on it.
            drop(map.map.advise_range(memmap2::Advice::PopulateRead, start, range.len()));
        }
        #[cfg(not(target_os = "linux"))]
        drop(range);
    }

    /// Gives the pages of `range` back, and those around it that faults may have mapped along, so that
    /// resident memory does not grow with the file. Bytes released stay readable: they are read again.
    #[cfg(unix)]
    pub fn release(&self, range: Range<usize>) {
        let Some(map) = &self.map else { return };
        let (from, to) = (self.window.start + range.start, self.window.start + range.end);
        let start = (from / RELEASE_BYTES * RELEASE_BYTES).saturating_sub(RELEASE_BYTES);
        let end = (to.next_multiple_of(RELEASE_BYTES) + RELEASE_BYTES).min(map.map.len());
        if range.is_empty() || start >= end {
            return;
        }
        #[expect(unsafe_code, reason = "memmap2 offers this advice as unsafe only")]
        // SAFETY: dropping pages of a shared, read-only file map changes no byte a reader can see: the
        // next access maps the same page of the file again.
        let advised = unsafe {
            map.map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, start, end - start)
        };
        // The advice saves memory and nothing depends on it.
        drop(advised);
    }

    /// Does nothing where the system knows no such advice.
    #[cfg(not(unix))]
    pub fn release(&self, _range: Range<usize>) {}
}

impl Map {
    /// Nothing for an empty file.
    fn of(file: &File, name: &Path) -> std::io::Result<Option<Arc<Self>>> {
        if file.metadata()?.len() == 0 {
            return Ok(None);
        }
        #[expect(unsafe_code, reason = "a memory map cannot be made otherwise")]
        // SAFETY: the map is read-only and nobody is handed a mutable view of it. That nobody else
        // rewrites or truncates the file meanwhile is this module's documented contract.
        let map = unsafe { Mmap::map(file) }?;
        let watched = Watched::new(map.as_ptr_range(), name);
        Ok(Some(Arc::new(Self { _watched: watched, map })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Resident kilobytes of the maps of `path` in this process.
    #[cfg(target_os = "linux")]
    fn resident_kb(path: &Path) -> u64 {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut lines = maps.lines().skip_while(|line| !line.ends_with(path.to_str().unwrap()));
        let line = lines.find(|line| line.starts_with("Rss:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Odd block sizes, because faults map pages in aligned windows that blocks do not respect.
    #[cfg(target_os = "linux")]
    #[test]
    fn reading_a_file_block_by_block_keeps_none_of_it_resident() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.ndjson");
        std::fs::write(&path, vec![b'x'; 40 << 20]).unwrap();
        let file = MappedFile::open(&path).unwrap();
        let mut sum = 0;
        for start in (0..file.len()).step_by(260_003) {
            let block = start..(start + 260_003).min(file.len());
            file.populate(block.clone());
            sum += file.bytes()[block.clone()].iter().map(|&byte| u64::from(byte)).sum::<u64>();
            file.release(block);
        }
        assert_eq!(sum, u64::from(b'x') * (40 << 20));
        assert!(resident_kb(&path) < 1024, "{} kB are resident", resident_kb(&path));
    }

    #[test]
    fn released_bytes_stay_readable() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.ndjson");
        let bytes: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let file = MappedFile::open(&path).unwrap();
        assert_eq!(file.bytes(), bytes);
        file.release(1..200_001);
        file.release(200_001..300_000);
        file.release(300_000..300_000);
        assert_eq!(file.bytes(), bytes);
    }

    #[test]
    fn an_empty_file_has_no_bytes() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mapped = MappedFile::open(file.path()).unwrap();
        assert!(mapped.is_empty());
        assert_eq!(mapped.bytes(), b"");
        mapped.release(0..0);
    }

    #[test]
    fn what_cannot_be_mapped_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let missing = MappedFile::open(&dir.path().join("absent.ndjson")).unwrap_err();
        assert!(missing.to_string().contains("absent.ndjson"), "{missing}");
        let directory = MappedFile::open(dir.path()).unwrap_err();
        assert!(matches!(directory, IngestError::NotAFile { .. }), "{directory}");
    }

    /// Reading a file block by block and releasing each leaves little of it resident.
    #[cfg(target_os = "linux")]
    #[test]
    fn releasing_keeps_resident_memory_small() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![b'x'; 32 << 20]).unwrap();
        let mapped = MappedFile::open(file.path()).unwrap();
        let resident_kib = || -> usize {
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let line = status.lines().find(|line| line.starts_with("RssFile:")).unwrap();
            line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
        };
        let before = resident_kib();
        let mut newlines = 0;
        for start in (0..mapped.len()).step_by(1_000_001) {
            let range = start..(start + 1_000_001).min(mapped.len());
            newlines += memchr::memchr_iter(b'\n', &mapped.bytes()[range.clone()]).count();
            mapped.release(range);
        }
        assert_eq!(newlines, 0);
        assert!(resident_kib() < before + (8 << 10), "{} KiB, then {}", before, resident_kib());
    }
}
