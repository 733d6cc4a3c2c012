//! A file of lines, read by several threads that take turns at blocks.
//!
//! Each thread reads into a buffer of its own with one system call per block: on a file in the page cache
//! that costs no more than a memory map, and the lines may be parsed where they lie. Memory is a buffer
//! per thread.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::Failure;

const BLOCK_BYTES: u64 = 1 << 20;
/// How much of the next block is read at a time for the end of a line that began in this one.
const REST_BYTES: usize = 1 << 16;
/// What parsers may look at behind a line, whatever it holds.
pub(crate) const PADDING: usize = simd_json::INPUT_PADDING;

/// Something that visits every node of a line's JSON.
pub(crate) trait Walk {
    /// Visits the first `len` bytes of `line`, behind which are [`PADDING`] more; gives a sum to which
    /// every node adds: the bytes of strings and keys, the members of objects and arrays, 1 for others.
    fn walk(&mut self, line: &mut [u8], len: usize) -> Result<u64, Failure>;
}

/// Walks all lines; gives their number, and the sum over them.
pub(crate) fn walk<W: Walk>(
    path: &Path,
    threads: usize,
    walker: impl Fn() -> W + Sync,
) -> Result<serde_json::Value, Failure> {
    let file = File::open(path)?;
    let (end, next) = (file.metadata()?.len(), AtomicU64::new(0));
    let (file, next, walker) = (&file, &next, &walker);
    let totals = thread::scope(|scope| {
        let worker = move || -> Result<(u64, u64), Failure> {
            let (mut walker, mut block) = (walker(), Vec::new());
            let (mut records, mut sum) = (0, 0);
            loop {
                let start = next.fetch_add(1, Ordering::Relaxed) * BLOCK_BYTES;
                if start >= end {
                    return Ok((records, sum));
                }
                let mut from = read(file, start, end, &mut block)?;
                while let Some(len) = memchr::memchr(b'\n', &block[from..block.len() - PADDING]) {
                    if len > 0 {
                        sum += walker.walk(&mut block[from..from + len + PADDING], len)?;
                        records += 1;
                    }
                    from += len + 1;
                }
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let ended = workers.into_iter().map(|worker| worker.join().expect("a walk cannot panic"));
        ended.collect::<Result<Vec<_>, _>>()
    })?;
    let (records, sum) = totals.iter().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    Ok(serde_json::json!({ "records": records, "node_sum": sum }))
}

/// Reads the lines that begin in the block at `start`, each with its line end, and padding behind them; gives
/// the place of the first.
fn read(file: &File, start: u64, end: u64, block: &mut Vec<u8>) -> io::Result<usize> {
    // The byte before tells whether a line begins with the block.
    let first = start.saturating_sub(1);
    let mut stop = (start + BLOCK_BYTES).min(end);
    block.resize((stop - first) as usize, 0);
    file.read_exact_at(block, first)?;
    while stop < end && block.last() != Some(&b'\n') {
        let (held, rest) = (block.len(), REST_BYTES.min((end - stop) as usize));
        block.resize(held + rest, 0);
        file.read_exact_at(&mut block[held..], stop)?;
        stop += rest as u64;
        if let Some(line_end) = memchr::memchr(b'\n', &block[held..]) {
            block.truncate(held + line_end + 1);
        }
    }
    if block.last() != Some(&b'\n') {
        block.push(b'\n');
    }
    // The line that began before is another block's.
    let before = if start == 0 { None } else { memchr::memchr(b'\n', block) };
    block.resize(block.len() + PADDING, b' ');
    Ok(before.map_or(0, |line_end| line_end + 1))
}
