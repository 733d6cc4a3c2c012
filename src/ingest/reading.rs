//! What is stored of a value of the record, by the reading that a field's recipe names.

use std::fmt::Write;
use std::net::IpAddr;

use super::value::Value;
use crate::event::Reading;

/// Takes a value as something that appends it to a text.
type Add<'a> = &'a mut dyn FnMut(&mut dyn FnMut(&mut String));

/// Nanoseconds of a millisecond.
const NANOS: f64 = 1e6;

/// Hands to `add` what `reading` makes of `value`; of an array, of each element.
pub(super) fn write_reading(value: Value<'_, '_>, reading: &Reading, add: Add<'_>) {
    if let Reading::Claim(name) = reading {
        for (key, member) in value.members() {
            if spells_claim(key, name) {
                write_reading(member, &Reading::Plain, add);
            }
        }
    } else if let Reading::Fixed(text) = reading {
        if value.is_stated() {
            add(&mut |out| out.push_str(text));
        }
    } else if value.is_array() {
        value.elements().for_each(|element| write_reading(element, reading, add));
    } else if value.is_stated() && !value.is_object() && value.text_is_not_empty() {
        write_one(value, reading, add);
    }
}

fn write_one(value: Value<'_, '_>, reading: &Reading, add: Add<'_>) {
    let text = value.text();
    let mut push = |part: Option<&str>| {
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            add(&mut |out| out.push_str(part));
        }
    };
    match reading {
        Reading::Plain | Reading::Claim(_) | Reading::Fixed(_) => {
            add(&mut |out| write_scalar(value, out));
        }
        Reading::Address => push(Some(text).filter(|text| is_address(text))),
        Reading::NoAddress => push(Some(text).filter(|text| !is_address(text))),
        Reading::Outcome => {
            let outcome = ["success", "failure"].into_iter();
            let outcome = outcome.into_iter().find(|known| known.eq_ignore_ascii_case(text));
            push(outcome);
            push(outcome.map(|_| text).filter(|text| Some(*text) != outcome));
        }
        Reading::TextMillis => {
            if let Ok(millis) = text.parse::<i32>() {
                add(&mut |out| write_number(f64::from(millis) * NANOS, out));
            }
        }
        Reading::NumberMillis => match value.number() {
            Some(millis) => add(&mut |out| write_number(millis * NANOS, out)),
            None => push(Some(text)),
        },
        Reading::EventType => push(event_type(text)),
        Reading::Subscription => push(ResourceParts::of(text).subscription),
        Reading::ResourceGroup => push(ResourceParts::of(text).group),
        Reading::ResourceProvider => push(ResourceParts::of(text).provider),
        Reading::ResourceName => push(ResourceParts::of(text).name),
        Reading::UserName => push(Some(email(text).map_or(text, |(name, _)| name))),
        Reading::UserDomain => push(email(text).map(|(_, domain)| domain)),
        Reading::UserEmail => push(email(text).map(|_| text)),
    }
}

/// Appends a string, number or boolean; nothing for others.
pub(super) fn write_scalar(value: Value<'_, '_>, out: &mut String) {
    if let Some(is_true) = value.boolean() {
        out.push_str(if is_true { "true" } else { "false" });
    } else if let Some(whole) = value.whole() {
        write!(out, "{whole}").expect("writing to a String cannot fail");
    } else if let Some(number) = value.number() {
        write_number(number, out);
    } else {
        out.push_str(value.text());
    }
}

fn write_number(number: f64, out: &mut String) {
    write!(out, "{number}").expect("writing to a String cannot fail");
}

fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// Whether the pipeline's name of a claim is that of `key`.
fn spells_claim(key: &str, name: &str) -> bool {
    let underscored = key.bytes().map(|byte| if byte == b'.' { b'_' } else { byte });
    key.len() == name.len() && underscored.eq(name.bytes())
}

fn event_type(category: &str) -> Option<&'static str> {
    let types =
        [("write", "change"), ("read", "access"), ("delete", "deletion"), ("action", "change")];
    types.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(category)).map(|(_, kind)| kind)
}

/// A user name and a host name, of the characters that the pipeline takes for such.
fn email(text: &str) -> Option<(&str, &str)> {
    let (name, domain) = text.rsplit_once('@')?;
    let sound = |part: &str, others: &str| {
        !part.is_empty()
            && part.chars().all(|one| one.is_ascii_alphanumeric() || others.contains(one))
    };
    (sound(name, "._-") && sound(domain, ".-")).then_some((name, domain))
}

/// What the pipeline's patterns make of a resource id, case kept. Those patterns are greedy: of nested
/// resources the group holds all but the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ResourceParts<'a> {
    subscription: Option<&'a str>,
    group: Option<&'a str>,
    provider: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> ResourceParts<'a> {
    fn of(id: &'a str) -> Self {
        const PROVIDERS: &str = "/providers/";
        let mut parts = Self::default();
        let Some(rest) = after(id, "/subscriptions/") else {
            parts.provider = after(id, PROVIDERS);
            return parts;
        };
        let end = rest.find('/').unwrap_or(rest.len());
        let (subscription, rest) = rest.split_at(end);
        parts.subscription = Some(subscription);
        let last = rest.char_indices().rev().map(|(at, _)| at);
        let mut last = last.filter(|&at| after(&rest[at..], PROVIDERS).is_some());
        let Some(group) = after(rest, "/resourcegroups/") else {
            parts.provider = last.next().and_then(|at| after(&rest[at..], PROVIDERS));
            return parts;
        };
        parts.group = Some(group);
        if let Some(at) = last.next()
            && let Some(resource) = after(&rest[at..], PROVIDERS)
            && let Some((end, _)) = resource.match_indices('/').nth(1)
        {
            parts.group = after(&rest[..at], "/resourcegroups/");
            parts.provider = Some(&resource[..end]);
            parts.name = Some(&resource[end + 1..]);
        }
        parts
    }
}

fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_ids_are_parted_as_the_pipelines_part_them() {
        for (id, expected) in [
            (
                "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV",
                ["S", "G", "MICROSOFT.KEYVAULT/VAULTS", "KV"],
            ),
            (
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv/keys/k",
                ["s", "g", "Microsoft.KeyVault/vaults", "kv/keys/k"],
            ),
            (
                "/subscriptions/s/resourceGroups/g/providers/A.B/c/d/providers/E.F/g/h",
                ["s", "g/providers/A.B/c/d", "E.F/g", "h"],
            ),
            ("/subscriptions/s/resourceGroups/g", ["s", "g", "", ""]),
            ("/subscriptions/s/providers/A.B/c", ["s", "", "A.B/c", ""]),
            ("/subscriptions/s", ["s", "", "", ""]),
            ("/providers/A.B/c", ["", "", "A.B/c", ""]),
            ("", ["", "", "", ""]),
        ] {
            let parts = ResourceParts::of(id);
            let parts = [parts.subscription, parts.group, parts.provider, parts.name];
            assert_eq!(parts.map(Option::unwrap_or_default), expected, "{id}");
        }
    }
}
