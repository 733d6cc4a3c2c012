//! What a rule file may say and had better not: exceptions that an intruder can slip into.

use super::query::Caller;
use super::{Query, Rule};

impl Rule {
    /// A sentence for each exception that holds, at any time, for every record or by who calls alone:
    /// whoever takes over the identity, or says that he is the client, is hidden whatever he does.
    pub fn risks(&self) -> Vec<String> {
        let always = self.exceptions.iter().enumerate().filter(|(_, it)| it.is_always_open());
        let risks = always.filter_map(|(place, exception)| {
            if exception.query.source().trim().is_empty() {
                return Some(format!(
                    "exception {} hides everything (its frame is open all week, and it has no query)",
                    place + 1
                ));
            }
            risk_of(&exception.query).map(|callers| {
                format!(
                    "exception {} rests on {callers} alone (narrow it to an operation, a vault, an \
                     address or hours)",
                    place + 1,
                )
            })
        });
        risks.collect()
    }
}

/// What of the caller alone is enough for an exception with that query to hide what he does.
pub(crate) fn risk_of(query: &Query) -> Option<String> {
    let names: Vec<&str> = query.rests_on().into_iter().map(name).collect();
    (!names.is_empty()).then(|| names.join(" and "))
}

fn name(caller: Caller) -> &'static str {
    match caller {
        Caller::Identity => "an identity",
        Caller::PublicClient => "a public client, which anybody may use,",
        Caller::ClientString => "a client string, which the caller makes up,",
    }
}
