//! "Did you mean": the valid word most like a wrong one.

/// Words less alike than this (Jaro-Winkler, 0 to 1) are no help to whoever mistyped.
const LEAST_LIKENESS: f64 = 0.75;

/// The candidate most like `word`, if any is like it at all; the first of equals.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let mut best = None;
    for candidate in candidates {
        let likeness = strsim::jaro_winkler(&word, &candidate.to_ascii_lowercase());
        if likeness >= best.map_or(LEAST_LIKENESS, |(most, _)| most)
            && best.is_none_or(|(most, _)| likeness > most)
        {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}
