//! Texts with `*` wildcards, matched ignoring ASCII case and without allocating.

/// Literal pieces between wildcards; a wildcard stands for any text, the empty one included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    prefix: String,
    inner: Vec<String>,
    suffix: String,
}

impl Pattern {
    /// The pattern of the pieces between wildcards, which must be at least two.
    pub(super) fn new(pieces: &[String]) -> Self {
        let lower = |piece: &String| piece.to_ascii_lowercase();
        let [prefix, inner @ .., suffix] = pieces else {
            unreachable!("a wildcard parts two pieces")
        };
        Self {
            prefix: lower(prefix),
            inner: inner.iter().map(lower).collect(),
            suffix: lower(suffix),
        }
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
        if !head.eq_ignore_ascii_case(prefix) || !tail.eq_ignore_ascii_case(suffix) {
            return false;
        }
        // The leftmost place of each piece leaves most room for those that follow.
        self.inner.iter().all(|piece| {
            let place = rest
                .windows(piece.len())
                .position(|window| window.eq_ignore_ascii_case(piece.as_bytes()));
            place.is_some_and(|at| {
                rest = &rest[at + piece.len()..];
                true
            })
        })
    }
}
