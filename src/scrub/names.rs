//! Names become names of the same form: letters stay letters, digits digits, everything else as it is.
//!
//! Contract: under one key, names of one form are permuted, so that two names never become one; case is
//! carried over letter by letter, so that spellings that differ in case alone still do. A name keeps its
//! length and the places of its separators; one of one or two characters may become itself.

use super::key::{Keyed, Purpose};
use super::words;

/// Rounds of the Feistel network: an even number, so that both halves are treated alike.
const ROUNDS: u8 = 8;

/// Characters outside ASCII move within their 32 of Unicode, which keeps most letters what they are.
const BLOCK: u32 = 32;

/// One character that can change.
#[derive(Clone, Copy, Debug)]
struct Symbol {
    value: u32,
    radix: u32,
}

fn symbol(c: char) -> Option<Symbol> {
    let lower = c.to_ascii_lowercase();
    match lower {
        'a'..='z' => Some(Symbol { value: u32::from(lower) - u32::from('a'), radix: 26 }),
        '0'..='9' => Some(Symbol { value: u32::from(lower) - u32::from('0'), radix: 10 }),
        _ if !c.is_ascii() => Some(Symbol { value: u32::from(c) % BLOCK, radix: BLOCK }),
        _ => None,
    }
}

/// The same character with another value, in the case that it has.
fn with_value(c: char, value: u32) -> char {
    let base = match c {
        'a'..='z' => u32::from('a'),
        'A'..='Z' => u32::from('A'),
        '0'..='9' => u32::from('0'),
        _ => u32::from(c) / BLOCK * BLOCK,
    };
    // Blocks of 32 hold surrogates only or none.
    char::from_u32(base + value).unwrap_or(c)
}

/// What stands for a character in the form of a name.
fn form(c: char) -> char {
    match symbol(c) {
        Some(_) => with_value(c.to_ascii_lowercase(), 0),
        None => c,
    }
}

/// The pseudonym of `name`: none that is kept where it stands for itself.
pub(super) fn pseudonym(keyed: &Keyed, name: &str) -> String {
    let mut new = permuted(keyed, name);
    // A permutation leads back to where it began: at the latest there it ends.
    while words::is_of_addresses(&new) && !new.eq_ignore_ascii_case(name) {
        new = permuted(keyed, &new);
    }
    new
}

/// The name into which `name` is permuted.
fn permuted(keyed: &Keyed, name: &str) -> String {
    let form: String = name.chars().map(form).collect();
    let mut symbols: Vec<Symbol> = name.chars().filter_map(symbol).collect();
    let half = symbols.len() / 2;
    for round in 0..ROUNDS {
        let (left, right) = symbols.split_at_mut(half);
        let (from, to) = if round % 2 == 0 { (left, right) } else { (right, left) };
        mix(keyed, round, &form, from, to);
    }
    let mut new = symbols.into_iter();
    let changed = |c: char| match symbol(c) {
        Some(_) => new.next().map_or(c, |symbol| with_value(c, symbol.value)),
        None => c,
    };
    name.chars().map(changed).collect()
}

/// Moves each of `to` by what the others, the round and the form make of its place.
fn mix(keyed: &Keyed, round: u8, form: &str, from: &[Symbol], to: &mut [Symbol]) {
    let values: Vec<u8> = from.iter().map(|symbol| symbol.value as u8).collect();
    let seed = keyed.digest(Purpose::Name, &[&[round], form.as_bytes(), &values]);
    let mut block = seed;
    // Two bytes a character: sixteen of them from each block.
    for (number, symbols) in to.chunks_mut(block.len() / 2).enumerate() {
        if number > 0 {
            block = keyed.digest(Purpose::Stream, &[&seed, &number.to_le_bytes()]);
        }
        for (symbol, bytes) in symbols.iter_mut().zip(block.as_chunks::<2>().0) {
            let by = u32::from(u16::from_le_bytes(*bytes));
            symbol.value = (symbol.value + by) % symbol.radix;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    fn keyed(key: &str) -> Keyed {
        Keyed::new(key.repeat(16).as_bytes()).unwrap()
    }

    #[test]
    fn all_names_of_a_form_are_permuted() {
        let keyed = keyed("k");
        for name in 0..1000 {
            let new = pseudonym(&keyed, &format!("{name:03}"));
            assert!(new.len() == 3 && new.bytes().all(|byte| byte.is_ascii_digit()), "{new}");
        }
        let all: BTreeSet<_> = (0..1000).map(|n| pseudonym(&keyed, &format!("{n:03}"))).collect();
        assert_eq!(all.len(), 1000);
        let one: BTreeSet<_> = ('a'..='z').map(|c| pseudonym(&keyed, &c.to_string())).collect();
        assert_eq!(one.len(), 26);
    }

    #[test]
    fn the_form_stays_and_case_is_carried_over() {
        let keyed = keyed("k");
        let new = pseudonym(&keyed, "KV-Payments_01.prod");
        let form = |name: &str| name.chars().map(super::form).collect::<String>();
        assert_eq!(form(&new), form("KV-Payments_01.prod"));
        assert_eq!(new.to_lowercase(), pseudonym(&keyed, "kv-payments_01.prod"));
        assert!(new.starts_with(|c: char| c.is_ascii_uppercase()));
        assert_ne!(pseudonym(&keyed, "kv-payments"), "kv-payments");
        assert_ne!(
            pseudonym(&keyed, "kv-payments"),
            pseudonym(&super::tests::keyed("q"), "kv-payments")
        );
        assert_eq!(pseudonym(&keyed, "-._"), "-._");
        assert_eq!(pseudonym(&keyed, ""), "");
    }

    #[test]
    fn no_name_becomes_a_word_that_is_kept() {
        let keyed = keyed("k");
        let letters = || 'a'..='z';
        let names = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}")));
        let names = names.filter(|name| !words::is_of_addresses(name));
        let all: BTreeSet<_> = names.map(|name| pseudonym(&keyed, &name)).collect();
        assert_eq!(all.len(), 26 * 26 - 2);
        assert!(!all.contains("ws") && !all.contains("ec"));
    }

    proptest! {
        /// Two names that differ in more than case become two names that do, of the same length.
        #[test]
        fn names_stay_apart(a in "[A-Za-z0-9é€._-]{1,40}", b in "[A-Za-z0-9é€._-]{1,40}") {
            let keyed = keyed("k");
            let (new_a, new_b) = (pseudonym(&keyed, &a), pseudonym(&keyed, &b));
            prop_assert_eq!(new_a.chars().count(), a.chars().count());
            prop_assert_eq!(new_a.eq_ignore_ascii_case(&new_b), a.eq_ignore_ascii_case(&b));
        }
    }
}
