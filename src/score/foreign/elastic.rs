//! Elastic Security alert documents: an NDJSON export, one document a line.
//!
//! A line is the bare `_source`, or a search hit with `_source` or `fields`. Where the names come
//! from: `kibana.alert.*` and `@timestamp` (when the alert was written) from Elastic's alert schema
//! reference (8.x and later; the older `signal.*` is not read); `original_time` is the source event's
//! time, `threshold_result` and `suppression` hold the earliest and the latest event of those that
//! count many; `azure.*` and `user.*` are copied from the source event, as the Azure integration's
//! pipelines store it. `kibana.alert.ancestors` names documents of the cluster, whose ids no truth
//! can know: the record itself is recognised by its correlation id.

use std::io::BufRead;

use serde_json::Value;

use super::json::{all, first, texts, visit};
use super::{Told, bounded, time, vault_of};
use crate::event::Ticks;
use crate::score::ScoreError;
use crate::score::lines::Lines;

const RULE: &str = "kibana.alert.rule.name";
/// Who acted, of both planes and both spellings of claims.
const IDENTITIES: [&str; 9] = [
    "azure.platformlogs.identity.claim.oid",
    "azure.platformlogs.identity.claim.http://schemas.microsoft.com/identity/claims/objectidentifier",
    "azure.activitylogs.identity.claims.http://schemas_microsoft_com/identity/claims/objectidentifier",
    "user.id",
    "azure.platformlogs.identity.claim.upn",
    "azure.activitylogs.identity.claims_initiated_by_user.name",
    "user.email",
    "user.name",
    "azure.platformlogs.identity.claim.appid",
];
const CORRELATION_IDS: [&str; 3] = [
    "azure.correlation_id",
    "azure.platformlogs.correlation_id",
    "azure.activitylogs.correlation_id",
];
const RESOURCE_ID: &str = "azure.resource.id";
const VAULT: &str = "azure.resource.name";
const STARTS: [&str; 3] = [
    "kibana.alert.threshold_result.from",
    "kibana.alert.suppression.start",
    "kibana.alert.original_time",
];
const ENDS: [&str; 2] = ["kibana.alert.suppression.end", "kibana.alert.original_time"];

pub(super) fn read(file: &str, reader: impl BufRead) -> Result<Vec<Told>, ScoreError> {
    let mut lines = Lines::headless(file, reader);
    let mut told = Vec::new();
    while let Some(line) = lines.next::<Value>("an alert document")? {
        bounded(file, lines.line(), told.len())?;
        told.push(document(&lines.place(), lines.line(), &line)?);
    }
    Ok(told)
}

fn document(place: &str, line: usize, hit: &Value) -> Result<Told, ScoreError> {
    let source = hit.get("_source").or_else(|| hit.get("fields")).unwrap_or(hit);
    let rule_name = first(source, &[RULE]);
    let rule_id = first(source, &["kibana.alert.rule.rule_id", "kibana.alert.rule.uuid"]);
    if rule_name.is_none() && rule_id.is_none() {
        return Err(ScoreError::Syntax {
            place: place.to_owned(),
            expected: "an alert document with kibana.alert.rule.name",
            found: "none".to_owned(),
        });
    }
    let times = |paths: &[&str]| -> Result<Vec<Ticks>, ScoreError> {
        let texts = all(source, paths);
        texts.iter().map(|text| time(place, "a time as RFC 3339 has it", text)).collect()
    };
    let resources = all(source, &[RESOURCE_ID]);
    let vaults = resources.iter().filter_map(|id| vault_of(id));
    Ok(Told {
        line,
        id: first(source, &["kibana.alert.uuid"]).or_else(|| first(hit, &["_id"])),
        rule_id,
        rule_name,
        start: times(&STARTS)?.into_iter().min(),
        end: times(&ENDS)?.into_iter().max(),
        fired_at: times(&["@timestamp"])?.into_iter().min(),
        identities: [all(source, &IDENTITIES), terms(source, &IDENTITIES)].concat(),
        vaults: vaults.chain(all(source, &[VAULT])).chain(terms(source, &[VAULT])).collect(),
        correlation_ids: [all(source, &CORRELATION_IDS), terms(source, &CORRELATION_IDS)].concat(),
    })
}

/// What a threshold rule grouped by, where that is one of `fields`: such an alert copies nothing else.
fn terms(source: &Value, fields: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    visit(source, "kibana.alert.threshold_result.terms", &mut |term| {
        if texts(term, "field").iter().any(|field| fields.contains(&field.as_str())) {
            found.extend(texts(term, "value"));
        }
    });
    found
}
