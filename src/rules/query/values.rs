//! Tests of one text: what a compiled query asks of the values of a field.

use core::net::IpAddr;
use std::cmp::Ordering;

use super::ast::Comparison;
use crate::event::Pattern;

/// What a text must be; an empty one is absent and passes none.
#[derive(Clone, Debug)]
pub(super) enum ValueTest {
    Exists,
    /// This literal.
    Equals(String),
    /// This literal, ignoring ASCII case.
    Spells(String),
    Pattern(Pattern),
    /// An address among these.
    Within(Addresses),
    /// A number equal to this one.
    Number(f64),
    Range {
        comparison: Comparison,
        to: Bound,
    },
    /// Any of these.
    Any(Vec<Self>),
}

/// What a text is compared with.
#[derive(Clone, Debug)]
pub(super) enum Bound {
    /// As bytes.
    Text(String),
    /// As bytes, ignoring ASCII case.
    Folded(String),
    /// As a number; other texts lie nowhere.
    Number(f64),
    /// As a number if the text is one, else as bytes.
    NumberOrText(f64, String),
    /// As an address; other texts lie nowhere.
    Address(IpAddr),
}

/// A block of addresses, or a single one. IPv4 addresses are their IPv6 forms, as in Elastic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Addresses {
    network: u128,
    mask: u128,
}

impl ValueTest {
    pub(super) fn matches(&self, text: &str) -> bool {
        !text.is_empty()
            && match self {
                Self::Exists => true,
                Self::Equals(literal) => literal == text,
                Self::Spells(literal) => literal.eq_ignore_ascii_case(text),
                Self::Pattern(pattern) => pattern.matches(text),
                Self::Within(addresses) => text.parse().is_ok_and(|one| addresses.contain(one)),
                Self::Number(number) => {
                    Bound::Number(*number).compare(text).is_some_and(Ordering::is_eq)
                }
                Self::Range { comparison, to } => {
                    to.compare(text).is_some_and(|order| comparison.holds(order))
                }
                Self::Any(tests) => tests.iter().any(|test| test.matches(text)),
            }
    }

    /// Passed by what passes this test or `other`.
    pub(super) fn or(&mut self, other: Self) {
        match self {
            Self::Any(tests) => tests.push(other),
            _ => {
                let first = std::mem::replace(self, Self::Any(Vec::new()));
                *self = Self::Any(vec![first, other]);
            }
        }
    }

    /// For the order in which tests are made.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Self::Exists => 1,
            Self::Equals(_) | Self::Spells(_) => 2,
            Self::Within(_) | Self::Number(_) | Self::Range { .. } => 4,
            Self::Pattern(_) => 8,
            Self::Any(tests) => tests.iter().map(Self::cost).sum(),
        }
    }
}

impl Bound {
    /// How `text` stands to the bound; `None` where the two cannot be compared.
    fn compare(&self, text: &str) -> Option<Ordering> {
        match self {
            Self::Text(bound) => Some(text.as_bytes().cmp(bound.as_bytes())),
            Self::Folded(bound) => Some(lower(text).cmp(lower(bound))),
            Self::Number(bound) => as_number(text)?.partial_cmp(bound),
            Self::NumberOrText(number, bound) => match as_number(text) {
                Some(value) => value.partial_cmp(number),
                None => Some(text.as_bytes().cmp(bound.as_bytes())),
            },
            Self::Address(bound) => Some(bits(text.parse().ok()?).cmp(&bits(*bound))),
        }
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Addresses {
    /// Reads an address, or one with the length of its prefix.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Some(width), |length| length.parse().ok())?;
        let free = u32::checked_sub(width, length)?;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        Some(Self { network: bits(address) & mask, mask })
    }

    fn contain(&self, address: IpAddr) -> bool {
        bits(address) & self.mask == self.network
    }
}

/// The number that a text is, if it is one that can be compared.
pub(super) fn as_number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn lower(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().map(|byte| byte.to_ascii_lowercase())
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_contain_their_addresses_and_no_others() {
        for (block, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7/32", "203.0.113.8", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "10.0.0.1", true),
            ("2001:db8::/32", "2001:DB8:0:1::5", true),
            ("2001:db8::1", "2001:db8:0::1", true),
        ] {
            let block = Addresses::parse(block).unwrap();
            assert_eq!(block.contain(address.parse().unwrap()), expected, "{block:?} {address}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "::/129", "10.0.0.0/-1", "a/8"] {
            assert_eq!(Addresses::parse(text), None, "{text}");
        }
    }
}
