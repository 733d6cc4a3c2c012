//! Caller addresses: without port, in one spelling, and the block they come from.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::event::{Batch, Event, TextField};

/// Stores the address and its block (/24, or /48 of IPv6). What is no address, such as a masked one,
/// is kept as written and has no block.
pub(super) fn set_source(batch: &mut Batch, event: &mut Event, address: &str) {
    let address = address.trim_ascii();
    if address.parse::<Ipv4Addr>().is_ok() {
        return set_v4(batch, event, address);
    }
    match parse(address) {
        Some(IpAddr::V4(ip)) => set_other_v4(batch, event, ip),
        Some(IpAddr::V6(ip)) => set_v6(batch, event, ip),
        None if address.is_empty() => {}
        None => batch.set_text(event, TextField::SourceIp, address),
    }
}

/// The less common spellings.
fn parse(address: &str) -> Option<IpAddr> {
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let ip = bare.unwrap_or(address).parse::<IpAddr>().ok();
    let ip = ip.or_else(|| address.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(ip.to_canonical())
}

/// `dotted` is an address, of which Rust reads the canonical spelling only.
fn set_v4(batch: &mut Batch, event: &mut Event, dotted: &str) {
    batch.set_text(event, TextField::SourceIp, dotted);
    let network = dotted.len() - dotted.bytes().rev().take_while(u8::is_ascii_digit).count();
    batch.set_text_with(event, TextField::SourceBlock, |text| {
        text.push_str(&dotted[..network]);
        text.push_str("0/24");
    });
}

/// An address in another spelling: with a port, or mapped into IPv6.
fn set_other_v4(batch: &mut Batch, event: &mut Event, ip: Ipv4Addr) {
    let [a, b, c, _] = ip.octets();
    batch.set_text_with(event, TextField::SourceIp, |text| push(text, format_args!("{ip}")));
    batch.set_text_with(event, TextField::SourceBlock, |text| {
        push(text, format_args!("{a}.{b}.{c}.0/24"));
    });
}

fn set_v6(batch: &mut Batch, event: &mut Event, ip: Ipv6Addr) {
    batch.set_text_with(event, TextField::SourceIp, |text| push(text, format_args!("{ip}")));
    let [a, b, c, ..] = ip.segments();
    let network = Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0);
    batch.set_text_with(event, TextField::SourceBlock, |text| {
        push(text, format_args!("{network}/48"));
    });
}

fn push(text: &mut String, value: std::fmt::Arguments<'_>) {
    text.write_fmt(value).expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_port_and_get_their_block() {
        for (written, ip, block) in [
            ("203.0.113.7", "203.0.113.7", "203.0.113.0/24"),
            ("203.0.113.7:443", "203.0.113.7", "203.0.113.0/24"),
            (" 203.0.113.7 ", "203.0.113.7", "203.0.113.0/24"),
            ("2001:DB8:1:2::7", "2001:db8:1:2::7", "2001:db8:1::/48"),
            ("[2001:db8:1:2::7]:443", "2001:db8:1:2::7", "2001:db8:1::/48"),
            ("[2001:db8::7]", "2001:db8::7", "2001:db8::/48"),
            ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.0/24"),
            ("203.0.113.xxx", "203.0.113.xxx", ""),
            ("", "", ""),
        ] {
            let (mut batch, mut event) = (Batch::default(), Event::default());
            set_source(&mut batch, &mut event, written);
            let view = batch.view_of(&event);
            assert_eq!(view.text(TextField::SourceIp), ip, "{written}");
            assert_eq!(view.text(TextField::SourceBlock), block, "{written}");
        }
    }
}
