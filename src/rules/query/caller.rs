//! Whether a query can match by who calls alone: by an identity, a public client, a client string.
//!
//! Contract: `rests_on` names what, iff the query has a way to hold (an alternative of its `or`s, under
//! any `not`s) none of whose conditions is about anything but the caller. A condition that every record
//! of a log meets is about nothing. Where the call comes from is no matter of the caller: an address
//! cannot be claimed.

use std::collections::BTreeSet;

use super::Query;
use super::ast::{Test, Text, Tree};

/// What a caller has or claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rules) enum Caller {
    /// An account, or an application of one's own.
    Identity,
    /// An application of Microsoft's that anybody may sign in with.
    PublicClient,
    /// What the caller's program says that it is.
    ClientString,
}

/// Azure CLI, Azure PowerShell, the portal and its Key Vault blade, Visual Studio Code, Visual Studio.
const PUBLIC_CLIENTS: [&str; 6] = [
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    "1950a258-227b-4e31-a9cf-717495945fc2",
    "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
    "3686488a-04fc-4d8a-b967-61f98ec41efe",
    "aebc6443-996d-45c2-90f0-388ff96faa56",
    "04f0c124-f2bc-4f59-8241-bf6df9866bbd",
];

/// Last parts of names, in lower case, that mean the caller wherever they stand.
const IDENTITIES: [&str; 12] = [
    "identity",
    "identity_kind",
    "user",
    "oid",
    "objectidentifier",
    "upn",
    "unique_name",
    "nameidentifier",
    "puid",
    "sid",
    "principal_id",
    "principalid",
];
const APPS: [&str; 4] = ["app", "appid", "applicationid", "azp"];
const CLIENT_STRINGS: [&str; 2] = ["client", "clientinfo"];

/// Last parts that mean him below a user or a claim only: other things have names, too.
const OF_USERS: [&str; 9] = [
    "name",
    "full_name",
    "fullname",
    "givenname",
    "surname",
    "email",
    "emailaddress",
    "id",
    "domain",
];

/// Names that tell the logs apart, and nothing within one.
const LOGS: [&str; 2] = ["plane", "event.dataset"];
/// Names of what every record, or nearly every one, has.
const EVERYWHERE: [&str; 14] = [
    "*",
    "time",
    "@timestamp",
    "operation",
    "event.action",
    "access",
    "outcome",
    "event.outcome",
    "vault",
    "source_ip",
    "source.ip",
    "http_status",
    "correlation_id",
    "resource_id",
];

impl Query {
    /// What of the caller is enough for the query to match; nothing where it takes more, and where
    /// the query is empty.
    pub(in crate::rules) fn rests_on(&self) -> BTreeSet<Caller> {
        self.tree().and_then(|tree| enough(tree, false)).unwrap_or_default()
    }
}

/// What is enough for `tree`, or if `is_negated` for its opposite: nothing where every record will do,
/// `None` where the caller will not.
fn enough(tree: &Tree<Test>, is_negated: bool) -> Option<BTreeSet<Caller>> {
    let (operands, is_conjunction) = match tree {
        Tree::Leaf(test) => {
            let caller = caller(test).map(|caller| BTreeSet::from([caller]));
            return caller.or_else(|| narrows_nothing(test, is_negated).then(BTreeSet::new));
        }
        Tree::Not(tree) => return enough(tree, !is_negated),
        Tree::And(operands) => (operands, !is_negated),
        Tree::Or(operands) => (operands, is_negated),
    };
    let of_each = operands.iter().map(|operand| enough(operand, is_negated));
    if is_conjunction {
        return of_each.collect::<Option<Vec<_>>>().map(|all| all.into_iter().flatten().collect());
    }
    let some: Vec<_> = of_each.flatten().collect();
    if some.is_empty() { None } else { Some(some.into_iter().flatten().collect()) }
}

/// What of the caller the test is about, if it is about him.
fn caller(test: &Test) -> Option<Caller> {
    let name = name(test);
    let mut parts = name.rsplit(['.', '/']);
    let (last, above) = (parts.next()?, parts.next().unwrap_or_default());
    let is_of_user = above.contains("user") || above.contains("claim");
    if APPS.contains(&last) {
        let is_public = matches!(test, Test::Values { values, .. } if names_public_client(values));
        return Some(if is_public { Caller::PublicClient } else { Caller::Identity });
    }
    if CLIENT_STRINGS.contains(&last) {
        return Some(Caller::ClientString);
    }
    let is_identity = IDENTITIES.contains(&last) || (OF_USERS.contains(&last) && is_of_user);
    is_identity.then_some(Caller::Identity)
}

/// Whether a log's records all pass the test, or if `is_negated` fail it, or do so log by log.
fn narrows_nothing(test: &Test, is_negated: bool) -> bool {
    let is_any = matches!(test, Test::Values { values: Tree::Leaf(value), .. } if value.is_any());
    let name = name(test);
    LOGS.contains(&name.as_str()) || (is_any && !is_negated && EVERYWHERE.contains(&name.as_str()))
}

/// The name of the field that the test is about, in lower case.
fn name(test: &Test) -> String {
    let (Test::Values { field, .. } | Test::Range { field, .. }) = test;
    field.pieces.join("*").to_ascii_lowercase()
}

fn names_public_client(values: &Tree<Text>) -> bool {
    match values {
        Tree::Leaf(value) => {
            let is_it = |known: &str| {
                value.literal().is_some_and(|literal| literal.eq_ignore_ascii_case(known))
            };
            PUBLIC_CLIENTS.iter().any(|known| is_it(known))
        }
        Tree::Not(values) => names_public_client(values),
        Tree::And(all) | Tree::Or(all) => all.iter().any(names_public_client),
    }
}

#[cfg(test)]
mod tests {
    use super::Caller::{ClientString, Identity, PublicClient};
    use super::*;

    #[test]
    fn a_way_to_match_by_the_caller_alone_is_found_and_no_other() {
        for (query, expected) in [
            ("identity: a", &[Identity][..]),
            ("user: (ada* or eve*)", &[Identity]),
            ("app: 0bea", &[Identity]),
            ("app: 04B07795-8ddb-461a-bbee-02f9e1bf7b46", &[PublicClient]),
            ("client: backup*", &[ClientString]),
            ("properties.clientInfo: curl*", &[ClientString]),
            ("azure.activitylogs.identity.claims_initiated_by_user.name: ada", &[Identity]),
            ("identity: a and client: b", &[Identity, ClientString]),
            ("identity: a or (client: b and vault: c)", &[Identity]),
            ("identity: a or client: b", &[Identity, ClientString]),
            ("not (vault: c or identity: a)", &[]),
            ("not (vault: c and identity: a)", &[Identity]),
            ("identity: a and operation: SecretGet", &[]),
            ("identity: a and source_ip: 203.0.113.0/24", &[]),
            ("plane: data and identity: abc", &[Identity]),
            ("not plane: control and identity: abc", &[Identity]),
            ("event.dataset: azure.platformlogs and client: curl*", &[ClientString]),
            ("vault: * and operation: * and identity: abc", &[Identity]),
            ("*: * and identity: abc", &[Identity]),
            ("user.domain: contoso.example", &[Identity]),
            ("azure.activitylogs.identity.authorization.evidence.principal_id: 0bea", &[Identity]),
            ("not vault: * and identity: abc", &[]),
            ("grantee: * and identity: abc", &[]),
            ("plane: data", &[]),
            ("vault: *", &[]),
            ("azure.resource.name: kv", &[]),
            ("vault: kv", &[]),
            ("", &[]),
        ] {
            let found = Query::parse(query).unwrap().rests_on();
            assert_eq!(found, expected.iter().copied().collect(), "{query}");
        }
    }
}
