//! Whether a query can match by who calls alone: by an identity, a public client, a client string.
//!
//! Contract: `rests_on` names what, iff the query has a way to hold (an alternative of its `or`s, under
//! any `not`s) none of whose conditions is about anything but the caller. Where the call comes from is
//! no matter of the caller: an address cannot be claimed.

use std::collections::BTreeSet;

use super::Query;
use super::ast::{Test, Text, Tree};
use super::parser::parse;

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
const IDENTITIES: [&str; 10] = [
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
];
const APPS: [&str; 4] = ["app", "appid", "applicationid", "azp"];
const CLIENT_STRINGS: [&str; 2] = ["client", "clientinfo"];

/// Last parts that mean him below a user or a claim only: other things have names, too.
const OF_USERS: [&str; 8] =
    ["name", "full_name", "fullname", "givenname", "surname", "email", "emailaddress", "id"];

impl Query {
    /// What of the caller is enough for the query to match; nothing where it takes more, and where
    /// the query is empty.
    pub(in crate::rules) fn rests_on(&self) -> BTreeSet<Caller> {
        let Ok(Some(tree)) = parse(self.source()) else { return BTreeSet::new() };
        enough(&tree, false).unwrap_or_default()
    }
}

/// What is enough for `tree`, or if `is_negated` for its opposite; `None` where the caller is not.
fn enough(tree: &Tree<Test>, is_negated: bool) -> Option<BTreeSet<Caller>> {
    let (operands, is_conjunction) = match tree {
        Tree::Leaf(test) => return caller(test).map(|caller| BTreeSet::from([caller])),
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
    let (Test::Values { field, .. } | Test::Range { field, .. }) = test;
    let name = field.pieces.join("*").to_ascii_lowercase();
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
            ("azure.resource.name: kv", &[]),
            ("vault: kv", &[]),
            ("", &[]),
        ] {
            let found = Query::parse(query).unwrap().rests_on();
            assert_eq!(found, expected.iter().copied().collect(), "{query}");
        }
    }
}
