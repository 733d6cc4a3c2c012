//! `--plan`: which number of workers carries a load, and how sure that is.

use std::str::FromStr;

use serde::Serialize;

use super::Capacity;

/// The share of the maximum that is recommended: room for bursts, and for a night in which somebody
/// else uses the machine.
pub(super) const RECOMMENDED: f64 = RECOMMENDED_PERCENT as f64 / 100.0;
pub(super) const RECOMMENDED_PERCENT: u32 = 70;

/// Beyond so many times the identities that were measured, a rate is a guess: caches no longer hold them.
const IDENTITIES_REACH: u64 = 2;

/// A load to carry.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Records per second.
    pub rate: f64,
    /// Identities that are active.
    pub identities: u64,
}

/// Not a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected '<events/s>, <identities>' such as '20000, 5000', found `{0}`")]
pub struct PlanError(String);

impl FromStr for Plan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let parse = || {
            let (rate, identities) = text.split_once(',')?;
            let rate =
                rate.trim().parse::<f64>().ok().filter(|rate| (1e-6..1e12).contains(rate))?;
            Some(Self { rate, identities: identities.trim().parse().ok()? })
        };
        parse().ok_or_else(|| PlanError(text.to_owned()))
    }
}

/// How sure an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sureness {
    /// Measured, the lower end of the range carries it, and its identities fit into memory.
    Sure,
    /// Measured, and the load lies within the range, or the memory that it takes is not known.
    Likely,
    /// Beyond what was measured: more workers, by the fit, or more than twice as many identities.
    Extrapolated,
    /// Neither measured nor within reach of a fit, or more identities than fit into memory.
    Refused,
}

/// The answer to a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// What was asked.
    pub plan: Plan,
    /// The fewest workers that carry it at 70 % of their maximum; null if that cannot be told.
    pub workers: Option<usize>,
    /// How sure that is.
    pub sureness: Sureness,
    /// What these workers are recommended for, in records per second: value and range.
    pub recommended: Option<[f64; 3]>,
    /// Memory for so many identities, in bytes; null if not measured.
    pub memory_bytes: Option<f64>,
    /// Memory that is there, in bytes.
    pub available_bytes: Option<u64>,
    /// Identities of the corpus that was measured.
    pub identities_measured: u64,
}

impl Answer {
    /// Answers `plan` from what was measured.
    pub fn new(plan: Plan, capacity: &Capacity, available_bytes: Option<u64>) -> Self {
        let memory = capacity.state_per_identity.zip(capacity.resident_fixed_bytes);
        let (workers, sureness, recommended) = carrying(plan.rate, capacity);
        let answer = Self {
            plan,
            workers,
            sureness,
            recommended,
            memory_bytes: memory.map(|(each, fixed)| fixed as f64 + each * plan.identities as f64),
            available_bytes,
            identities_measured: capacity.corpus.identities,
        };
        let sureness = match sureness {
            _ if answer.fits() == Some(false) => {
                let refused = Sureness::Refused;
                return Self { workers: None, sureness: refused, recommended: None, ..answer };
            }
            Sureness::Sure | Sureness::Likely if answer.has_many_identities() => {
                Sureness::Extrapolated
            }
            Sureness::Sure if answer.fits().is_none() => Sureness::Likely,
            other => other,
        };
        Self { sureness, ..answer }
    }

    /// Whether its identities fit into memory; none if that is not known.
    pub fn fits(&self) -> Option<bool> {
        Some(self.memory_bytes? < self.available_bytes? as f64)
    }

    /// Whether it has many more identities than were measured.
    pub(super) fn has_many_identities(&self) -> bool {
        self.plan.identities > self.identities_measured.saturating_mul(IDENTITIES_REACH)
    }
}

/// The fewest workers that carry that rate, how sure that is by the rate alone, and what they are
/// recommended for.
fn carrying(rate: f64, capacity: &Capacity) -> (Option<usize>, Sureness, Option<[f64; 3]>) {
    let measured = capacity.sizing.iter().filter_map(|size| {
        let (maximum, recommended) = (size.maximum?, size.recommended?);
        let [lo, hi] = [size.lo?, size.hi.unwrap_or(maximum)].map(share);
        Some((size.workers, [recommended, lo, hi]))
    });
    let mut enough = measured.filter(|(_, [_, _, hi])| *hi >= rate);
    if let Some((workers, recommended)) = enough.next() {
        let is_sure = recommended[1] >= rate;
        let sureness = if is_sure { Sureness::Sure } else { Sureness::Likely };
        return (Some(workers), sureness, Some(recommended));
    }
    let Some(fit) = &capacity.scalability else { return (None, Sureness::Refused, None) };
    let beyond = (fit.workers_measured + 1..).map_while(|n| Some((n, fit.rate(n)?.map(share))));
    let mut enough = beyond.filter(|(_, [value, ..])| *value >= rate);
    match enough.next() {
        Some((workers, found)) => (Some(workers), Sureness::Extrapolated, Some(found)),
        None => (None, Sureness::Refused, None),
    }
}

fn share(rate: f64) -> f64 {
    RECOMMENDED * rate
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::measured;
    use super::*;

    fn asked(rate: f64, counts: &[usize]) -> Answer {
        Answer::new(Plan { rate, identities: 1000 }, &measured(counts), Some(1 << 30))
    }

    /// Each worker adds 100 k/s, give or take 2 %, of which 70 % are recommended.
    #[test]
    fn the_fewest_workers_that_carry_it_are_named_with_how_sure_that_is() {
        let [one, two] = [asked(60_000.0, &[1, 2]), asked(100_000.0, &[1, 2])];
        assert_eq!((one.workers, one.sureness), (Some(1), Sureness::Sure));
        assert_eq!((two.workers, two.sureness), (Some(2), Sureness::Sure));
        let edge = asked(70_000.0, &[1, 2]);
        assert_eq!((edge.workers, edge.sureness), (Some(1), Sureness::Likely));
        assert_eq!(edge.memory_bytes, Some(1e7 + 1000.0 * 900.0));
    }

    #[test]
    fn beyond_what_was_measured_it_extrapolates_from_four_counts_and_refuses_past_twice() {
        assert_eq!(asked(200_000.0, &[1, 2]).sureness, Sureness::Refused);
        let far = asked(400_000.0, &[1, 2, 3, 4]);
        assert_eq!((far.workers, far.sureness), (Some(6), Sureness::Extrapolated));
        let too_far = asked(700_000.0, &[1, 2, 3, 4]);
        assert_eq!((too_far.workers, too_far.sureness), (None, Sureness::Refused));
    }

    /// 1,900 identities of 900 bytes each were measured, beside 10 MB.
    #[test]
    fn identities_that_were_not_measured_are_a_guess_and_those_that_do_not_fit_are_refused() {
        let asked = |identities, available| {
            let plan = Plan { rate: 60_000.0, identities };
            let answer = Answer::new(plan, &measured(&[1, 2]), available);
            (answer.workers, answer.sureness)
        };
        assert_eq!(asked(3800, Some(1 << 30)), (Some(1), Sureness::Sure));
        assert_eq!(asked(3801, Some(1 << 30)), (Some(1), Sureness::Extrapolated));
        assert_eq!(asked(3800, None), (Some(1), Sureness::Likely));
        assert_eq!(asked(1000, Some(10_900_000)), (None, Sureness::Refused));
        assert_eq!(asked(1000, Some(10_900_001)), (Some(1), Sureness::Sure));
    }

    #[test]
    fn a_plan_is_two_numbers() {
        assert_eq!("20000, 5000".parse(), Ok(Plan { rate: 20_000.0, identities: 5000 }));
        for text in ["", "20000", "x, 5", "5, x", "-1, 5", "0, 1"] {
            let error = text.parse::<Plan>().unwrap_err().to_string();
            assert!(error.contains("expected"), "{error}");
        }
    }
}
