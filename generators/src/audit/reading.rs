//! What an outsider sees on one record: the call that it is, and the value of every [`Field`].
//!
//! It reads the text that was rendered, as a collector would, and shares nothing with rendering.

use std::collections::BTreeMap;

use super::field::Field;
use super::json::Node;
use crate::time::{SECOND, Ticks, weekday};

/// One record, read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// Operation, outcome and kind of identity.
    pub(super) call: u32,
    /// One per measured field, in the order of [`measured`].
    pub(super) values: Vec<Value>,
}

/// The value of one field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// An interned text, and the coarser text it stands for where it was never met.
    Text {
        value: u32,
        group: u32,
    },
    Number(f64),
}

/// The fields that have a value on a record.
pub(super) fn measured() -> &'static [Field] {
    &Field::ALL[1..]
}

/// Texts by number.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: BTreeMap<String, u32>,
    texts: Vec<String>,
}

impl Names {
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.texts.len() as u32;
        self.numbers.insert(text.to_owned(), number);
        self.texts.push(text.to_owned());
        number
    }

    pub(super) fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }
}

/// Reads the text of one record (without its line end) that arrived so long after its event.
pub(super) fn read(line: &[u8], time: Ticks, arrival: Ticks, names: &mut Names) -> Reading {
    let record: Node = serde_json::from_slice(line).expect("the generator writes JSON");
    let seen = Seen { record: &record, line, time, delay: arrival - time };
    let call = names.number(&seen.call());
    let values = measured().iter().map(|&field| seen.value(field, names)).collect();
    Reading { call, values }
}

struct Seen<'a> {
    record: &'a Node,
    line: &'a [u8],
    time: Ticks,
    delay: Ticks,
}

/// Keys that say which of a vault's doors was open.
const ADMISSION: [&str; 5] = [
    "isAccessPolicyMatch",
    "isRbacAuthorized",
    "appliedAssignmentId",
    "addrAuthType",
    "isAddressAuthorized",
];

impl Seen<'_> {
    /// Pages after the first are a call of their own: how much there is to list is no artefact.
    fn call(&self) -> String {
        let properties = self.properties();
        let outcome = match properties.and_then(|found| found.number("httpStatusCode")) {
            Some(status) => status.to_string(),
            None => {
                let signature = self.record.text("resultSignature");
                format!("{} {signature}", self.record.text("resultType"))
            }
        };
        let more = if self.uri().contains("$skiptoken") { " (next page)" } else { "" };
        let operation = self.record.text("operationName");
        format!("{operation}{more}, {outcome}, {}", kind(self.claims()))
    }

    fn value(&self, field: Field, names: &mut Names) -> Value {
        if let Some(number) = self.number(field) {
            return Value::Number(number);
        }
        let (value, group) = self.words(field);
        Value::Text { value: names.number(&value), group: names.number(&group) }
    }

    fn number(&self, field: Field) -> Option<f64> {
        let second = SECOND as f64;
        Some(match field {
            Field::Subsecond => self.time.rem_euclid(SECOND) as f64 / second,
            Field::Hour => crate::time::hour_of_day(self.time),
            Field::Duration => self.record.number("durationMs").unwrap_or(-1.0),
            Field::Size => self.size() as f64,
            Field::Delay => self.delay as f64 / second,
            _ => return None,
        })
    }

    /// Bytes, but for those of texts: names of vaults, people and clients are no artefact, and have
    /// fields of their own where they may be one. What a write asks for stays in.
    fn size(&self) -> usize {
        let asked = self.properties().map_or("", |properties| properties.text("requestbody"));
        (self.line.len() + asked.len()).saturating_sub(self.record.text_bytes())
    }

    /// The value and the group that it belongs to.
    fn words(&self, field: Field) -> (String, String) {
        let client = self.properties().map_or("", |properties| properties.text("clientInfo"));
        let family = client.split(['/', ' ']).next().unwrap_or_default();
        let caller = self.record.text("callerIpAddress");
        let whole = |text: &str| (text.to_owned(), String::new());
        match field {
            Field::Client => (client.to_owned(), family.to_owned()),
            Field::ClientFamily => whole(family),
            Field::ApiVersion => whole(self.record.text("operationVersion")),
            Field::Tls => whole(self.properties().map_or("", |found| found.text("tlsVersion"))),
            Field::AddressBlock => (leading(caller, 3), leading(caller, 1)),
            Field::AddressPool => (leading(caller, 2), leading(caller, 1)),
            Field::TokenAddress => whole(match self.claims().map(|claims| claims.text("ipaddr")) {
                None | Some("") => "not said",
                Some(address) if address == caller => "the caller's",
                Some(_) => "another",
            }),
            Field::Application => whole(self.claims().map_or("", |claims| claims.text("appid"))),
            Field::Admission => (self.admission(), String::new()),
            Field::Description => {
                whole(self.record.text("resultDescription").get(..24).unwrap_or_default())
            }
            Field::Query => (query(self.uri()), String::new()),
            Field::Keys => (self.record.keys(), String::new()),
            Field::ClaimKeys => (self.claims().map_or_else(String::new, Node::keys), String::new()),
            Field::PropertyKeys => (self.property_keys(), String::new()),
            Field::Header => {
                let words = ["category", "resultType", "level", "RoleLocation", "ReleaseVersion"];
                (words.map(|key| self.record.text(key)).join(" "), String::new())
            }
            Field::CorrelationPattern => {
                (pattern(self.record.text("correlationId")), String::new())
            }
            Field::TimeDigits => {
                let digits = self.record.text("time").trim_end_matches('Z');
                let zeros = digits.len() - digits.trim_end_matches('0').len();
                (format!("{zeros} of {} bytes", digits.len()), String::new())
            }
            Field::Weekday => {
                let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
                whole(names[weekday(self.time) as usize])
            }
            Field::Call
            | Field::Subsecond
            | Field::Hour
            | Field::Duration
            | Field::Size
            | Field::Delay => unreachable!("{field:?} is no text"),
        }
    }

    fn properties(&self) -> Option<&Node> {
        self.record.get("properties")
    }

    fn uri(&self) -> &str {
        self.properties().map_or("", |properties| properties.text("requestUri"))
    }

    fn claims(&self) -> Option<&Node> {
        let identity = self.record.get("identity")?;
        identity.get("claim").or_else(|| identity.get("claims"))
    }

    fn admission(&self) -> String {
        let Some(properties) = self.properties() else { return String::new() };
        let said = properties.pairs().iter().filter(|(key, _)| ADMISSION.contains(&key.as_str()));
        let said = said.map(|(key, value)| match value {
            Node::Flag(flag) => format!("{key}={flag}"),
            Node::Text(text) if text.len() <= 16 => format!("{key}={text}"),
            _ => key.clone(),
        });
        said.collect::<Vec<_>>().join(" ")
    }

    fn property_keys(&self) -> String {
        let pairs = self.properties().map_or(&[][..], Node::pairs).iter();
        let keys = pairs.map(|(key, _)| key.as_str()).filter(|key| !ADMISSION.contains(key));
        keys.collect::<Vec<_>>().join(",")
    }
}

/// As far as claims tell: those of the management plane do not tell one application from another.
fn kind(claims: Option<&Node>) -> &'static str {
    let Some(claims) = claims.filter(|claims| !claims.pairs().is_empty()) else { return "nobody" };
    let has = |end: &str| claims.pairs().iter().any(|(key, _)| key.ends_with(end));
    if claims.text("idtyp") == "user" || has("/claims/name") || has("/upn") || has("unique_name") {
        "user"
    } else if has("xms_mirid") {
        "managed_identity"
    } else if has("appidacr") {
        "service_principal"
    } else {
        "application"
    }
}

/// The first octets of an address.
fn leading(address: &str, octets: usize) -> String {
    address.split('.').take(octets).collect::<Vec<_>>().join(".")
}

/// Port, closing slash and names of the parameters; that a list goes on is part of the call.
fn query(uri: &str) -> String {
    let (path, parameters) = uri.split_once('?').unwrap_or((uri, ""));
    let port = path.trim_start_matches("https://").contains(':');
    let names = parameters.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
    let names: Vec<&str> = names.filter(|&name| name != "$skiptoken").collect();
    let slash = if path.ends_with('/') { "/" } else { "" };
    format!("{}{slash}?{}", if port { ":port" } else { "" }, names.join("&"))
}

/// Every digit of an id as `x` but for version and variant, letters' case kept.
fn pattern(id: &str) -> String {
    let mark = |(at, c): (usize, char)| match (at, c) {
        (14, c) => c,
        (19, '8' | '9' | 'a' | 'b') => 'v',
        (_, 'A'..='F') => 'X',
        (_, c) if c.is_ascii_hexdigit() => 'x',
        (_, c) => c,
    };
    id.chars().enumerate().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"time":"2026-03-04T05:06:07.8900000Z","category":"AuditEvent","operationName":"SecretList","resultType":"Success","correlationId":"0a1b2c3d-0000-4abc-9def-001122334455","callerIpAddress":"203.0.113.9","identity":{"claim":{"oid":"x","appid":"y","idtyp":"user","ipaddr":"203.0.113.8"}},"properties":{"clientInfo":"tool/1.2 (linux)","httpStatusCode":200,"requestUri":"https://v.example:8443/secrets?api-version=7.4&maxresults=25&$skiptoken=ab","isRbacAuthorized":true,"tlsVersion":"TLS1_3"},"operationVersion":"7.4","durationMs":"33"}"#;

    #[test]
    fn every_field_is_read_from_the_text() {
        let mut names = Names::default();
        let time = crate::time::parse_date("2026-03-04").unwrap() + 5 * crate::time::HOUR;
        let reading = read(RECORD.as_bytes(), time, time + 90 * SECOND, &mut names);
        assert_eq!(names.text(reading.call), "SecretList (next page), 200, user");
        let value = |field: Field| {
            let at = measured().iter().position(|&other| other == field).unwrap();
            match reading.values[at] {
                Value::Text { value, .. } => names.text(value).to_owned(),
                Value::Number(number) => number.to_string(),
            }
        };
        for (field, expected) in [
            (Field::Client, "tool/1.2 (linux)"),
            (Field::ClientFamily, "tool"),
            (Field::AddressBlock, "203.0.113"),
            (Field::TokenAddress, "another"),
            (Field::Admission, "isRbacAuthorized=true"),
            (Field::PropertyKeys, "clientInfo,httpStatusCode,requestUri,tlsVersion"),
            (Field::Query, ":port?api-version&maxresults"),
            (Field::CorrelationPattern, "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx"),
            (Field::TimeDigits, "5 of 27 bytes"),
            (Field::Weekday, "Wed"),
            (Field::Hour, "5"),
            (Field::Duration, "33"),
            (Field::Delay, "90"),
        ] {
            assert_eq!(value(field), expected, "{field:?}");
        }
        assert!(value(Field::Size).parse::<usize>().unwrap() < RECORD.len());
    }
}
