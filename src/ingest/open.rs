//! Opens any sources as maps: plain files in place, everything else through temporary files.
//!
//! Compressed files, pipes, standard input, tables and, where there are more files than the system allows
//! maps, the smallest of the plain ones are written to nameless temporary files by a few threads. What
//! is opened does not depend on the threads, nor does which error is given: that of the first source
//! in order that has one. No file stays open.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::packed::WINDOW_BYTES_MAX;
use super::spool::{Budget, Spool, is_plain};
use super::stamp::Stamp;
use super::{IngestError, MappedFile};

/// Bytes that the inputs of a run may unpack to, unless told otherwise.
pub const MAX_UNPACKED_BYTES: u64 = 64 << 30;
/// Most files that are mapped each for itself: half of what Linux allows a process unless told
/// otherwise, which the heap and the libraries share.
const MAPS_MAX: usize = 32 << 10;
/// Threads that unpack, each of which may need [`WINDOW_BYTES_MAX`]; more would wait for the disk.
const UNPACKERS_MAX: usize = 4;
/// Parts of a budget of memory of which a window may take one: its buffer grows by doubling, and while it
/// does, the old one is there as well.
const WINDOW_PARTS: u64 = 4;
/// How often progress is told while they do.
const NEWS: Duration = Duration::from_millis(100);

/// How what cannot be mapped as it is becomes so.
#[derive(Clone, Copy, Debug)]
pub struct Unpack<'a> {
    /// Most bytes that it may come to, in all.
    pub max_bytes: u64,
    /// Memory that the process may take, in bytes; within a budget one thread unpacks, with a window of a
    /// part of it.
    pub memory: Option<u64>,
    /// Directory of the temporary files; by default the system's.
    pub folder: Option<&'a Path>,
    /// Once it is set, unpack no further.
    pub stop: Option<&'a AtomicBool>,
}

impl Default for Unpack<'_> {
    fn default() -> Self {
        Self { max_bytes: MAX_UNPACKED_BYTES, memory: None, folder: None, stop: None }
    }
}

/// Opens sources in the order given; `-` is standard input. `progress` hears of those that are unpacked
/// the bytes read and the bytes there are, compressed, as far as that is known.
///
/// # Errors
/// [`IngestError`], of the first source that cannot be read, is damaged, or unpacks to too much; also a
/// temporary directory that cannot be written, and [`IngestError::Interrupted`].
pub fn open(
    paths: &[&Path],
    unpack: Unpack<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Vec<MappedFile>, IngestError> {
    open_with(paths, unpack, MAPS_MAX, progress)
}

fn open_with(
    paths: &[&Path],
    unpack: Unpack<'_>,
    maps_max: usize,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Vec<MappedFile>, IngestError> {
    let plain = paths.iter().map(|path| is_plain(path)).collect::<Result<Vec<_>, _>>()?;
    let plain = mapped_alone(paths, plain, maps_max);
    let is_packed = |&place: &usize| !plain[place];
    let places: Vec<usize> = (0..paths.len()).filter(is_packed).collect();
    let packed: Vec<PathBuf> = places.iter().map(|&place| paths[place].to_owned()).collect();
    let mut unpacked = match packed.is_empty() {
        true => Vec::new(),
        false => unpack_all(packed, unpack, progress)?,
    }
    .into_iter();
    let opened = paths.iter().zip(plain);
    opened
        .map(|(path, is_plain)| {
            let unpacked = if is_plain { None } else { unpacked.next() };
            unpacked.map_or_else(|| MappedFile::open(path), Ok)
        })
        .collect()
}

/// Which of the plain files are mapped each for itself: all, or the largest if they are too many.
fn mapped_alone(paths: &[&Path], mut plain: Vec<bool>, maps_max: usize) -> Vec<bool> {
    let places: Vec<usize> = (0..plain.len()).filter(|&place| plain[place]).collect();
    if places.len() > maps_max {
        // One that is gone by now is an error later, whichever way it is opened.
        let size = |place: usize| paths[place].metadata().map_or(0, |found| found.len());
        let mut sizes: Vec<_> = places.into_iter().map(|place| (size(place), place)).collect();
        sizes.sort_unstable();
        let too_many = sizes.len() - maps_max;
        sizes[..too_many].iter().for_each(|&(_, place)| plain[place] = false);
    }
    plain
}

/// What a thread that unpacks says.
enum Said {
    /// Source number so-and-so lies there in the thread's file.
    Took {
        place: usize,
        taken: Taken,
    },
    Failed {
        place: usize,
        error: IngestError,
    },
    /// It will say no more.
    Done {
        thread: usize,
        spool: Spool,
    },
}

/// What the threads share; they outlive a run that is interrupted while one of them waits for a pipe.
struct Work {
    paths: Vec<PathBuf>,
    next: AtomicUsize,
    failed: AtomicBool,
    budget: Arc<Budget>,
}

fn unpack_all(
    paths: Vec<PathBuf>,
    unpack: Unpack<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Vec<MappedFile>, IngestError> {
    let folder = unpack.folder.map_or_else(std::env::temp_dir, Path::to_owned);
    let is_file = |path: &PathBuf| path.metadata().ok().filter(std::fs::Metadata::is_file);
    let expected: u64 = paths.iter().filter_map(is_file).map(|found| found.len()).sum();
    let budget = Arc::new(Budget {
        max_bytes: unpack.max_bytes,
        window_bytes_max: unpack
            .memory
            .map_or(WINDOW_BYTES_MAX, |bytes| WINDOW_BYTES_MAX.min(bytes / WINDOW_PARTS)),
        written: AtomicU64::new(0),
        read: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
    });
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let threads_max = if unpack.memory.is_some() { 1 } else { UNPACKERS_MAX };
    let threads = threads.min(threads_max).min(paths.len());
    let spools = (0..threads).map(|_| Spool::create(&folder, Arc::clone(&budget)));
    let spools = spools.collect::<Result<Vec<_>, _>>()?;
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = Arc::new(Work { paths, next, failed, budget });
    let (sender, receiver) = channel();
    for (thread, spool) in spools.into_iter().enumerate() {
        let (work, sender) = (Arc::clone(&work), sender.clone());
        thread::spawn(move || work.run(thread, spool, &sender));
    }
    drop(sender);
    let heard = work.hear(&receiver, unpack.stop, &mut |read| progress(read, expected.max(read)));
    if heard.is_err() {
        work.budget.is_over.store(true, Ordering::Relaxed);
    }
    map_all(heard?, &work.paths, &folder)
}

/// Where a source lies: in which thread's file, and what the source was.
#[derive(Clone)]
struct Taken {
    thread: usize,
    at: Range<u64>,
    stamp: Option<Arc<Stamp>>,
}

/// What the threads have said, by source.
#[derive(Default)]
struct Heard {
    took: Vec<Option<Taken>>,
    spools: Vec<(usize, Spool)>,
}

impl Work {
    /// One thread's work: source after source until there is none or one has failed.
    fn run(&self, thread: usize, mut spool: Spool, to: &Sender<Said>) {
        while !self.failed.load(Ordering::Relaxed) {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = self.paths.get(place) else { break };
            let said = match spool.take(path) {
                Ok((at, stamp)) => Said::Took { place, taken: Taken { thread, at, stamp } },
                Err(error) => {
                    self.failed.store(true, Ordering::Relaxed);
                    Said::Failed { place, error }
                }
            };
            // Nobody listens once the run was interrupted.
            drop(to.send(said));
        }
        drop(to.send(Said::Done { thread, spool }));
    }

    fn hear(
        &self,
        from: &Receiver<Said>,
        stop: Option<&AtomicBool>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Heard, IngestError> {
        let mut heard = Heard { took: vec![None; self.paths.len()], ..Heard::default() };
        let mut first_failed: Option<(usize, IngestError)> = None;
        loop {
            match from.recv_timeout(NEWS) {
                Ok(Said::Took { place, taken }) => heard.took[place] = Some(taken),
                Ok(Said::Failed { place, error }) => {
                    if first_failed.as_ref().is_none_or(|(first, _)| place < *first) {
                        first_failed = Some((place, error));
                    }
                }
                Ok(Said::Done { thread, spool }) => heard.spools.push((thread, spool)),
                Err(RecvTimeoutError::Timeout) => {
                    progress(self.budget.read.load(Ordering::Relaxed))
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return Err(IngestError::Interrupted);
            }
        }
        first_failed.map_or(Ok(heard), |(_, error)| Err(error))
    }
}

/// Maps each thread's file once, and gives the sources their windows, in order.
fn map_all(
    mut heard: Heard,
    paths: &[PathBuf],
    folder: &Path,
) -> Result<Vec<MappedFile>, IngestError> {
    let mut files: Vec<Option<MappedFile>> = vec![None; paths.len()];
    heard.spools.sort_by_key(|(thread, _)| *thread);
    for (thread, spool) in &heard.spools {
        let (mut places, mut windows) = (Vec::new(), Vec::new());
        for (place, taken) in heard.took.iter().enumerate() {
            if let Some(Taken { at, stamp, .. }) = taken.as_ref().filter(|it| it.thread == *thread)
            {
                places.push(place);
                windows.push((address(at.start)..address(at.end), stamp.clone()));
            }
        }
        // The guard names one source of several; a file without a name is cut short by nobody.
        let name = places.first().map_or(folder, |&place| &paths[place]);
        let opened = MappedFile::windows(&spool.file, name, windows);
        let opened =
            opened.map_err(|source| IngestError::Spool { folder: folder.to_owned(), source })?;
        places.into_iter().zip(opened).for_each(|(place, file)| files[place] = Some(file));
    }
    let all = files.into_iter().zip(paths);
    all.map(|(file, path)| {
        file.ok_or_else(|| IngestError::Unreadable {
            path: path.clone(),
            source: std::io::Error::other("the thread that unpacked it ended before its time"),
        })
    })
    .collect()
}

/// A place in a mapped file; beyond the address space nothing could be mapped.
fn address(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn folder(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        let write = |(name, bytes): &(&str, &[u8])| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let paths = files.iter().map(write).collect();
        (folder, paths)
    }

    fn contents(
        paths: &[PathBuf],
        maps_max: usize,
        max_bytes: u64,
    ) -> Result<Vec<Vec<u8>>, String> {
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        let unpack = Unpack { max_bytes, ..Unpack::default() };
        let opened = open_with(&paths, unpack, maps_max, &mut |_, _| ());
        let files = opened.map_err(|error| error.to_string())?;
        Ok(files.iter().map(|file| file.bytes().to_vec()).collect())
    }

    #[test]
    fn sources_come_in_order_with_what_they_hold_however_they_are_opened() {
        let zst = ruzstd::encoding::compress_to_vec(
            &b"{\"z\":1}\n"[..],
            ruzstd::encoding::CompressionLevel::Fastest,
        );
        let long = vec![b'x'; 3 << 20];
        let (gz_short, gz_long) = (gz(b"{\"g\":1}"), gz(&long));
        let (_folder, paths) = folder(&[
            ("plain", b"{\"p\":1}\n"),
            ("a", &gz_short),
            ("empty", b""),
            ("long", &gz_long),
            ("gz-of-nothing", &gz(b"")),
            ("z.txt", &zst),
            ("table", b"TimeGenerated,OperationName\n1,x\n"),
            ("answer", br#"{"tables":[{"columns":[{"name":"a"}],"rows":[[1]]}]}"#),
            ("more", b"{\"m\":1}\n"),
        ]);
        let expected: [&[u8]; 9] = [
            b"{\"p\":1}\n",
            b"{\"g\":1}",
            b"",
            &long,
            b"",
            b"{\"z\":1}\n",
            b"{\"TimeGenerated\":\"1\",\"OperationName\":\"x\"}\n",
            b"{\"a\":1}\n",
            b"{\"m\":1}\n",
        ];
        for maps_max in [0, 1, 2, MAPS_MAX] {
            assert_eq!(contents(&paths, maps_max, u64::MAX).unwrap(), expected, "{maps_max} maps");
        }
    }

    #[test]
    fn the_first_source_that_fails_is_named_whatever_the_threads_do() {
        let whole = gz(&vec![b'x'; 1 << 20]);
        let (_folder, mut paths) =
            folder(&[("a.gz", &whole), ("b.gz", &whole[..900]), ("c.gz", &whole)]);
        let bad = paths[1].clone();
        paths.extend(std::iter::repeat_n(bad, 20));
        for _ in 0..20 {
            let error = contents(&paths, MAPS_MAX, u64::MAX).unwrap_err();
            assert!(
                error.contains("b.gz") && error.contains("a gzip file that is whole"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_unpacks_to_more_than_the_bound_is_refused_by_name() {
        let bomb = gz(&vec![b'x'; 32 << 20]);
        assert!(bomb.len() < 1 << 20);
        let (_folder, paths) = folder(&[("bomb.gz", &bomb)]);
        let error = contents(&paths, MAPS_MAX, 1 << 20).unwrap_err();
        assert!(error.contains("bomb.gz") && error.contains("--max-unpacked"), "{error}");
        assert_eq!(contents(&paths, MAPS_MAX, 32 << 20).unwrap()[0].len(), 32 << 20);
    }

    /// A frame whose window is 1 MiB, of nothing.
    #[test]
    fn a_budget_of_memory_bounds_the_windows() {
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50, 0x01, 0x00, 0x00];
        let (_folder, paths) = folder(&[("long.zst", &frame)]);
        let open = |memory| {
            let unpack = Unpack { memory, ..Unpack::default() };
            open(&[&paths[0]], unpack, &mut |_, _| ()).map(|files| files[0].len())
        };
        assert_eq!(open(None).unwrap(), 0);
        assert_eq!(open(Some(4 << 20)).unwrap(), 0);
        let error = open(Some(3 << 20)).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("--max-memory"), "{error}: {source}");
    }
}
