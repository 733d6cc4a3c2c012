//! The key of a scrubbing, and the keyed function that every pseudonym comes from.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Shortest key that is taken: what is shorter can be guessed, and with it every name.
pub const MIN_KEY_BYTES: usize = 16;

/// What a pseudonym is for; each purpose has a function of its own.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum Purpose {
    Name = 1,
    Stream = 2,
    Guid = 3,
    Address4 = 4,
    Address6 = 5,
}

/// A key that is too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a key of at least {MIN_KEY_BYTES} bytes, found {found}")]
pub struct ShortKey {
    /// Its length in bytes.
    pub found: usize,
}

/// HMAC-SHA-256 under the key.
#[derive(Clone)]
pub(super) struct Keyed(Hmac<Sha256>);

impl Keyed {
    pub(super) fn new(key: &[u8]) -> Result<Self, ShortKey> {
        let found = key.len();
        let short = ShortKey { found };
        let long_enough = found >= MIN_KEY_BYTES;
        let mac = Hmac::new_from_slice(key).ok().filter(|_| long_enough);
        mac.map(Self).ok_or(short)
    }

    /// The function for `purpose` of `parts`, each of which counts with its length.
    pub(super) fn digest(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(&[purpose as u8]);
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Keyed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyed").finish_non_exhaustive()
    }
}
