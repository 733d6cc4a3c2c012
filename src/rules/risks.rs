//! What a rule file may say and had better not: exceptions that an intruder can slip into.

use super::Rule;
use super::query::Caller;

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
            let callers = exception.query.rests_on();
            let names: Vec<&str> = callers.into_iter().map(name).collect();
            (!names.is_empty()).then(|| {
                format!(
                    "exception {} rests on {} alone (narrow it to an operation, a vault, an address \
                     or hours)",
                    place + 1,
                    names.join(" and ")
                )
            })
        });
        risks.collect()
    }
}

fn name(caller: Caller) -> &'static str {
    match caller {
        Caller::Identity => "an identity",
        Caller::PublicClient => "a public client, which anybody may use,",
        Caller::ClientString => "a client string, which the caller makes up,",
    }
}
