//! Activity Log records as Resource Manager's interface and the portal give them.

use super::json::{Members, push_upper};
use super::{ARRIVAL, result_of};
use crate::ingest::value::{Value, keys};

keys! {
    /// The top level of such a record.
    Rest {
        authorization = b"authorization",
        caller = b"caller",
        category = b"category",
        claims = b"claims",
        correlation_id = b"correlationId",
        time = b"eventTimestamp",
        http_request = b"httpRequest",
        level = b"level",
        operation = b"operationName",
        properties = b"properties",
        resource_id = b"resourceId" | b"resourceUri",
        status = b"status",
        sub_status = b"subStatus",
        submitted = b"submissionTimestamp",
        tenant_id = b"tenantId",
    }
}

/// Writes the raw record.
pub(super) fn rewrite(root: Value<'_, '_>, out: &mut String, duplicates: &mut u64) {
    let rest = Rest::read(root, duplicates);
    let mut members = Members::open(out);
    members.text("time", rest.time.text());
    push_upper(&mut members, "resourceId", rest.resource_id.text());
    push_upper(&mut members, "operationName", localized(rest.operation));
    let category = localized(rest.category);
    members.text("category", if category.is_empty() { "Administrative" } else { category });
    push_result(&mut members, localized(rest.status), localized(rest.sub_status));
    members.text("callerIpAddress", rest.http_request.member("clientIpAddress").text());
    members.text("correlationId", rest.correlation_id.text());
    let claims = Claims { claims: rest.claims, caller: rest.caller.text() };
    let identity = members.key("identity");
    let mut identity = Members::open(identity);
    if rest.authorization.is_object() {
        identity.value("authorization", rest.authorization);
    }
    claims.push(&mut identity);
    identity.close();
    push_level(&mut members, rest.level.text());
    if rest.properties.is_object() {
        members.value("properties", rest.properties);
    }
    members.text("tenantId", rest.tenant_id.text());
    members.text(ARRIVAL, rest.submitted.text());
    members.close();
}

/// A text, or that of an object which holds it beside its translation.
fn localized<'i>(value: Value<'_, 'i>) -> &'i str {
    value.string().unwrap_or_else(|| value.member("value").text())
}

/// Writes result type and signature; the signature of a raw record has the two words of the status.
pub(super) fn push_result(members: &mut Members<'_>, status: &str, sub_status: &str) {
    let (result, begins) = result_of(status);
    members.text("resultType", result);
    if !begins.is_empty() {
        let sub_status = sub_status.split(" (").next().unwrap_or_default();
        members.text_of("resultSignature", &[begins, ".", sub_status]);
    }
}

/// Writes the level by the name that raw records give it.
pub(super) fn push_level(members: &mut Members<'_>, level: &str) {
    let is_longer = level.eq_ignore_ascii_case("Informational");
    members.text("level", if is_longer { "Information" } else { level });
}

/// Who called: the claims, or where a record has none its one word about it.
pub(super) struct Claims<'t, 'i> {
    pub(super) claims: Value<'t, 'i>,
    pub(super) caller: &'i str,
}

impl Claims<'_, '_> {
    pub(super) fn push(&self, identity: &mut Members<'_>) {
        const NAME: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";
        const ID: &str = "http://schemas.microsoft.com/identity/claims/objectidentifier";
        if self.claims.members().next().is_some() {
            identity.value("claims", self.claims);
        } else if !self.caller.is_empty() {
            let claims = identity.key("claims");
            let mut claims = Members::open(claims);
            claims.text(if self.caller.contains('@') { NAME } else { ID }, self.caller);
            claims.close();
        }
    }
}
