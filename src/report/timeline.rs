//! Incident timelines: what one campaign did, when its records arrived, and when the alarm went.
//!
//! Bounded, because a page is no log: a share of the campaigns, of each as many ticks as can be told
//! apart, and its first alerts. What is left out is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::figures::{counted, duration, to_the_minute};
use super::html::{Attributes, Html, name};
use super::inputs::{Caller, Inputs};
use super::page::section;
use super::svg::{Chart, Px, Scale, Shape, label, line, mark};
use super::table::{Cell, Table};
use crate::event::{TickSpan, Ticks};
use crate::score::{Campaign, CampaignOutcome, EventId, ScoredAlert};

/// Campaigns shown that nothing found, and that were found last.
const MISSED_MAX: usize = 8;
const SLOWEST_MAX: usize = 8;
/// Alerts drawn for a campaign, the first to arrive.
const ALERTS_MAX: usize = 6;
/// Width of a tick with its gap: events closer than this are one tick.
const TICK: f64 = 4.0;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 196.0;
const RIGHT: f64 = 844.0;
const EVENTS: f64 = 34.0;
const ARRIVALS: f64 = 72.0;
const ALERTS: f64 = 108.0;
const PITCH: f64 = 24.0;

/// One campaign with what became of it.
struct Incident<'a> {
    campaign: &'a Campaign,
    outcome: &'a CampaignOutcome,
    /// Alerts that hold an event of it, by arrival, and how many there are in all.
    alerts: Vec<&'a ScoredAlert>,
    alerts_total: usize,
}

/// Writes the section.
pub(super) fn write(html: &mut Html, inputs: &Inputs) {
    let chosen = chosen(inputs);
    let left_out = inputs.score.outcomes.len() - chosen.len();
    let lead = format!(
        "Each event at its own time, each record when it arrived, each alert from the time it is about \
         to the time it could be read. Shown are campaigns that were missed and those found last; {} \
         left out.",
        match left_out {
            1 => "1 other is".to_owned(),
            others => format!("{others} others are"),
        }
    );
    section(html, "timelines", "Incidents, one by one", &lead, |html| {
        legend(html);
        for (at, incident) in chosen.iter().enumerate() {
            // The first stands open, to show what there is.
            let attributes: Attributes<'_> = &[("class", &"incident"), ("open", &"")];
            let shown = if at == 0 { attributes } else { &attributes[..1] };
            html.element("details", shown, |html| {
                html.leaf("summary", &[], summary(incident));
                draw(html, incident, at);
                alerts_table(html, incident, &inputs.callers);
            });
        }
    });
}

fn legend(html: &mut Html) {
    html.element("p", &[("class", &"legend")], |html| {
        html.leaf("span", &[("class", &"key bar")], "event, or its record's arrival");
        html.leaf("span", &[("class", &"key bar strong")], "a value handed out");
        html.leaf("span", &[("class", &"key ring")], "time that an alert is about");
        html.leaf("span", &[("class", &"key diamond")], "its arrival");
    });
}

/// The missed, one of each attack before a second of any; then those found, the slowest first.
fn chosen(inputs: &Inputs) -> Vec<Incident<'_>> {
    let campaigns: BTreeMap<&str, &Campaign> =
        inputs.truth.campaigns.iter().map(|one| (one.id.as_str(), one)).collect();
    let outcomes = inputs.score.outcomes.iter();
    let known: Vec<(&Campaign, &CampaignOutcome)> = outcomes
        .filter_map(|outcome| Some((*campaigns.get(outcome.campaign_id.as_str())?, outcome)))
        .collect();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut missed: Vec<_> = known
        .iter()
        .filter(|(_, outcome)| !outcome.is_found())
        .map(|&(campaign, outcome)| {
            let turn = seen.entry(&outcome.attack).or_default();
            *turn += 1;
            (*turn, campaign, outcome)
        })
        .collect();
    missed.sort_by_key(|&(turn, campaign, _)| (turn, campaign.start));
    let mut slowest: Vec<_> = known
        .iter()
        .filter(|(_, outcome)| outcome.is_found())
        .map(|&(campaign, outcome)| (delay(campaign, outcome), campaign, outcome))
        .collect();
    slowest.sort_by_key(|&(delay, campaign, _)| (std::cmp::Reverse(delay), &campaign.id));
    let missed =
        missed.into_iter().take(MISSED_MAX).map(|(_, campaign, outcome)| (campaign, outcome));
    let slowest =
        slowest.into_iter().take(SLOWEST_MAX).map(|(_, campaign, outcome)| (campaign, outcome));
    missed.chain(slowest).map(|(campaign, outcome)| incident(inputs, campaign, outcome)).collect()
}

fn incident<'a>(
    inputs: &'a Inputs,
    campaign: &'a Campaign,
    outcome: &'a CampaignOutcome,
) -> Incident<'a> {
    let events: BTreeSet<&EventId> = campaign.steps.keys().collect();
    let holds =
        |alert: &&ScoredAlert| alert.evidence.iter().any(|event| events.contains(&event.id));
    let mut alerts: Vec<&ScoredAlert> = inputs.alerts.alerts.iter().filter(holds).collect();
    alerts.sort_by_key(|alert| (alert.fired_at, alert.line));
    let alerts_total = alerts.len();
    alerts.truncate(ALERTS_MAX);
    Incident { campaign, outcome, alerts, alerts_total }
}

/// From the first event to the first alert, where that is known.
fn delay(campaign: &Campaign, outcome: &CampaignOutcome) -> Option<TickSpan> {
    let fired_at = Ticks::parse(outcome.fired_at.as_deref()?.as_bytes()).ok()?;
    Some(fired_at.since(campaign.first_event()))
}

impl Incident<'_> {
    /// The alert's rule found the campaign, by this alert or another; else all its alerts fire without
    /// the campaign's events, or came late.
    fn is_by_finder(&self, alert: &ScoredAlert) -> bool {
        self.outcome.found_by.contains_key(&alert.rule_id)
    }
}

fn summary(incident: &Incident<'_>) -> String {
    let outcome = incident.outcome;
    let variant = outcome
        .variant
        .as_deref()
        .map_or_else(String::new, |variant| format!(", {}", name(variant)));
    let lost = counted(outcome.objects_revealed, "object");
    let known = delay(incident.campaign, outcome).zip(outcome.objects_revealed_before_alert);
    let fate = match known {
        Some((delay, objects)) => format!(
            "found after {}, {} handed out by then",
            duration(delay.as_seconds_f64()),
            counted(objects, "object")
        ),
        None if outcome.is_found() => format!("found nobody knows when, {lost} handed out"),
        None => format!("missed, {lost} handed out"),
    };
    format!(
        "{} ({}{variant}) {}: {fate}",
        name(&outcome.campaign_id),
        name(&outcome.attack),
        to_the_minute(&outcome.first_event),
    )
}

fn draw(html: &mut Html, incident: &Incident<'_>, at: usize) {
    let campaign = incident.campaign;
    let arrivals = campaign.steps.values().filter_map(|step| step.arrived);
    let fired = incident.alerts.iter().flat_map(|alert| [alert.time, alert.fired_at]);
    let (first, last) = (campaign.first_event(), campaign.last_event());
    let (mut least, mut most) = (first, last);
    for time in arrivals.chain(fired) {
        (least, most) = (least.min(time), most.max(time));
    }
    let span = most.since(least).as_seconds_f64().max(1.0);
    let x = Scale::linear(0.0, span, LEFT, RIGHT);
    let place = |time: Ticks| x.at(time.since(least).as_seconds_f64());
    let bottom = ALERTS + incident.alerts.len().max(1) as f64 * PITCH;
    let title = format!("Timeline of {}", name(&campaign.id));
    let description = format!(
        "{} over {}; {}",
        counted(campaign.steps.len() as u64, "event"),
        duration(last.since(first).as_seconds_f64()),
        summary(incident)
    );
    let frame = Chart {
        id: &format!("incident-{at}"),
        title: &title,
        description: &description,
        width: WIDTH,
        height: bottom + 30.0,
        snap: "xy",
    };
    frame.write(html, |html| {
        for (y, text) in [(EVENTS, "events"), (ARRIVALS, "records arrive")] {
            line(html, "grid", (LEFT, y), (RIGHT, y));
            label(html, "r", LEFT - 14.0, y + 4.5, text);
        }
        ticks(html, campaign, &place);
        if incident.alerts.is_empty() {
            label(html, "l gap-name", LEFT, ALERTS + 4.5, "no alert holds an event of it");
        }
        for (row, alert) in incident.alerts.iter().enumerate() {
            alert_row(html, incident, alert, ALERTS + row as f64 * PITCH, &place);
        }
        line(html, "axis", (LEFT, bottom), (RIGHT, bottom));
        label(html, "l", LEFT, bottom + 18.0, to_the_minute(&least.to_string()));
        label(html, "r", RIGHT, bottom + 18.0, format!("+ {}", duration(span)));
    });
}

/// One tick for all events that cannot be told apart, with a line to the arrival of the first of them.
fn ticks(html: &mut Html, campaign: &Campaign, place: &impl Fn(Ticks) -> f64) {
    let mut bins: BTreeMap<i64, (Option<Ticks>, bool)> = BTreeMap::new();
    let mut arrived: BTreeMap<i64, bool> = BTreeMap::new();
    let bin = |time: Ticks| (place(time) / TICK).round() as i64;
    for (id, step) in &campaign.steps {
        let tick = bins.entry(bin(id.time)).or_insert((step.arrived, false));
        tick.1 |= step.reveals;
        if let Some(time) = step.arrived {
            *arrived.entry(bin(time)).or_default() |= step.reveals;
        }
    }
    let mut paths = [String::new(), String::new()];
    let mut lags = String::new();
    let mut tick = |bin: i64, y: f64, reveals: bool| {
        let path = &mut paths[usize::from(reveals)];
        let _ = write!(path, "M{} {}v14", Px(bin as f64 * TICK), Px(y - 7.0));
    };
    for (&at, &(first_arrived, reveals)) in &bins {
        tick(at, EVENTS, reveals);
        if let Some(time) = first_arrived {
            let (from, to) = (Px(at as f64 * TICK), Px(bin(time) as f64 * TICK));
            let _ = write!(lags, "M{from} {}L{to} {}", Px(EVENTS + 8.0), Px(ARRIVALS - 8.0));
        }
    }
    for (&at, &reveals) in &arrived {
        tick(at, ARRIVALS, reveals);
    }
    let classes: [(&'static str, &String); 3] =
        [("lag", &lags), ("event", &paths[0]), ("event reveals", &paths[1])];
    for (class, path) in classes.into_iter().filter(|(_, path)| !path.is_empty()) {
        let attributes: Attributes<'_> = &[("class", &class), ("d", path)];
        html.void("path", attributes);
    }
}

fn alert_row(
    html: &mut Html,
    incident: &Incident<'_>,
    alert: &ScoredAlert,
    y: f64,
    place: &impl Fn(Ticks) -> f64,
) {
    let is_by_finder = incident.is_by_finder(alert);
    let (from, to) = (place(alert.time), place(alert.fired_at));
    let rule: String = name(&alert.rule_id).chars().take(26).collect();
    label(html, "r", LEFT - 14.0, y + 4.5, rule);
    line(html, if is_by_finder { "whisker" } else { "whisker thin" }, (from, y), (to, y));
    let lag = duration(alert.fired_at.since(alert.time).as_seconds_f64());
    let about =
        format!("{}, about {}", name(&alert.rule_id), to_the_minute(&alert.time.to_string()));
    mark(html, Shape::Ring, (from, y), &about);
    let words = format!(
        "{}, readable {lag} later, {} after the first event{}",
        name(&alert.rule_id),
        duration(alert.fired_at.since(incident.campaign.first_event()).as_seconds_f64()),
        if is_by_finder { "" } else { "; its rule does not find the campaign" }
    );
    mark(html, if is_by_finder { Shape::Diamond } else { Shape::Triangle }, (to, y), &words);
}

fn alerts_table(html: &mut Html, incident: &Incident<'_>, callers: &BTreeMap<String, Caller>) {
    let campaign = incident.campaign;
    let who: Vec<String> = campaign.identities.iter().take(2).map(|one| name(one)).collect();
    let vaults: Vec<String> = campaign.vaults.iter().take(3).map(|one| name(one)).collect();
    let more = |all: usize, shown: usize| match all - shown {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let facts = format!(
        "By {}{}, in {}{}; {}{}.",
        who.join(", "),
        more(campaign.identities.len(), who.len()),
        vaults.join(", "),
        more(campaign.vaults.len(), vaults.len()),
        counted(campaign.steps.len() as u64, "event"),
        match campaign.unobserved {
            0 => String::new(),
            unobserved => format!(", and {unobserved} that no log holds"),
        }
    );
    html.leaf("p", &[("class", &"note")], facts);
    if incident.alerts.is_empty() {
        return;
    }
    let header = [
        "rule",
        "about (UTC)",
        "readable after",
        "its rule finds it",
        "caller's address",
        "client",
    ];
    let mut table =
        Table::new(format!("Alerts that hold events of {}", name(&campaign.id)), &header);
    for alert in &incident.alerts {
        let unknown = Caller::default();
        let caller = callers.get(&alert.id).unwrap_or(&unknown);
        let shown = |text: &Option<String>| Cell::name(text.as_deref().unwrap_or("–"));
        let lag = alert.fired_at.since(alert.time).as_seconds_f64();
        table.row(vec![
            Cell::name(&alert.rule_id),
            Cell::text(to_the_minute(&alert.time.to_string())),
            Cell::figure(duration(lag), Some(lag)),
            Cell::text(if incident.is_by_finder(alert) { "yes" } else { "no" }),
            shown(&caller.source_ip),
            shown(&caller.client),
        ]);
    }
    table.write(html);
    if incident.alerts_total > incident.alerts.len() {
        let more = incident.alerts_total - incident.alerts.len();
        html.leaf(
            "p",
            &[("class", &"note")],
            format!("{more} later alerts are in run/alerts.ndjson."),
        );
    }
}
