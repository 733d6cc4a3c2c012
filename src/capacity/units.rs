//! Rates in units that a platform owner thinks in.

use serde::Serialize;

use super::Corpus;

/// Requests per second at which Azure throttles a vault: 4,000 transactions of the GET class in 10
/// seconds, per vault and region (Microsoft, "Azure Key Vault service limits").
pub(super) const SATURATED_VAULT: f64 = 400.0;

/// A rate in other units.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Units {
    /// Vaults at the limit at which the service throttles them.
    pub saturated_vaults: f64,
    /// How many times the corpus' own rate of records.
    pub own_rates: Option<f64>,
    /// So many times the corpus' vaults; null where they are not counted.
    pub vaults: Option<f64>,
    /// So many times the corpus' identities.
    pub identities: Option<f64>,
    /// Gigabytes (10^9) of records a day.
    pub gb_per_day: f64,
}

impl Units {
    /// Those of so many records a second.
    pub fn new(rate: f64, corpus: &Corpus) -> Self {
        let own_rates = corpus.own_rate.filter(|own| *own > 0.0).map(|own| rate / own);
        let times = |count: u64| own_rates.filter(|_| count > 0).map(|times| times * count as f64);
        Self {
            saturated_vaults: rate / SATURATED_VAULT,
            own_rates,
            vaults: times(corpus.vaults),
            identities: times(corpus.identities),
            gb_per_day: rate * corpus.bytes_per_record * 86_400.0 / 1e9,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_the_same_in_every_unit() {
        let corpus = Corpus {
            name: "midsize".to_owned(),
            records: 1_000_000,
            bytes_per_record: 1000.0,
            own_rate: Some(0.5),
            identities: 2000,
            vaults: 0,
            laps: 1,
            period_seconds: 0.0,
        };
        let units = Units::new(100_000.0, &corpus);
        assert_eq!((units.saturated_vaults, units.own_rates), (250.0, Some(200_000.0)));
        assert_eq!((units.identities, units.vaults), (Some(4e8), None));
        assert!((units.gb_per_day - 8640.0).abs() < 1e-9);
    }
}
