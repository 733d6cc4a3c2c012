//! The truth file: campaigns, look-alikes and authorised tests, and the events that belong to each.
//!
//! Keys it does not know are allowed. Ids are compared without regard to case, because the
//! generator and the parser normalize on their own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use serde::{Deserialize, Serialize};

use super::ScoreError;
use super::lines::{Lines, optional_ticks, ticks};
use crate::event::Ticks;
use crate::rules::Severity;

const EXPECTED: &str = "a campaign or step line";
/// `recall.campaign` is the recall over all attacks.
const RESERVED_ATTACK: &str = "campaign";

/// Everything injected into a corpus.
#[derive(Debug)]
pub struct Truth {
    /// Name of the file, for errors.
    pub file: String,
    /// The corpus it belongs to.
    pub corpus_id: String,
    /// Campaigns of every class, by start, then id.
    pub campaigns: Vec<Campaign>,
}

/// What a campaign is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Benign, and resembles an attack.
    LookAlike,
    /// A security test that was agreed upon.
    Authorised,
    /// An attack.
    Malicious,
}

/// One injected instance.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// Unique within the corpus.
    pub id: String,
    /// What it is meant to be.
    pub class: Class,
    /// Name of the attack, or of the look-alike.
    pub attack: String,
    /// ATT&CK techniques.
    pub technique: Vec<String>,
    /// How bad it is when it succeeds, where truth says so.
    pub severity: Option<Severity>,
    /// Object ids that act.
    pub identities: Vec<String>,
    /// User principal names of those that are people, where truth says so.
    pub users: Vec<String>,
    /// Kind of the acting identity, where truth says so.
    pub identity_kind: Option<String>,
    /// Names of the vaults touched.
    pub vaults: Vec<String>,
    /// Event time at which it begins.
    pub start: Ticks,
    /// Event time at which it ends.
    pub end: Ticks,
    /// Parameters drawn for it, where truth says so.
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Records of it that the corpus does not hold: lost on the way, or of a vault that does not log.
    pub unobserved: u64,
    /// Its events; duplicates of a record appear once.
    pub steps: BTreeMap<EventId, Step>,
}

/// What truth says of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `vault/collection/name`, where the event concerns one object.
    pub object: Option<String>,
    /// Whether it handed out a value.
    pub reveals: bool,
    /// When its first copy reached the collector, where truth says so.
    pub arrived: Option<Ticks>,
}

/// What an event is recognised by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    /// Event time.
    pub time: Ticks,
    /// Lower case.
    pub correlation_id: String,
    /// Lower case.
    pub operation: String,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum WireLine {
    Campaign(WireCampaign),
    Step(WireStep),
}

#[derive(Deserialize)]
struct WireCampaign {
    campaign_id: String,
    class: Class,
    attack: String,
    #[serde(default)]
    technique: Vec<String>,
    severity: Option<Severity>,
    #[serde(default)]
    identities: Vec<String>,
    #[serde(default)]
    users: Vec<String>,
    identity_kind: Option<String>,
    #[serde(default)]
    vaults: Vec<String>,
    #[serde(deserialize_with = "ticks")]
    start: Ticks,
    #[serde(deserialize_with = "ticks")]
    end: Ticks,
    #[serde(default)]
    unobserved: u64,
    #[serde(default)]
    parameters: BTreeMap<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct WireStep {
    campaign_id: String,
    #[serde(deserialize_with = "ticks")]
    time: Ticks,
    correlation_id: String,
    operation: String,
    object: Option<String>,
    reveals: bool,
    #[serde(default, deserialize_with = "optional_ticks")]
    arrived: Option<Ticks>,
}

impl Truth {
    /// Reads the truth file called `file`.
    ///
    /// # Errors
    /// A line out of contract, a campaign twice, a step of no campaign, a campaign with neither
    /// steps nor records that went unobserved.
    pub fn read(file: &str, reader: impl BufRead) -> Result<Self, ScoreError> {
        let (header, mut lines) = Lines::open(file, "truth", reader)?;
        let mut campaigns: Vec<Campaign> = Vec::new();
        let mut index: BTreeMap<String, usize> = BTreeMap::new();
        while let Some(line) = lines.next(EXPECTED)? {
            match line {
                WireLine::Campaign(wire) => {
                    if index.insert(wire.campaign_id.clone(), campaigns.len()).is_some() {
                        let (place, id) = (lines.place(), wire.campaign_id);
                        return Err(ScoreError::Duplicate { place, key: "campaign_id", id });
                    }
                    campaigns.push(Campaign::from_wire(&lines.place(), wire)?);
                }
                WireLine::Step(wire) => {
                    let Some(&at) = index.get(&wire.campaign_id) else {
                        return Err(ScoreError::Unknown {
                            place: lines.place(),
                            key: "campaign_id",
                            file: file.to_owned(),
                            id: wire.campaign_id,
                        });
                    };
                    campaigns[at].add(wire);
                }
            }
        }
        let is_idle = |campaign: &&Campaign| campaign.steps.is_empty() && campaign.unobserved == 0;
        if let Some(idle) = campaigns.iter().find(is_idle) {
            let campaign_id = idle.id.clone();
            return Err(ScoreError::NoSteps { file: file.to_owned(), campaign_id });
        }
        campaigns.sort_by(|a, b| (a.start, &a.id).cmp(&(b.start, &b.id)));
        Ok(Self { file: file.to_owned(), corpus_id: header.corpus_id, campaigns })
    }

    /// Which campaigns each event belongs to.
    pub(super) fn by_event(&self) -> BTreeMap<&EventId, Vec<usize>> {
        let mut index: BTreeMap<&EventId, Vec<usize>> = BTreeMap::new();
        for (at, campaign) in self.campaigns.iter().enumerate() {
            for id in campaign.steps.keys() {
                index.entry(id).or_default().push(at);
            }
        }
        index
    }
}

impl Campaign {
    fn from_wire(place: &str, wire: WireCampaign) -> Result<Self, ScoreError> {
        if wire.start > wire.end {
            return Err(ScoreError::Order {
                place: place.to_owned(),
                expected: "a campaign that starts before it ends",
                found: format!("start {} and end {}", wire.start, wire.end),
            });
        }
        if wire.attack == RESERVED_ATTACK {
            return Err(ScoreError::Syntax {
                place: place.to_owned(),
                expected: "the name of an attack",
                found: format!("`{RESERVED_ATTACK}`, which names the recall over all attacks"),
            });
        }
        Ok(Self {
            id: wire.campaign_id,
            class: wire.class,
            attack: wire.attack,
            technique: wire.technique,
            severity: wire.severity,
            identities: wire.identities,
            users: wire.users,
            identity_kind: wire.identity_kind,
            vaults: wire.vaults,
            start: wire.start,
            end: wire.end,
            parameters: wire.parameters,
            unobserved: wire.unobserved,
            steps: BTreeMap::new(),
        })
    }

    fn add(&mut self, wire: WireStep) {
        let id = EventId::new(wire.time, &wire.correlation_id, &wire.operation);
        let WireStep { object, reveals, arrived, .. } = wire;
        let step = self.steps.entry(id).or_insert(Step { object, reveals, arrived });
        step.arrived = step.arrived.into_iter().chain(arrived).min();
    }

    /// Whether no record of it is in the corpus, so that no rule could have found it.
    pub(super) fn is_unobservable(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether the adversary was plain or evasive, where truth says so.
    pub fn variant(&self) -> Option<&str> {
        self.parameters.get("variant")?.as_str()
    }

    /// Event time of its first event; its start where it has no steps.
    pub(crate) fn first_event(&self) -> Ticks {
        self.steps.keys().next().map_or(self.start, |id| id.time)
    }

    /// Event time of its last event; its end where it has no steps.
    pub(crate) fn last_event(&self) -> Ticks {
        self.steps.keys().next_back().map_or(self.end, |id| id.time)
    }

    /// Event time of the first value handed out.
    pub(super) fn first_reveal(&self) -> Option<Ticks> {
        self.steps.iter().find(|(_, step)| step.reveals).map(|(id, _)| id.time)
    }

    /// How many distinct objects were handed out before `limit`, in event time; a reveal that names
    /// no object counts as one of its own.
    pub(super) fn objects_revealed_before(&self, limit: Ticks) -> usize {
        let reveals = self.steps.iter().filter(|(id, step)| step.reveals && id.time < limit);
        let objects: BTreeSet<_> = reveals
            .map(|(id, step)| match &step.object {
                Some(object) => (Some(object), None),
                None => (None, Some(id)),
            })
            .collect();
        objects.len()
    }
}

impl EventId {
    /// The event of that time and call, in any case.
    pub fn new(time: Ticks, correlation_id: &str, operation: &str) -> Self {
        Self {
            time,
            correlation_id: correlation_id.to_ascii_lowercase(),
            operation: operation.to_ascii_lowercase(),
        }
    }
}
