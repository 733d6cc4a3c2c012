//! The threshold lab: what a rule would have found and cost at many settings of its parameters.
//!
//! Pure: settings, figures and the choice between them; the engine replays, the command line reads
//! and writes. Contract: the same rule, parameters, corpora and budget give the same sweep.json.

mod alerts;
mod axis;
mod choose;
mod edit;
mod grid;
mod lab;
mod model;
mod read;
mod split;
mod text;

pub use alerts::scored_alerts;
pub use axis::{Axis, MAX_STEPS, STEPS_ALONE, STEPS_OF_SEVERAL};
pub use edit::edited;
pub use grid::{MAX_SETTINGS, Place, settings};
pub use lab::{Lab, LabError, Tallies, Trial, figures};
pub use model::{
    Budget, Curve, Figures, Gap, Part, Present, Recommendation, Sampling, Setting, Sweep,
    SweptParameter,
};
pub use split::Split;
pub use text::text;

/// What a sweep says in words, so that other reports say it alike.
pub(crate) mod words {
    pub(crate) use super::text::{budget, cost, part, unit};
}
