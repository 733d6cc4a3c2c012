//! Own logs on the command line: opened, and read once for what they say of their estate.

use std::path::PathBuf;

use vaultdrill_generators::Estate;

use super::exit::{self, Failure};
use super::generate;
use super::records::{self, ReadArgs};
use super::terminal::Terminal;
use crate::estate::{Figures, Fit, estate_file};
use crate::ingest::Input;
use crate::records::{Opened, Tally, What};

/// What estates fitted to logs are called.
pub(super) const FITTED: &str = "fitted";

/// Logs that were read once.
pub(super) struct OwnLogs {
    pub(super) opened: Opened,
    pub(super) inputs: Vec<Input>,
    pub(super) fit: Fit,
    pub(super) tally: Tally,
}

/// Opens and reads logs of any shape.
pub(super) fn read(
    paths: &[PathBuf],
    how: ReadArgs,
    terminal: &Terminal,
) -> Result<OwnLogs, Failure> {
    let (inputs, opened) = records::open(paths, how, terminal)?;
    let mut fit = Fit::default();
    let tally = records::each(&opened, &[], "learning", terminal, &mut |record| {
        if let What::Event { text, event } = record.what {
            fit.take(&event, text);
        }
        Ok(true)
    })?;
    if let Some(times) = fit.misled() {
        fit.forget_delays();
        records::each_within(&opened, times, "learning delays", terminal, &mut |record| {
            if let What::Event { event, .. } = record.what {
                fit.take_delay(event.event);
            }
            Ok(true)
        })?;
    }
    Ok(OwnLogs { inputs, opened, fit, tally })
}

/// The figures of logs, or the failure that says that there is nothing in them.
pub(super) fn figures(logs: &OwnLogs) -> Result<Figures, Failure> {
    Figures::of(&logs.fit).ok_or_else(|| {
        let Tally { foreign, malformed, .. } = logs.tally;
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
