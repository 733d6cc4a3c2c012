//! The shape of gate.json: the verdict, and each requirement with what it rests on, worst first.

use serde::{Deserialize, Serialize};

use crate::rules::Severity;
use crate::score::Metric;

/// What a gate decided.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct GateReport {
    /// Version of this shape.
    pub schema_version: u32,
    /// `gate`.
    pub kind: String,
    /// The whole gate's.
    pub verdict: Verdict,
    /// A requirement about quality failed.
    pub quality_failed: bool,
    /// A requirement about performance failed.
    pub performance_failed: bool,
    /// The corpus.
    pub corpus_id: String,
    /// The rules that were judged.
    pub rules_id: String,
    /// The baseline's; null without one.
    pub baseline_rules_id: Option<String>,
    /// The day that waivers are compared with.
    pub today: String,
    /// What a requirement that cannot be told counts as.
    pub inconclusive: InconclusiveIs,
    /// Requirements, counted.
    pub counts: GateCounts,
    /// Campaigns that the score rests on.
    pub campaigns: u64,
    /// The smallest drop of recall that a paired test over them notices four times out of five; null
    /// where they are too few to notice any.
    pub detectable_drop: Option<f64>,
    /// Each requirement: those that failed, those that could not be told, waived ones, the others.
    pub checks: Vec<Check>,
    /// Every waiver, and whether it counted.
    pub waivers: Vec<WaiverRecord>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
}

/// Requirements by what became of them; each is counted once.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct GateCounts {
    /// Met.
    pub passed: u64,
    /// Not met.
    pub failed: u64,
    /// Could not be told.
    pub inconclusive: u64,
    /// Not met or not told, and waived.
    pub waived: u64,
}

/// What became of a requirement, the best first.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is met.
    Pass,
    /// The data cannot tell.
    Inconclusive,
    /// It is not met.
    Fail,
}

/// What a requirement that cannot be told counts as.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InconclusiveIs {
    /// A verdict of its own.
    Own,
    /// Met.
    Pass,
    /// Not met.
    Fail,
}

/// Which exit code a failure has.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// About what was found and what it cost the analysts.
    Quality,
    /// About speed and memory.
    Performance,
}

/// What a figure is, which says how to show it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// 0 to 1.
    Share,
    /// Seconds.
    Time,
    /// Anything else.
    Number,
}

/// One requirement and what became of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Check {
    /// Canonical spelling, which waivers name.
    pub requirement: String,
    /// Quality or performance.
    pub class: Class,
    /// What became of it, waivers aside.
    pub verdict: Verdict,
    /// A waiver takes it out of the gate's verdict.
    pub is_waived: bool,
    /// Why.
    pub reason: String,
    /// What the figures are.
    pub quantity: Quantity,
    /// The figure; null for `no_lost_campaign`.
    pub observed: Option<Metric>,
    /// The baseline's; null where the requirement names none.
    pub baseline: Option<f64>,
    /// Now minus factor times baseline, with the interval that decides; null likewise.
    pub difference: Option<Metric>,
    /// What the figure is compared with, offset and factor worked out.
    pub limit: Option<f64>,
    /// What it would take to tell, where it could not be told.
    pub power: Option<Power>,
    /// Campaigns that were lost.
    pub lost: Vec<LostCampaign>,
}

/// What could have been told, and what it would take.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Power {
    /// The smallest difference that so much data shows four times out of five, at 5 % one-sided.
    pub detectable: Option<f64>,
    /// Campaigns that would settle it.
    pub campaigns_needed: Option<u64>,
    /// How many times as much data would settle it, for figures that are not about campaigns.
    pub data_needed: Option<f64>,
}

/// A campaign that the baseline found and nothing finds now.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct LostCampaign {
    /// Its id.
    pub campaign_id: String,
    /// The attack.
    pub attack: String,
    /// As far as truth says.
    pub severity: Option<Severity>,
    /// The rules that found it.
    pub found_by: Vec<String>,
    /// A waiver names it.
    pub is_waived: bool,
}

/// A waiver, and whether it counted.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct WaiverRecord {
    /// The requirement or campaign.
    pub of: String,
    /// Why it was waived.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it counts.
    pub until: String,
    /// What became of it.
    pub state: WaiverState,
}

/// What became of a waiver.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaiverState {
    /// It took something out of the verdict.
    Used,
    /// Nothing that it names failed.
    Unused,
    /// Its time is over: it does not count.
    Expired,
}

impl Verdict {
    /// In capitals, for a table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::Fail => "FAIL",
        }
    }
}

impl Check {
    /// Neither met nor waived.
    pub const fn counts_against(&self) -> bool {
        !matches!(self.verdict, Verdict::Pass) && !self.is_waived
    }

    /// The verdict in a table.
    pub const fn word(&self) -> &'static str {
        match (self.is_waived, self.verdict) {
            (true, Verdict::Fail | Verdict::Inconclusive) => "WAIVED",
            (_, verdict) => verdict.word(),
        }
    }
}
