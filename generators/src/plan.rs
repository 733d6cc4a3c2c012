//! What a caller asks for, hears meanwhile, and may get instead.

use std::path::PathBuf;

use crate::attacks::Attack;
use crate::corpus::Layout;
use crate::look_alikes::LookAlike;
use crate::scenario::Estate;

/// One corpus to be generated.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The tenant and its habits.
    pub estate: Estate,
    /// Attacks to inject.
    pub attacks: Vec<Attack>,
    /// Attacks that take part in the calibration to `events`, but of which nothing is written: the
    /// clean twin of a plan moves its attacks here, and then has the same benign bytes also where
    /// `events` is given.
    pub withheld: Vec<Attack>,
    /// Look-alikes to inject; part of the benign traffic.
    pub look_alikes: Vec<LookAlike>,
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// Events to reach within 2 %, attacks and duplicates included; nothing keeps the rates of the
    /// estate.
    pub events: Option<u64>,
    /// Days in all.
    pub days: u32,
    /// The first of them, before anything is scored; fewer than `days`.
    pub warmup_days: u32,
    /// How the records are filed.
    pub layout: Layout,
    /// Threads to use; changes no byte.
    pub threads: usize,
    /// The corpus directory.
    pub out: PathBuf,
    /// Replace a corpus that is there already.
    pub force: bool,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Records written.
    pub events: u64,
    /// Records expected in all, from calibration.
    pub events_expected: u64,
    /// Bytes of records written.
    pub bytes: u64,
}

/// Why there is no corpus.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Told to stop; nothing of the corpus is left.
    #[error("interrupted while records were generated; no corpus was written")]
    Interrupted,
    /// The directory holds one already.
    #[error("{}: a corpus is there already (`--force` replaces it)", path.display())]
    Exists {
        /// The file found.
        path: PathBuf,
    },
    /// The directory holds a tree of logs that no corpus has listed.
    #[error(
        "{}: logs are there that are not a corpus, expected a directory without them",
        path.display()
    )]
    Foreign {
        /// The tree found.
        path: PathBuf,
    },
    /// There must be scored days, and not more than the calendar of the records holds.
    #[error(
        "{days} days with {warmup_days} of warm-up, expected 1 to {most} days and fewer of warm-up"
    )]
    Days {
        /// Asked for.
        days: u32,
        /// Asked for.
        warmup_days: u32,
        /// Upper bound of `days`.
        most: u32,
    },
    /// The attacks and look-alikes alone are more.
    #[error(
        "{asked} events, expected at least {least} for these attacks and look-alikes over these \
         days"
    )]
    TooFewEvents {
        /// Asked for.
        asked: u64,
        /// What staged instances alone come to.
        least: u64,
    },
    /// A file stands twice in the plan; its instances could not be told apart.
    #[error("`{name}` is staged twice, expected each attack and look-alike once")]
    StagedTwice {
        /// The name in both files.
        name: String,
    },
    /// A file of the corpus could not be written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
