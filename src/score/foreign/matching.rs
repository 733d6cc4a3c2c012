//! What an alert of another product is about, by what it names.
//!
//! An alert that names records is about what truth says of those, near its time: known events outweigh
//! a name. Otherwise it is about every campaign of an identity it names whose time overlaps its
//! activity, if it was written after the campaign began and no later than 48 h after its end. Only an
//! alert that names no identity is matched by vault. Of what it is about, attacks come first, then
//! tests, then look-alikes. Names are a weaker tie than events: how many alerts chance alone would
//! match is measured by moving every attack campaign by seven days.

use std::collections::{BTreeMap, BTreeSet};

use super::Claims;
use crate::event::{TickSpan, Ticks};
use crate::score::matching::{EventKey, Judged};
use crate::score::period::{CREDIT_SPAN, Period};
use crate::score::{
    AlertLog, Campaign, Class, EventId, Matching, Metric, ScoredAlert, Truth, bootstrap,
};

/// How far from an alert's activity a record may be that it names: a correlation id is the caller's to
/// choose, and may come again.
const NEAR: TickSpan = TickSpan::hours(24);
/// How far truth is moved to see what chance matches: the same weekday.
const SHIFT: TickSpan = TickSpan::days(7);

/// Truth by what an alert can name, in lower case.
pub(in crate::score) struct Index<'a> {
    truth: &'a Truth,
    events: BTreeMap<&'a str, Vec<(usize, &'a EventId)>>,
    identities: BTreeMap<String, BTreeSet<usize>>,
    vaults: BTreeMap<String, BTreeSet<usize>>,
}

/// What ties an alert to campaigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tie {
    Event,
    Identity,
    Vault,
    Nothing,
}

impl<'a> Index<'a> {
    pub(in crate::score) fn of(truth: &'a Truth) -> Self {
        let mut index = Self {
            truth,
            events: BTreeMap::new(),
            identities: BTreeMap::new(),
            vaults: BTreeMap::new(),
        };
        for (at, campaign) in truth.campaigns.iter().enumerate() {
            for id in campaign.steps.keys().filter(|id| !id.correlation_id.is_empty()) {
                index.events.entry(&id.correlation_id).or_default().push((at, id));
            }
            for name in campaign.identities.iter().chain(&campaign.users) {
                index.identities.entry(name.to_lowercase()).or_default().insert(at);
            }
            for name in &campaign.vaults {
                index.vaults.entry(name.to_lowercase()).or_default().insert(at);
            }
        }
        index
    }

    /// Records of truth that `id` names, near the activity.
    fn named(&self, claims: &Claims, id: &str) -> impl Iterator<Item = (usize, &'a EventId)> {
        let (from, to) = (claims.start - NEAR, claims.end + NEAR);
        let events = self.events.get(id).into_iter().flatten().copied();
        events.filter(move |(_, event)| from <= event.time && event.time <= to)
    }

    /// The campaigns an alert is about, were each moved by what `shift` says, and what ties it to them.
    fn matched(
        &self,
        alert: &ScoredAlert,
        claims: &Claims,
        shift: impl Fn(&Campaign) -> Option<TickSpan>,
    ) -> (Tie, BTreeSet<usize>) {
        let timely = |at: &usize| {
            let campaign = &self.truth.campaigns[*at];
            shift(campaign).is_some_and(|by| {
                let (start, end) = (campaign.start + by, campaign.end + by);
                start <= claims.end
                    && claims.start <= end
                    && start <= alert.fired_at
                    && alert.fired_at.since(end) <= CREDIT_SPAN
            })
        };
        let of = |names: &BTreeSet<String>, index: &BTreeMap<String, BTreeSet<usize>>| {
            let campaigns = names.iter().filter_map(|name| index.get(name)).flatten().copied();
            campaigns.filter(timely).collect::<BTreeSet<usize>>()
        };
        let (tie, held) = if !claims.correlation_ids.is_empty() {
            let named = claims.correlation_ids.iter().flat_map(|id| self.named(claims, id));
            // Moved records are not the ones named.
            let there = |at: &usize| shift(&self.truth.campaigns[*at]) == Some(TickSpan(0));
            (Tie::Event, named.map(|(at, _)| at).filter(there).collect())
        } else if !claims.identities.is_empty() {
            (Tie::Identity, of(&claims.identities, &self.identities))
        } else {
            (Tie::Vault, of(&claims.vaults, &self.vaults))
        };
        (if held.is_empty() { Tie::Nothing } else { tie }, held)
    }

    fn judge(&self, alert: &'a ScoredAlert, claims: &'a Claims) -> Judged<'a> {
        let (_, held) = self.matched(alert, claims, in_place);
        let class_of = |at: usize| self.truth.campaigns[at].class;
        let class = held.iter().map(|&at| class_of(at)).max();
        let late = |at: &usize| {
            class_of(*at) == Class::Malicious
                && alert.fired_at.since(self.truth.campaigns[*at].end) > CREDIT_SPAN
        };
        let credited = held.iter().copied().filter(|at| Some(class_of(*at)) == class && !late(at));
        let (mut steps, mut benign, mut labelled) = (Vec::new(), Vec::new(), 0);
        for id in &claims.correlation_ids {
            let named: Vec<_> = self.named(claims, id).collect();
            labelled += u64::from(!named.is_empty());
            if named.is_empty() {
                benign.push(EventKey::named(id));
            }
            for (at, event) in named {
                match class_of(at) {
                    Class::Malicious => steps.push((at, event)),
                    Class::Authorised | Class::LookAlike => benign.push(EventKey::of(event)),
                }
            }
        }
        Judged {
            alert,
            class,
            campaigns: credited.collect(),
            // What such an alert rests on is not known.
            alone: Vec::new(),
            too_late: held.iter().any(late),
            labelled,
            held,
            steps,
            benign,
        }
    }
}

fn in_place(_: &Campaign) -> Option<TickSpan> {
    Some(TickSpan(0))
}

/// Judges every alert; sorted by id, as our own are.
pub(in crate::score) fn judge<'a>(truth: &'a Truth, log: &'a AlertLog) -> Vec<Judged<'a>> {
    let index = Index::of(truth);
    let alerts = log.alerts.iter().filter_map(|alert| Some((alert, alert.claims.as_ref()?)));
    let mut judged: Vec<_> = alerts.map(|(alert, claims)| index.judge(alert, claims)).collect();
    judged.sort_by(|a, b| a.alert.id.cmp(&b.alert.id));
    judged
}

/// How the alerts of the scored period were matched.
pub(in crate::score) fn matching(
    truth: &Truth,
    judged: &[&Judged<'_>],
    period: &Period,
) -> Matching {
    let index = Index::of(truth);
    let [mut by_event, mut by_identity, mut by_vault, mut unmatched, mut names_nothing] = [0; 5];
    let mut clusters: BTreeMap<_, [f64; 2]> = BTreeMap::new();
    let mut ties: BTreeMap<usize, bool> = BTreeMap::new();
    let shift = |campaign: &Campaign| moved(campaign, period);
    for one in judged {
        let Some(claims) = &one.alert.claims else { continue };
        let (tie, _) = index.matched(one.alert, claims, in_place);
        *match tie {
            Tie::Event => &mut by_event,
            Tie::Identity => &mut by_identity,
            Tie::Vault => &mut by_vault,
            Tie::Nothing => &mut unmatched,
        } += 1;
        names_nothing += u64::from(claims.names_nothing());
        for &at in one.campaigns.iter().filter(|&&at| is_scored(&truth.campaigns[at], period)) {
            *ties.entry(at).or_insert(true) &= tie == Tie::Vault;
        }
        let (_, by_chance) = index.matched(one.alert, claims, shift);
        let [hits, total] = clusters.entry(one.alert.cluster()).or_default();
        *hits += f64::from(u8::from(!by_chance.is_empty()));
        *total += 1.0;
    }
    Matching {
        by_event,
        by_identity,
        by_vault,
        unmatched,
        names_nothing,
        campaigns_by_vault_only: ties.values().filter(|only| **only).count() as u64,
        shifted_match_rate: shifted(truth, period, &clusters.into_values().collect::<Vec<_>>()),
    }
}

fn shifted(truth: &Truth, period: &Period, clusters: &[[f64; 2]]) -> Metric {
    let attacks = || truth.campaigns.iter().filter(|campaign| is_scored(campaign, period));
    let (all, fit) =
        (attacks().count(), attacks().filter(|one| moved(one, period).is_some()).count());
    if fit == 0 {
        return Metric::unknown(
            "not known: the scored period is too short to move a campaign by seven days",
        );
    }
    let mut metric = bootstrap::ratio(clusters, "identities");
    let moved = format!("; {fit} of {all} attack campaigns moved by seven days");
    metric.method.push_str(&moved);
    metric
}

fn is_scored(campaign: &Campaign, period: &Period) -> bool {
    campaign.class == Class::Malicious
        && period.censoring(campaign).is_none()
        && !campaign.is_unobservable()
}

/// How far an attack campaign is moved: forwards, or backwards where only that stays in the scored
/// period; not at all, and so matched by nothing, where neither does.
fn moved(campaign: &Campaign, period: &Period) -> Option<TickSpan> {
    let fits = |start: Ticks, end: Ticks| period.start <= start && end <= period.end;
    let candidates = [SHIFT, TickSpan(-SHIFT.0)];
    let fits = |by: &TickSpan| fits(campaign.start + *by, campaign.end + *by);
    is_scored(campaign, period).then(|| candidates.into_iter().find(fits)).flatten()
}

impl Claims {
    fn names_nothing(&self) -> bool {
        self.correlation_ids.is_empty() && self.identities.is_empty() && self.vaults.is_empty()
    }
}
