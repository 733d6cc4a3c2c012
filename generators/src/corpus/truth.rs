//! `truth.ndjson`: a header, then for each campaign or look-alike one line about it and one line
//! for each of its records in the corpus. What was done and left no record is counted, not listed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::part::{Directory, Part, TRUTH, hex};
use crate::attacks::Severity;
use crate::drawn::Drawn;
use crate::event::{Event, NOTHING};
use crate::json::guid;
use crate::plan::GenerateError;
use crate::render::operation_name;
use crate::staging::{Instance, Staging};
use crate::tenant::{Kind, Tenant};
use crate::time::format_rfc3339;

/// The id is known when all events are; so many characters are kept free for it.
const NO_ID: &str = "00000000000000000000000000000000";

/// The file while it grows.
#[derive(Debug)]
pub(crate) struct TruthFile {
    part: Part,
    lines: Vec<u8>,
    /// Instances added, by the name of their file.
    pub(crate) campaigns: BTreeMap<String, u64>,
}

/// What there is to tell of one instance.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    /// Everything that happened, in the order of its steps.
    pub(crate) done: &'a [Event],
    /// What of it reaches the corpus, copies included, in the same order.
    pub(crate) records: &'a [Event],
    /// Of how much of it no copy does.
    pub(crate) unobserved: u64,
    /// What was drawn for it.
    pub(crate) drawn: Drawn,
}

#[derive(Serialize)]
struct Header {
    schema_version: u32,
    kind: &'static str,
    corpus_id: &'static str,
}

#[derive(Serialize)]
struct CampaignLine<'a> {
    r#type: &'static str,
    campaign_id: &'a str,
    class: &'static str,
    attack: &'a str,
    technique: &'a [String],
    /// How bad an attack is when it succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    /// In the order in which they act.
    identities: Vec<String>,
    /// User principal names of those that are people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    users: Vec<&'a str>,
    /// Of the first of them.
    identity_kind: &'static str,
    vaults: Vec<String>,
    start: String,
    end: String,
    /// Records of it that are not in the corpus.
    unobserved: u64,
    parameters: BTreeMap<&'static str, Value>,
}

#[derive(Serialize)]
struct StepLine<'a> {
    r#type: &'static str,
    campaign_id: &'a str,
    step: u16,
    time: String,
    /// When this copy of the record reached the collector.
    arrived: String,
    correlation_id: String,
    operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    reveals: bool,
}

impl TruthFile {
    pub(crate) fn create(directory: &Directory) -> Result<Self, GenerateError> {
        let mut file =
            Self { part: directory.part(TRUTH)?, lines: Vec::new(), campaigns: BTreeMap::new() };
        file.line(&Header { schema_version: 1, kind: "truth", corpus_id: NO_ID });
        file.flush()?;
        Ok(file)
    }

    /// Adds an instance, if anything happened; it need not have left a record.
    pub(crate) fn add(
        &mut self,
        tenant: &Tenant,
        staging: &Staging,
        instance: &Instance,
        told: Told<'_>,
    ) -> Result<(), GenerateError> {
        let Told { done, records, unobserved, drawn } = told;
        let times = done.iter().map(|event| event.time);
        let (Some(start), Some(end)) = (times.clone().min(), times.max()) else { return Ok(()) };
        *self.campaigns.entry(staging.name.clone()).or_default() += 1;
        let id = instance.id(staging);
        let mut identities: Vec<u32> = done.iter().map(|event| event.identity).collect();
        let mut seen = BTreeSet::new();
        identities.retain(|&identity| seen.insert(identity));
        let vaults: BTreeSet<u16> = done.iter().map(|event| event.vault).collect();
        let object_id = |&identity: &u32| guid(tenant.identities[identity as usize].object_id);
        let acting = identities.iter().map(|&identity| &tenant.identities[identity as usize]);
        let people = acting
            .filter(|one| matches!(one.kind, Kind::User | Kind::Guest))
            .map(|one| one.name.as_str());
        self.line(&CampaignLine {
            r#type: "campaign",
            campaign_id: &id,
            class: staging.kind.class(),
            attack: &staging.name,
            technique: &staging.technique,
            severity: staging.severity.map(Severity::word),
            identities: identities.iter().map(object_id).collect(),
            users: people.collect(),
            identity_kind: tenant.identities[identities[0] as usize].kind.word(),
            vaults: vaults
                .iter()
                .map(|&vault| tenant.vaults[usize::from(vault)].name.to_lowercase())
                .collect(),
            start: format_rfc3339(start),
            end: format_rfc3339(end),
            unobserved,
            parameters: drawn.into_values(),
        });
        for event in records {
            self.line(&StepLine {
                r#type: "step",
                campaign_id: &id,
                step: event.step,
                time: format_rfc3339(event.time),
                arrived: format_rfc3339(event.arrival),
                correlation_id: guid(event.id),
                operation: operation_name(event.operation),
                object: object(tenant, event),
                reveals: event.reveals(),
            });
        }
        self.flush()
    }

    /// Puts the corpus id in and keeps the file; returns its SHA-256.
    pub(crate) fn finish(mut self, corpus_id: &str) -> Result<(Part, String), GenerateError> {
        self.patch_and_hash(corpus_id).map_err(self.part.fail()).map(|sha256| (self.part, sha256))
    }

    fn patch_and_hash(&mut self, corpus_id: &str) -> std::io::Result<String> {
        let file = &mut self.part.file;
        file.rewind()?;
        let mut head = [0_u8; 256];
        let read = file.read(&mut head)?;
        let at = head[..read].windows(NO_ID.len()).position(|window| window == NO_ID.as_bytes());
        file.seek(SeekFrom::Start(at.expect("the header was written with an empty id") as u64))?;
        file.write_all(corpus_id.as_bytes())?;
        file.rewind()?;
        let mut hasher = Sha256::new();
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let mut buffer = vec![0_u8; 1 << 16];
        loop {
            let count = reader.read(&mut buffer)?;
            if count == 0 {
                return Ok(hex(hasher));
            }
            hasher.update(&buffer[..count]);
        }
    }

    fn line(&mut self, value: &impl Serialize) {
        serde_json::to_writer(&mut self.lines, value)
            .expect("a vector takes every byte of a plain struct");
        self.lines.push(b'\n');
    }

    fn flush(&mut self) -> Result<(), GenerateError> {
        let mut writer = BufWriter::new(&self.part.file);
        writer.write_all(&self.lines).and_then(|()| writer.flush()).map_err(self.part.fail())?;
        self.lines.clear();
        Ok(())
    }
}

/// `vault/secrets/name`, lower case; nothing where a record is about no object.
fn object(tenant: &Tenant, event: &Event) -> Option<String> {
    if event.object == NOTHING {
        return None;
    }
    let object = &tenant.objects[event.object as usize];
    let vault = &tenant.vaults[usize::from(event.vault)];
    Some(format!("{}/{}/{}", vault.name, object.collection.as_str(), object.name).to_lowercase())
}
