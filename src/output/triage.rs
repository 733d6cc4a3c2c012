//! What an analyst asks about the caller first, as text: the facts the core kept, and what the
//! completing record itself says.

use serde::Serialize;

use super::reread::Reread;
use crate::detect::{Alert, Evidence};
use crate::event::{Change, EventView, Field, GrantScope, TextField};
use crate::rules::RuleSet;

/// The facts of [`crate::detect::Triage`], and what the completing record itself says.
#[derive(Serialize)]
pub(super) struct TriageLine {
    identity: Option<String>,
    identity_kind: &'static str,
    user: Option<String>,
    app: Option<String>,
    vault: Option<String>,
    object: Option<String>,
    source_ip: Option<String>,
    client: Option<String>,
    first_seen: Option<String>,
    active_days: u32,
    daily_events: f64,
    events_today: u32,
    hour_share: f64,
    usual_hours: Vec<u8>,
    denied_24h: u32,
    new_source_block: bool,
    new_client: bool,
    new_credential_type: bool,
    credential_types: Vec<&'static str>,
    known_source_blocks: u32,
    known_clients: u32,
    known_vaults: u32,
    usual_source_blocks: Vec<String>,
    usual_clients: Vec<String>,
    maintenance: bool,
    /// What the completing record changed, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<Changed>,
    recent_changes: Vec<ChangeShown>,
}

#[derive(Serialize)]
struct Changed {
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    grantee: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_scope: Option<&'static str>,
}

#[derive(Serialize)]
struct ChangeShown {
    correlation_id: String,
    time: String,
    operation: String,
    change: &'static str,
    by: Option<String>,
    grantee: Option<String>,
}

pub(super) fn triage_line(reread: &mut Reread<'_>, rules: &RuleSet, alert: &Alert) -> TriageLine {
    let facts = &alert.triage;
    let changes = facts.recent_changes.iter();
    let recent_changes = changes.map(|change| shown(reread, change)).collect();
    let usual_source_blocks = texts(reread, &facts.source_blocks, Field::SourceBlock);
    let usual_clients = texts(reread, &facts.clients, Field::Client);
    let event = reread.event(alert.trigger);
    TriageLine {
        identity: event.display(Field::Identity),
        identity_kind: event.event.identity_kind.word(),
        user: event.display(Field::User),
        app: event.display(Field::App),
        vault: event.display(Field::Vault),
        object: event.display(Field::Object),
        source_ip: event.display(Field::SourceIp),
        client: event.display(Field::Client),
        first_seen: facts.first_seen.map(|time| time.to_string()),
        active_days: facts.active_days,
        daily_events: facts.daily_events,
        events_today: facts.events_today,
        hour_share: facts.hour_share,
        usual_hours: facts.usual_hours.clone(),
        denied_24h: facts.denied_24h,
        new_source_block: facts.new_source_block,
        new_client: facts.new_client,
        new_credential_type: facts.new_credential_type,
        credential_types: facts.credential_types.iter().map(|one| one.word()).collect(),
        known_source_blocks: facts.known_source_blocks,
        known_clients: facts.known_clients,
        known_vaults: facts.known_vaults,
        usual_source_blocks,
        usual_clients,
        maintenance: rules.maintenance_at(event.event.time),
        changed: changed(&event),
        recent_changes,
    }
}

fn texts(reread: &mut Reread<'_>, records: &[Evidence], field: Field) -> Vec<String> {
    records.iter().filter_map(|record| reread.event(record.origin).display(field)).collect()
}

fn changed(event: &EventView<'_>) -> Option<Changed> {
    let (change, scope) = (event.event.change, event.event.grant_scope);
    (change != Change::None).then(|| Changed {
        change: change.word(),
        grantee: event.display(Field::Grantee),
        grant_scope: (scope != GrantScope::None).then(|| scope.word()),
    })
}

fn shown(reread: &mut Reread<'_>, change: &Evidence) -> ChangeShown {
    let event = reread.event(change.origin);
    ChangeShown {
        correlation_id: event.text(TextField::CorrelationId).to_owned(),
        time: change.time.to_string(),
        operation: event.text(TextField::Operation).to_owned(),
        change: event.event.change.word(),
        by: event.display(Field::Identity),
        grantee: event.display(Field::Grantee),
    }
}
