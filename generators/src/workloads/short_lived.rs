//! A vault for one pull request: automation makes it, lets a pipeline in and fills it, the pipeline
//! uses it, automation deletes it again.

use super::{Moment, Work, Workload, pipeline};
use crate::event::{Change, NOTHING, Outcome, Request, Role, Scope, Verb};
use crate::random::Stream;
use crate::script::{Caller, Place};
use crate::tenant::{Passing, ShortLived};

/// From the grant until it holds, and between two uses, in seconds.
const SPREAD: (f64, f64) = (60.0, 300.0);
const NEXT_USE: f64 = 600.0;

impl ShortLived {
    pub(super) fn play(self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        let from = work.events.len();
        let tenant = moment.tenant;
        let agent = Place::Passing(tenant.passing_address(stream, Passing::HostedAgents));
        let mut script = moment.script(stream, self.created, 0, &mut work.events);
        script.caller.place = agent;
        let maker = script.caller;
        script.write_vault(self.vault, Change::Create, NOTHING);
        script.assign_role(self.vault, Role::SecretsUser, Scope::Vault, self.reader);
        let secrets = tenant.vaults[usize::from(self.vault)].secrets.clone();
        script.maybe_challenge(Request::Get, self.vault, secrets.start);
        secrets.for_each(|secret| script.act(secret, Verb::Set, Outcome::Ok));
        let pause = script.stream.uniform(SPREAD.0, SPREAD.1);
        script.wait(pause);
        while script.now < self.deleted {
            let client = tenant.client_row(self.reader, 0, script.now);
            let agent = tenant.passing_address(script.stream, Passing::HostedAgents);
            script.hand_over(Caller {
                identity: self.reader,
                client,
                place: Place::Passing(agent),
            });
            pipeline::dump(&mut script, self.vault, tenant.estate.wire.pipelines.width);
            let pause = script.stream.exponential(NEXT_USE);
            script.wait(pause);
        }
        script.hand_over(maker);
        script.delete_vault(self.vault);
        work.burst(Workload::ShortLived, from);
    }
}
