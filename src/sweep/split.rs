//! Which campaigns a setting is chosen on, and which it is reported on.
//!
//! With corpora to spare (a drill) the held-out part is of another seed and another estate, and everything
//! in it counts. Of the tuning part one variant of each attack is left out, the evasive one of
//! every other attack by name and the plain one of the rest, and every second look-alike by name: what was never
//! tuned on is met in the held-out part for the first time. False alerts alone count every look-alike, because a
//! budget is for all that there is to pay. Of one corpus, each attack's scored campaigns are
//! dealt into two halves by a seeded hash of their id; the rest, and all traffic, is in both.

use std::collections::{BTreeMap, BTreeSet};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::score::{Campaign, Class};

/// A way to part campaigns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// By what they are; only the tuning part leaves any out.
    ByKind {
        /// Attacks whose evasive variant is left out of tuning; of the others it is the plain one.
        plain_only: BTreeSet<String>,
        /// Look-alikes left out of tuning.
        look_alikes: BTreeSet<String>,
    },
    /// One half each.
    Halves {
        /// Ids of the campaigns that are tuned on.
        tuning: BTreeSet<String>,
        /// Ids of those that are held out.
        held_out: BTreeSet<String>,
    },
}

impl Split {
    /// Parts by kind, given the names of all attacks and look-alikes.
    pub fn by_kind(attacks: BTreeSet<String>, look_alikes: BTreeSet<String>) -> Self {
        Self::ByKind {
            plain_only: attacks.into_iter().step_by(2).collect(),
            look_alikes: look_alikes.into_iter().skip(1).step_by(2).collect(),
        }
    }

    /// Deals campaigns into halves.
    pub fn halves<'a>(campaigns: impl Iterator<Item = &'a Campaign>, seed: u64) -> Self {
        let mut by_attack: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
        for campaign in campaigns {
            let hash = xxh3_64_with_seed(campaign.id.as_bytes(), seed);
            by_attack.entry(&campaign.attack).or_default().push((hash, &campaign.id));
        }
        let mut halves = [BTreeSet::new(), BTreeSet::new()];
        // Going on with the other half at the next attack evens odd numbers out.
        let mut turn = 0;
        for mut campaigns in by_attack.into_values() {
            campaigns.sort_unstable();
            for (_, id) in campaigns {
                halves[turn % 2].insert(id.to_owned());
                turn += 1;
            }
        }
        let [tuning, held_out] = halves;
        Self::Halves { tuning, held_out }
    }

    /// Whether a campaign counts in the tuning part.
    pub fn tunes_on(&self, campaign: &Campaign) -> bool {
        match self {
            Self::ByKind { plain_only, look_alikes } => match campaign.class {
                Class::LookAlike => !look_alikes.contains(&campaign.attack),
                Class::Authorised => true,
                Class::Malicious => match campaign.variant() {
                    Some("plain") => plain_only.contains(&campaign.attack),
                    Some("evasive") => !plain_only.contains(&campaign.attack),
                    _ => true,
                },
            },
            Self::Halves { held_out, .. } => !held_out.contains(&campaign.id),
        }
    }

    /// Whether a campaign counts in the held-out part.
    pub fn holds_out(&self, campaign: &Campaign) -> bool {
        match self {
            Self::ByKind { .. } => true,
            Self::Halves { tuning, .. } => !tuning.contains(&campaign.id),
        }
    }

    /// What the tuning part and the held-out part leave out, in words.
    pub(super) fn left_out(&self) -> [Vec<String>; 2] {
        match self {
            Self::ByKind { plain_only, look_alikes } => {
                let list = |names: &BTreeSet<String>| {
                    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
                };
                let tuning = vec![
                    format!(
                        "evasive variants of {}; plain variants of other attacks",
                        list(plain_only)
                    ),
                    format!("look-alikes {} (but in false alerts)", list(look_alikes)),
                ];
                [tuning, Vec::new()]
            }
            Self::Halves { .. } => {
                let half = |other| vec![format!("each attack's campaigns of the {other} half")];
                [half("held-out"), half("tuning")]
            }
        }
    }
}
