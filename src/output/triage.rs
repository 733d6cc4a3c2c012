//! What an analyst asks first, as text: the facts the core kept, and what the completing record itself
//! says.

use serde::Serialize;

use super::changes::{ChangeShown, Changed, changed, shown};
use super::reread::Reread;
use crate::detect::{Alert, Evidence, KeyClass, Triage};
use crate::event::{Field, Ticks};
use crate::ingest::IngestError;
use crate::rules::RuleSet;

/// Maintenance frames named: rules of one pack share theirs.
const FRAMES_LISTED: usize = 5;

/// The facts of [`crate::detect::Triage`], and what the completing record itself says. Habits are those
/// before the alert, of a rule on a schedule with the completing record; times, days and hours are UTC, and lists show the five seen last, newest first.
#[derive(Serialize)]
pub(super) struct TriageLine {
    /// The completing record: who called, on what, from where.
    identity: Option<String>,
    identity_kind: &'static str,
    user: Option<String>,
    app: Option<String>,
    vault: Option<String>,
    object: Option<String>,
    source_ip: Option<String>,
    client: Option<String>,
    /// Whose habits follow: of an `identity` or a `vault`, the value by which the alert's group is found
    /// first; null for rules without a group, or grouped first by anything else. Then there are none.
    facts_of: Option<&'static str>,
    /// Its name; not the caller's where somebody else's record completes the alert.
    facts_about: Option<String>,
    first_seen: Option<String>,
    last_seen: Option<String>,
    /// Days with events before today, at most 64.
    active_days: u32,
    /// Events of a mean one of those days, and of the busiest.
    daily_events: f64,
    busiest_day_events: u32,
    /// Events of today so far.
    events_today: u32,
    /// Share of the events of earlier days that fell in this hour of the day, 0 to 1.
    hour_share: f64,
    /// The fewest hours of the day that hold nine tenths of them.
    usual_hours: Vec<u8>,
    /// Denied calls in this hour and the 23 before it.
    denied_24h: u32,
    /// Against how many vaults an identity made them; of how many identities a vault refused them.
    denied_vaults_24h: u32,
    denied_identities_24h: u32,
    /// Whether the completing record brings something not seen with the subject before it
    /// arrived.
    new_source_block: bool,
    new_client: bool,
    new_credential_type: bool,
    new_vault: bool,
    new_identity: bool,
    /// Types of credential used so far.
    credential_types: Vec<&'static str>,
    /// How many of each are remembered, at most 64; vaults of an identity, identities of a vault.
    known_source_blocks: u32,
    known_clients: u32,
    known_vaults: u32,
    known_identities: u32,
    usual_source_blocks: Vec<String>,
    usual_clients: Vec<String>,
    usual_vaults: Vec<String>,
    usual_identities: Vec<String>,
    /// Whether the completing record lies in a time frame of an exception of any rule.
    maintenance: bool,
    /// Those exceptions, at most five.
    maintenance_frames: Vec<Frame>,
    /// What the completing record changed, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<Changed>,
    /// The eight newest changes before the alert that touch its identity or vault, oldest first.
    recent_changes: Vec<ChangeShown>,
}

/// An exception in whose time frame the alert lies.
#[derive(Serialize)]
struct Frame {
    rule_id: String,
    reason: String,
}

/// # Errors
/// As [`Reread::event`].
pub(super) fn triage_line(
    reread: &mut Reread<'_>,
    rules: &RuleSet,
    alert: &Alert,
) -> Result<TriageLine, IngestError> {
    let facts = &alert.triage;
    let changes = facts.changes.recent.iter();
    let recent_changes = changes.map(|&change| shown(reread, change)).collect::<Result<_, _>>()?;
    let changed = changed(reread, alert)?;
    let usual_source_blocks = texts(reread, &facts.source_blocks, Field::SourceBlock)?;
    let usual_clients = texts(reread, &facts.clients, Field::Client)?;
    let of = |class| Some(class) == facts.subject.as_ref().map(|subject| subject.class);
    let (of_identity, of_vault) = (of(KeyClass::Identity), of(KeyClass::Vault));
    let counterparts = |is: bool| if is { facts.counterparts.as_slice() } else { &[] };
    let usual_vaults = texts(reread, counterparts(of_identity), Field::Vault)?;
    let usual_identities = texts(reread, counterparts(of_vault), Field::Identity)?;
    let number = |is: bool, number: fn(&Triage) -> u32| if is { number(facts) } else { 0 };
    let event = reread.event(alert.trigger)?;
    let maintenance_frames = frames(rules, event.event.time);
    Ok(TriageLine {
        identity: event.display(Field::Identity),
        identity_kind: event.event.identity_kind.word(),
        user: event.display(Field::User),
        app: event.display(Field::App),
        vault: event.display(Field::Vault),
        object: event.display(Field::Object),
        source_ip: event.display(Field::SourceIp),
        client: event.display(Field::Client),
        facts_of: facts.subject.as_ref().map(|subject| subject.class.word()),
        facts_about: facts.subject.as_ref().map(|subject| subject.name.clone()),
        first_seen: facts.first_seen.map(|time| time.to_string()),
        last_seen: facts.last_seen.map(|time| time.to_string()),
        active_days: facts.active_days,
        daily_events: facts.daily_events,
        busiest_day_events: facts.busiest_day_events,
        events_today: facts.events_today,
        hour_share: facts.hour_share,
        usual_hours: facts.usual_hours.clone(),
        denied_24h: facts.denied_24h,
        denied_vaults_24h: number(of_identity, |facts| facts.denied_counterparts_24h),
        denied_identities_24h: number(of_vault, |facts| facts.denied_counterparts_24h),
        new_source_block: facts.new_source_block,
        new_client: facts.new_client,
        new_credential_type: facts.new_credential_type,
        new_vault: of_identity && facts.new_counterpart,
        new_identity: of_vault && facts.new_counterpart,
        credential_types: facts.credential_types.iter().map(|one| one.word()).collect(),
        known_source_blocks: facts.known_source_blocks,
        known_clients: facts.known_clients,
        known_vaults: number(of_identity, |facts| facts.known_counterparts),
        known_identities: number(of_vault, |facts| facts.known_counterparts),
        usual_source_blocks,
        usual_clients,
        usual_vaults,
        usual_identities,
        maintenance: !maintenance_frames.is_empty(),
        maintenance_frames,
        changed,
        recent_changes,
    })
}

fn frames(rules: &RuleSet, time: Ticks) -> Vec<Frame> {
    let frames = rules.maintenance_at(time).take(FRAMES_LISTED);
    let frame = frames.map(|(rule, exception)| Frame {
        rule_id: rule.id.clone(),
        reason: exception.reason.clone(),
    });
    frame.collect()
}

fn texts(
    reread: &mut Reread<'_>,
    records: &[Evidence],
    field: Field,
) -> Result<Vec<String>, IngestError> {
    let text = |record: &Evidence| Ok(reread.event(record.origin)?.display(field));
    records.iter().map(text).filter_map(Result::transpose).collect()
}
