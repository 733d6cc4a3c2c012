//! The last step of a fit: services so busy that a corpus of the estate has as many records a day as the
//! logs.
//!
//! Kinds of services that logs cannot tell apart, staged look-alikes and anonymous requests all add to the
//! total; the services that make most of it give way, all alike. The generator's own expectation is asked, nothing is
//! written.

use std::path::PathBuf;

use vaultdrill_generators::{Estate, GenerateError, Layout, LookAlike, Plan, expected_events};

use super::cast::usual_warmup_days;
use super::figures::Figures;

/// Days of the corpus that is rehearsed at most; it is as long as the logs, because as many look-alikes
/// are staged in a short one as in a long one.
const MOST_DAYS: u32 = 21;
/// Seeds over which a rehearsal is averaged: a few busy services make most of a small estate.
const SEEDS: [u64; 3] = [1, 2, 3];
/// Rehearsals at most.
const ROUNDS: usize = 4;
const CLOSE_ENOUGH: f64 = 0.03;
/// Services are made so much quieter or busier at most.
const FACTORS: (f64, f64) = (0.1, 10.0);

/// The figures with services' rates such that a corpus comes to `events_per_day`; `estate` makes an estate
/// of figures.
///
/// # Errors
/// Those of `estate`, and of a plan that cannot be met.
pub fn settled<E: From<GenerateError>>(
    figures: &Figures,
    look_alikes: &[LookAlike],
    mut estate: impl FnMut(&Figures) -> Result<Estate, E>,
) -> Result<Figures, E> {
    let days = figures.days.clamp(1, MOST_DAYS);
    let mut expected = |figures: &Figures| -> Result<f64, E> {
        let mut plan = Plan {
            estate: estate(figures)?,
            attacks: Vec::new(),
            withheld: Vec::new(),
            look_alikes: look_alikes.to_vec(),
            seed: 0,
            events: None,
            days,
            warmup_days: usual_warmup_days(days).unwrap_or(0),
            layout: Layout::Lines,
            threads: 1,
            out: PathBuf::new(),
            force: false,
        };
        let mut events = 0;
        for seed in SEEDS {
            plan.seed = seed;
            events += expected_events(&plan)?;
        }
        Ok(events as f64 / f64::from(days) / SEEDS.len() as f64)
    };
    let wanted = figures.events_per_day;
    // What services add is nearly in proportion to their rates: a line through two points.
    let mut points = [(FACTORS.0, expected(&scaled(figures, FACTORS.0))?), (1.0, 0.0)];
    let mut factor = 1.0;
    for _ in 0..ROUNDS {
        let found = expected(&scaled(figures, factor))?;
        if (found / wanted - 1.0).abs() < CLOSE_ENOUGH {
            break;
        }
        points[1] = (factor, found);
        let slope = (points[1].1 - points[0].1) / (points[1].0 - points[0].0);
        if slope <= 0.0 {
            break;
        }
        factor = (points[0].0 + (wanted - points[0].1) / slope).clamp(FACTORS.0, FACTORS.1);
    }
    Ok(scaled(figures, factor))
}

fn scaled(figures: &Figures, factor: f64) -> Figures {
    let mut scaled = figures.clone();
    for law in [&mut scaled.poller, &mut scaled.restarts, &mut scaled.runs] {
        law.median *= factor;
        law.max *= factor;
    }
    scaled
}
