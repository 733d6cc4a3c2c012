//! Own logs on the command line: opened, and read once for what they say of their estate.

use std::path::{Path, PathBuf};

use vaultdrill_generators::Estate;

use super::exit::{self, Failure, OrExit};
use super::generate;
use super::terminal::{Terminal, Unit};
use crate::estate::{Figures, Fit, estate_file};
use crate::ingest::resolve_inputs;
use crate::records::{Opened, Reader, RecordsError, What};

/// Records between two looks at the progress bar.
const RECORDS_PER_TICK: u64 = 1 << 12;

/// What estates fitted to logs are called.
pub(super) const FITTED: &str = "fitted";

/// Logs that were read once.
pub(super) struct OwnLogs {
    pub(super) opened: Opened,
    pub(super) fit: Fit,
    pub(super) other: Other,
}

/// Records that are no events.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub(super) struct Other {
    /// Of other services.
    pub(super) foreign: u64,
    /// Nothing that can be used.
    pub(super) malformed: u64,
}

/// Opens and reads logs of any shape.
pub(super) fn read(paths: &[PathBuf], terminal: &Terminal) -> Result<OwnLogs, Failure> {
    let inputs = resolve_inputs(paths).or_exit(exit::INPUT)?;
    let opened = Opened::open(&inputs).map_err(failure)?;
    let (mut fit, mut other) = (Fit::default(), Other::default());
    each_record(&opened, "learning", terminal, |record| {
        match record.what {
            What::Event { text, event } => fit.take(&event, text),
            What::Foreign => other.foreign += 1,
            What::Malformed(_) => other.malformed += 1,
        }
        Ok(())
    })?;
    Ok(OwnLogs { opened, fit, other })
}

/// Hands every record to `take`, with a progress bar.
pub(super) fn each_record(
    opened: &Opened,
    label: &'static str,
    terminal: &Terminal,
    mut take: impl FnMut(crate::records::Record<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let bar = terminal.progress(label, Unit::Bytes);
    bar.set_length(opened.bytes());
    let mut reader: Reader<'_> = opened.read().map_err(failure)?;
    let mut records = 0_u64;
    while let Some(record) = reader.next().map_err(failure)? {
        take(record)?;
        records += 1;
        if records.is_multiple_of(RECORDS_PER_TICK) {
            bar.set_position(reader.bytes_read());
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// The figures of logs, or the failure that says that there is nothing in them.
pub(super) fn figures(logs: &OwnLogs) -> Result<Figures, Failure> {
    Figures::of(&logs.fit).ok_or_else(|| {
        let Other { foreign, malformed } = logs.other;
        let message = format!(
            "expected Key Vault records, found none ({foreign} of other services, {malformed} malformed)"
        );
        Failure::new(exit::INPUT, anyhow::anyhow!(message))
    })
}

/// The estate of figures.
pub(super) fn estate(figures: &Figures) -> Result<Estate, Failure> {
    generate::parse_estate(FITTED, &estate_file(figures))
}

/// Refuses to write into a directory from which logs are read.
pub(super) fn check_out(opened: &[PathBuf], out: &Path) -> Result<(), Failure> {
    let Ok(out) = out.canonicalize() else { return Ok(()) };
    let inside = |path: &&PathBuf| path.canonicalize().is_ok_and(|path| path.starts_with(&out));
    opened.iter().find(inside).map_or(Ok(()), |path| {
        let message = format!("{}: is among the logs, expected another --out", path.display());
        Err(Failure::new(exit::USAGE, anyhow::anyhow!(message)))
    })
}

/// Files that cannot be read are wrong input; those that cannot be written should not have failed.
pub(super) fn failure(error: RecordsError) -> Failure {
    let code = match &error {
        RecordsError::Open(_) | RecordsError::Arrivals { .. } => exit::INPUT,
        RecordsError::InUse { .. } => exit::USAGE,
        RecordsError::Write(_) => exit::UNEXPECTED,
    };
    Failure::new(code, error)
}
