//! The gate's verdict as workflow commands of GitHub Actions.
//!
//! GitHub shows ten annotations of a kind for each step and drops the others silently: nine are
//! written, worst first, and the tenth says how many more there are.

use super::model::{Check, GateReport, InconclusiveIs, Verdict};
use crate::escaped::escaped;

/// Annotations of one kind, the one that counts the others not included.
const SHOWN_MAX: usize = 9;
const TITLE: &str = "vaultdrill gate";

/// One command a line; nothing for requirements that are met.
pub fn annotations(report: &GateReport) -> String {
    let mut text = String::new();
    for kind in ["error", "warning", "notice"] {
        let of_kind: Vec<String> = report
            .checks
            .iter()
            .filter(|check| kind_of(check, report.inconclusive) == Some(kind))
            .flat_map(messages)
            .collect();
        for message in of_kind.iter().take(SHOWN_MAX) {
            text.push_str(&command(kind, message));
        }
        if of_kind.len() > SHOWN_MAX {
            text.push_str(&command(kind, &format!("and {} more", of_kind.len() - SHOWN_MAX)));
        }
    }
    text
}

fn kind_of(check: &Check, inconclusive: InconclusiveIs) -> Option<&'static str> {
    match (check.verdict, inconclusive) {
        (Verdict::Pass, _) => None,
        _ if check.is_waived => Some("notice"),
        (Verdict::Inconclusive, InconclusiveIs::Own) => Some("warning"),
        (Verdict::Inconclusive, InconclusiveIs::Pass) => Some("notice"),
        _ => Some("error"),
    }
}

/// What failed, and each campaign that was lost.
fn messages(check: &Check) -> Vec<String> {
    let requirement = format!("{} {}: {}", check.word(), check.requirement, check.reason);
    let lost = check.lost.iter().map(|campaign| {
        let found_by = campaign.found_by.join(", ");
        format!("lost {} ({}), found before by {found_by}", campaign.campaign_id, campaign.attack)
    });
    [requirement].into_iter().chain(lost).collect()
}

fn command(kind: &str, message: &str) -> String {
    format!("::{kind} title={}::{}\n", property(TITLE), data(message))
}

/// As the runner reads the text of a command.
fn data(text: &str) -> String {
    escaped(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As the runner reads a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
