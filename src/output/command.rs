//! A command line as it can be pasted into a shell.

use crate::escaped::escaped;

/// The words with the program's plain name first: where it lay does not matter elsewhere.
pub(crate) fn command_line(words: &[String]) -> String {
    let arguments = words.iter().skip(1).map(|word| quoted(word));
    std::iter::once("vaultdrill".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", escaped(word).replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        let words = ["/somewhere/vaultdrill", "drill", "my drill.toml", "--seed", "7", "it's"];
        let words = words.map(str::to_owned);
        let expected = "vaultdrill drill 'my drill.toml' --seed 7 'it'\\''s'";
        assert_eq!(command_line(&words), expected);
    }
}
