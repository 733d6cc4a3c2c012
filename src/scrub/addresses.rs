//! Addresses become addresses that share as much of their beginning as before: /8, /16, /24, and of IPv6
//! every eight bits.
//!
//! Contract: a permutation that preserves prefixes, octet by octet. What is reserved (private, loopback,
//! link-local, shared, documentation, benchmarking, multicast) stays in its own range, and nothing else
//! gets there; the rest of such an address is permuted all the same.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::key::{Keyed, Purpose};

/// Rounds of the network that permutes an octet; a digest holds a table of sixteen nibbles for each.
const ROUNDS: usize = 4;

/// First octets that, in whole or in part, are reserved: they stay.
const FIRST_OCTETS: [u8; 9] = [0, 10, 100, 127, 169, 172, 192, 198, 203];

/// The pseudonym of `text` if it is an address: bare, in brackets, with a port, or masked at its end.
pub(super) fn pseudonym(keyed: &Keyed, text: &str) -> Option<String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(spelled(text, mapped(keyed, address).to_string()));
    }
    if let Ok(socket) = text.parse::<SocketAddr>() {
        let socket = SocketAddr::new(mapped(keyed, socket.ip()), socket.port());
        return Some(spelled(text, socket.to_string()));
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = bare.and_then(|bare| bare.parse::<IpAddr>().ok()) {
        return Some(spelled(text, format!("[{}]", mapped(keyed, address))));
    }
    masked(keyed, text)
}

/// The pseudonym of a block of addresses, such as `81.2.69.0/24`, whose first address is `text` and which
/// goes on with `rest`; and how long both are. A block stays one: what is zero in it stays zero.
pub(super) fn block(keyed: &Keyed, text: &str, rest: &str) -> Option<(usize, String)> {
    let after = rest.strip_prefix('/')?;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let ends = !after[digits..].starts_with(|c: char| c.is_alphanumeric() || c == '/');
    let bits: u32 = after[..digits].parse().ok().filter(|_| ends)?;
    let address: IpAddr = text.parse().ok()?;
    let start = match (address, mapped(keyed, address)) {
        (IpAddr::V4(old), IpAddr::V4(new)) => {
            let host = u32::MAX.checked_shr(bits).unwrap_or(0);
            (bits <= u32::BITS && old.to_bits() & host == 0)
                .then(|| Ipv4Addr::from_bits(new.to_bits() & !host).to_string())
        }
        (IpAddr::V6(old), IpAddr::V6(new)) => {
            let host = u128::MAX.checked_shr(bits).unwrap_or(0);
            (bits <= u128::BITS && old.to_bits() & host == 0)
                .then(|| Ipv6Addr::from_bits(new.to_bits() & !host).to_string())
        }
        _ => None,
    };
    let length = text.len() + 1 + digits;
    start.map(|start| (length, format!("{}/{}", spelled(text, start), &after[..digits])))
}

/// In upper case where `text` is.
fn spelled(text: &str, new: String) -> String {
    let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    if upper { new.to_ascii_uppercase() } else { new }
}

fn mapped(keyed: &Keyed, address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => v4(keyed, address).into(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(inner) => v4(keyed, inner).to_ipv6_mapped().into(),
            None => v6(keyed, address).into(),
        },
    }
}

fn v4(keyed: &Keyed, address: Ipv4Addr) -> Ipv4Addr {
    Ipv4Addr::from(permuted(keyed, Purpose::Address4, address.octets(), class4))
}

fn v6(keyed: &Keyed, address: Ipv6Addr) -> Ipv6Addr {
    if address.is_loopback() || address.is_unspecified() {
        return address;
    }
    Ipv6Addr::from(permuted(keyed, Purpose::Address6, address.octets(), class6))
}

/// Octets of an address whose last ones are masked: `203.0.113.xxx`.
fn masked(keyed: &Keyed, text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('.').collect();
    let known: Vec<u8> = parts.iter().map_while(|part| part.parse().ok()).collect();
    let is_masked =
        |part: &&str| ["x", "xx", "xxx", "*"].iter().any(|mask| mask.eq_ignore_ascii_case(part));
    if parts.len() != 4 || known.is_empty() || !parts[known.len()..].iter().all(is_masked) {
        return None;
    }
    let mut octets = [0; 4];
    octets[..known.len()].copy_from_slice(&known);
    let octets = permuted(keyed, Purpose::Address4, octets, class4);
    let new = octets.iter().zip(&parts).enumerate();
    let new: Vec<String> = new
        .map(
            |(at, (octet, part))| {
                if at < known.len() { octet.to_string() } else { (*part).to_owned() }
            },
        )
        .collect();
    Some(new.join("."))
}

/// Each octet permuted, by a permutation that depends on those before, among those of its class.
fn permuted<const N: usize>(
    keyed: &Keyed,
    purpose: Purpose,
    octets: [u8; N],
    class: fn(&[u8], u8) -> Class,
) -> [u8; N] {
    let mut new = octets;
    for at in 0..N {
        let (before, octet) = (&octets[..at], octets[at]);
        let own = class(before, octet);
        let table = keyed.digest(purpose, &[before]);
        // A permutation leads back to where it began, so that one of the class is met.
        let next = std::iter::successors(Some(permute(&table, octet)), |&octet| {
            Some(permute(&table, octet))
        });
        new[at] = next.into_iter().find(|&octet| class(before, octet) == own).unwrap_or(octet);
    }
    new
}

/// A Feistel network over two nibbles.
fn permute(table: &[u8; 32], octet: u8) -> u8 {
    let (mut left, mut right) = (octet >> 4, octet & 15);
    for round in 0..ROUNDS {
        let entry = table[round * 8 + usize::from(right >> 1)];
        let nibble = if right & 1 == 0 { entry & 15 } else { entry >> 4 };
        (left, right) = (right, left ^ nibble);
    }
    left << 4 | right
}

/// Octets that are permuted among themselves: a reserved one stays, others share a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Stays(u8),
    Among(u8),
}

fn class4(before: &[u8], octet: u8) -> Class {
    let inside = |yes: bool| Class::Among(u8::from(yes));
    let among =
        |fixed: &[u8]| if fixed.contains(&octet) { Class::Stays(octet) } else { Class::Among(0) };
    match before {
        [] if octet >= 240 => Class::Among(2),
        [] if octet >= 224 => Class::Among(1),
        [] => among(&FIRST_OCTETS),
        [100] => inside((64..128).contains(&octet)),
        [169] => among(&[254]),
        [172] => inside((16..32).contains(&octet)),
        [192] => among(&[0, 88, 168]),
        [198] if [18, 19].contains(&octet) => Class::Among(1),
        [198] => among(&[51]),
        [203] => among(&[0]),
        [192, 0] => among(&[0, 2]),
        [192, 88] => among(&[99]),
        [198, 51] => among(&[100]),
        [203, 0] => among(&[113]),
        _ => Class::Among(0),
    }
}

fn class6(before: &[u8], octet: u8) -> Class {
    let among =
        |fixed: &[u8]| if fixed.contains(&octet) { Class::Stays(octet) } else { Class::Among(0) };
    match before {
        // Global unicast but for 20xx, which holds documentation and tunnels; all else stays.
        [] if (0x21..0x40).contains(&octet) => Class::Among(0),
        [] => Class::Stays(octet),
        [0x20] => among(&[1, 2]),
        [0x20, 1] => among(&[0, 0x0d]),
        [0x20, 1, 0x0d] => among(&[0xb8]),
        [0xfe] => Class::Among(octet >> 6),
        [0xff] => Class::Stays(octet),
        _ => Class::Among(0),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    fn keyed() -> Keyed {
        Keyed::new(&[7; 16]).unwrap()
    }

    fn common(a: &[u8], b: &[u8]) -> usize {
        a.iter().zip(b).take_while(|(a, b)| a == b).count()
    }

    fn any_v4() -> impl Strategy<Value = Ipv4Addr> {
        let special = prop::sample::select(vec![10, 100, 127, 169, 172, 192, 198, 203]);
        (prop_oneof![any::<u8>(), special], any::<[u8; 3]>())
            .prop_map(|(first, [b, c, d])| Ipv4Addr::new(first, b, c, d))
    }

    fn reserved(address: Ipv4Addr) -> [bool; 9] {
        let [a, b, ..] = address.octets();
        [
            address.is_private(),
            address.is_loopback(),
            address.is_link_local(),
            address.is_documentation(),
            address.is_multicast(),
            a == 100 && (64..128).contains(&b),
            a == 198 && (18..20).contains(&b),
            a == 0,
            a >= 240,
        ]
    }

    proptest! {
        /// Two addresses share as many leading octets as their pseudonyms, and each is as reserved.
        #[test]
        fn prefixes_and_reserved_ranges_stay(a in any_v4(), b in any_v4(), shared in 0_usize..5) {
            let mut octets = b.octets();
            octets[..shared.min(4)].copy_from_slice(&a.octets()[..shared.min(4)]);
            let b = Ipv4Addr::from(octets);
            let (new_a, new_b) = (v4(&keyed(), a), v4(&keyed(), b));
            prop_assert_eq!(common(&a.octets(), &b.octets()), common(&new_a.octets(), &new_b.octets()));
            prop_assert_eq!(reserved(a), reserved(new_a));
        }

        /// The same of IPv6.
        #[test]
        fn prefixes_stay_in_ipv6(a in any::<[u8; 16]>(), b in any::<[u8; 16]>(), shared in 0_usize..17) {
            let (a, mut b) = (a, b);
            b[..shared].copy_from_slice(&a[..shared]);
            let (new_a, new_b) = (v6(&keyed(), a.into()), v6(&keyed(), b.into()));
            prop_assert_eq!(common(&a, &b), common(&new_a.octets(), &new_b.octets()));
        }
    }

    #[test]
    fn a_block_of_addresses_is_permuted() {
        let all: BTreeSet<_> =
            (0..=255).map(|d| v4(&keyed(), Ipv4Addr::new(81, 2, 69, d))).collect();
        assert_eq!(all.len(), 256);
        let first = *all.first().unwrap();
        assert!(all.iter().all(|one| common(&one.octets(), &first.octets()) >= 3));
        assert_ne!(first.octets()[..3], [81, 2, 69]);
    }

    #[test]
    fn every_spelling_of_an_address_gives_the_same_one() {
        let of = |text: &str| pseudonym(&keyed(), text);
        let bare = of("81.2.69.144").unwrap();
        assert_eq!(of("81.2.69.144:443").unwrap(), format!("{bare}:443"));
        assert_eq!(of("::ffff:81.2.69.144").unwrap(), format!("::ffff:{bare}"));
        let block = bare.rsplit_once('.').unwrap().0;
        assert_eq!(of("81.2.69.xxx").unwrap(), format!("{block}.xxx"));
        let six = of("2a01:111:f100::7").unwrap();
        assert_eq!(of("[2A01:111:F100::7]").unwrap(), format!("[{}]", six.to_uppercase()));
        assert_eq!(of("2A01:0111:f100:0::0007").unwrap(), six.to_uppercase());
        assert!(of("2001:db8:1::7").unwrap().starts_with("2001:db8:"));
        for text in ["::1", "::"] {
            assert_eq!(of(text).as_deref(), Some(text));
        }
        for text in ["", "81.2.69", "x.x.x.x", "1.2.3.4.5", "kv.vault.azure.net"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
