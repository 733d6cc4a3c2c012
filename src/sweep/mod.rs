//! The threshold lab: what a rule would have found and cost at many settings of its parameters.
//!
//! Pure: settings, figures and the choice between them; the engine replays, the command line reads
//! and writes. Contract: the same rule, parameters, corpora and budget give the same sweep.json.

mod model;

pub use model::{
    Budget, Curve, Figures, Gap, Part, Present, Recommendation, Sampling, Setting, Sweep,
    SweptParameter,
};
