//! An engineer's own script goes over many vaults: it writes settings, lets somebody in, or sets
//! secrets.

use serde::{Deserialize, Serialize};

use super::cast::{enter_with_script, let_in, several, several_vaults};
use crate::event::{Change, NOTHING, Operation, Outcome, Request, Role, Verb};
use crate::scenario::{CountRange, SecondsRange, Share};
use crate::script::{Place, Script};
use crate::tenant::{Collection, Position};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    vaults: CountRange,
    /// Set in each vault, where the script sets secrets.
    objects: CountRange,
    gap_seconds: SecondsRange,
    /// Scripts that set secrets.
    secrets_share: Share,
    /// Of the others, those that let a colleague in; the rest write settings.
    policies_share: Share,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    Secrets,
    Policies,
    Settings,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, _number: usize) {
        let Some(&[engineer, colleague]) = several(script, Position::User, 2).first_chunk() else {
            return;
        };
        enter_with_script(script, engineer, Place::Usual);
        let purpose = if script.stream.chance(self.secrets_share.0) {
            Purpose::Secrets
        } else if script.stream.chance(self.policies_share.0) {
            Purpose::Policies
        } else {
            Purpose::Settings
        };
        script.note("purpose", purpose);
        let count = script.count("vaults", self.vaults);
        for vault in several_vaults(script, count) {
            script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
            match purpose {
                Purpose::Secrets => self.set(script, vault),
                Purpose::Policies => let_in(script, vault, Role::SecretsUser, colleague),
                Purpose::Settings => script.write_vault(vault, Change::Settings, NOTHING),
            }
            script.pause(self.gap_seconds);
        }
    }

    fn set(&self, script: &mut Script<'_>, vault: u16) {
        script.maybe_challenge(Request::List, vault, NOTHING);
        script.list(vault, Collection::Secrets);
        let secrets = script.tenant.vaults[usize::from(vault)].secrets.clone();
        for object in secrets.take(script.count("objects", self.objects)) {
            script.act(object, Verb::Set, Outcome::Ok);
            script.pause(self.gap_seconds);
        }
    }
}
