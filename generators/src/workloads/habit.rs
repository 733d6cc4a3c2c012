//! What an identity does of its own accord.

use super::{
    AppService, BackupService, Certificates, Cryptography, ExternalSecrets, Human, Infrastructure,
    Moment, Pipeline, Poller, Rotation, Scanner, SecretsStore, Startup, Work,
};
use crate::random::Stream;

/// One identity's behaviour model.
#[derive(Debug, Clone)]
pub(crate) enum Habit {
    Poller(Poller),
    Startup(Startup),
    SecretsStore(SecretsStore),
    ExternalSecrets(ExternalSecrets),
    AppService(AppService),
    Pipeline(Pipeline),
    Certificates(Certificates),
    Rotation(Rotation),
    BackupService(BackupService),
    Human(Human),
    Infrastructure(Infrastructure),
    Scanner(Scanner),
    Cryptography(Cryptography),
    /// Acts only where a look-alike or an attack says so.
    None,
}

/// What is settled about an identity before its habit is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hire {
    /// Within its position.
    pub(crate) number: usize,
    /// How many there are in this position.
    pub(crate) colleagues: usize,
    /// Its client's probability of a 401 before a sequence of requests.
    pub(crate) challenge: f64,
}

impl Habit {
    /// Appends everything that begins in this slice.
    pub(crate) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        match self {
            Self::Poller(habit) => habit.expand(moment, stream, work),
            Self::Startup(habit) => habit.expand(moment, stream, work),
            Self::SecretsStore(habit) => habit.expand(moment, stream, work),
            Self::ExternalSecrets(habit) => habit.expand(moment, stream, work),
            Self::AppService(habit) => habit.expand(moment, stream, work),
            Self::Pipeline(habit) => habit.expand(moment, stream, work),
            Self::Certificates(habit) => habit.expand(moment, stream, work),
            Self::Rotation(habit) => habit.expand(moment, stream, work),
            Self::BackupService(habit) => habit.expand(moment, stream, work),
            Self::Human(habit) => habit.expand(moment, stream, work),
            Self::Infrastructure(habit) => habit.expand(moment, stream, work),
            Self::Scanner(habit) => habit.expand(moment, stream, work),
            Self::Cryptography(habit) => habit.expand(moment, stream, work),
            Self::None => {}
        }
    }
}
