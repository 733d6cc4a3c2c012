//! The running digest of an input's bytes, from which the corpus id comes.

use std::fmt;

use xxhash_rust::xxh3::Xxh3;

/// xxh3-128, fed in file order.
#[derive(Clone, Default)]
pub(crate) struct Digest(Box<Xxh3>);

impl Digest {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn value(&self) -> u128 {
        self.0.digest128()
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({:032x})", self.value())
    }
}
