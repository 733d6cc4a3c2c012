//! A set of rules, one bit per place in the run's rule list.

/// Which rules an event matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleMask(pub u128);

impl RuleMask {
    /// Most rules a run can have: the bits of a mask.
    pub const CAPACITY: usize = 128;

    /// Adds the rule at place `rule`, which must be below [`RuleMask::CAPACITY`].
    pub fn insert(&mut self, rule: usize) {
        debug_assert!(rule < Self::CAPACITY);
        self.0 |= 1 << rule;
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The rules in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Places of the rules, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            let rule = bits.trailing_zeros() as usize;
            bits &= bits.checked_sub(1)?;
            Some(rule)
        })
    }
}
