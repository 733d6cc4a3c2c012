//! Where a gate's verdict goes: the terminal, files for other tools, and GitHub.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::detect::make_directory;
use super::exit::{self, Failure};
use super::score::WIDTH;
use super::terminal::Terminal;
use crate::gate::{GateReport, annotations, gate_text, junit, markdown};
use crate::output::PartialFile;

/// Set by GitHub Actions: the file that becomes the summary of the job's step.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// Beyond it GitHub refuses the whole summary.
const STEP_SUMMARY_BYTES_MAX: u64 = 1 << 20;

/// Files to write.
#[derive(Args, Debug)]
pub(super) struct OutputFiles {
    /// Directory for gate.json, gate.md and gate.junit.xml; a staged drill is left there, too, by
    /// default in `gate-` and its name.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// File for the verdict as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// File for the verdict as Markdown, short enough for a comment on a pull request.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// File for the verdict as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print annotations for GitHub Actions, and append the Markdown to $GITHUB_STEP_SUMMARY.
    #[arg(long)]
    github: bool,
}

impl OutputFiles {
    /// Refuses two forms on one stream.
    pub(super) fn check(&self, terminal: &Terminal) -> Result<(), Failure> {
        if self.github && terminal.is_json() {
            let error = "--github prints annotations beside the text: expected --json FILE instead of \
                         --format json, found both";
            return Err(Failure::new(exit::USAGE, anyhow::anyhow!(error)));
        }
        Ok(())
    }

    /// Writes everything that was asked for; `staging` is where a staged drill is left.
    pub(super) fn write(
        &self,
        report: &GateReport,
        staging: Option<&Path>,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let markdown = markdown(report);
        let folder = self.out.as_deref().or(staging);
        if let Some(folder) = folder {
            make_directory(folder)?;
        }
        let inside = |name: &str| folder.map(|folder| folder.join(name));
        for path in [inside("gate.json"), self.json.clone()].into_iter().flatten() {
            PartialFile::write_json(&path, report)?;
        }
        for path in [inside("gate.md"), self.markdown.clone()].into_iter().flatten() {
            write_text(&path, &markdown)?;
        }
        for path in [inside("gate.junit.xml"), self.junit.clone()].into_iter().flatten() {
            write_text(&path, &junit(report))?;
        }
        if self.github {
            summarize(&markdown, terminal);
        }
        self.show(report, terminal)
    }

    fn show(&self, report: &GateReport, terminal: &Terminal) -> Result<(), Failure> {
        if terminal.is_json() {
            return terminal.json(report);
        }
        terminal.text(&gate_text(report, WIDTH))?;
        let annotations = if self.github { annotations(report) } else { String::new() };
        if annotations.is_empty() { Ok(()) } else { terminal.text(&annotations) }
    }
}

fn write_text(path: &Path, text: &str) -> Result<(), Failure> {
    let mut file = PartialFile::create(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.finish()?)
}

/// Appends to the step's summary where there is one and it fits; the verdict does not hang on it.
fn summarize(markdown: &str, terminal: &Terminal) {
    let Some(path) = std::env::var_os(STEP_SUMMARY).map(PathBuf::from) else { return };
    let append = || {
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        if file.metadata()?.len() + markdown.len() as u64 > STEP_SUMMARY_BYTES_MAX {
            return Err(io::Error::other("no room left"));
        }
        file.write_all(markdown.as_bytes())
    };
    if let Err(error) = append() {
        terminal.note(&format!("{}: {error}: no summary was added", path.display()));
    }
}
