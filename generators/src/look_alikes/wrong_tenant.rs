//! A service asks for its tokens in another tenant: the vault turns every one of them away without
//! knowing whose it is, for hours.

use serde::Deserialize;

use super::cast::enter;
use crate::event::Request;
use crate::scenario::SecondsRange;
use crate::script::{Place, Script};
use crate::tenant::Position;
use crate::time::ticks_from_seconds;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {
    /// Until somebody notices.
    lasts_seconds: SecondsRange,
    /// Between two attempts.
    retry_seconds: SecondsRange,
}

impl Parameters {
    pub(super) fn stage(&self, script: &mut Script<'_>, number: usize) {
        let Some(service) = script.tenant.member(Position::Reserve, number) else { return };
        let tenant = script.tenant;
        let vault = *script.stream.pick(&tenant.identities[service as usize].vaults);
        enter(script, service, 0, Place::Usual);
        let wanted = tenant.vaults[usize::from(vault)].secrets.start;
        let lasts = script.seconds("lasts_seconds", self.lasts_seconds);
        let retry = script.seconds("retry_seconds", self.retry_seconds).max(1.0);
        let ends = script.now + ticks_from_seconds(lasts);
        while script.now < ends {
            script.challenge(Request::Get, vault, wanted);
            let pause = script.stream.log_normal(retry, 0.1);
            script.wait(pause);
        }
    }
}
