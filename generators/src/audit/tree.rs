//! A small decision tree: the simplest detector that combines fields.
//!
//! Weighted Gini impurity over binned features; it predicts the hostile share of a leaf.

/// Splits between root and leaf.
pub(super) const DEPTH: usize = 3;
/// Thresholds tried per feature: finer ones would fit noise.
const BINS: usize = 32;
/// Smallest part of all weight that a leaf may have: less is a handful of campaigns.
const LEAST_LEAF: f64 = 0.02;

/// A grown tree.
#[derive(Debug)]
pub(super) enum Tree {
    Leaf(f64),
    Split { feature: usize, threshold: f64, low: Box<Self>, high: Box<Self> },
}

/// What a tree grows on: one column per feature, weights by kind.
#[derive(Debug)]
pub(super) struct Training<'a> {
    pub(super) columns: &'a [Vec<f64>],
    pub(super) hostile: &'a [bool],
    pub(super) weights: &'a [f64],
}

impl Tree {
    /// Grows over some of the rows.
    pub(super) fn grow(training: &Training<'_>, rows: &[usize]) -> Self {
        let thresholds: Vec<Vec<f64>> =
            training.columns.iter().map(|column| thresholds(column, rows)).collect();
        let total: f64 = rows.iter().map(|&row| training.weights[row]).sum();
        grow(training, &thresholds, rows, LEAST_LEAF * total, DEPTH)
    }

    /// The hostile share of the leaf that a row falls into.
    pub(super) fn share(&self, columns: &[Vec<f64>], row: usize) -> f64 {
        match self {
            Self::Leaf(share) => *share,
            Self::Split { feature, threshold, low, high } => {
                let side = if columns[*feature][row] <= *threshold { low } else { high };
                side.share(columns, row)
            }
        }
    }

    /// Features it asks for, from the root down.
    pub(super) fn features(&self) -> Vec<usize> {
        match self {
            Self::Leaf(_) => Vec::new(),
            Self::Split { feature, low, high, .. } => {
                let mut found = vec![*feature];
                found.extend(low.features());
                found.extend(high.features());
                found
            }
        }
    }
}

/// Quantiles of the values met, each once, the largest left out.
fn thresholds(column: &[f64], rows: &[usize]) -> Vec<f64> {
    let mut values: Vec<f64> = rows.iter().map(|&row| column[row]).collect();
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| a.total_cmp(b).is_eq());
    values.pop();
    let step = values.len().div_ceil(BINS).max(1);
    values.into_iter().step_by(step).collect()
}

struct Best {
    found: bool,
    feature: usize,
    threshold: f64,
    impurity: f64,
}

fn grow(
    training: &Training<'_>,
    thresholds: &[Vec<f64>],
    rows: &[usize],
    least: f64,
    depth: usize,
) -> Tree {
    let mut sums = [0.0; 2];
    for &row in rows {
        sums[usize::from(training.hostile[row])] += training.weights[row];
    }
    let leaf = Tree::Leaf(sums[1] / (sums[0] + sums[1]).max(f64::MIN_POSITIVE));
    if depth == 0 {
        return leaf;
    }
    let impurity = impurity(sums) * (1.0 - 1e-9);
    let mut best = Best { found: false, feature: 0, threshold: 0.0, impurity };
    for (feature, thresholds) in thresholds.iter().enumerate() {
        split(training, feature, thresholds, rows, (sums, least), &mut best);
    }
    // Nothing to ask, or nothing that helps.
    let Some(column) = training.columns.get(best.feature).filter(|_| best.found) else {
        return leaf;
    };
    let (low, high): (Vec<usize>, Vec<usize>) =
        rows.iter().partition(|&&row| column[row] <= best.threshold);
    if low.is_empty() || high.is_empty() {
        return leaf;
    }
    let side = |rows: &[usize]| Box::new(grow(training, thresholds, rows, least, depth - 1));
    Tree::Split {
        feature: best.feature,
        threshold: best.threshold,
        low: side(&low),
        high: side(&high),
    }
}

/// Improves on the best split with one feature, by a histogram over its thresholds.
fn split(
    training: &Training<'_>,
    feature: usize,
    thresholds: &[f64],
    rows: &[usize],
    (sums, least): ([f64; 2], f64),
    best: &mut Best,
) {
    let mut bins = vec![[0.0; 2]; thresholds.len() + 1];
    for &row in rows {
        let value = training.columns[feature][row];
        let bin = thresholds.partition_point(|&threshold| threshold < value);
        bins[bin][usize::from(training.hostile[row])] += training.weights[row];
    }
    let mut low = [0.0; 2];
    for (bin, &threshold) in bins.iter().zip(thresholds) {
        low = [low[0] + bin[0], low[1] + bin[1]];
        let high = [sums[0] - low[0], sums[1] - low[1]];
        let impurity = impurity(low) + impurity(high);
        if low[0] + low[1] >= least && high[0] + high[1] >= least && impurity < best.impurity {
            *best = Best { found: true, feature, threshold, impurity };
        }
    }
}

/// Gini impurity times weight.
fn impurity([benign, hostile]: [f64; 2]) -> f64 {
    let total = benign + hostile;
    if total <= 0.0 { 0.0 } else { 2.0 * benign * hostile / total }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four corners, opposite ones alike: no single feature separates, two together do.
    #[test]
    fn two_features_that_say_nothing_alone_are_combined() {
        let mut stream = crate::random::Stream::new(5, "tree", 0, 0);
        let points: Vec<[f64; 2]> = (0..2_000).map(|_| [stream.unit(), stream.unit()]).collect();
        // One corner smaller than the others, so that the first split has something to gain.
        let hostile: Vec<bool> = points.iter().map(|[a, b]| (*a < 0.45) == (*b < 0.45)).collect();
        let columns =
            [points.iter().map(|p| p[0]).collect(), points.iter().map(|p| p[1]).collect()];
        let weights = vec![1.0; points.len()];
        let training = Training { columns: &columns, hostile: &hostile, weights: &weights };
        let rows: Vec<usize> = (0..points.len()).collect();
        let tree = Tree::grow(&training, &rows);
        let right = rows.iter().filter(|&&row| (tree.share(&columns, row) > 0.5) == hostile[row]);
        assert!(right.count() > 1_800);
        assert!(tree.features().contains(&0) && tree.features().contains(&1));
    }

    #[test]
    fn weights_decide_what_a_leaf_says() {
        let columns = [vec![0.0, 0.0, 1.0]];
        let training = Training {
            columns: &columns,
            hostile: &[true, false, false],
            weights: &[3.0, 1.0, 4.0],
        };
        let tree = Tree::grow(&training, &[0, 1, 2]);
        assert!((tree.share(&columns, 0) - 0.75).abs() < 1e-12);
        assert!(tree.share(&columns, 2).abs() < 1e-12);
    }

    #[test]
    fn one_value_gives_a_leaf() {
        let columns = [vec![7.0; 4]];
        let hostile = [true, false, true, false];
        let training = Training { columns: &columns, hostile: &hostile, weights: &[1.0; 4] };
        let tree = Tree::grow(&training, &[0, 1, 2, 3]);
        assert!(matches!(tree, Tree::Leaf(share) if (share - 0.5).abs() < 1e-12));
    }
}
