//! Texts with `*` wildcards, matched without allocating.

/// Literal pieces between wildcards; a wildcard stands for any text, the empty one included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    prefix: String,
    inner: Vec<String>,
    suffix: String,
    ignores_case: bool,
}

impl Pattern {
    /// The pattern of the pieces between wildcards; `None` for less than two, which have none.
    pub fn new(pieces: &[String], ignores_case: bool) -> Option<Self> {
        let [prefix, inner @ .., suffix] = pieces else { return None };
        Some(Self {
            prefix: prefix.clone(),
            inner: inner.to_vec(),
            suffix: suffix.clone(),
            ignores_case,
        })
    }

    /// The pattern that `text` spells, as to case too; `None` if it has no wildcard.
    pub fn parse(text: &str) -> Option<Self> {
        let pieces: Vec<_> = text.split('*').map(str::to_owned).collect();
        Self::new(&pieces, false)
    }

    /// Whether the whole of `text` is of this form. ASCII case is ignored where the pattern says so.
    pub fn matches(&self, text: &str) -> bool {
        let (text, prefix, suffix) =
            (text.as_bytes(), self.prefix.as_bytes(), self.suffix.as_bytes());
        if text.len() < prefix.len() + suffix.len() {
            return false;
        }
        let (head, rest) = text.split_at(prefix.len());
        let (mut rest, tail) = rest.split_at(rest.len() - suffix.len());
        if !self.same(head, prefix) || !self.same(tail, suffix) {
            return false;
        }
        // The leftmost place of each piece leaves most room for those that follow.
        self.inner.iter().filter(|piece| !piece.is_empty()).all(|piece| {
            let place =
                rest.windows(piece.len()).position(|window| self.same(window, piece.as_bytes()));
            place.is_some_and(|at| {
                rest = &rest[at + piece.len()..];
                true
            })
        })
    }

    fn same(&self, one: &[u8], other: &[u8]) -> bool {
        if self.ignores_case { one.eq_ignore_ascii_case(other) } else { one == other }
    }
}
