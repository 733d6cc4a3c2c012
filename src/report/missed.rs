//! Campaigns that nothing found, why, and how near the rules came.

use std::collections::BTreeMap;

use super::figures::{counted, to_the_minute};
use super::html::{Html, name, sentence};
use super::inputs::Inputs;
use super::page::section;
use super::table::{Cell, Table};
use crate::score::CampaignRecord;

/// Campaigns listed; score.json has all of them.
const LISTED_MAX: usize = 60;

/// Writes the section.
pub(super) fn write(html: &mut Html, inputs: &Inputs) {
    let score = &inputs.score;
    let lead = match score.missed.len() {
        0 => "Nothing that was scored was missed.".to_owned(),
        missed => format!(
            "{} left no alert that holds up without innocent traffic. Why: {}.",
            counted(missed as u64, "campaign"),
            reasons(&score.missed)
        ),
    };
    section(html, "missed", "What was missed, and why", &lead, |html| {
        if !score.missed.is_empty() {
            table(inputs).write(html);
        }
        let hidden = score.missed.len().saturating_sub(LISTED_MAX);
        if hidden > 0 {
            html.leaf("p", &[("class", &"note")], format!("{hidden} more are in score.json."));
        }
        let apart = [
            (&score.censored, "Not scored"),
            (&score.unobservable, "Not to be found, and not among the missed"),
        ];
        for (campaigns, title) in apart {
            if !campaigns.is_empty() {
                let text = format!("{title}: {}.", reasons(campaigns));
                html.leaf("p", &[("class", &"note")], text);
            }
        }
    });
}

/// Each reason with the number of campaigns it holds for, the most frequent one first.
fn reasons(campaigns: &[CampaignRecord]) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for campaign in campaigns {
        *counts.entry(campaign.reason.as_str()).or_default() += 1;
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let texts = counts.iter().map(|(reason, count)| format!("{} ({count})", sentence(reason)));
    texts.collect::<Vec<_>>().join(", ")
}

fn table(inputs: &Inputs) -> Table {
    let header = [
        "campaign",
        "variant",
        "severity",
        "start (UTC)",
        "vault",
        "events",
        "objects lost",
        "why",
    ];
    let mut table = Table::new("Campaigns that no alert found", &header);
    let outcomes: BTreeMap<&str, _> = inputs
        .score
        .outcomes
        .iter()
        .map(|outcome| (outcome.campaign_id.as_str(), outcome))
        .collect();
    for campaign in inputs.score.missed.iter().take(LISTED_MAX) {
        let outcome = outcomes.get(campaign.campaign_id.as_str());
        let variant = outcome.and_then(|one| one.variant.as_deref()).unwrap_or("–");
        let severity = outcome.and_then(|one| one.severity);
        let why = match &campaign.nearest {
            Some(nearest) => sentence(&nearest.told()),
            None => sentence(&campaign.reason),
        };
        table.row(vec![
            Cell::name(&campaign.campaign_id),
            Cell::name(variant),
            Cell::text(severity.map_or("–", |severity| severity.word())),
            Cell::text(to_the_minute(&campaign.start)),
            Cell::Name(vaults(&campaign.vaults)),
            Cell::count(campaign.events),
            Cell::count(campaign.objects_revealed),
            Cell::Text(why),
        ]);
    }
    table
}

fn vaults(vaults: &[String]) -> String {
    match vaults {
        [] => "–".to_owned(),
        [only] => name(only),
        [first, rest @ ..] => format!("{} and {} more", name(first), rest.len()),
    }
}
