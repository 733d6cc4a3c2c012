//! One event before one rule: what every kind of rule is given, and how it makes an alert of it.

use super::alert::{Alert, Evidence, KeyClass, StepValues, Subject, Triage, Values};
use super::policy::{PolicyLog, Reach};
use super::profile::{Novelty, Profiles};
use super::suppress::Fired;
use super::{Output, RuleStats, routing_field};
use crate::event::{EventView, Field, Key, Origin, TickSpan, Ticks};
use crate::rules::Rule;

/// How many of its newest evidence events an alert keeps once its rule has kept its fill, beside its
/// completing record: what an analyst can read.
pub(super) const CUT_EVIDENCE: usize = 100;

/// An event that matched a rule, and what surrounds it: a record, or a Success that the record, its
/// Start, has completed.
#[derive(Clone, Copy)]
pub(super) struct Judged<'a> {
    pub(super) rule: usize,
    pub(super) suppress: TickSpan,
    pub(super) view: EventView<'a>,
    /// A completed Success as it was when it was judged first.
    pub(super) before: Option<EventView<'a>>,
    /// How far the log of changes of access has been read.
    pub(super) reach: Reach,
    pub(super) corpus_start: Ticks,
    /// A history has taught what `learn` is for.
    pub(super) is_primed: bool,
    pub(super) of: &'a Rule,
    pub(super) profiles: &'a Profiles,
    /// What of the event was new to its identity where the profiles have learnt from it already; none
    /// where they have yet to.
    pub(super) novelty: Option<Novelty>,
    pub(super) policy: &'a PolicyLog,
    /// How many evidence events the rule's alerts keep here before later ones are cut; the alert that
    /// reaches it is still kept whole.
    pub(super) evidence_cap: u64,
}

/// Where the verdict goes.
pub(super) struct Sink<'a> {
    pub(super) out: &'a mut Output,
    pub(super) stats: &'a mut RuleStats,
}

/// What an alert is about, as the kind of rule found it.
#[derive(Default)]
pub(super) struct Finding {
    /// Event times of the first and last event of the condition, the alert's own time last.
    pub(super) window: (Ticks, Ticks),
    pub(super) group: Vec<(Field, String)>,
    pub(super) key: Key,
    pub(super) values: Values,
    pub(super) steps: Vec<StepValues>,
    pub(super) evidence: Vec<Evidence>,
}

impl Finding {
    /// Whether the condition rests on that event.
    pub(super) fn rests_on(&self, event: Evidence) -> bool {
        let mut rest = self.evidence.as_slice();
        // The evidence of each step is sorted by itself.
        let of_steps = self.steps.iter().map(|step| step.count as usize);
        let mut parts = of_steps.chain([usize::MAX]);
        parts.any(|length| {
            let (part, others) = rest.split_at(length.min(rest.len()));
            rest = others;
            part.binary_search(&event).is_ok()
        })
    }
}

/// How many records an alert absorbed; reported once, when it can absorb no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absorbed {
    /// Index of the rule in the run's rule list.
    pub rule: usize,
    /// The key under which it suppressed: the group's, or for `new_terms` with a known prefix that
    /// prefix's.
    pub group_key: Key,
    /// The completing record of the alert, which with the rule (and the group, as one record may
    /// complete a sequence of several) names it.
    pub trigger: Origin,
    /// Records on which the condition held.
    pub count: u32,
}

impl Judged<'_> {
    /// Whether a rule that learns for so long only learns from the event.
    pub(super) fn is_learning(&self, learn: TickSpan) -> bool {
        !self.is_primed && self.view.event.arrival < self.corpus_start + learn
    }

    /// The event itself as evidence.
    pub(super) fn evidence(&self) -> Evidence {
        Evidence { time: self.view.event.time, origin: self.view.event.origin }
    }

    /// The event's values of `fields`, for an alert.
    pub(super) fn group(&self, fields: &[Field]) -> Vec<(Field, String)> {
        fields.iter().filter_map(|&field| Some((field, self.view.display(field)?))).collect()
    }

    /// Emits an alert about the value by which the event came here.
    pub(super) fn fire(&self, finding: Finding, sink: &mut Sink<'_>) {
        let key = self.routed_by().and_then(|field| self.view.key(field));
        self.fire_about(key, finding, sink);
    }

    /// Emits an alert about `key`, a value of the rule's first field whose partition this is.
    pub(super) fn fire_about(&self, key: Option<Key>, finding: Finding, sink: &mut Sink<'_>) {
        let event = self.view.event;
        let class = self.class().filter(|_| !self.is_about_several(&finding));
        let subject = class.zip(key);
        let changes = self.policy.changes(self.reach, &self.view, subject, &finding);
        let facts = subject.map(|(class, key)| {
            let known = || self.profiles.novelty(class, key, &self.view);
            let facts = self.profiles.facts(class, key, &self.view);
            self.novelty.unwrap_or_else(known).told_in(facts)
        });
        let routed_by = self.routed_by();
        let is_subject = |(field, _): &&(Field, String)| {
            routed_by == Some(*field) || routed_by == Some(Field::Grantee)
        };
        let first = finding.group.first().filter(is_subject).map(|(_, value)| value.clone());
        let name = first.or_else(|| self.view.display(routed_by?)).unwrap_or_default();
        let subject = subject.map(|(class, _)| Subject { class, name });
        let triage = Triage { subject, changes, ..facts.unwrap_or_default() };
        let evidence_total = finding.evidence.len() as u32;
        let evidence = self.bounded(finding.evidence, sink.stats);
        sink.stats.alerts += 1;
        sink.out.alerts.push(Alert {
            rule: self.rule,
            time: finding.window.1,
            fired_at: event.arrival,
            trigger: event.origin,
            window: finding.window,
            group: finding.group,
            group_key: finding.key,
            values: finding.values,
            steps: finding.steps,
            evidence,
            evidence_total,
            triage,
        });
    }

    /// The field whose value decided that the event is judged here; runs of a schedule, which see all
    /// events, tell of the caller.
    fn routed_by(&self) -> Option<Field> {
        if self.of.on_schedule().is_some() { Some(Field::Identity) } else { routing_field(self.of) }
    }

    /// What profiles know the values of the rule's first field as.
    fn class(&self) -> Option<KeyClass> {
        match self.routed_by()? {
            Field::Identity | Field::Grantee => Some(KeyClass::Identity),
            Field::Vault => Some(KeyClass::Vault),
            _ => None,
        }
    }

    /// Whether the group is found first by a list of grantees, which is nobody's key.
    fn is_about_several(&self, finding: &Finding) -> bool {
        self.routed_by() == Some(Field::Grantee)
            && finding.group.first().is_none_or(|(_, value)| value.contains(' '))
    }

    /// The evidence that the alert keeps, given what the rule has kept before.
    fn bounded(&self, mut evidence: Vec<Evidence>, stats: &mut RuleStats) -> Vec<Evidence> {
        let total = evidence.len();
        if stats.evidence_kept >= self.evidence_cap && total > CUT_EVIDENCE {
            let newest = evidence.split_off(total - CUT_EVIDENCE);
            let trigger = Some(self.evidence()).filter(|own| !newest.contains(own));
            evidence = trigger.into_iter().chain(newest).collect();
        }
        stats.evidence_kept += evidence.len() as u64;
        stats.evidence_cut += (total - evidence.len()) as u64;
        evidence
    }
}

impl Fired {
    /// Reports what the alert absorbed, now that it is forgotten.
    pub(super) fn report(self, rule: usize, group_key: Key, out: &mut Output) {
        if self.absorbed > 0 {
            let (trigger, count) = (self.trigger, self.absorbed);
            out.absorbed.push(Absorbed { rule, group_key, trigger, count });
        }
    }
}
