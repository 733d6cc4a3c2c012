//! The area under the ROC curve between hostile and benign records, within blocks that are alike
//! otherwise: how often a hostile record scores above a benign one, ties counting half.

use std::collections::BTreeMap;

use serde::Serialize;

/// An area with the standard error that comes from there being only so many campaigns and
/// identities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Auc {
    /// 0.5 is no separation, 1 a complete one.
    pub value: f64,
    /// Campaigns and identities, not records, count as independent.
    pub std_err: f64,
}

/// One scored record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scored {
    /// Only records of one block are compared.
    pub(super) block: u32,
    pub(super) hostile: bool,
    /// The campaign or the identity.
    pub(super) cluster: u32,
    pub(super) weight: f64,
    pub(super) score: f64,
}

/// The mean over blocks, each with the weight of its hostile records; nothing where no block holds
/// both kinds.
pub(super) fn area(mut records: Vec<Scored>) -> Option<Auc> {
    records.sort_by(|a, b| (a.block, a.score).partial_cmp(&(b.block, b.score)).expect(FINITE));
    let mut clusters: BTreeMap<(bool, u32), Cluster> = BTreeMap::new();
    let (mut sum, mut total) = (0.0, 0.0);
    for block in records.chunk_by(|a, b| a.block == b.block) {
        let [benign, hostile] = weights(block);
        if benign <= 0.0 || hostile <= 0.0 {
            continue;
        }
        let [mut benign_below, mut hostile_below] = [0.0, 0.0];
        for tie in block.chunk_by(|a, b| a.score.total_cmp(&b.score).is_eq()) {
            let [benign_here, hostile_here] = weights(tie);
            for record in tie {
                // Benign records weigh in each block what its hostile ones do.
                let (weight, place) = if record.hostile {
                    (record.weight, (benign_below + benign_here / 2.0) / benign)
                } else {
                    let below = (hostile_below + hostile_here / 2.0) / hostile;
                    (record.weight * hostile / benign, 1.0 - below)
                };
                clusters.entry((record.hostile, record.cluster)).or_default().add(weight, place);
            }
            sum += hostile_here * (benign_below + benign_here / 2.0) / benign;
            benign_below += benign_here;
            hostile_below += hostile_here;
        }
        total += hostile;
    }
    if total <= 0.0 {
        return None;
    }
    let value = sum / total;
    let spread = clusters.values().map(|cluster| {
        let off = cluster.places - cluster.weight * value;
        off * off
    });
    Some(Auc { value, std_err: libm::sqrt(spread.sum::<f64>()) / total })
}

const FINITE: &str = "scores are shares and percentiles";

/// Weighted sum of the places of a cluster's records among those of the other kind.
#[derive(Default)]
struct Cluster {
    weight: f64,
    places: f64,
}

impl Cluster {
    fn add(&mut self, weight: f64, place: f64) {
        self.weight += weight;
        self.places += weight * place;
    }
}

fn weights(records: &[Scored]) -> [f64; 2] {
    let mut sums = [0.0; 2];
    for record in records {
        sums[usize::from(record.hostile)] += record.weight;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(hostile: bool, weight: f64, score: f64) -> Scored {
        Scored { block: 0, hostile, cluster: (score * 10.0) as u32, weight, score }
    }

    fn value(records: &[Scored]) -> f64 {
        area(records.to_vec()).unwrap().value
    }

    #[test]
    fn ties_count_half_and_order_counts_whole() {
        let apart = [scored(false, 1.0, 1.0), scored(true, 1.0, 2.0)];
        assert!((value(&apart) - 1.0).abs() < 1e-12);
        let tied = [scored(false, 1.0, 1.0), scored(true, 1.0, 1.0)];
        assert!((value(&tied) - 0.5).abs() < 1e-12);
        let mixed = [
            scored(false, 1.0, 1.0),
            scored(true, 1.0, 1.0),
            scored(false, 1.0, 2.0),
            scored(true, 1.0, 3.0),
        ];
        // (1, 1) half, (1 over 2) none, (3 over 1) and (3 over 2) whole.
        assert!((value(&mixed) - 0.625).abs() < 1e-12);
    }

    #[test]
    fn a_weight_of_two_is_the_record_twice() {
        let twice = [
            scored(false, 1.0, 1.0),
            scored(false, 1.0, 1.0),
            scored(false, 1.0, 3.0),
            scored(true, 1.0, 2.0),
        ];
        let weighted = [scored(false, 2.0, 1.0), scored(false, 1.0, 3.0), scored(true, 5.0, 2.0)];
        assert!((value(&twice) - value(&weighted)).abs() < 1e-12);
        assert!((value(&twice) - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn blocks_are_compared_within_themselves_only() {
        let mut records = vec![scored(false, 1.0, 1.0), scored(true, 3.0, 2.0)];
        // Here the order is the other way round, and far from the first block's scores.
        records.push(Scored { block: 1, ..scored(false, 7.0, 90.0) });
        records.push(Scored { block: 1, ..scored(true, 1.0, 80.0) });
        // A block with one kind only says nothing.
        records.push(Scored { block: 2, ..scored(true, 9.0, 5.0) });
        assert!((value(&records) - 0.75).abs() < 1e-12);
        assert_eq!(area(vec![scored(true, 1.0, 1.0)]), None);
    }

    /// The standard error shrinks with the square root of the number of campaigns, not of records.
    #[test]
    fn records_of_one_campaign_are_no_independent_evidence() {
        let draw = |copies: usize, clusters: u32| {
            let mut stream = crate::random::Stream::new(3, "auc", 0, 0);
            let mut records = Vec::new();
            for cluster in 0..clusters {
                for hostile in [false, true] {
                    let score = stream.unit();
                    let record = Scored { block: 0, hostile, cluster, weight: 1.0, score };
                    records.extend(vec![record; copies]);
                }
            }
            area(records).unwrap().std_err
        };
        assert!((draw(1, 100) - draw(50, 100)).abs() < 1e-9);
        let ratio = draw(1, 100) / draw(1, 1_600);
        assert!((3.3..4.7).contains(&ratio), "{ratio}");
        // Uniform scores: sqrt(1/12/n + 1/12/n).
        assert!((draw(1, 1_600) - libm::sqrt(1.0 / 6.0 / 1_600.0)).abs() < 0.001);
    }
}
