//! What the terminal summary says about alerts of another product: how they were matched.

use super::summary::{counted, percent_with_interval};
use super::{Matching, Metric};

/// Sentences on how the alerts were matched, and on what chance would have matched.
pub(super) fn matched(matching: &Matching, in_place: &Metric) -> Vec<String> {
    let Matching { by_event, by_identity, by_vault, unmatched, .. } = *matching;
    let mut sentences = vec![format!(
        "Alerts of another product, matched with truth: {by_event} by event, {by_identity} by identity \
         and time, {by_vault} by vault and time, {unmatched} with nothing."
    )];
    if matching.names_nothing > 0 {
        let alerts = counted(matching.names_nothing, "alert");
        sentences.push(format!("{alerts} named neither event nor identity nor vault."));
    }
    if matching.campaigns_by_vault_only > 0 {
        let campaigns = counted(matching.campaigns_by_vault_only, "campaign");
        sentences.push(format!(
            "Of those found, {campaigns} by the name of a vault only, which is the weakest tie."
        ));
    }
    let shifted = &matching.shifted_match_rate;
    if by_event + by_identity + by_vault + unmatched > 0 {
        sentences.push(match shifted.value {
            None => format!("What chance alone matches is {}.", shifted.method),
            Some(_) => format!(
                "With the attacks moved by seven days, {} of alerts match one by chance; in place, {}.",
                percent_with_interval(Some(shifted)),
                percent_with_interval(Some(in_place))
            ),
        });
    }
    sentences
}
