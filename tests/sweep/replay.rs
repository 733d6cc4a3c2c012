//! Twenty random settings, and every rule of ours as it stands: a replay gives exactly the alerts of a real
//! run with the edited rule.

use std::path::Path;

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use vaultdrill::detect::{Alert, Triage};
use vaultdrill::engine::{capture, detect};
use vaultdrill::event::TickSpan;
use vaultdrill::ingest::resolve_inputs;
use vaultdrill::rules::{Need, Rule, RuleKind, RuleSet, load};

use crate::support::{OPTIONS, disturbed, folder};
