//! A database gets a copy in another region: its key leaves one vault as a backup and enters another
//! as a restore.

use serde::Deserialize;

use super::cast::enter_as_operator;
use crate::event::{Outcome, Request, Verb};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::Script;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    automated_share: Share,
    keys: CountRange,
    gap_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let Some((from, to)) = pair(script) else { return };
        if enter_as_operator(script, self.automated_share).is_none() {
            return;
        }
        let keys = script.tenant.vaults[usize::from(from)].keys.clone();
        script.maybe_challenge(Request::Get, from, keys.start);
        for key in keys.take(script.count("keys", self.keys).max(1)) {
            script.read(key);
            script.backup(key);
            script.pause(self.gap_seconds);
            // Is it there already? A restore would be refused.
            script.maybe_challenge(Request::Get, to, key);
            script.act_in(to, key, Verb::Get, Outcome::NotFound);
            script.act_in(to, key, Verb::Restore, Outcome::Ok);
            script.act_in(to, key, Verb::Get, Outcome::Ok);
            script.pause(self.gap_seconds);
        }
    }
}

/// A vault with keys, and another of its subscription, in another region where there is one:
/// a backup can be restored nowhere else.
fn pair(script: &mut Script<'_>) -> Option<(u16, u16)> {
    let tenant = script.tenant;
    let all = || 0..tenant.vaults.len() as u16;
    let vault = |index: u16| &tenant.vaults[usize::from(index)];
    let near = |a: u16, b: u16| a != b && vault(a).subscription == vault(b).subscription;
    let sources: Vec<u16> = all()
        .filter(|&from| !vault(from).keys.is_empty() && all().any(|to| near(from, to)))
        .collect();
    if sources.is_empty() {
        return None;
    }
    let from = *script.stream.pick(&sources);
    let mut targets: Vec<u16> = all().filter(|&to| near(from, to)).collect();
    if targets.iter().any(|&to| vault(to).location != vault(from).location) {
        targets.retain(|&to| vault(to).location != vault(from).location);
    }
    Some((from, *script.stream.pick(&targets)))
}
