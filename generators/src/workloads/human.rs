//! People: they browse a vault in the portal or work at a shell, in office hours mostly, and now
//! and then change a setting.

use super::chores::{CHORES_PER_SESSION, do_chore};
use super::{Moment, Work, Workload};
use crate::event::{Change, NOTHING, Operation, Outcome, Request, Verb};
use crate::random::Stream;
use crate::scenario::{CommandLine, CountRange};
use crate::script::{Place, Script};
use crate::tenant::{Collection, Network, Passing, Position};

/// Sessions with the tool that somebody usually does not use, and sessions at a shell with a script
/// found somewhere.
const OTHER_TOOL: f64 = 0.15;
const SCRIPTS: f64 = 0.25;
/// Exponent of the law by which people come back to the same objects.
const FAVOURITES: f64 = 1.8;
/// Changes that the management plane refuses: the role has lapsed.
const REFUSED_WRITES: f64 = 0.05;
/// Changes made by a script of one's own.
const SCRIPTED_WRITES: f64 = 0.5;
/// Sessions that find a closed door where one can be closed.
const TURNED_AWAY: f64 = 0.4;
/// Sessions for which somebody's own role has lapsed.
const LAPSED: f64 = 0.06;
/// Sessions that begin with a name that is not there.
const MISTYPED: f64 = 0.04;
/// Sessions at a shell that look at the vault's settings first.
const CHECKS: f64 = 0.3;
/// Sessions at a shell that go through keys and certificates as well.
const EVERYTHING: f64 = 0.2;

/// One person.
#[derive(Debug, Clone)]
pub(crate) struct Human {
    pub(crate) sessions_per_day: f64,
    pub(crate) portal: bool,
    pub(crate) reads: CountRange,
    pub(crate) command_line: CommandLine,
    /// Chance that a session goes to a vault outside the usual ones.
    pub(crate) curiosity: f64,
    pub(crate) travel: f64,
    /// Settings changed a day.
    pub(crate) writes_per_day: f64,
}

impl Human {
    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        let weight = moment.rhythms.human(moment.from, moment.to);
        for at in moment.starts(stream, self.sessions_per_day, weight) {
            let vault = self.choose(moment, stream);
            let portal = self.portal != stream.chance(OTHER_TOOL);
            let from = work.events.len();
            let mut script = moment.script(stream, at, usize::from(!portal), &mut work.events);
            self.travel(&mut script);
            if !portal && script.stream.chance(SCRIPTS) {
                let client = script.tenant.client_for("script", script.stream);
                script.caller.client = script.tenant.release(client, moment.identity, at);
            }
            if self.is_turned_away(&mut script, vault) {
                continue;
            }
            if script.stream.chance(MISTYPED) {
                let missing = script.tenant.vaults[usize::from(vault)].missing();
                script.maybe_challenge(Request::Get, vault, missing);
                script.attempt(missing, Outcome::NotFound);
                script.wait(12.0);
            }
            if portal {
                self.browse(&mut script, vault);
                work.burst(Workload::Portal, from);
            } else {
                self.work(&mut script, vault);
            }
        }
        for at in moment.starts(stream, self.writes_per_day, weight) {
            let vault = self.choose(moment, stream);
            let mut script = moment.script(stream, at, usize::from(!self.portal), &mut work.events);
            if script.stream.chance(SCRIPTED_WRITES) {
                let client = script.tenant.client_for("script", script.stream);
                script.caller.client = script.tenant.release(client, moment.identity, at);
            }
            script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
            let pause = script.stream.uniform(8.0, 90.0);
            script.wait(pause);
            if script.stream.chance(REFUSED_WRITES) {
                script.write_vault_in_vain(vault, Change::Settings, NOTHING);
                continue;
            }
            script.write_vault(vault, Change::Settings, NOTHING);
        }
        let position = moment.tenant.identities[moment.identity as usize].position;
        if position != Position::Guest {
            for at in moment.starts(stream, self.sessions_per_day * CHORES_PER_SESSION, weight) {
                let vault = self.choose(moment, stream);
                let mut script = moment.script(stream, at, 1, &mut work.events);
                do_chore(self, &mut script, vault);
            }
        }
    }

    /// On the road closed vaults do not answer; vaults of other teams often do not either.
    fn is_turned_away(&self, script: &mut Script<'_>, vault: u16) -> bool {
        let tenant = script.tenant;
        let secrets = tenant.vaults[usize::from(vault)].secrets.clone();
        let closed = tenant.vaults[usize::from(vault)].network != Network::Public;
        let own = tenant.identities[script.caller.identity as usize].vaults.contains(&vault);
        let outcome = match script.caller.place {
            Place::Passing(address) if closed && script.stream.chance(TURNED_AWAY) => {
                script.caller.place = Place::Outside(address);
                Outcome::ForbiddenByNetwork
            }
            _ if script.stream.chance(if own { LAPSED } else { TURNED_AWAY }) => Outcome::Forbidden,
            _ => return false,
        };
        script.maybe_challenge(Request::Get, vault, secrets.start);
        for _ in 0..=script.stream.below(3) {
            script.attempt(secrets.start, outcome);
            let pause = script.stream.log_normal(6.0, 1.0);
            script.wait(pause);
        }
        true
    }

    fn choose(&self, moment: &Moment<'_>, stream: &mut Stream) -> u16 {
        let usual = &moment.tenant.identities[moment.identity as usize].vaults;
        if usual.is_empty() || stream.chance(self.curiosity) {
            return stream.below(moment.tenant.vaults.len()) as u16;
        }
        usual[stream.zipf(usual.len(), 1.0)]
    }

    fn travel(&self, script: &mut Script<'_>) {
        if script.stream.chance(self.travel) {
            let from = if script.stream.chance(0.8) { Passing::Homes } else { Passing::Cloud };
            script.caller.place =
                Place::Passing(script.tenant.passing_address(script.stream, from));
        }
    }

    /// One blade after the other: settings, the three lists, then some values with their versions.
    fn browse(&self, script: &mut Script<'_>, vault: u16) {
        script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
        let pause = script.stream.uniform(1.0, 6.0);
        script.wait(pause);
        script.list_everything(vault);
        let home = &script.tenant.vaults[usize::from(vault)];
        let readable: Vec<u32> = home.readable().collect();
        for _ in 0..self.reads.draw_count(script.stream) {
            if readable.is_empty() {
                break;
            }
            let pause = script.stream.uniform(4.0, 60.0);
            script.wait(pause);
            let object = readable[script.stream.zipf(readable.len(), FAVOURITES)];
            script.act(object, Verb::ListVersions, Outcome::Ok);
            let pause = script.stream.uniform(0.5, 4.0);
            script.wait(pause);
            script.read(object);
        }
    }

    /// One process per command, each with its own 401.
    fn work(&self, script: &mut Script<'_>, vault: u16) {
        let secrets = script.tenant.vaults[usize::from(vault)].secrets.clone();
        if script.stream.chance(CHECKS) {
            script.call(Operation::VaultGet, vault, NOTHING, Outcome::Ok);
            script.wait(5.0);
        }
        let everything = script.stream.chance(EVERYTHING);
        let readable: Vec<u32> = script.tenant.vaults[usize::from(vault)].readable().collect();
        for command in 0..self.command_line.commands.draw_count(script.stream) {
            if command == 0 {
                script.maybe_challenge(Request::List, vault, NOTHING);
                if everything {
                    script.list_everything(vault);
                } else {
                    script.list(vault, Collection::Secrets);
                }
            } else {
                // Keys and certificates are at the end.
                let object = if everything {
                    readable[readable.len() - 1 - script.stream.zipf(readable.len(), FAVOURITES)]
                } else {
                    readable[script.stream.zipf(secrets.len(), FAVOURITES)]
                };
                script.maybe_challenge(Request::Get, vault, object);
                script.read(object);
            }
            let pause = self.command_line.gap_seconds.draw(script.stream);
            script.wait(pause);
        }
    }
}
