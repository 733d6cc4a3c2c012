//! GUIDs become GUIDs, with dashes or without, upper or lower case as they were.

use super::key::{Keyed, Purpose};

const DIGITS: usize = 32;
/// Where the dashes of a GUID are.
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// The 32 digits of a GUID, lower case, if `text` is one: with all of its dashes or none.
pub(super) fn digits(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let dashed = bytes.len() == DIGITS + DASHES.len() && DASHES.iter().all(|&at| bytes[at] == b'-');
    if !dashed && bytes.len() != DIGITS {
        return None;
    }
    let place = |at: &usize| !(dashed && DASHES.contains(at));
    let digits = bytes.iter().enumerate().filter(|(at, _)| place(at)).map(|(_, byte)| *byte);
    digits
        .map(|byte| byte.is_ascii_hexdigit().then(|| char::from(byte.to_ascii_lowercase())))
        .collect()
}

/// The pseudonym of the GUID with these digits, written as `spelled` is: a random GUID (version 4).
pub(super) fn pseudonym(keyed: &Keyed, digits: &str, spelled: &str) -> String {
    let digest = keyed.digest(Purpose::Guid, &[digits.as_bytes()]);
    let mut value = u128::from_le_bytes(*digest.first_chunk().expect("a digest has 32 bytes"));
    value = value & !(0xf << 76) | 4 << 76;
    value = value & !(0x3 << 62) | 2 << 62;
    let mut new = format!("{value:032x}");
    if spelled.contains('-') {
        DASHES.iter().for_each(|&at| new.insert(at, '-'));
    }
    let first = spelled.bytes().find(u8::is_ascii_alphabetic);
    if first.is_some_and(|letter| letter.is_ascii_uppercase()) {
        new.to_ascii_uppercase()
    } else {
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DASHED: &str = "9410bde4-d2be-4a07-a3a0-60448240b457";

    #[test]
    fn every_spelling_of_a_guid_gives_the_same_one_in_its_spelling() {
        let keyed = Keyed::new(&[7; 16]).unwrap();
        let of = |text: &str| pseudonym(&keyed, &digits(text).unwrap(), text);
        let new = of(DASHED);
        assert_eq!(new.len(), 36);
        assert_eq!((&new[14..15], new == DASHED), ("4", false));
        assert!("89ab".contains(&new[19..20]), "{new}");
        assert_eq!(of(&DASHED.to_uppercase()), new.to_uppercase());
        assert_eq!(of(&DASHED.replace('-', "")), new.replace('-', ""));
    }

    #[test]
    fn what_is_no_guid_is_none() {
        for text in [
            "",
            "9410bde4",
            &DASHED[1..],
            &DASHED.replace('9', "g"),
            "9410bde4-d2be4a07-a3a060448240b457-",
        ] {
            assert_eq!(digits(text), None, "{text}");
        }
    }
}
