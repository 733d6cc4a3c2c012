//! `no_lost_campaign(...)`: what the baseline found, something must find now.

use super::baseline::{campaigns, is_found};
use super::error::GateError;
use super::model::{Check, Class, LostCampaign, Quantity, Verdict};
use super::requirement::{Filter, Requirement};
use super::waivers::Waiver;
use crate::nearest::nearest;
use crate::score::{CampaignOutcome, Score, counted};

impl Filter {
    /// A campaign whose severity truth does not say is not left out by asking for one.
    fn takes(&self, campaign: &CampaignOutcome) -> bool {
        match self {
            Self::SeverityAtLeast(least) => campaign.severity.is_none_or(|it| it >= *least),
            Self::SeverityIs(severity) => campaign.severity.is_none_or(|it| it == *severity),
            Self::AttackIs(attack) => campaign.attack == *attack,
            Self::VariantIs(variant) => campaign.variant.as_ref() == Some(variant),
        }
    }

    /// Refuses a name that the score does not have: nothing could ever be lost.
    fn check(&self, requirement: &Requirement, score: &Score) -> Result<(), GateError> {
        let (expected, name, known): (_, _, Vec<&str>) = match self {
            Self::AttackIs(name) => (
                "an attack of the drill",
                name,
                score.by_attack.keys().map(String::as_str).collect(),
            ),
            Self::VariantIs(name) => {
                let variants = score.outcomes.iter().filter_map(|one| one.variant.as_deref());
                ("a variant of the drill", name, variants.collect())
            }
            Self::SeverityAtLeast(_) | Self::SeverityIs(_) => return Ok(()),
        };
        if known.contains(&name.as_str()) {
            return Ok(());
        }
        Err(GateError::UnknownName {
            requirement: requirement.to_string(),
            expected,
            found: name.clone(),
            nearest: nearest(name, known).map(str::to_owned),
        })
    }
}

/// Judges the requirement literally: one lost campaign fails it.
pub(super) fn judge(
    requirement: &Requirement,
    filters: &[Filter],
    (now, before): (&Score, &Score),
    waivers: &[&Waiver],
) -> Result<Check, GateError> {
    for filter in filters {
        filter.check(requirement, now)?;
    }
    let all = campaigns(now, before);
    let wanted: Vec<_> =
        all.iter().filter(|(_, new)| filters.iter().all(|filter| filter.takes(new))).collect();
    let found = wanted.iter().filter(|(old, _)| is_found(old)).count() as u64;
    let gone = wanted.iter().filter(|(old, new)| is_found(old) && !is_found(new));
    let lost: Vec<LostCampaign> = gone
        .map(|(old, new)| LostCampaign {
            campaign_id: new.campaign_id.clone(),
            attack: new.attack.clone(),
            severity: new.severity,
            found_by: old.found_by.keys().cloned().collect(),
            is_waived: waivers.iter().any(|waiver| waiver.is_of_campaign(&new.campaign_id)),
        })
        .collect();
    let (verdict, reason) = match (wanted.len(), lost.len() as u64) {
        (0, _) => (Verdict::Inconclusive, "no campaign of that kind was scored".to_owned()),
        (_, 0) => {
            let found = counted(found, "campaign");
            (Verdict::Pass, format!("all {found} that the baseline found are found"))
        }
        (_, count) => {
            let of = counted(found, "campaign");
            (Verdict::Fail, format!("{count} of {of} that the baseline found: lost"))
        }
    };
    Ok(Check {
        requirement: requirement.to_string(),
        class: Class::Quality,
        verdict,
        is_waived: !lost.is_empty() && lost.iter().all(|campaign| campaign.is_waived),
        reason,
        quantity: Quantity::Number,
        observed: None,
        baseline: None,
        difference: None,
        limit: None,
        power: None,
        lost,
    })
}
