//! JSON numbers become JSON numbers with as many digits, and the same exponent.

use super::key::Keyed;
use super::names;

/// The pseudonym of `number`, which is a JSON number; its digits change as those of a name do.
pub(super) fn pseudonym(keyed: &Keyed, number: &str) -> String {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let (sign, digits) = number.split_at(number.len() - digits.len());
    let end = digits.find(['e', 'E']).unwrap_or(digits.len());
    let (mantissa, exponent) = digits.split_at(end);
    let is_number =
        |text: &str| !text.starts_with('0') || text.len() == 1 || text.starts_with("0.");
    // A permutation leads back to where it began, which is a number.
    let mut new = names::pseudonym(keyed, mantissa);
    while !is_number(&new) {
        new = names::pseudonym(keyed, &new);
    }
    format!("{sign}{new}{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_stay_numbers_and_apart() {
        let keyed = Keyed::new(&[7; 16]).unwrap();
        for number in ["15551234567", "-15551234567", "0.5551234", "1.5551234e+10", "0", "7"] {
            let new = pseudonym(&keyed, number);
            assert_eq!(new.len(), number.len());
            let parsed: f64 = serde_json::from_str(&new).unwrap();
            assert_eq!(parsed < 0.0, number.starts_with('-'));
        }
        let all: BTreeSet<_> = (100..1000).map(|n| pseudonym(&keyed, &n.to_string())).collect();
        assert_eq!(all.len(), 900);
        assert_ne!(pseudonym(&keyed, "15551234567"), "15551234567");
    }
}
