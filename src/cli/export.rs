//! `vaultdrill export`: write a corpus in the form that another product takes in, shifted to a start time.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::exit::Failure;
use super::records::{self, ReadArgs, failure};
use super::terminal::Terminal;
use crate::event::{EventView, TickSpan, Ticks};
use crate::export::{Exporter, Shape, elastic_extras, moved, shifted, span_to};
use crate::output::PartialFile;
use crate::records::{Companions, Corpus, CorpusWriter, RecordsError, Tally, What, write_truth};
use crate::wrapped::folded;

const EXAMPLES: &str = "\
Examples:
  vaultdrill export corpus --shape elastic-bulk --start 2026-06-01 --out es
  curl -H 'Content-Type: application/x-ndjson' --data-binary \\
    @es/elastic-bulk.ndjson localhost:9200/_bulk
  vaultdrill export corpus --shape azkvauditlogs --start 2026-06-01 --out la
  vaultdrill export logs/ --shape event-hub --out hub
  vaultdrill score --truth es/corpus/truth.ndjson --alerts siem.ndjson \\
    --alert-format elastic

The directory also gets `corpus/`: the same records, truth and manifest, shifted
alike, so that the other product's alerts can be scored. A start at midnight of
the weekday on which the corpus begins keeps its hours and weekends.";

/// Where the records as they were exported go, below the directory.
const CORPUS: &str = "corpus";

/// A text for a file is written once it has so many bytes.
const WRITE_BYTES: usize = 1 << 16;

/// Arguments of `export`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportArgs {
    /// A corpus directory, directories of logs, or log files.
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// Form to write.
    #[arg(long, value_enum)]
    shape: ShapeName,
    /// When the first record that arrives happens, such as 2026-06-01 or 2026-06-01T08:00:00Z; every other
    /// time moves by the same whole seconds. Without it, times stay.
    #[arg(long, value_name = "TIME", value_parser = start)]
    start: Option<Ticks>,
    /// Directory to write into.
    #[arg(long)]
    out: PathBuf,
    /// Replace an export that is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// A shape as it is named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ShapeName {
    /// Bulk actions and documents as Elastic's Azure integration stores them.
    ElasticBulk,
    /// Rows of `AZKVAuditLogs` and `AzureActivity`, each line the body of a request to the Logs Ingestion
    /// interface.
    Azkvauditlogs,
    /// Event Hub envelopes of up to 100 records, by hub.
    EventHub,
}

impl From<ShapeName> for Shape {
    fn from(name: ShapeName) -> Self {
        match name {
            ShapeName::ElasticBulk => Self::ElasticBulk,
            ShapeName::Azkvauditlogs => Self::AuditLogs,
            ShapeName::EventHub => Self::EventHub,
        }
    }
}

/// What was done.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    tally: &'a Tally,
    files: Vec<String>,
    corpus_id: &'a str,
    shifted_seconds: f64,
    truth: bool,
}

fn start(text: &str) -> Result<Ticks, String> {
    let time = Ticks::parse(text.as_bytes())
        .or_else(|_| Ticks::parse(format!("{text}T00:00:00Z").as_bytes()));
    time.map_err(|_| {
        "expected a day or a time, such as 2026-06-01 or 2026-06-01T08:00:00Z".to_owned()
    })
}

pub(crate) fn run(args: &ExportArgs, terminal: &Terminal) -> Result<(), Failure> {
    let (inputs, opened) = records::open(&args.inputs, args.read, terminal)?;
    let directory = args.out.join(CORPUS);
    records::refuse_own(&inputs, &args.out)?;
    records::refuse_own(&inputs, &directory)?;
    let companions = Companions::of(&args.inputs).map_err(failure)?;
    let mut export = Export::create(args, &directory)?;
    let tally = records::each(&opened, &elastic_extras(), "exporting", terminal, &mut |record| {
        let What::Event { text, event } = record.what else { return Ok(true) };
        export.push(text, &event, record.arrival).map_err(failure)
    })?;
    let (files, by) = (export.files(), export.by.unwrap_or_default());
    let corpus = export.finish(&companions).map_err(failure)?;
    report(args, &tally, files, &corpus, by, companions.truth.is_some(), terminal)
}

/// What is being written.
struct Export {
    out: PathBuf,
    start: Option<Ticks>,
    /// By how much everything moves; known with the first event.
    by: Option<TickSpan>,
    exporter: Exporter,
    /// Text for the shape's files that is not written yet.
    texts: Vec<String>,
    parts: Vec<(PathBuf, PartialFile)>,
    corpus: CorpusWriter,
}

impl Export {
    fn create(args: &ExportArgs, directory: &Path) -> Result<Self, Failure> {
        let shape = Shape::from(args.shape);
        let corpus = CorpusWriter::create(directory, args.force).map_err(failure)?;
        let mut parts = Vec::new();
        for name in shape.files() {
            let path = args.out.join(name);
            if path.exists() && !args.force {
                let path = args.out.clone();
                let used = RecordsError::InUse { path, found: (*name).to_owned(), forced: false };
                return Err(failure(used));
            }
            parts.push((path.clone(), PartialFile::create(&path)?));
        }
        let texts = vec![String::new(); parts.len()];
        let exporter = Exporter::new(shape);
        let out = args.out.clone();
        Ok(Self { out, start: args.start, by: None, exporter, texts, parts, corpus })
    }

    /// Adds a record; false if it cannot be written in that form.
    fn push(
        &mut self,
        record: &str,
        event: &EventView<'_>,
        arrival: Ticks,
    ) -> Result<bool, RecordsError> {
        let time = event.event.time;
        let by = *self
            .by
            .get_or_insert_with(|| self.start.map_or(TickSpan(0), |start| span_to(start, time)));
        let arrival = moved(arrival, by);
        let Ok(line) = shifted(record, by) else { return Ok(false) };
        if self.exporter.push(&line, event, arrival, &mut self.texts).is_err() {
            return Ok(false);
        }
        self.write(WRITE_BYTES)?;
        self.corpus.push(&line, moved(time, by), arrival)?;
        Ok(true)
    }

    /// Writes texts that have at least so many bytes.
    fn write(&mut self, least: usize) -> Result<(), RecordsError> {
        for (text, (_, file)) in self.texts.iter_mut().zip(&mut self.parts) {
            if text.len() >= least {
                file.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        Ok(())
    }

    fn files(&self) -> Vec<String> {
        self.parts.iter().map(|(path, _)| path.display().to_string()).collect()
    }

    /// Completes the files, the corpus last.
    fn finish(mut self, companions: &Companions) -> Result<Corpus, RecordsError> {
        self.exporter.finish(&mut self.texts);
        self.write(0)?;
        // The manifest, which vouches for all of it, goes first and comes last.
        self.corpus.withdraw()?;
        // Of an earlier export in another shape nothing must stay beside this one's truth.
        for name in Shape::ALL.into_iter().flat_map(Shape::files) {
            if let Err(error) = fs::remove_file(self.out.join(name))
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(error.into());
            }
        }
        for (_, file) in self.parts {
            file.finish()?;
        }
        let by = self.by.unwrap_or_default();
        let manifest = later(companions.manifest.clone(), by);
        let Some(path) = &companions.truth else { return self.corpus.finish(manifest, None) };
        let mut truth = |out: &mut dyn Write, id: &str| {
            write_truth(path, id, &mut |line| shifted(line, by), out)
        };
        self.corpus.finish(manifest, Some(&mut truth))
    }
}

/// The manifest with the end of warm-up moved.
fn later(mut manifest: Map<String, Value>, by: TickSpan) -> Map<String, Value> {
    if let Some(end) = manifest.get_mut("warmup_end")
        && let Some(time) = end.as_str().and_then(|text| Ticks::parse(text.as_bytes()).ok())
    {
        *end = json!(moved(time, by).to_string());
    }
    manifest
}

fn report(
    args: &ExportArgs,
    tally: &Tally,
    files: Vec<String>,
    corpus: &Corpus,
    by: TickSpan,
    truth: bool,
    terminal: &Terminal,
) -> Result<(), Failure> {
    if terminal.is_json() {
        let (corpus_id, shifted_seconds) = (corpus.corpus_id.as_str(), by.as_seconds_f64());
        return terminal.json(&Report { tally, files, corpus_id, shifted_seconds, truth });
    }
    let mut text = format!("{} records", corpus.events);
    if let Some((first, last)) = corpus.times {
        text.push_str(&format!(", {first} to {last}"));
    }
    text.extend(tally.left_out().map(|left_out| format!("\n{left_out}")));
    for file in files {
        text.push_str(&format!("\nin {file}"));
    }
    let with = if truth { "with their truth" } else { "as they were exported" };
    terminal.text(&folded(&format!("{text}\nand, {with}, in {}", args.out.join(CORPUS).display())))
}
