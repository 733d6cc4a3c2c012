//! `drill --replicates`: the same drill with several seeds, and their scores pooled.
//!
//! Seeds run one after the other, each in a directory of its own that is a drill's; the first one's
//! records stay, those of the others are deleted once they are scored. A seed without a campaign to
//! score is left out and counted; only where all are is there nothing to score.

use super::drill::Stage;
use super::exit::{self, Failure};
use super::report;
use super::score::{WIDTH, failure};
use crate::output::PartialFile;
use crate::score::{Replicates, pool, replicates_text};

/// Most seeds of one command: a day of work on a slow machine.
pub(crate) const SEEDS_MAX: u8 = 200;

/// Runs the drill of `stage` with `count` seeds, counted up from its own.
pub(crate) fn run(stage: &Stage<'_>, count: u8, keep_corpora: bool) -> Result<(), Failure> {
    let first = stage.drill.seed;
    let last = first.checked_add(u64::from(count) - 1).ok_or_else(|| {
        let error = anyhow::anyhow!("expected {count} seeds from {first} on, found fewer");
        Failure::new(exit::USAGE, error)
    })?;
    super::detect::make_directory(stage.out)?;
    let target = stage.out.join("replicates.json");
    // Neither what was pooled before nor a single drill's score is about these seeds.
    for stale in [&target, &stage.out.join("score.json"), &stage.out.join(report::FILE)] {
        if stale.exists() {
            std::fs::remove_file(stale)?;
        }
    }
    let (mut scores, mut left_out, mut nothing) = (Vec::new(), Vec::new(), None);
    for seed in first..=last {
        let mut drill = stage.drill.clone();
        drill.seed = seed;
        let out = stage.out.join(format!("seed-{seed}"));
        let own = Stage { drill: &drill, out: &out, ..*stage };
        let scored = own.score(own.plan()?, |_, _| Ok(()));
        if seed != first && !keep_corpora {
            own.delete_records()?;
        }
        let (score, _) = match scored {
            Err(failure) if failure.code == exit::NOTHING_TO_SCORE => {
                stage.terminal.note(&format!("seed {seed}: no campaign to score, left out"));
                left_out.push(seed);
                nothing = Some(failure);
                continue;
            }
            scored => scored?,
        };
        let campaigns = score.campaigns;
        stage.terminal.note(&format!(
            "seed {seed}: found {} of {} campaigns",
            campaigns.detected, campaigns.scored
        ));
        scores.push(score);
    }
    if let (Some(failure), []) = (nothing, scores.as_slice()) {
        return Err(failure);
    }
    let replicates = pool(&scores, &left_out).map_err(failure)?;
    PartialFile::write_json(&target, &replicates)?;
    show(stage, &replicates)
}

fn show(stage: &Stage<'_>, replicates: &Replicates) -> Result<(), Failure> {
    if stage.terminal.is_json() {
        return stage.terminal.json(replicates);
    }
    stage.terminal.text(&replicates_text(replicates, WIDTH))?;
    stage.terminal.text(&format!(
        "\nFiles in {}:\n  \
         replicates.json     every figure above, with n and interval\n  \
         seed-<n>/           each seed's score, run and truth",
        stage.out.display()
    ))
}
