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
            out.extend_from_slice(&[hex_digit(byte >> 4), hex_digit(byte & 0xf)]);
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
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends 32 lower-case hex digits.
pub(crate) fn write_hex(out: &mut Vec<u8>, value: u128) {
    out.extend_from_slice(&hex_digits(value));
}

/// Appends a GUID: the same digits with dashes.
pub(crate) fn write_guid(out: &mut Vec<u8>, value: u128) {
    let digits = hex_digits(value);
    let mut from = 0;
    for group in [8, 4, 4, 4, 12] {
        if from > 0 {
            out.push(b'-');
        }
        out.extend_from_slice(&digits[from..from + group]);
        from += group;
    }
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
    for (at, byte) in value.to_be_bytes().into_iter().enumerate() {
        digits[2 * at] = hex_digit(byte >> 4);
        digits[2 * at + 1] = hex_digit(byte & 0xf);
    }
    digits
}

fn hex_digit(nibble: u8) -> u8 {
    b"0123456789abcdef"[usize::from(nibble)]
}

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
    fn control_characters_and_quotes_are_escaped() {
        assert_eq!(escaped("a\"b\\c\u{1}\n"), "a\\\"b\\\\c\\u0001\\n");
    }

    #[test]
    fn a_guid_has_dashes_in_the_usual_places() {
        assert_eq!(guid(0x1234), "00000000-0000-0000-0000-000000001234");
    }
}
