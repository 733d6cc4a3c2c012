//! What commands that read records in order and write them again have in common.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{self, Failure};
use super::inputs::{UnpackArgs, resolved};
use super::limits::RecordLimitArgs;
use super::terminal::{Terminal, Unit};
use crate::event::{Extra, Ticks};
use crate::ingest::Input;
use crate::records::{Opened, Reader, Record, RecordsError, Tally};

/// Records between two looks at the progress bar.
const RECORDS_PER_TICK: u64 = 1 << 12;

/// How records are read.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ReadArgs {
    #[command(flatten)]
    unpack: UnpackArgs,
    #[command(flatten)]
    limits: RecordLimitArgs,
}

/// The inputs that `paths` name, resolved and open.
pub(crate) fn open(
    paths: &[PathBuf],
    how: ReadArgs,
    terminal: &Terminal,
) -> Result<(Vec<Input>, Opened), Failure> {
    let inputs = resolved(paths, terminal)?.inputs;
    let bar = terminal.progress("unpacking", Unit::Bytes);
    let opened = Opened::open(&inputs, how.unpack.unpack(None), &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    Ok((inputs, opened.map_err(failure)?.within(how.limits.limits())))
}

/// Hands every record to `take`, under a progress bar, and counts them. `take` says whether the record, if
/// it is an event, could be written.
pub(crate) fn each(
    opened: &Opened,
    extras: &[Extra],
    label: &'static str,
    terminal: &Terminal,
    take: &mut dyn FnMut(&Record<'_>) -> Result<bool, Failure>,
) -> Result<Tally, Failure> {
    let reader = opened.read_extracting(extras).map_err(failure)?;
    through(opened, reader, label, terminal, take)
}

/// As [`each`]; where records state no arrival, those with a time outside of `times` have no say in when
/// the others arrived.
pub(crate) fn each_within(
    opened: &Opened,
    times: RangeInclusive<Ticks>,
    label: &'static str,
    terminal: &Terminal,
    take: &mut dyn FnMut(&Record<'_>) -> Result<bool, Failure>,
) -> Result<Tally, Failure> {
    let reader = opened.read_within(times).map_err(failure)?;
    through(opened, reader, label, terminal, take)
}

fn through(
    opened: &Opened,
    mut reader: Reader<'_>,
    label: &'static str,
    terminal: &Terminal,
    take: &mut dyn FnMut(&Record<'_>) -> Result<bool, Failure>,
) -> Result<Tally, Failure> {
    let bar = terminal.progress(label, Unit::Bytes);
    bar.set_length(opened.bytes());
    let mut tally = Tally::default();
    while let Some(record) = reader.next().map_err(failure)? {
        tally.count(&record);
        tally.unwritten += u64::from(!take(&record)?);
        if tally.records.is_multiple_of(RECORDS_PER_TICK) {
            bar.set_position(reader.bytes_read());
        }
    }
    bar.finish_and_clear();
    for path in opened.grown().map_err(failure)? {
        terminal.note(&format!(
            "{} has grown: only what it held at the start was read",
            path.display()
        ));
    }
    Ok(tally)
}

/// Refuses to write into a directory that holds a file of the inputs: they would replace themselves.
pub(crate) fn refuse_own(inputs: &[Input], out: &Path) -> Result<(), Failure> {
    let Ok(out) = out.canonicalize() else { return Ok(()) };
    let mut files = inputs.iter().flat_map(|input| &input.files);
    let inside = files.find(|file| {
        file.parent()
            .and_then(|parent| parent.canonicalize().ok())
            .is_some_and(|parent| parent == out)
    });
    inside.map_or(Ok(()), |file| {
        let found = anyhow::anyhow!(
            "{}: expected a directory without input files, found {}",
            out.display(),
            file.display()
        );
        Err(Failure::new(exit::USAGE, found))
    })
}

/// With the exit code of what is wrong.
pub(crate) fn failure(error: RecordsError) -> Failure {
    let code = match &error {
        RecordsError::Open(_) | RecordsError::Arrivals { .. } | RecordsError::Faulty { .. } => {
            exit::INPUT
        }
        RecordsError::InUse { .. } => exit::USAGE,
        RecordsError::Write(_) => exit::UNEXPECTED,
    };
    Failure::new(code, error)
}
