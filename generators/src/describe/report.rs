//! What a description says, for people and programs.

use serde::Serialize;

use super::statistic::Statistic;

/// A plan's traffic in figures.
#[derive(Debug, Serialize)]
pub struct Description {
    /// Of this report.
    pub schema_version: u32,
    /// The estate's name.
    pub estate: String,
    /// Of every random draw.
    pub seed: u64,
    /// Days described, warm-up included.
    pub days: u32,
    /// Benign records described.
    pub events: u64,
    /// Workloads that left a record.
    pub workloads: u64,
    /// People who did.
    pub people: u64,
    /// Events a day of the busiest workload: the estate and the number of events asked for cap
    /// rates, and above the cap nothing can agree.
    pub busiest_per_day: f64,
    /// One per statistic, in the order of [`Statistic::ALL`].
    pub figures: Vec<Figure>,
}

impl Description {
    /// Whether no figure is out of its tolerance.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.figures.iter().all(|figure| figure.verdict != Verdict::Outside)
    }
}

/// One figure beside the published one.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// Which.
    pub statistic: Statistic,
    /// Nothing where the plan holds none of what it is about.
    pub measured: Option<f64>,
    /// The 5th and the 95th percentile, where the figure is a median.
    pub range: Option<[f64; 2]>,
    /// Workloads, activations, pairs or records that it rests on.
    pub n: u64,
    /// Nothing where the estate file names none.
    pub published: Option<f64>,
    /// Largest difference allowed.
    pub tolerance: Option<f64>,
    /// Where the published figure comes from.
    pub source: Option<String>,
    /// What comes of it.
    pub verdict: Verdict,
}

/// How a figure compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within the tolerance.
    Within,
    /// Not.
    Outside,
    /// The busiest workload is too quiet for the published figure to mean anything.
    Capped,
    /// The plan holds nothing, or too little, to measure it by.
    TooFew,
    /// The estate file publishes nothing.
    Unpublished,
}
