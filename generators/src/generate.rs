//! From a plan to a corpus: expand a slice, deliver, order by arrival, render, append; truth
//! beside; the manifest last.

use std::io::Write;

use crate::calibrate::{Intensities, calibrate};
use crate::corpus::{
    Directory, EventFiles, Manifest, Output, Pipe, Summary, TRUTH, Tally, TruthFile, with_renderers,
};
use crate::flow::Flow;
use crate::plan::{GenerateError, Plan, Progress};
use crate::render::Texts;
use crate::time::format_rfc3339;
use crate::transit::Transit;

/// Generates a corpus and says what it is. `progress` hears once per slice.
///
/// # Errors
/// A plan that cannot be met, a corpus that is there already, a file that cannot be written.
/// Nothing half-written is left behind, and a corpus to be replaced stays whole until the new one
/// is.
pub fn generate(
    plan: &Plan,
    progress: &mut dyn FnMut(Progress),
) -> Result<Manifest, GenerateError> {
    generate_while(plan, &|| true, progress)
}

/// As [`generate`], as long as `goes_on` says so, which is asked once per slice.
///
/// # Errors
/// As there; also [`GenerateError::Interrupted`].
pub fn generate_while(
    plan: &Plan,
    goes_on: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Manifest, GenerateError> {
    let flow = Flow::new(plan)?;
    let intensities = calibrate(&flow, plan.events)?;
    // Only now: a plan that cannot be met leaves the directory as it is.
    let directory = Directory::claim(&plan.out, plan.force)?;
    let mut files = EventFiles::create(&directory, plan.layout, &flow.tenant)?;
    let truth = TruthFile::create(&directory)?;
    let mut transit = Transit::new(&flow, Some(truth));
    let tally = run((plan, &flow, &intensities), &mut transit, &mut files, goes_on, progress)?;
    let summary = files.finish()?;
    let truth = transit.truth.expect("it was given above, and nothing takes it");
    let mut manifest = describe(plan, &flow, summary, tally);
    manifest.campaigns.clone_from(&truth.campaigns);
    let (truth, truth_sha256) = truth.finish(&manifest.corpus_id)?;
    manifest.sha256.insert(TRUTH.to_owned(), truth_sha256);
    directory.clear()?;
    files.keep()?;
    truth.keep()?;
    manifest.write(&directory)?;
    Ok(manifest)
}

/// How many records a plan comes to, without making any.
///
/// # Errors
/// A plan that cannot be met.
pub fn expected_events(plan: &Plan) -> Result<u64, GenerateError> {
    let flow = Flow::new(plan)?;
    Ok(calibrate(&flow, plan.events)?.expected)
}

/// Writes the records of a plan to `out`, one a line in arrival order, and nothing else: its `out`,
/// `force` and `layout` mean nothing here. Says what went through.
///
/// # Errors
/// A plan that cannot be met, a stream that cannot be written.
pub fn stream(
    plan: &Plan,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(Progress),
) -> Result<Progress, GenerateError> {
    let flow = Flow::new(plan)?;
    let intensities = calibrate(&flow, plan.events)?;
    let mut transit = Transit::new(&flow, None);
    let tally = run((plan, &flow, &intensities), &mut transit, &mut Pipe(out), &|| true, progress)?;
    Ok(tally.progress(&intensities))
}

/// Takes every slice through to `output`.
fn run(
    (plan, flow, intensities): (&Plan, &Flow, &Intensities),
    transit: &mut Transit<'_>,
    output: &mut dyn Output,
    goes_on: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Tally, GenerateError> {
    let texts = Texts::new(&flow.tenant);
    with_renderers(&texts, plan.threads, output, |sink| {
        for slice in flow.slices() {
            if !goes_on() {
                return Err(GenerateError::Interrupted);
            }
            let ready = transit.slice(slice, intensities)?;
            sink.take(&ready)?;
            progress(sink.tally.progress(intensities));
        }
        Ok(())
    })
}

impl Tally {
    fn progress(self, intensities: &Intensities) -> Progress {
        let Self { events, bytes, .. } = self;
        Progress { events, events_expected: intensities.expected, bytes }
    }
}

/// The manifest but for what truth adds.
fn describe(plan: &Plan, flow: &Flow, summary: Summary, tally: Tally) -> Manifest {
    let span = flow.tenant.span;
    let (first, last) = tally.times.unwrap_or((span.start, span.start));
    Manifest {
        schema_version: 1,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        layout: plan.layout,
        corpus_id: summary.corpus_id,
        seed: plan.seed,
        estate: plan.estate.name.clone(),
        attacks: sorted(plan.attacks.iter().map(|attack| attack.name())),
        look_alikes: sorted(plan.look_alikes.iter().map(|look_alike| look_alike.name())),
        events: tally.events,
        bytes: summary.bytes,
        sha256: summary.sha256,
        first_time: format_rfc3339(first),
        last_time: format_rfc3339(last),
        warmup_end: format_rfc3339(span.warmup_end),
        days: plan.days,
        warmup_days: plan.warmup_days,
        campaigns: std::collections::BTreeMap::new(),
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    names
}
