//! The vaults of a tenant: those that stand all the time, and behind them the short-lived ones.

use std::ops::{Deref, Index};

use super::Vault;
use crate::time::Ticks;

/// As a slice these are the standing vaults, so that nobody comes upon a short-lived one by chance;
/// an index finds both.
#[derive(Debug, Default)]
pub(crate) struct Vaults {
    all: Vec<Vault>,
    standing: usize,
}

/// A vault made for one pull request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShortLived {
    pub(crate) vault: u16,
    pub(crate) created: Ticks,
    /// When its end begins.
    pub(crate) deleted: Ticks,
    /// The pipeline that uses it.
    pub(crate) reader: u32,
}

impl Vaults {
    pub(super) fn add(&mut self, vault: Vault) {
        assert_eq!(self.standing, self.all.len(), "short-lived vaults come last");
        self.all.push(vault);
        self.standing += 1;
    }

    /// Returns the index of the vault.
    pub(super) fn add_short_lived(&mut self, vault: Vault) -> u16 {
        self.all.push(vault);
        (self.all.len() - 1) as u16
    }

    /// Short-lived ones too, in the order of their indexes.
    pub(crate) fn all(&self) -> &[Vault] {
        &self.all
    }
}

impl Deref for Vaults {
    type Target = [Vault];

    fn deref(&self) -> &[Vault] {
        &self.all[..self.standing]
    }
}

impl Index<usize> for Vaults {
    type Output = Vault;

    fn index(&self, index: usize) -> &Vault {
        &self.all[index]
    }
}
