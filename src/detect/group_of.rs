//! Which groups of a sequence an event belongs to, with which steps.
//!
//! Contract: an event that matches a step is in the group of the values that it has of the step's `by`
//! fields: of a list of grantees, in one group for each. The group's `vault`, where the sequence has
//! it, is the vault together with where it lies (subscription and resource group, as far as the record
//! says). A grant of wider scope, whose record names no vault, is in the groups of all vaults below it
//! that agree with it in the other fields, as soon as other events have made them groups.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::PARTITIONS;
use super::chain::StepMask;
use super::judged::Judged;
use crate::event::{Change, EventView, Field, GrantScope, Key, TextField};
use crate::rules::{Sequence, Step};

/// A group, or by its scope several, that an event is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Membership<'a> {
    /// Key of the group; of all groups that differ in the vault only where `scope` is there.
    pub(super) key: Key,
    /// Key of the group's values but the vault.
    pub(super) base: Key,
    pub(super) scope: Option<Scope>,
    /// Key of the value that routes the group; none for a vault that is any below a scope.
    pub(super) first: Option<Key>,
    /// The steps that the event serves there.
    pub(super) steps: StepMask,
    /// The step, of these, and the grantee that show the group's values.
    shown: (usize, Option<&'a str>),
}

/// How far a grant reaches that names no vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Every vault below this part of a resource id.
    Below(Key),
    /// Every vault: a management group, or the tenant.
    All,
}

/// Where a vault lies.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) vault: String,
    group: Key,
    subscription: Key,
}

/// The groups that an event is in. Nearly always that is one, which must cost no allocation.
#[derive(Debug, Default)]
pub(super) struct Memberships<'a> {
    first: Option<Membership<'a>>,
    others: Vec<Membership<'a>>,
}

/// The event's groups, and whether it has any, in this partition or another.
pub(super) fn memberships<'a>(
    rule: &Sequence,
    judged: &Judged<'a>,
    partition: usize,
) -> (Memberships<'a>, bool) {
    let mut found = Memberships::default();
    let mut any = false;
    for (place, step) in rule.steps.iter().enumerate() {
        if !step.query.matches(&judged.view) {
            continue;
        }
        let before = judged.before.filter(|before| step.query.matches(before));
        for grantee in grantees(step, &judged.view) {
            let Some(member) = membership(rule, (place, step), judged.view, grantee) else {
                continue;
            };
            any = true;
            let is_here = member.first.is_none_or(|first| first.partition(PARTITIONS) == partition);
            let was_there = |before: EventView<'a>| {
                grantees(step, &before).any(|grantee| {
                    let was = membership(rule, (place, step), before, grantee);
                    was.is_some_and(|was| (was.key, was.scope) == (member.key, member.scope))
                })
            };
            if !is_here || before.is_some_and(was_there) {
                continue;
            }
            found.add(member);
        }
    }
    (found, any)
}

impl<'a> Memberships<'a> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Membership<'a>> {
        self.first.iter().chain(&self.others)
    }

    /// Adds a group, or to a known one the steps.
    fn add(&mut self, member: Membership<'a>) {
        let mut known = self.first.iter_mut().chain(&mut self.others);
        if let Some(known) =
            known.find(|known| (known.key, known.scope) == (member.key, member.scope))
        {
            known.steps = known.steps.with(member.steps);
        } else if self.first.is_none() {
            self.first = Some(member);
        } else {
            self.others.push(member);
        }
    }
}

impl Membership<'_> {
    /// The values of the sequence's `by`, for an alert; the vault is that of `place`.
    pub(super) fn values(
        &self,
        rule: &Sequence,
        view: &EventView<'_>,
        place: Option<&Place>,
    ) -> Vec<(Field, String)> {
        let (step, grantee) = self.shown;
        let value = |(&field, &own): (&Field, &Field)| {
            let value = match (own, grantee, place) {
                (Field::Vault, _, Some(place)) => Some(place.vault.clone()),
                (Field::Grantee, Some(grantee), _) => Some(grantee.to_owned()),
                _ => view.display(own),
            };
            Some((field, value?))
        };
        rule.by.iter().zip(&rule.steps[step].by).filter_map(value).collect()
    }
}

impl Place {
    /// Where the vault of the event lies.
    pub(super) fn of(view: &EventView<'_>) -> Self {
        let group = above(view.text(TextField::ResourceId));
        let subscription = group.match_indices('/').nth(2).map_or(group, |(end, _)| &group[..end]);
        Self {
            vault: view.text(TextField::Vault).to_owned(),
            group: Key::of(group.as_bytes()),
            subscription: Key::of(subscription.as_bytes()),
        }
    }

    pub(super) fn is_below(&self, scope: Scope) -> bool {
        match scope {
            Scope::All => true,
            Scope::Below(key) => key == self.group || key == self.subscription,
        }
    }
}

/// How far the event reaches if it is a grant that names no vault.
pub(super) fn wide_scope(view: &EventView<'_>) -> Option<Scope> {
    let is_wide =
        matches!(view.event.grant_scope, GrantScope::ResourceGroup | GrantScope::Subscription)
            && view.event.change == Change::Grant
            && view.text(TextField::Vault).is_empty();
    is_wide.then(|| match above(view.text(TextField::ResourceId)) {
        "" => Scope::All,
        scope => Scope::Below(Key::of(scope.as_bytes())),
    })
}

/// The grantees by which the step tells groups apart; one that is none where it does not.
fn grantees<'a>(
    step: &Step,
    view: &EventView<'a>,
) -> impl Iterator<Item = Option<&'a str>> + use<'a> {
    let is_by_grantee = step.by.contains(&Field::Grantee);
    let list = if is_by_grantee { view.text(TextField::Grantee) } else { "" };
    let one = (!is_by_grantee).then_some(None);
    one.into_iter().chain(list.split_ascii_whitespace().map(Some))
}

fn membership<'a>(
    rule: &Sequence,
    (place, step): (usize, &Step),
    view: EventView<'a>,
    grantee: Option<&'a str>,
) -> Option<Membership<'a>> {
    let (mut key, mut base, mut scope, mut first) = (None, None, None, None);
    let fold = |tuple: Option<Key>, next| Some(tuple.map_or(next, |tuple: Key| tuple.then(next)));
    for (index, (&field, &own)) in rule.by.iter().zip(&step.by).enumerate() {
        let value = match (own, grantee) {
            (Field::Grantee, Some(grantee)) => Some(Key::of(grantee.as_bytes())),
            _ => view.key(own),
        };
        first = if index == 0 { value } else { first };
        match (field, value) {
            (Field::Vault, Some(vault)) => {
                let place = above(view.text(TextField::ResourceId));
                key = fold(key, vault.then(Key::of(place.as_bytes())));
            }
            (Field::Vault, None) => scope = Some(wide_scope(&view)?),
            (_, value) => {
                key = fold(key, value?);
                base = fold(base, value?);
            }
        }
    }
    let (key, base) = (key.unwrap_or_default(), base.unwrap_or_default());
    let mut steps = StepMask::default();
    steps.insert(place);
    Some(Membership { key, base, scope, first, steps, shown: (place, grantee) })
}

/// What lies above the provider in a resource id: a resource group, a subscription, or nothing.
fn above(resource_id: &str) -> &str {
    // Prepared once: the search itself is then much cheaper than a walk from slash to slash.
    static PROVIDERS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("/providers/"));
    PROVIDERS.find(resource_id.as_bytes()).map_or("", |end| &resource_id[..end])
}
