//! Texts with `*` wildcards, matched without allocating.

/// Literal pieces between wildcards; a wildcard stands for any text, the empty one included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    prefix: String,
    inner: Vec<String>,
    suffix: String,
    ignores_case: bool,
}

impl Pattern {
    /// The pattern of the pieces between wildcards, which must be at least two.
    pub(super) fn new(pieces: &[String], ignores_case: bool) -> Self {
        let [prefix, inner @ .., suffix] = pieces else {
            unreachable!("a wildcard parts two pieces")
        };
        Self { prefix: prefix.clone(), inner: inner.to_vec(), suffix: suffix.clone(), ignores_case }
    }

    /// Whether the whole of `text` is of this form.
    pub(super) fn matches(&self, text: &str) -> bool {
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
        self.inner.iter().all(|piece| {
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
