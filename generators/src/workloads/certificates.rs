//! Gateways fetch the certificates they serve, private part and all, by the clock: application
//! gateways every four hours, the front door once a day.

use super::{Habit, Hire, Moment, Work};
use crate::event::Request;
use crate::random::Stream;
use crate::scenario::MinutesRange;
use crate::tenant::Tenant;

/// Certificates of one application gateway at most.
const MOST: usize = 3;
const JITTER: f64 = 0.03;

/// One gateway.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    /// The secrets by which certificates are fetched.
    secrets: Vec<u32>,
    per_day: f64,
    phase: f64,
}

impl Certificates {
    /// An application gateway: some certificates of one vault. None where no vault holds one.
    pub(crate) fn gateway(tenant: &Tenant, stream: &mut Stream, _: Hire) -> (Vec<u16>, Habit) {
        let holders = holders(tenant);
        if holders.is_empty() {
            return (Vec::new(), Habit::None);
        }
        let vault = *stream.pick(&holders);
        let held = tenant.vaults[usize::from(vault)].certificate_secrets.clone();
        let secrets = held.take(1 + stream.below(MOST)).collect();
        let minutes = tenant.estate.wire.certificates.gateway_minutes;
        (vec![vault], Self::polling(secrets, minutes, stream))
    }

    /// The front door: every certificate there is.
    pub(crate) fn front_door(tenant: &Tenant, stream: &mut Stream) -> (Vec<u16>, Habit) {
        let vaults = holders(tenant);
        let held = |vault: &u16| tenant.vaults[usize::from(*vault)].certificate_secrets.clone();
        let secrets = vaults.iter().flat_map(held).collect();
        let minutes = tenant.estate.wire.certificates.front_door_minutes;
        (vaults, Self::polling(secrets, minutes, stream))
    }

    fn polling(secrets: Vec<u32>, minutes: MinutesRange, stream: &mut Stream) -> Habit {
        let per_day = 1_440.0 / minutes.draw(stream).max(1.0);
        Habit::Certificates(Self { secrets, per_day, phase: stream.unit() })
    }

    pub(super) fn expand(&self, moment: &Moment<'_>, stream: &mut Stream, work: &mut Work) {
        for at in moment.ticks(stream, self.per_day, self.phase, JITTER) {
            let mut script = moment.script(stream, at, 0, &mut work.events);
            let mut asked = None;
            for &secret in &self.secrets {
                let vault = script.tenant.objects[secret as usize].vault;
                if asked != Some(vault) {
                    script.maybe_challenge(Request::Get, vault, secret);
                    asked = Some(vault);
                }
                script.read(secret);
            }
        }
    }
}

fn holders(tenant: &Tenant) -> Vec<u16> {
    let holds = |&vault: &u16| !tenant.vaults[usize::from(vault)].certificate_secrets.is_empty();
    (0..tenant.vaults.len() as u16).filter(holds).collect()
}
