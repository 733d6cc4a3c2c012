//! Where the values of a field are in a record: what Elastic's pipelines for Azure's logs store, from
//! which part of the record, and in what form.
//!
//! Contract: an ECS or `azure.*` name evaluates to what the pipelines of the `azure` package would have
//! stored, case kept, so that a published rule keeps its blind spots: `event.outcome` comes from
//! `resultType` alone. It has both forms that were ever stored, the lower-case one of newer pipelines
//! and the written one of older ones. Any other dotted name is a path of the record.
//!
//! Left out: what the pipelines look up elsewhere (`source.geo`, `source.as`), and `event.outcome` from
//! `properties.result`, which vaults do not write.

use super::{Pattern, Plane};

/// How the values of one field come from a record.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// How its values compare.
    pub kind: Kind,
    /// Where to look; the first source that gives a value is the only one.
    pub sources: Vec<Source>,
    /// By plane: the value where no source gives one; empty for none.
    pub fallbacks: [&'static str; 2],
}

/// How the values of a field compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As text, by its bytes.
    Keyword,
    /// As addresses.
    Address,
    /// As numbers.
    Number,
    /// As numbers where both sides are such, else as text: a path of the record has no mapping.
    Path,
}

/// One place of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The log that has it; `None` for both.
    pub plane: Option<Plane>,
    /// Dotted path from the record's top level.
    pub path: String,
    /// What is stored of it.
    pub reading: Reading,
}

/// What is stored of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The value itself.
    Plain,
    /// An address; nothing for other text.
    Address,
    /// What is no address.
    NoAddress,
    /// `success` and `failure`, in lower case and as written; nothing for other text.
    Outcome,
    /// Milliseconds in nanoseconds, if written as text, as the resource logs' pipeline wants them.
    TextMillis,
    /// Milliseconds in nanoseconds, if written as a number; text stays as it is.
    NumberMillis,
    /// ECS' event type of an older category of the Activity Log.
    EventType,
    /// Subscription of a resource id.
    Subscription,
    /// Resource group of a resource id.
    ResourceGroup,
    /// Provider and type of a resource id.
    ResourceProvider,
    /// Name of a resource id, with the names of its children.
    ResourceName,
    /// This member of the claims, dots in its name written as underscores.
    Claim(String),
    /// What precedes the at sign of an email address; all of any other text.
    UserName,
    /// What follows it.
    UserDomain,
    /// The text, if it is an email address.
    UserEmail,
    /// This, wherever there is a value at all.
    Fixed(&'static str),
}

/// Field sets of Elastic's documents: a name that starts with one of them is no path of a record.
const FIELD_SETS: [&str; 18] = [
    "azure",
    "client",
    "cloud",
    "data_stream",
    "destination",
    "ecs",
    "event",
    "geo",
    "host",
    "log",
    "network",
    "organization",
    "related",
    "source",
    "tags",
    "url",
    "user",
    "user_agent",
];

/// The undotted names at the top level of Azure's records.
const ENVELOPE: [&str; 20] = [
    "category",
    "operationName",
    "operationVersion",
    "resultType",
    "resultSignature",
    "resultDescription",
    "durationMs",
    "callerIpAddress",
    "CallerIpAddress",
    "correlationId",
    "resourceId",
    "tenantId",
    "level",
    "Level",
    "location",
    "RoleLocation",
    "ReleaseVersion",
    "Stamp",
    "jobId",
    "jobType",
];

type Row = (&'static str, Kind, Option<Plane>, &'static str, Reading);

const DATA: Option<Plane> = Some(Plane::Data);
const CONTROL: Option<Plane> = Some(Plane::Control);
const NAME_CLAIM: &str =
    "identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";

/// Fields that stand elsewhere in Elastic's documents than in the record.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("event.action", Kind::Keyword, None, "operationName", Reading::Plain),
    ("event.outcome", Kind::Keyword, None, "resultType", Reading::Outcome),
    ("event.type", Kind::Keyword, None, "category", Reading::EventType),
    ("event.category", Kind::Keyword, None, "properties.eventCategory", Reading::Plain),
    ("event.category", Kind::Keyword, None, "properties.policies", Reading::Fixed("Policy")),
    ("event.duration", Kind::Number, DATA, "durationMs", Reading::TextMillis),
    ("event.duration", Kind::Number, CONTROL, "durationMs", Reading::NumberMillis),
    ("source.ip", Kind::Address, None, "callerIpAddress", Reading::Address),
    ("client.ip", Kind::Address, None, "callerIpAddress", Reading::Address),
    ("related.ip", Kind::Address, None, "callerIpAddress", Reading::Address),
    ("source.address", Kind::Keyword, None, "callerIpAddress", Reading::NoAddress),
    ("log.level", Kind::Keyword, None, "level", Reading::Plain),
    ("geo.name", Kind::Keyword, None, "location", Reading::Plain),
    ("user.name", Kind::Keyword, CONTROL, NAME_CLAIM, Reading::UserName),
    ("user.domain", Kind::Keyword, CONTROL, NAME_CLAIM, Reading::UserDomain),
    ("user.email", Kind::Keyword, CONTROL, NAME_CLAIM, Reading::UserEmail),
    ("user.full_name", Kind::Keyword, CONTROL, "identity.claims.name", Reading::Plain),
    ("related.user", Kind::Keyword, CONTROL, NAME_CLAIM, Reading::UserName),
    ("azure.correlation_id", Kind::Keyword, None, "correlationId", Reading::Plain),
    ("azure.subscription_id", Kind::Keyword, None, "resourceId", Reading::Subscription),
    ("azure.resource.id", Kind::Keyword, None, "resourceId", Reading::Plain),
    ("azure.resource.group", Kind::Keyword, None, "resourceId", Reading::ResourceGroup),
    ("azure.resource.provider", Kind::Keyword, None, "resourceId", Reading::ResourceProvider),
    ("azure.resource.name", Kind::Keyword, None, "resourceId", Reading::ResourceName),
    ("azure.platformlogs.operation_name", Kind::Keyword, DATA, "operationName", Reading::Plain),
    ("azure.platformlogs.result_type", Kind::Keyword, DATA, "resultType", Reading::Plain),
    ("azure.platformlogs.result_signature", Kind::Keyword, DATA, "resultSignature", Reading::Plain),
    ("azure.platformlogs.result_description", Kind::Keyword, DATA, "resultDescription", Reading::Plain),
    ("azure.platformlogs.status", Kind::Keyword, DATA, "Status", Reading::Plain),
    ("azure.platformlogs.event_category", Kind::Keyword, DATA, "properties.eventCategory", Reading::Plain),
    ("azure.platformlogs.event_category", Kind::Keyword, DATA, "properties.policies", Reading::Fixed("Policy")),
    ("azure.platformlogs.properties.status_code", Kind::Keyword, DATA, "properties.statusCode", Reading::Plain),
    ("azure.activitylogs.operation_name", Kind::Keyword, CONTROL, "operationName", Reading::Plain),
    ("azure.activitylogs.operation_version", Kind::Keyword, CONTROL, "operationVersion", Reading::Plain),
    ("azure.activitylogs.result_type", Kind::Keyword, CONTROL, "resultType", Reading::Plain),
    ("azure.activitylogs.result_signature", Kind::Keyword, CONTROL, "resultSignature", Reading::Plain),
    ("azure.activitylogs.tenant_id", Kind::Keyword, CONTROL, "tenantId", Reading::Plain),
    ("azure.activitylogs.level", Kind::Keyword, CONTROL, "Level", Reading::Plain),
    ("azure.activitylogs.event_category", Kind::Keyword, CONTROL, "properties.eventCategory", Reading::Plain),
    ("azure.activitylogs.event_category", Kind::Keyword, CONTROL, "properties.policies", Reading::Fixed("Policy")),
    ("azure.activitylogs.properties.status_code", Kind::Keyword, CONTROL, "properties.statusCode", Reading::Plain),
    ("azure.activitylogs.properties.service_request_id", Kind::Keyword, CONTROL, "properties.serviceRequestId", Reading::Plain),
    ("azure.activitylogs.identity.claims_initiated_by_user.name", Kind::Keyword, CONTROL, NAME_CLAIM, Reading::Plain),
    ("azure.activitylogs.identity.claims_initiated_by_user.schema", Kind::Keyword, CONTROL, NAME_CLAIM, Reading::Fixed("http://schemas.xmlsoap.org/ws/2005/05/identity/claims")),
    ("azure.activitylogs.identity.claims_initiated_by_user.fullname", Kind::Keyword, CONTROL, "identity.claims.name", Reading::Plain),
    ("azure.activitylogs.identity.claims_initiated_by_user.givenname", Kind::Keyword, CONTROL, "identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", Reading::Plain),
    ("azure.activitylogs.identity.claims_initiated_by_user.surname", Kind::Keyword, CONTROL, "identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", Reading::Plain),
    ("azure.activitylogs.identity.authorization.evidence.role_assignment_scope", Kind::Keyword, CONTROL, "identity.authorization.evidence.roleAssignmentScope", Reading::Plain),
    ("azure.activitylogs.identity.authorization.evidence.role_definition_id", Kind::Keyword, CONTROL, "identity.authorization.evidence.roleDefinitionId", Reading::Plain),
    ("azure.activitylogs.identity.authorization.evidence.role_assignment_id", Kind::Keyword, CONTROL, "identity.authorization.evidence.roleAssignmentId", Reading::Plain),
    ("azure.activitylogs.identity.authorization.evidence.principal_id", Kind::Keyword, CONTROL, "identity.authorization.evidence.principalId", Reading::Plain),
    ("azure.activitylogs.identity.authorization.evidence.principal_type", Kind::Keyword, CONTROL, "identity.authorization.evidence.principalType", Reading::Plain),
];

/// Fields that are the same for every record of a log: of the resource logs, of the Activity Log.
const CONSTANTS: &[(&str, [&str; 2])] = &[
    ("event.dataset", ["azure.platformlogs", "azure.activitylogs"]),
    ("data_stream.dataset", ["azure.platformlogs", "azure.activitylogs"]),
    ("data_stream.type", ["logs"; 2]),
    ("data_stream.namespace", ["default"; 2]),
    ("event.module", ["azure"; 2]),
    ("event.kind", ["event"; 2]),
    ("cloud.provider", ["azure"; 2]),
];

/// What stands under these prefixes is the record as it was, but for what the pipelines move away.
const DOCUMENTS: [(&str, Plane); 2] =
    [("azure.platformlogs.", Plane::Data), ("azure.activitylogs.", Plane::Control)];

/// What the pipelines move away without giving it another name of ours.
const REMOVED: [(Plane, &str); 3] =
    [(Plane::Data, "time"), (Plane::Control, "time"), (Plane::Control, "properties.statusMessage")];

const CLAIMS: &str = "identity.claims";

impl Recipe {
    /// The recipe of a field's name, which has no wildcard; `None` if no record can have the field.
    pub fn of(name: &str) -> Option<Self> {
        if let Some(stored) = Self::stored(name) {
            return Some(stored);
        }
        for (prefix, plane) in DOCUMENTS {
            if let Some(path) = name.strip_prefix(prefix) {
                return Self::document(path, plane);
            }
        }
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        let is_path = !rest.is_empty() && !FIELD_SETS.contains(&first);
        (is_path || ENVELOPE.contains(&name)).then(|| Self::path(Kind::Path, None, name))
    }

    /// The recipes of the fields of Elastic's documents whose names match and do not stand as the
    /// record has them; see [`document_prefix`] for the others.
    pub fn matching(pattern: &Pattern) -> Vec<Self> {
        let mut names: Vec<_> = stored_names().filter(|name| pattern.matches(name)).collect();
        names.dedup();
        names.into_iter().filter_map(Self::stored).collect()
    }

    /// Whether a record of this log can have the field.
    pub fn concerns(&self, plane: Plane) -> bool {
        let reaches = |source: &Source| source.plane.is_none_or(|only| only == plane);
        self.sources.iter().any(reaches) || !self.fallbacks[plane as usize].is_empty()
    }

    fn stored(name: &str) -> Option<Self> {
        if let Some(&(_, fallbacks)) = CONSTANTS.iter().find(|(known, _)| *known == name) {
            return Some(Self { kind: Kind::Keyword, sources: Vec::new(), fallbacks });
        }
        let rows: Vec<&Row> = ROWS.iter().filter(|row| row.0 == name).collect();
        let &&(_, kind, plane, ..) = rows.first()?;
        let sources = rows.iter().map(|&(_, _, plane, path, reading)| Source {
            plane: *plane,
            path: (*path).to_owned(),
            reading: reading.clone(),
        });
        let administrative = |log: Plane| match plane {
            Some(only) if only != log => "",
            _ => "Administrative",
        };
        let fallbacks = if name.ends_with("category") {
            [Plane::Data, Plane::Control].map(administrative)
        } else {
            [""; 2]
        };
        Some(Self { kind, sources: sources.collect(), fallbacks })
    }

    fn document(path: &str, plane: Plane) -> Option<Self> {
        if path.is_empty() || is_moved(plane, path) {
            return None;
        }
        let mut recipe = Self::path(Kind::Keyword, Some(plane), path);
        let claim = path.strip_prefix(CLAIMS).and_then(|rest| rest.strip_prefix('.'));
        if let (Plane::Control, Some(claim)) = (plane, claim) {
            recipe.sources[0].path = CLAIMS.to_owned();
            recipe.sources[0].reading = Reading::Claim(claim.to_owned());
        }
        Some(recipe)
    }

    fn path(kind: Kind, plane: Option<Plane>, path: &str) -> Self {
        let source = Source { plane, path: path.to_owned(), reading: Reading::Plain };
        Self { kind, sources: vec![source], fallbacks: [""; 2] }
    }
}

/// The prefix under which Elastic's documents hold the records of a log as they are.
pub fn document_prefix(plane: Plane) -> &'static str {
    DOCUMENTS[plane as usize].0
}

/// Whether Elastic's pipeline for a log takes this part of the record out of its place.
pub fn is_moved(plane: Plane, path: &str) -> bool {
    let kept = |row: &Row| {
        matches!(row.4, Reading::Fixed(_) | Reading::EventType)
            || row.3 == NAME_CLAIM
            || row.3.contains("://")
            || (row.3 == "properties.eventCategory" && plane == Plane::Data)
    };
    let of_plane = |row: &&Row| row.2.is_none_or(|only| only == plane);
    let moved = ROWS.iter().filter(of_plane).any(|row| row.3 == path && !kept(row));
    moved || REMOVED.contains(&(plane, path))
}

/// The names of Elastic's documents that are known one by one, for suggestions.
pub fn stored_names() -> impl Iterator<Item = &'static str> {
    CONSTANTS.iter().map(|&(name, _)| name).chain(ROWS.iter().map(|row| row.0))
}

/// The undotted names at the top level of Azure's records.
pub fn envelope_names() -> impl Iterator<Item = &'static str> {
    ENVELOPE.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(name: &str) -> Option<Vec<String>> {
        Recipe::of(name).map(|recipe| recipe.sources.into_iter().map(|one| one.path).collect())
    }

    #[test]
    fn a_name_is_a_field_of_elastics_a_path_of_the_record_or_nothing() {
        for (name, path) in [
            ("event.action", "operationName"),
            ("azure.platformlogs.identity.claim.upn", "identity.claim.upn"),
            ("azure.platformlogs.properties.httpStatusCode", "properties.httpStatusCode"),
            (
                "azure.activitylogs.properties.requestbody.properties.roleDefinitionId",
                "properties.requestbody.properties.roleDefinitionId",
            ),
            ("azure.activitylogs.identity.claims.appid", "identity.claims"),
            ("azure.activitylogs.category", "category"),
            ("properties.id", "properties.id"),
            ("resultType", "resultType"),
        ] {
            assert_eq!(paths(name), Some(vec![path.to_owned()]), "{name}");
        }
        for name in [
            "azure.platformlogs.resultType",
            "azure.platformlogs.",
            "azure.activitylogs.identity.claims.name",
            "azure.signinlogs.properties.id",
            "user_agent.original",
            "event.codes",
            "resulttype",
            "properties.",
        ] {
            assert_eq!(paths(name), None, "{name}");
        }
    }

    #[test]
    fn a_field_concerns_the_logs_that_can_have_it() {
        let concerns = |name: &str| {
            Recipe::of(name).map(|one| [Plane::Data, Plane::Control].map(|log| one.concerns(log)))
        };
        assert_eq!(concerns("event.action"), Some([true, true]));
        assert_eq!(concerns("azure.platformlogs.event_category"), Some([true, false]));
        assert_eq!(concerns("azure.activitylogs.category"), Some([false, true]));
        assert_eq!(concerns("data_stream.dataset"), Some([true, true]));
    }
}
