//! Vaults made for one pull request and deleted an hour later: planned with the tenant, in the
//! order of their creation, and played by the automation that makes them.

use super::vault::{Collection, Model, Network, Vault};
use super::{Position, ShortLived, Tenant};
use crate::random::Stream;
use crate::time::{DAY, HOUR, MINUTE, Ticks, weekday};
use crate::workloads::Habit;

/// In a whole corpus: vaults are indexed with 16 bits, of which standing ones take 50,000.
const MOST: usize = 10_000;
/// Pull requests are opened in these hours of working days.
const WORKING_HOURS: (f64, f64) = (7.0, 19.0);

/// Adds the vaults and gives each to somebody; none where nobody automates or no pipeline runs.
pub(super) fn plan(tenant: &mut Tenant) {
    let makers = tenant.all(Position::Automation);
    if makers.is_empty() || tenant.all(Position::Pipeline).is_empty() {
        return;
    }
    let law = tenant.estate.wire.ephemeral.clone();
    let mut stream = Stream::new(tenant.seed, "short-lived", 0, 0);
    for (number, created) in moments(tenant, law.vaults_per_day.0, &mut stream) {
        let minutes = law.lifetime_minutes.draw(&mut stream);
        let secrets = law.secrets.draw_count(&mut stream).max(1);
        let vault = add(tenant, number, secrets, &mut stream);
        let readers = tenant.all(Position::Pipeline);
        let reader = readers.start + stream.below(readers.len()) as u32;
        let deleted = created + (minutes * MINUTE as f64) as Ticks;
        let maker = makers.start + stream.below(makers.len()) as u32;
        if let Habit::Infrastructure(habit) = &mut tenant.identities[maker as usize].habit {
            habit.short_lived.push(ShortLived { vault, created, deleted, reader });
        }
    }
}

/// Numbers and moments of pull requests, in order.
fn moments(tenant: &Tenant, per_day: f64, stream: &mut Stream) -> Vec<(usize, Ticks)> {
    let span = tenant.span;
    let days = (span.start - span.start.rem_euclid(DAY)..span.end).step_by(DAY as usize);
    let mut moments = Vec::new();
    for midnight in days.filter(|&midnight| weekday(midnight) < 5) {
        let (from, to) = WORKING_HOURS;
        let today = (0..stream.poisson(per_day))
            .map(|_| midnight + (stream.uniform(from, to) * HOUR as f64) as Ticks);
        moments.extend(today.filter(|at| (span.start..span.end).contains(at)));
    }
    moments.sort_unstable();
    moments.truncate(MOST);
    let first = 100 + stream.below(4_000);
    moments.into_iter().enumerate().map(|(number, at)| (first + number, at)).collect()
}

fn add(tenant: &mut Tenant, number: usize, secrets: usize, stream: &mut Stream) -> u16 {
    let index = tenant.vaults.all().len();
    let secrets = tenant.add_objects(index, Collection::Secrets, secrets, true, stream);
    let deleted = tenant.add_objects(index, Collection::Secrets, 1, true, stream);
    let unborn_key = tenant.add_objects(index, Collection::Keys, 1, true, stream).start;
    let nothing = unborn_key..unborn_key;
    let location = stream.pick(&tenant.estate.wire.locations).clone();
    tenant.vaults.add_short_lived(Vault {
        name: format!("kv-pr-{number}"),
        subscription: stream.below(tenant.subscriptions.len()),
        resource_group: format!("rg-pr-{number}"),
        resource_id: None,
        location,
        model: Model::Roles,
        network: Network::Public,
        logged: true,
        secrets,
        keys: nothing.clone(),
        certificates: nothing.clone(),
        certificate_secrets: nothing,
        deleted,
        unborn_key,
    })
}
