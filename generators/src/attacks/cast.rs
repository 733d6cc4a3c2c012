//! Who attacks act as: the positions that several of them share.

use crate::tenant::Position;

pub(super) const PEOPLE: [(Position, f64); 2] = [(Position::User, 0.9), (Position::Guest, 0.1)];

/// Those who look after vaults; guests do not.
pub(super) const KEEPERS: [(Position, f64); 1] = [(Position::User, 1.0)];

pub(super) const SERVICES: [(Position, f64); 2] =
    [(Position::Poller, 0.75), (Position::Startup, 0.25)];

pub(super) const ANYBODY: [(Position, f64); 4] = [
    (Position::User, 0.4),
    (Position::Guest, 0.05),
    (Position::Poller, 0.4),
    (Position::Startup, 0.15),
];

/// Excepted wherever people's accounts are used.
pub(super) const ADMINISTRATORS: [(Position, f64); 1] = [(Position::Administrator, 1.0)];

/// Excepted wherever values are read.
pub(super) const TRUSTED: [(Position, f64); 3] =
    [(Position::Administrator, 0.35), (Position::Automation, 0.3), (Position::Pipeline, 0.35)];

/// Excepted wherever vaults are written.
pub(super) const WRITERS: [(Position, f64); 3] =
    [(Position::Administrator, 0.4), (Position::Automation, 0.4), (Position::Integration, 0.2)];
