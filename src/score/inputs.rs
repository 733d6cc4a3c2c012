//! What a score is made from, and the checks that its parts belong together.

use serde::Deserialize;

use super::lines::{SCHEMA_VERSION, ticks};
use super::{AlertLog, Score, ScoreError, Truth};
use crate::event::{TickSpan, Ticks};

/// What the header of score.json says it is.
pub(super) const KIND: &str = "score";

/// Declared rate of attack campaigns where the caller declares none: one in thirty days. Precision
/// in a corpus follows from how many attacks were injected; the re-based one follows from this.
pub const DEFAULT_CAMPAIGNS_PER_DAY: f64 = 1.0 / 30.0;

/// Everything a score is made from.
#[derive(Debug)]
pub struct Inputs {
    /// What was injected.
    pub truth: Truth,
    /// What fired, evidence included.
    pub alerts: AlertLog,
    /// When the corpus begins, ends and starts to count.
    pub manifest: Manifest,
    /// What the rules need to have seen, where the run's file is at hand.
    pub run: Option<Run>,
    /// The same corpus without attacks, for rates of false alerts.
    pub clean_twin: Option<CleanTwin>,
    /// Attack campaigns a day for which precision is re-based.
    pub campaigns_per_day: f64,
}

/// The same run over the same corpus without attacks.
#[derive(Debug)]
pub struct CleanTwin {
    /// Its alerts; evidence is not needed.
    pub alerts: AlertLog,
    /// Its manifest.
    pub manifest: Manifest,
}

/// What scoring needs of `manifest.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    schema_version: u32,
    /// Name of the file, for errors.
    #[serde(skip)]
    pub file: String,
    /// The corpus.
    pub corpus_id: String,
    /// Seed of the corpus.
    pub seed: u64,
    /// Name of the estate.
    pub estate: String,
    #[serde(default)]
    attacks: serde_json::Value,
    /// Whole days in all, where the manifest states them.
    days: Option<u32>,
    /// Whole days of warm-up, where the manifest states them: the first event comes a little later.
    warmup_days: Option<u32>,
    /// How many records it has.
    pub events: u64,
    /// Time of the first event.
    #[serde(deserialize_with = "ticks")]
    pub first_time: Ticks,
    /// Time of the last event.
    #[serde(deserialize_with = "ticks")]
    pub last_time: Ticks,
    /// Alerts and campaigns before this time are not scored.
    #[serde(deserialize_with = "ticks")]
    pub warmup_end: Ticks,
}

/// What scoring needs of `run.json`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Run {
    /// Name of the file, for errors.
    #[serde(skip)]
    pub file: String,
    /// The corpus that was read, where the run says so.
    pub corpus_id: Option<String>,
    /// The rules that read it, where the run says so.
    pub rules_id: Option<String>,
    /// It ended before its corpus did, by an interrupt.
    #[serde(default)]
    pub interrupted: bool,
    /// How many records it had read, where the run says so.
    pub records: Option<u64>,
    /// The rules that ran, those that never fired included.
    #[serde(default)]
    pub rules: Vec<RunRule>,
    /// What the rules learned from before the corpus, where they did.
    #[serde(default)]
    pub history: Option<RunHistory>,
}

/// The history of a run.
#[derive(Clone, Debug, Deserialize)]
pub struct RunHistory {
    /// How long it is.
    pub seconds: f64,
}

/// One rule of a run.
#[derive(Clone, Debug, Deserialize)]
pub struct RunRule {
    /// Its id.
    pub rule_id: String,
    /// The pack it was loaded with; empty where the file does not say.
    #[serde(default)]
    pub pack: String,
    /// How much past it compares with, in seconds; absent where it needs none.
    pub history_seconds: Option<f64>,
}

impl Manifest {
    /// Reads the manifest called `file`.
    ///
    /// # Errors
    /// Text out of contract, or times out of order.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScoreError> {
        let mut manifest: Self = parse(file, "a manifest", text)?;
        file.clone_into(&mut manifest.file);
        if manifest.schema_version != SCHEMA_VERSION {
            return Err(ScoreError::Header {
                place: file.to_owned(),
                key: "schema_version",
                expected: SCHEMA_VERSION.to_string(),
                found: manifest.schema_version.to_string(),
            });
        }
        let Self { first_time, warmup_end, last_time, .. } = manifest;
        if !(first_time <= warmup_end && warmup_end < last_time) {
            return Err(ScoreError::Order {
                place: file.to_owned(),
                expected: "first_time, warmup_end and last_time in this order",
                found: format!("{first_time}, {warmup_end} and {last_time}"),
            });
        }
        Ok(manifest)
    }

    /// How much past the rules could learn from before anything counts.
    pub fn warm_up(&self) -> TickSpan {
        let stated = self.warmup_days.map(|days| TickSpan::days(days.into()));
        stated.unwrap_or_else(|| self.warmup_end.since(self.first_time))
    }

    /// Refuses the manifest of a corpus that is no clean twin of this one.
    ///
    /// # Errors
    /// Which key is not that of a twin.
    pub fn check_twin(&self, twin: &Self) -> Result<(), ScoreError> {
        let pair = |key| Pair { key, other: &self.file };
        pair("seed").check(self.seed, &twin.file, twin.seed)?;
        pair("estate").check(&self.estate, &twin.file, &twin.estate)?;
        pair("days").check_known(self.days, &twin.file, twin.days)?;
        pair("warmup_days").check_known(self.warmup_days, &twin.file, twin.warmup_days)?;
        if twin.is_clean() {
            return Ok(());
        }
        Err(ScoreError::Header {
            place: twin.file.clone(),
            key: "attacks",
            expected: "none in the clean twin".to_owned(),
            found: twin.attacks.to_string(),
        })
    }

    /// No attack was injected.
    fn is_clean(&self) -> bool {
        match &self.attacks {
            serde_json::Value::Null => true,
            serde_json::Value::Array(names) => names.is_empty(),
            serde_json::Value::Object(names) => names.is_empty(),
            other => other == "none",
        }
    }
}

impl Run {
    /// Reads the `run.json` called `file`.
    ///
    /// # Errors
    /// Text out of contract.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScoreError> {
        let mut run: Self = parse(file, "a run summary", text)?;
        file.clone_into(&mut run.file);
        Ok(run)
    }

    /// Whether `rule_id` compares with more past than `warm_up` and a history together have; `None` where the run does not
    /// know the rule.
    pub(super) fn exceeds(&self, rule_id: &str, warm_up: TickSpan) -> Option<bool> {
        let rule = self.rules.iter().find(|rule| rule.rule_id == rule_id)?;
        let past = self.history.as_ref().map_or(0.0, |history| history.seconds);
        let known = warm_up.as_seconds_f64() + past;
        Some(rule.history_seconds.is_some_and(|seconds| seconds > known))
    }
}

impl Inputs {
    /// Refuses parts of unlike corpora, unlike rules, or a twin that is none.
    pub(super) fn check(&self) -> Result<(), ScoreError> {
        let Self { truth, alerts, manifest, .. } = self;
        // First: the id of such a run is that of the part it read, which would say less.
        if let Some(run) = self.run.as_ref().filter(|run| run.interrupted) {
            let (file, records) = (run.file.clone(), run.records.unwrap_or_default());
            return Err(ScoreError::Interrupted { file, records, all: manifest.events });
        }
        let corpus = Pair { key: "corpus_id", other: &manifest.file };
        corpus.check(&manifest.corpus_id, &truth.file, &truth.corpus_id)?;
        // Alerts of another product do not say which corpus they are about: only their times do.
        if alerts.foreign.is_none() {
            corpus.check(&manifest.corpus_id, &alerts.file, &alerts.corpus_id)?;
        }
        if let Some(run) = &self.run {
            let pair = |key| Pair { key, other: &alerts.file };
            pair("corpus_id").check_known(
                Some(&alerts.corpus_id),
                &run.file,
                run.corpus_id.as_ref(),
            )?;
            pair("rules_id").check_known(
                Some(&alerts.rules_id),
                &run.file,
                run.rules_id.as_ref(),
            )?;
        }
        self.clean_twin.as_ref().map_or(Ok(()), |twin| self.check_twin(twin))
    }

    fn check_twin(&self, twin: &CleanTwin) -> Result<(), ScoreError> {
        let found = &twin.manifest;
        self.manifest.check_twin(found)?;
        if twin.alerts.foreign.is_none() {
            Pair { key: "corpus_id", other: &found.file }.check(
                &found.corpus_id,
                &twin.alerts.file,
                &twin.alerts.corpus_id,
            )?;
        }
        Pair { key: "rules_id", other: &self.alerts.file }.check(
            &self.alerts.rules_id,
            &twin.alerts.file,
            &twin.alerts.rules_id,
        )
    }
}

impl Score {
    /// Reads the `score.json` called `file`.
    ///
    /// # Errors
    /// Text out of contract, one of an earlier version of this program included.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScoreError> {
        let score: Self = parse(file, "a score", text)?;
        let header = |key, expected: String, found: String| {
            Err(ScoreError::Header { place: file.to_owned(), key, expected, found })
        };
        if score.schema_version != SCHEMA_VERSION {
            let found = score.schema_version.to_string();
            return header("schema_version", SCHEMA_VERSION.to_string(), found);
        }
        if score.kind != KIND {
            return header("kind", KIND.to_owned(), score.kind);
        }
        Ok(score)
    }
}

/// A key that two files must agree on, and the file whose value is expected.
struct Pair<'a> {
    key: &'static str,
    other: &'a str,
}

impl Pair<'_> {
    fn check<T: PartialEq + ToString>(
        &self,
        expected: T,
        file: &str,
        found: T,
    ) -> Result<(), ScoreError> {
        if expected == found {
            return Ok(());
        }
        Err(ScoreError::Unlike {
            file: file.to_owned(),
            key: self.key,
            other: self.other.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
        })
    }

    /// The same where both files have the key.
    fn check_known<T: PartialEq + ToString>(
        &self,
        expected: Option<T>,
        file: &str,
        found: Option<T>,
    ) -> Result<(), ScoreError> {
        expected.zip(found).map_or(Ok(()), |(expected, found)| self.check(expected, file, found))
    }
}

fn parse<T: serde::de::DeserializeOwned>(
    file: &str,
    expected: &'static str,
    text: &str,
) -> Result<T, ScoreError> {
    serde_json::from_str(text).map_err(|error| ScoreError::Syntax {
        place: format!("{file}:{}", error.line()),
        expected,
        found: error.to_string(),
    })
}
