//! Changes to well-formed records: other values, other layouts, damage.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use crate::records::record;

/// What can stand where a value was, or anywhere.
const ODDITIES: &[&[u8]] = &[
    b"\"\"",
    b"\"x\"",
    b"\"AuditEvent\"",
    b"\"Administrative\"",
    b"\"Other\"",
    b"\"Start\"",
    b"null",
    b"true",
    b"false",
    b"0",
    b"200",
    b"403",
    b"00",
    b"01",
    b"-0",
    b"-1",
    b"1.0",
    b"200.5",
    b"2e2",
    b"1e999",
    b"123456789012345",
    b"1234567890123456",
    b"18446744073709551616",
    b"nul",
    b"truth",
    b"{}",
    b"[]",
    b"[\"x\"]",
    b"[1,2]",
    b"[[]]",
    b"{\"oid\":\"x\"}",
    b"{\"type\":\"application/x-pkcs12\"}",
    b"{\"time\":{}}",
    b"\"[1,2]\"",
    b"\"{oops\"",
    b"\" {\\\"properties\\\":{\\\"a\\\":1}}\"",
    b"\"\\u0041\"",
    b"\"a\\/b\"",
    b"\"a\\\"b\"",
    b"\"\\\\\"",
    b"\"\\ud800\"",
    "\"\u{e9}\u{2028}\"".as_bytes(),
    b"\"\xff\"",
    b"\"\xc3\"",
    b"\"\xed\xa0\x80\"",
    b"\"a\tb\"",
    b"\"a\x00b\"",
    b"\"\x7f\"",
    b"\"2026-01-02T03:04:05Z\"",
    b"\"never\"",
    b"\"2001:DB8::7\"",
    b"\"application/x-pkcs12\"",
    b"\"https://other.vault.azure.net/keys/k\"",
    b",",
    b":",
    b"}",
    b"]",
    b"\"",
    b"\\",
    b" ",
    b"\t",
    b"\r",
    b"\x00",
    b",\"time\":\"x\"",
    b"\"oid\":\"y\",",
    b",\"CallerIpAddress\":\"z\"",
    b",\"callerIpAddress\":1",
    b",\"claims\":{\"oid\":\"z\"}",
    b",\"claim\":null",
    b",\"a\":{\"a\":1,\"a\":2}",
    b",\"properties\":[]",
    b",\"properties.properties\":{\"networkAcls\":{\"defaultAction\":\"Allow\"}}",
    b",\"httpStatusCode.code\":5",
    b",\"secretProperties\":{\"type\":\"application/x-pkcs12\"}",
    b",\"addedIpRule\":null",
    b",\"addedIpRule\":\"x\"",
    b",\"addedAccessPolicy\":{\"ObjectId\":\"o\"}",
    b",\"requestbody\":\"x\"",
    b",\"properties\":\"{}\"",
];

/// Where the scalar values of a line are: behind a colon, up to what ends them.
pub(crate) fn values(line: &[u8]) -> Vec<(usize, usize)> {
    let starts = (1..line.len()).filter(|&at| line[at - 1] == b':' && line[at] != b' ');
    starts
        .filter_map(|start| {
            let rest = &line[start..];
            let end = match rest[0] {
                b'"' => rest[1..].iter().position(|&byte| byte == b'"')? + 2,
                b'{' | b'[' => return None,
                _ => rest.iter().position(|byte| b",}]".contains(byte))?,
            };
            Some((start, start + end))
        })
        .collect()
}

/// A change to a line.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// Another value in the place of one.
    Value(Index, Index),
    /// Another text of the same kind, so that the layout stays.
    Text(Index, String),
    /// Something behind a value, such as another member.
    Behind(Index, Index),
    /// Something anywhere.
    Insert(Index, Index),
    Byte(Index, u8),
    Cut(Index, Index),
    Swap(Index, Index),
    Truncate(Index),
    /// A member once more, or in front of the first.
    Member(Index, bool),
    Long(Index, usize),
    Nested(Index, usize),
    End(&'static str),
}

pub(crate) fn any_edit() -> impl Strategy<Value = Edit> {
    let place = any::<Index>;
    prop_oneof![
        6 => (place(), place()).prop_map(|(at, what)| Edit::Value(at, what)),
        14 => (place(), "[ -!#-\\[\\]-~\u{e9}]{0,80}").prop_map(|(at, text)| Edit::Text(at, text)),
        4 => (place(), place()).prop_map(|(at, what)| Edit::Behind(at, what)),
        1 => (place(), place()).prop_map(|(at, what)| Edit::Insert(at, what)),
        2 => (place(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        1 => (place(), place()).prop_map(|(from, to)| Edit::Cut(from, to)),
        1 => (place(), place()).prop_map(|(one, other)| Edit::Swap(one, other)),
        1 => place().prop_map(Edit::Truncate),
        2 => (place(), any::<bool>()).prop_map(|(at, front)| Edit::Member(at, front)),
        1 => (place(), 60_usize..20_000).prop_map(|(at, length)| Edit::Long(at, length)),
        1 => (place(), 1_usize..80).prop_map(|(at, depth)| Edit::Nested(at, depth)),
        1 => prop::sample::select(vec!["\r", "\r\r", " ", "\t", "\u{0}", "{}", ",", "\r "]).prop_map(Edit::End),
    ]
}

pub(crate) fn edited(mut line: Vec<u8>, edit: &Edit) -> Vec<u8> {
    let places = values(&line);
    if line.is_empty() || places.is_empty() {
        return line;
    }
    let value = |at: &Index| places[at.index(places.len())];
    let odd = |what: &Index| ODDITIES[what.index(ODDITIES.len())].to_vec();
    let quoted = |text: &str| format!("\"{text}\"").into_bytes();
    let (range, bytes) = match edit {
        Edit::Value(at, what) => (value(at), odd(what)),
        Edit::Text(at, text) => (value(at), quoted(text)),
        Edit::Behind(at, what) => ((value(at).1, value(at).1), odd(what)),
        Edit::Insert(at, what) => ((at.index(line.len()), at.index(line.len())), odd(what)),
        Edit::Byte(at, byte) => ((at.index(line.len()), at.index(line.len()) + 1), vec![*byte]),
        Edit::Cut(from, to) => {
            let (from, to) = (from.index(line.len()), to.index(line.len()));
            ((from.min(to), from.max(to)), Vec::new())
        }
        Edit::Swap(one, other) => {
            let (one, other) = (one.index(line.len()), other.index(line.len()));
            line.swap(one, other);
            return line;
        }
        Edit::Truncate(at) => ((at.index(line.len()), line.len()), Vec::new()),
        Edit::Member(at, front) => {
            let (start, end) = value(at);
            let Some(key) = line[..start - 2].iter().rposition(|&byte| byte == b'"') else {
                return line;
            };
            let member = &line[key..end];
            if *front {
                ((1, 1), [member, b","].concat())
            } else {
                ((end, end), [b",", member].concat())
            }
        }
        Edit::Long(at, length) => (value(at), quoted(&"x".repeat(*length))),
        Edit::Nested(at, depth) => (value(at), [b"[".repeat(*depth), b"]".repeat(*depth)].concat()),
        Edit::End(end) => ((line.len(), line.len()), end.as_bytes().to_vec()),
    };
    line.splice(range.0..range.1.min(line.len()), bytes);
    line.retain(|&byte| byte != b'\n');
    line
}

/// A well-formed record, with as many changes as not to spoil all of them.
pub(crate) fn any_line() -> impl Strategy<Value = Vec<u8>> {
    let edits = prop_oneof![
        1 => prop::collection::vec(any_edit(), 0),
        4 => prop::collection::vec(any_edit(), 1),
        2 => prop::collection::vec(any_edit(), 2..4),
    ];
    (0_u64..200, edits).prop_map(|(n, edits)| edits.iter().fold(record(n).into_bytes(), edited))
}

/// A well-formed record with its members in any order, some of them left out.
pub(crate) fn any_layout() -> impl Strategy<Value = String> {
    (0_u64..20, any::<u64>())
        .prop_map(|(n, mut seed)| rearranged(&serde_json::from_str(&record(n)).unwrap(), &mut seed))
}

fn rearranged(value: &Value, seed: &mut u64) -> String {
    let Value::Object(members) = value else { return value.to_string() };
    let mut random = || {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *seed >> 33
    };
    let mut order: Vec<_> = members.iter().map(|member| (random(), member)).collect();
    order.sort_by_key(|(rank, _)| *rank);
    order.retain(|(rank, _)| rank % 8 > 0);
    let texts = order.iter().map(|(_, (key, value))| {
        format!("{}:{}", Value::from(key.as_str()), rearranged(value, seed))
    });
    format!("{{{}}}", texts.collect::<Vec<_>>().join(","))
}
