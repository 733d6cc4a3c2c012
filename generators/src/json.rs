//! JSON text by hand: the generator writes records with byte appends, so escaping lives here and
//! nowhere else.

/// Appends `text` as the inside of a JSON string (no quotes around it).
pub(crate) fn write_escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..=0x1f => b'u',
            _ => continue,
        };
        out.extend_from_slice(&bytes[copied..at]);
        out.extend_from_slice(&[b'\\', short]);
        if short == b'u' {
            out.extend_from_slice(b"00");
            out.extend_from_slice(&HEX_PAIRS[usize::from(byte)]);
        }
        copied = at + 1;
    }
    out.extend_from_slice(&bytes[copied..]);
}

/// The escaped form as a string, for fragments rendered once.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    write_escaped(&mut out, text);
    String::from_utf8(out).expect("escaping inserts only ASCII between whole characters")
}

/// Appends a decimal number.
pub(crate) fn write_number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    while value >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&two_digits(value % 100));
        value /= 100;
    }
    // What is left is one digit, and a nought only where the number itself is.
    if value > 0 || at == digits.len() {
        at -= 1;
        digits[at] = b'0' + value as u8;
    }
    out.extend_from_slice(&digits[at..]);
}

/// The decimal digits of a number below 100.
pub(crate) fn two_digits(value: u64) -> [u8; 2] {
    TWO_DIGITS[value as usize]
}

const TWO_DIGITS: [[u8; 2]; 100] = {
    let mut table = [[0; 2]; 100];
    let mut value = 0;
    while value < table.len() {
        table[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    table
};

/// Appends 32 lower-case hex digits.
pub(crate) fn write_hex(out: &mut Vec<u8>, value: u128) {
    out.extend_from_slice(&hex_digits(value));
}

/// Appends a GUID: the same digits with dashes.
pub(crate) fn write_guid(out: &mut Vec<u8>, value: u128) {
    let digits = hex_digits(value);
    let mut text = [b'-'; 36];
    text[..8].copy_from_slice(&digits[..8]);
    text[9..13].copy_from_slice(&digits[8..12]);
    text[14..18].copy_from_slice(&digits[12..16]);
    text[19..23].copy_from_slice(&digits[16..20]);
    text[24..].copy_from_slice(&digits[20..]);
    out.extend_from_slice(&text);
}

/// A GUID as text.
pub(crate) fn guid(value: u128) -> String {
    let mut out = Vec::with_capacity(36);
    write_guid(&mut out, value);
    String::from_utf8(out).expect("hex digits and dashes are ASCII")
}

/// Appends a dotted IPv4 address.
pub(crate) fn write_address(out: &mut Vec<u8>, address: u32) {
    for (at, byte) in address.to_be_bytes().into_iter().enumerate() {
        if at > 0 {
            out.push(b'.');
        }
        write_number(out, u64::from(byte));
    }
}

fn hex_digits(value: u128) -> [u8; 32] {
    let mut digits = [0_u8; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(value.to_be_bytes()) {
        pair.copy_from_slice(&HEX_PAIRS[usize::from(byte)]);
    }
    digits
}

const HEX_PAIRS: [[u8; 2]; 256] = {
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = [b"0123456789abcdef"[byte >> 4], b"0123456789abcdef"[byte & 0xf]];
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever a name holds, a JSON reader gives back exactly that name.
        #[test]
        fn escaped_text_reads_back_unchanged(text in any::<String>()) {
            let quoted = format!("\"{}\"", escaped(&text));
            prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        }

        /// Numbers and identifiers print as the standard library prints them.
        #[test]
        fn numbers_print_like_the_standard_library(number in any::<u64>(), id in any::<u128>()) {
            let mut out = Vec::new();
            write_number(&mut out, number);
            out.push(b' ');
            write_hex(&mut out, id);
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("{number} {id:032x}"));
        }
    }

    #[test]
    fn small_numbers_print_without_noughts_before_them() {
        for number in 0..=1_000_u64 {
            let mut out = Vec::new();
            write_number(&mut out, number);
            assert_eq!(out, number.to_string().as_bytes());
        }
    }

    #[test]
    fn control_characters_and_quotes_are_escaped() {
        assert_eq!(escaped("a\"b\\c\u{1}\n"), "a\\\"b\\\\c\\u0001\\n");
    }

    #[test]
    fn a_guid_has_dashes_in_the_usual_places() {
        assert_eq!(guid(0x1234), "00000000-0000-0000-0000-000000001234");
    }
}
