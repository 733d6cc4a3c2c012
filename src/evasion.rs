//! The dials of the evasion frontier: one quality of an attacker turned from careless to careful, all
//! others held, as attack files made from the embedded one of [`ATTACK`].
//!
//! Contract: pure; every level has its own attack name, so that one corpus can hold all levels of a
//! dial, which there share no account; levels are in order of care. Apart from the dial the
//! adversary is the file's evasive one, in one sitting, alone, with the names known or listed as
//! the file says: at the victim's own vaults from the victim's own network, so that pace, accounts
//! and volume decide and not novelty.

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::event::Field;
use crate::ingest::{LineParser, ParsedBlock, parse_block};
use crate::rules::{RuleKind, RuleSet};

/// The attack whose dials are turned.
pub const ATTACK: &str = "bulk-extraction";
/// Seconds between two reads where slowness is not turned: a person's hand in a published report, and
/// what thresholds over minutes are made for.
pub const GAP_SECONDS: f64 = 12.0;
/// Objects taken where volume is not turned: twice what the default rules call bulk.
pub const OBJECTS: u32 = 40;
/// What volume is measured against where no rule counts an identity's distinct objects.
const THRESHOLD_FALLBACK: u32 = 20;
/// A secret read with success, to ask rules whether they see such a thing.
const SECRET_READ: &str = concat!(
    r#"{"time":"2026-03-02T00:00:00.0000000Z","category":"AuditEvent","operationName":"SecretGet","#,
    r#""resourceId":"/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000001/RESOURCEGROUPS/RG"#,
    r#"/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/VAULT","resultType":"Success","resultSignature":"OK","#,
    r#""callerIpAddress":"198.18.0.1","correlationId":"00000000-0000-0000-0000-000000000002","#,
    r#""identity":{"claim":{"oid":"00000000-0000-0000-0000-000000000003"}},"properties":{"#,
    r#""httpStatusCode":200,"id":"https://vault.vault.azure.net/secrets/name/version","#,
    r#""requestUri":"https://vault.vault.azure.net/secrets/name/version?api-version=7.4"}}"#,
    "\n"
);
/// Most levels of a dial: a corpus holds as many attacks.
pub const STEPS_MAX: u8 = 17;
/// Vaults that objects are sought in, so that there are enough of them.
const VAULTS: [i64; 2] = [4, 8];
/// Sittings that would take longer than a person sits are made this much longer than their reads, for
/// pauses vary.
const SLACK: f64 = 1.2;
const SITTING_HOURS_MIN: f64 = 4.0;
/// Of the time in which a campaign can still be scored; the rest is for beginnings to differ.
const LONGEST_SHARE: f64 = 0.7;
/// Days at the end of a corpus in which nothing may end that is to be scored.
const QUIET_DAYS: f64 = 2.0;

/// One quality of an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dial {
    /// Times the usual gap between two reads.
    Slowness,
    /// Accounts that share the work.
    Spread,
    /// Objects taken, as a multiple of what the nearest rule needs.
    Volume,
}

/// What the nearest rule needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct NearestThreshold {
    /// The rule; null where none counts an identity's distinct objects.
    pub rule_id: Option<String>,
    /// Distinct objects in its window.
    pub objects: u32,
}

/// Where the dials stand for one attack.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// The name of its campaigns in truth.
    pub attack: String,
    /// Of the dial.
    pub value: f64,
    /// Between two reads.
    pub gap_seconds: f64,
    /// Accounts.
    pub identities: u32,
    /// Objects to take, as far as the vaults hold them.
    pub objects: u32,
}

impl NearestThreshold {
    /// The least number of distinct objects per identity that a threshold rule of `rules` asks for, of
    /// those that see a secret being read.
    pub fn of(rules: &RuleSet) -> Self {
        let mut parser = LineParser::extracting(rules.extras());
        let mut parsed = ParsedBlock::default();
        parse_block(&mut parser, SECRET_READ.as_bytes(), 0, 0, &mut parsed);
        let read = rules.evaluate(&parsed.batch.view(0)).matched;
        let needs = read.iter().filter_map(|index| match &rules.rules[index].kind {
            RuleKind::Threshold(threshold) => {
                let distinct = threshold.distinct.as_ref()?;
                let of_objects = distinct.fields == [Field::Object];
                let by_identity = threshold.group_by == [Field::Identity];
                let id = &rules.rules[index].id;
                (of_objects && by_identity).then_some((distinct.values, id))
            }
            _ => None,
        });
        match needs.min() {
            Some((objects, id)) => Self { rule_id: Some(id.clone()), objects },
            None => Self { rule_id: None, objects: THRESHOLD_FALLBACK },
        }
    }
}

impl Dial {
    /// Every dial.
    pub const ALL: [Self; 3] = [Self::Slowness, Self::Spread, Self::Volume];

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Slowness => "slowness",
            Self::Spread => "spread",
            Self::Volume => "volume",
        }
    }

    /// Its most careless and its most careful end.
    const fn ends(self) -> [f64; 2] {
        match self {
            Self::Slowness => [1.0, 256.0],
            Self::Spread => [1.0, 16.0],
            Self::Volume => [2.0, 0.5],
        }
    }

    /// Levels where nobody says how many: doublings, and four between a threshold and twice it.
    pub const fn default_steps(self) -> u8 {
        match self {
            Self::Spread => 5,
            Self::Slowness | Self::Volume => 9,
        }
    }

    /// `steps` levels (2 to [`STEPS_MAX`]) in equal ratios, the most careless first; those that come to
    /// the same setting are one.
    pub fn levels(self, steps: u8, nearest: &NearestThreshold) -> Vec<Level> {
        let [from, to] = self.ends();
        let last = f64::from(steps.max(2) - 1);
        let ratio = |step: u8| from * (to / from).powf(f64::from(step) / last);
        let mut levels: Vec<Level> =
            (0..steps.max(2)).map(|step| self.level(ratio(step), nearest)).collect();
        levels.dedup_by(|a, b| a.attack == b.attack);
        levels
    }

    fn level(self, value: f64, nearest: &NearestThreshold) -> Level {
        let level = |setting: u32, value| Level {
            attack: format!("{}-{setting}", self.word()),
            value,
            gap_seconds: GAP_SECONDS,
            identities: 1,
            objects: OBJECTS,
        };
        let whole = value.round();
        match self {
            Self::Slowness => {
                Level { gap_seconds: GAP_SECONDS * whole, ..level(whole as u32, whole) }
            }
            Self::Spread => Level { identities: whole as u32, ..level(whole as u32, whole) },
            Self::Volume => {
                let objects = (value * f64::from(nearest.objects)).round().max(1.0) as u32;
                let share = f64::from(objects) / f64::from(nearest.objects);
                Level { objects, ..level(objects, share) }
            }
        }
    }
}

impl Level {
    /// How long the reads take, in days, pauses varying.
    pub fn days(&self) -> f64 {
        f64::from(self.objects) * self.gap_seconds * SLACK / 86_400.0
    }

    /// Whether campaigns of this length can be scored in so many scored days.
    pub fn fits(&self, scored_days: u32) -> bool {
        self.days() <= LONGEST_SHARE * (f64::from(scored_days) - QUIET_DAYS)
    }

    /// The attack file `base` with its dials at this level, for so many campaigns.
    ///
    /// # Errors
    /// What is wrong with `base`.
    pub fn attack_file(&self, base: &str, campaigns: u32) -> Result<String, String> {
        let mut file: Table = base.parse().map_err(|error: toml::de::Error| error.to_string())?;
        file.insert("evasive_share".to_owned(), Value::Integer(1));
        let mut set = |table: &str, key: &str, value: Value| {
            let found = file.get_mut(table).and_then(Value::as_table_mut);
            let found = found.ok_or_else(|| format!("expected a table [{table}], found none"))?;
            found.insert(key.to_owned(), value);
            Ok::<_, String>(())
        };
        let both = |value: Value| Value::Array(vec![value.clone(), value]);
        let count = |count: u32| both(Value::Integer(count.into()));
        set("schedule", "instances", Value::Integer(campaigns.into()))?;
        set("parameters", "objects", count(self.objects))?;
        set("parameters", "vaults", Value::Array(VAULTS.map(Value::Integer).to_vec()))?;
        for share in ["parallel_share", "everything_share", "denied_share"] {
            set("parameters", share, Value::Integer(0))?;
        }
        set("evasive", "gap_seconds", both(Value::Float(self.gap_seconds)))?;
        set("evasive", "identities", count(self.identities))?;
        let hours = (self.days() * 24.0).ceil().max(SITTING_HOURS_MIN);
        set("evasive", "sitting_hours", Value::Float(hours))?;
        for range in ["pause_days", "ramp_up_days"] {
            set("evasive", range, count(0))?;
        }
        for share in ["excepted_share", "maintenance_share"] {
            set("evasive", share, Value::Integer(0))?;
        }
        Ok(file.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest() -> NearestThreshold {
        NearestThreshold { rule_id: None, objects: 20 }
    }

    #[test]
    fn slowness_and_spread_double_and_volume_goes_down_through_the_threshold() {
        let values = |dial: Dial| {
            let levels = dial.levels(dial.default_steps(), &nearest());
            levels.into_iter().map(|level| level.value).collect::<Vec<_>>()
        };
        let doublings: Vec<f64> = (0..9).map(|power| f64::from(1 << power)).collect();
        assert_eq!(values(Dial::Slowness), doublings);
        assert_eq!(values(Dial::Spread), doublings[..5]);
        let volume = values(Dial::Volume);
        assert_eq!((volume[0], volume[4], volume[8]), (2.0, 1.0, 0.5));
        assert!(volume.windows(2).all(|pair| pair[1] < pair[0]), "{volume:?}");
    }

    #[test]
    fn the_nearest_threshold_is_that_of_a_rule_that_sees_secrets_being_read() {
        let rules = |name: &str| crate::rules::load(&[name]).unwrap();
        let NearestThreshold { rule_id, objects } = NearestThreshold::of(&rules("vaultdrill"));
        assert_eq!((rule_id.as_deref(), objects), (Some("slow-extraction"), 10));
        let bulk = NearestThreshold::of(&rules("bulk-extraction"));
        assert_eq!(bulk.objects, 20);
        // A rule that counts objects, but of backups.
        assert_eq!(NearestThreshold::of(&rules("backup-export")).rule_id, None);
    }

    #[test]
    fn levels_that_come_to_the_same_are_one() {
        let few = NearestThreshold { rule_id: None, objects: 2 };
        let objects: Vec<u32> =
            Dial::Volume.levels(9, &few).iter().map(|level| level.objects).collect();
        assert_eq!(objects, [4, 3, 2, 1]);
    }

    #[test]
    fn a_level_turns_its_dial_and_no_other() {
        let levels = Dial::Slowness.levels(9, &nearest());
        let (first, last) = (&levels[0], &levels[8]);
        let settings = |level: &Level| (level.identities, level.objects);
        assert_eq!(settings(first), settings(last));
        assert_eq!((first.gap_seconds, last.gap_seconds), (12.0, 3072.0));
        assert!(first.fits(3) && !last.fits(3) && last.fits(7) && !first.fits(2));
    }

    #[test]
    fn the_made_file_is_an_attack_file_that_says_what_was_asked() {
        let base = include_str!("../scenarios/attacks/bulk-extraction.toml");
        for dial in Dial::ALL {
            for level in dial.levels(3, &nearest()) {
                let text = level.attack_file(base, 7).unwrap();
                let attack = vaultdrill_generators::Attack::parse("made", &text);
                assert!(attack.is_ok(), "{attack:?}\n{text}");
            }
        }
        let error = Dial::Spread.levels(2, &nearest())[0].attack_file("a = 1", 7).unwrap_err();
        assert_eq!(error, "expected a table [schedule], found none");
    }
}
