//! Fields that rules name beyond the canonical ones.
//!
//! A name is kept for the life of the process, once, so that fields are as cheap to copy and to compare
//! as the canonical ones. It means nothing but itself: no result depends on which were met before.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Most different names of a process: hundreds of times what all published rules name.
const MAX_NAMES: usize = 1 << 12;

/// Longest name: twice the longest path of a claim.
const MAX_NAME_BYTES: usize = 256;

static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// A field by its name in Elastic's documents or its path in the record; one with `*` stands for every
/// such field whose name matches. [`Recipe`](super::Recipe) says where its values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Extra(&'static str);

impl Extra {
    /// The field of this name; `None` if the name is too long, or one too many for a process.
    pub fn named(name: &str) -> Option<Self> {
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name) {
            return Some(Self(known));
        }
        if name.len() > MAX_NAME_BYTES || names.len() == MAX_NAMES {
            return None;
        }
        let kept: &'static str = Box::leak(name.into());
        names.insert(kept);
        Some(Self(kept))
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// Equality, for those who ask often.
    pub(super) fn is(self, other: Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_one_field_and_endless_names_are_none() {
        let (one, same) = (Extra::named("properties.id"), Extra::named("properties.id"));
        assert!(one.zip(same).is_some_and(|(one, same)| one.is(same)));
        assert_ne!(one, Extra::named("properties.ids"));
        assert_eq!(Extra::named(&"a".repeat(MAX_NAME_BYTES + 1)), None);
    }
}
