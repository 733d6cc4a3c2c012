//! Elastic's documents of `azure.platformlogs` and `azure.activitylogs`: bare, or with what a search adds
//! around them (`_source`, or `fields`, in which every value is an array); their keys nested or dotted.
//!
//! A document that holds the raw record as text stands for that, since nothing of it is lost; only its
//! arrival is told beside it. Otherwise what the ingest pipelines renamed gets its name back; what they
//! dropped is gone. Of `fields`, an array of one is taken for its value, since nothing tells them apart.

use std::fmt::Write;

use super::json::{Members, push_value};
use super::nested::{Nested, leaves};
use super::row::has_value;
use super::{ARRIVAL, Memory, Shape};
use crate::ingest::line::Reason;
use crate::ingest::sight::looks_like_json;
use crate::ingest::value::Value;

const DATA: &str = "azure.platformlogs.";
const CONTROL: &str = "azure.activitylogs.";
const NANOS_PER_MILLI: u64 = 1_000_000;
const CLAIMS: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";

/// The fields of a document that make the top level of a record.
#[derive(Clone, Copy, Default)]
struct Fields<'t, 'i> {
    time: Value<'t, 'i>,
    ingested: Value<'t, 'i>,
    dataset: Value<'t, 'i>,
    original: Value<'t, 'i>,
    message: Value<'t, 'i>,
    action: Value<'t, 'i>,
    outcome: Value<'t, 'i>,
    duration: Value<'t, 'i>,
    level: Value<'t, 'i>,
    location: Value<'t, 'i>,
    ip: Value<'t, 'i>,
    address: Value<'t, 'i>,
    correlation_id: Value<'t, 'i>,
    resource_id: Value<'t, 'i>,
    category: Value<'t, 'i>,
    event_category: Value<'t, 'i>,
    operation: Value<'t, 'i>,
    operation_version: Value<'t, 'i>,
    result_type: Value<'t, 'i>,
    result_signature: Value<'t, 'i>,
    result_description: Value<'t, 'i>,
    tenant_id: Value<'t, 'i>,
    /// Parts of claims that the pipeline moved, by the ends of their names.
    moved: [Value<'t, 'i>; MOVED.len()],
    is_data: bool,
    is_control: bool,
    /// Whether every value is in an array.
    is_in_arrays: bool,
}

/// What the pipeline moves out of the claims, and the claim it was.
const MOVED: [(&str, &str, &str); 4] = [
    ("name", CLAIMS, "name"),
    ("givenname", CLAIMS, "givenname"),
    ("surname", CLAIMS, "surname"),
    ("fullname", "", "name"),
];

/// Writes the raw record; false for a document of another data set.
pub(super) fn rewrite(
    root: Value<'_, '_>,
    out: &mut String,
    memory: &mut Memory,
) -> Result<bool, Reason> {
    let (source, found) = (root.member("_source"), root.member("fields"));
    let is_in_arrays = !source.is_object() && is_fields(root, found);
    let document = if source.is_object() { source } else { root };
    let document = if is_in_arrays { found } else { document };
    let fields = Fields { is_in_arrays, ..Fields::of(document, &mut memory.path) };
    let arrival = first(fields.ingested).text();
    for text in [fields.original, fields.message].map(first) {
        if copy_raw(text.text(), arrival, out, memory) {
            return Ok(true);
        }
    }
    let named = first(fields.dataset).text();
    if fields.is_control || named == "azure.activitylogs" {
        fields.write(document, CONTROL, out, memory)?;
    } else if fields.is_data || named == "azure.platformlogs" {
        fields.write(document, DATA, out, memory)?;
    } else if first(fields.time).is_present() {
        return Ok(false);
    } else {
        return Err(Reason::UnknownShape);
    }
    Ok(true)
}

/// Whether a search has answered with these fields instead of the document.
pub(super) fn is_fields(hit: Value<'_, '_>, fields: Value<'_, '_>) -> bool {
    fields.member("@timestamp").is_present() && !hit.member("@timestamp").is_present()
}

/// Writes the raw record that a text holds, if it does, and when it arrived, unless it says so itself.
fn copy_raw(text: &str, arrival: &str, out: &mut String, memory: &mut Memory) -> bool {
    let write = |root: Value<'_, '_>| {
        // Messages of other services may have a category, too.
        let is_raw = Shape::of(root) == Shape::Raw
            && ["time", "resourceId"].iter().all(|key| root.member(key).is_present());
        if is_raw {
            let mut members = Members::open(out);
            root.members().for_each(|(key, value)| members.value(key, value));
            let own = root.member(ARRIVAL);
            members.text(ARRIVAL, if has_value(own) { "" } else { arrival });
            members.close();
        }
        is_raw
    };
    // Most messages are none.
    looks_like_json(text) && memory.embedded.parse(text.as_bytes(), write).unwrap_or(false)
}

/// A value, or the only one of an array: answers to searches have every field in one.
fn first<'t, 'i>(value: Value<'t, 'i>) -> Value<'t, 'i> {
    let mut elements = value.elements();
    match (elements.next(), elements.next()) {
        (Some(only), None) => only,
        _ => value,
    }
}

impl<'t, 'i> Fields<'t, 'i> {
    fn of(document: Value<'t, 'i>, path: &mut String) -> Self {
        let mut fields = Self::default();
        path.clear();
        leaves(document, 0, path, &mut |path, _, value| fields.add(path, value));
        fields
    }

    fn add(&mut self, path: &str, value: Value<'t, 'i>) {
        let of_data = path.strip_prefix(DATA);
        let of_control = path.strip_prefix(CONTROL);
        self.is_data |= of_data.is_some();
        self.is_control |= of_control.is_some();
        if let Some(name) = of_data.or(of_control) {
            return self.add_own(name, value);
        }
        let slot = match path {
            "@timestamp" => &mut self.time,
            "event.ingested" => &mut self.ingested,
            "event.dataset" | "data_stream.dataset" => &mut self.dataset,
            "event.original" => &mut self.original,
            "message" => &mut self.message,
            "event.action" => &mut self.action,
            "event.outcome" => &mut self.outcome,
            "event.duration" => &mut self.duration,
            "log.level" => &mut self.level,
            "geo.name" => &mut self.location,
            "source.ip" | "client.ip" => &mut self.ip,
            "source.address" => &mut self.address,
            "azure.correlation_id" => &mut self.correlation_id,
            "azure.resource.id" => &mut self.resource_id,
            _ => return,
        };
        *slot = value;
    }

    /// Adds a field of the log's own.
    fn add_own(&mut self, name: &str, value: Value<'t, 'i>) {
        if let Some(part) = name.strip_prefix("identity.claims_initiated_by_user.") {
            let place = MOVED.iter().position(|(moved, ..)| *moved == part);
            if let Some(place) = place {
                self.moved[place] = value;
            }
            return;
        }
        let slot = match name {
            "category" => &mut self.category,
            "event_category" => &mut self.event_category,
            "operation_name" => &mut self.operation,
            "operation_version" | "operationVersion" => &mut self.operation_version,
            "result_type" => &mut self.result_type,
            "result_signature" => &mut self.result_signature,
            "result_description" => &mut self.result_description,
            "tenant_id" => &mut self.tenant_id,
            _ => return,
        };
        *slot = value;
    }

    fn write(
        &self,
        document: Value<'_, '_>,
        prefix: &str,
        out: &mut String,
        memory: &mut Memory,
    ) -> Result<(), Reason> {
        let is_data = prefix == DATA;
        let text = |value: Value<'_, 'i>| first(value).text();
        let either = |one, other| match text(one) {
            "" => text(other),
            text => text,
        };
        let mut members = Members::open(out);
        members.text("time", text(self.time));
        let usual = if is_data { "AuditEvent" } else { "Administrative" };
        let category = text(self.category);
        members.text("category", if category.is_empty() { usual } else { category });
        members.text("operationName", either(self.operation, self.action));
        members.text("resultType", either(self.result_type, self.outcome));
        members.text("resultDescription", text(self.result_description));
        members.text("correlationId", text(self.correlation_id));
        members.text("callerIpAddress", either(self.ip, self.address));
        self.write_identity(&mut members, document, prefix, memory)?;
        self.write_properties(&mut members, document, prefix, memory)?;
        members.text("resourceId", text(self.resource_id));
        members.text("operationVersion", text(self.operation_version));
        members.text("resultSignature", text(self.result_signature));
        members.text("level", text(self.level));
        members.text("location", text(self.location));
        members.text("tenantId", text(self.tenant_id));
        if let Some(nanos) = first(self.duration).whole_number() {
            // The one log writes it as text, the other as a number.
            let quote = if is_data { "\"" } else { "" };
            let millis = nanos / NANOS_PER_MILLI;
            let out = members.key("durationMs");
            write!(out, "{quote}{millis}{quote}").expect("writing to a String cannot fail");
        }
        members.text(ARRIVAL, text(self.ingested));
        members.close();
        Ok(())
    }

    /// A value as the document has it.
    fn plain<'v, 'j>(&self, value: Value<'v, 'j>) -> Value<'v, 'j> {
        if self.is_in_arrays { first(value) } else { value }
    }

    /// Writes claims and authorization, whose names the pipelines changed.
    fn write_identity(
        &self,
        members: &mut Members<'_>,
        document: Value<'_, '_>,
        prefix: &str,
        memory: &mut Memory,
    ) -> Result<(), Reason> {
        let Memory { path, open: name, leaves, .. } = memory;
        let (is_data, mut are_there) = (prefix == DATA, [false; MOVED.len()]);
        let mut identity = Members::open(members.key("identity"));
        let mut claims = Members::open(identity.key(if is_data { "claim" } else { "claims" }));
        let below = if is_data { "identity.claim." } else { "identity.claims." };
        each_below(document, prefix, below, path, &mut |written, value| {
            name.clear();
            push_claim(name, written);
            let moved = MOVED.iter().position(|(_, start, end)| {
                name.strip_prefix(start).is_some_and(|rest| rest == *end)
            });
            moved.into_iter().for_each(|place| are_there[place] = true);
            claims.value(name, self.plain(value));
        });
        let moved = MOVED.iter().zip(self.moved).zip(are_there);
        for ((&(_, start, end), value), _) in
            moved.filter(|((_, value), is_there)| value.is_stated() && !is_there)
        {
            push_value(claims.key_of(&[start, end]), first(value));
        }
        claims.close();
        if !is_data {
            leaves.gather(document, [prefix, "identity.authorization."], path)?;
            let mut authorization = Nested::open(&mut identity, "authorization", name, '.');
            for (name, value) in leaves.of(document) {
                authorization.value(original(name), self.plain(value));
            }
            authorization.close();
        }
        identity.close();
        Ok(())
    }

    fn write_properties(
        &self,
        members: &mut Members<'_>,
        document: Value<'_, '_>,
        prefix: &str,
        memory: &mut Memory,
    ) -> Result<(), Reason> {
        let Memory { path, open, leaves, .. } = memory;
        leaves.gather(document, [prefix, "properties."], path)?;
        let mut properties = Nested::open(members, "properties", open, '.');
        for (name, value) in leaves.of(document) {
            properties.value(original(name), self.plain(value));
        }
        if prefix == CONTROL && self.event_category.is_stated() {
            properties.value("eventCategory", first(self.event_category));
        }
        properties.close();
        Ok(())
    }
}

/// Hands over the leaves of a document below a path, with the rest of theirs.
fn each_below<'t, 'i>(
    document: Value<'t, 'i>,
    prefix: &str,
    below: &str,
    path: &mut String,
    found: &mut dyn FnMut(&str, Value<'t, 'i>),
) {
    path.clear();
    leaves(document, 0, path, &mut |path, _, value| {
        let rest = path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(below));
        if let Some(rest) = rest {
            found(rest, value);
        }
    });
}

/// The path in a raw record of what the pipelines call otherwise.
fn original(path: &str) -> &str {
    match path {
        "status_code" => "statusCode",
        "service_request_id" => "serviceRequestId",
        "evidence.role_assignment_scope" => "evidence.roleAssignmentScope",
        "evidence.role_assignment_id" => "evidence.roleAssignmentId",
        "evidence.role_definition_id" => "evidence.roleDefinitionId",
        "evidence.principal_id" => "evidence.principalId",
        "evidence.principal_type" => "evidence.principalType",
        _ => path,
    }
}

/// Appends a claim's name: the pipelines write the dots of an address as underscores.
fn push_claim(out: &mut String, name: &str) {
    const ADDRESS: &str = "http://schemas_";
    let host = name.strip_prefix(ADDRESS).map(|rest| rest.find('/').unwrap_or(rest.len()));
    let host_end = host.map_or(0, |length| ADDRESS.len() + length);
    out.extend(name[..host_end].chars().map(|one| if one == '_' { '.' } else { one }));
    out.push_str(&name[host_end..]);
}
