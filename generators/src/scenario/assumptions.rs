//! What an estate assumes because nobody has published it, as dials that can be turned: how much a
//! score moves with them says how far it rests on them.
//!
//! Contract: a factor of 1 changes nothing but the name; values stay within the bounds of their keys.

use super::Estate;
use super::values::{Count, DaysRange, MOST_DAYS, Share};

/// A parameter that no published figure fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assumption {
    /// Pairs of a service and a vault, and of a service and an object, that are new on a day, as a
    /// share of all.
    NewEdges,
    /// Identities that load a whole vault when a process starts.
    LoadAllWorkloads,
    /// How often somebody's or something's address changes.
    AddressChurn,
}

impl Assumption {
    /// Every assumption.
    pub const ALL: [Self; 3] = [Self::NewEdges, Self::LoadAllWorkloads, Self::AddressChurn];

    /// Its name in files and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewEdges => "new edges",
            Self::LoadAllWorkloads => "load-all",
            Self::AddressChurn => "address churn",
        }
    }
}

impl Estate {
    /// The same estate with `factor` times as much of it, under a name that says so.
    #[must_use]
    pub fn with_assumption(mut self, assumption: Assumption, factor: f64) -> Self {
        let share = |share: Share| Share((share.0 * factor).min(1.0));
        match assumption {
            Assumption::NewEdges => {
                let novelty = &mut self.wire.novelty;
                novelty.new_vault_edges_per_day = share(novelty.new_vault_edges_per_day);
                novelty.new_object_edges_per_day = share(novelty.new_object_edges_per_day);
            }
            Assumption::LoadAllWorkloads => {
                let startups = &mut self.wire.identities.startups;
                let wanted = libm::round(startups.0 as f64 * factor) as usize;
                *startups = Count(wanted.min(Count::MAX as usize));
            }
            Assumption::AddressChurn => {
                let days = &mut self.wire.novelty.address_days;
                let lasting = |days: f64| (days / factor).min(f64::from(MOST_DAYS));
                *days = DaysRange { low: lasting(days.low), high: lasting(days.high) };
            }
        }
        self.name = format!("{} with {} x {factor}", self.name, assumption.name());
        self
    }

    /// What the estate assumes, for people.
    #[must_use]
    pub fn assumed(&self, assumption: Assumption) -> String {
        let novelty = &self.wire.novelty;
        match assumption {
            // The smaller of the two stands for both: they move together.
            Assumption::NewEdges => format!("{} a day", novelty.new_vault_edges_per_day.0),
            Assumption::LoadAllWorkloads => self.wire.identities.startups.0.to_string(),
            Assumption::AddressChurn => {
                format!("{} to {} d", novelty.address_days.low, novelty.address_days.high)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn midsize() -> Estate {
        Estate::parse("midsize", include_str!("../../../scenarios/estates/midsize.toml")).unwrap()
    }

    #[test]
    fn each_assumption_moves_alone_and_by_its_factor() {
        for assumption in Assumption::ALL {
            let (base, turned) = (midsize(), midsize().with_assumption(assumption, 2.0));
            for other in Assumption::ALL {
                let same = base.assumed(other) == turned.assumed(other);
                assert_eq!(same, other != assumption, "{assumption:?} moved {other:?}");
            }
            assert_eq!(turned.name(), format!("midsize with {} x 2", assumption.name()));
        }
        let base = midsize();
        let novelty = midsize().with_assumption(Assumption::NewEdges, 0.5).wire.novelty;
        let halved = |share: Share| share.0 / 2.0;
        let edges = (novelty.new_vault_edges_per_day.0, novelty.new_object_edges_per_day.0);
        let was = &base.wire.novelty;
        let expected = (halved(was.new_vault_edges_per_day), halved(was.new_object_edges_per_day));
        assert!((edges.0 - expected.0).abs() < 1e-12 && (edges.1 - expected.1).abs() < 1e-12);
        let churned = midsize().with_assumption(Assumption::AddressChurn, 2.0);
        assert_eq!(churned.assumed(Assumption::AddressChurn), "1.5 to 15 d");
        let loading = midsize().with_assumption(Assumption::LoadAllWorkloads, 0.5);
        assert_eq!(loading.assumed(Assumption::LoadAllWorkloads), "18");
    }

    #[test]
    fn no_value_leaves_its_bounds() {
        let estate = midsize().with_assumption(Assumption::NewEdges, 1e6);
        assert!(estate.wire.novelty.new_vault_edges_per_day.0 <= 1.0);
        let estate = midsize().with_assumption(Assumption::AddressChurn, 1e-6);
        assert!(estate.wire.novelty.address_days.high <= f64::from(MOST_DAYS));
    }
}
