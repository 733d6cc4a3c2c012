//! Which rule finds which attack, as rows and numbered columns of plain text.

use std::collections::BTreeMap;

use super::Score;
use crate::escaped::escaped;

/// Least columns of a cell: two figures and a gap.
const CELL_MIN: usize = 3;
/// Narrower than this a rule's name says nothing.
const NAME_MIN: usize = 24;
/// Rules shown; the file has all of them.
const RULES_MAX: usize = 40;
/// The last row.
const ALL: &str = "campaigns";

/// Lines of at most `width` characters; none where there is nothing to compare, or no room for it.
pub(super) fn matrix(score: &Score, width: usize) -> Vec<String> {
    let tested = score.by_attack.iter().filter(|(_, attack)| attack.campaigns.scored > 0);
    let attacks: Vec<(&String, u64)> =
        tested.map(|(name, attack)| (name, attack.campaigns.scored)).collect();
    let most = attacks.iter().map(|(_, scored)| scored.to_string().len()).max();
    let cell_width = CELL_MIN.max(most.unwrap_or_default() + 1);
    let room = width.saturating_sub(cell_width * attacks.len());
    if attacks.len() < 2 || score.matrix.is_empty() || room < NAME_MIN {
        return Vec::new();
    }
    let longest = score.matrix.keys().map(|rule| escaped(rule).chars().count()).max();
    let room = room.min(longest.unwrap_or_default().max(ALL.len()) + 1);
    let row = |name: &str, cells: &mut dyn Iterator<Item = String>| {
        let name: String = name.chars().take(room - 1).collect();
        let cells: String = cells.map(|cell| format!("{cell:>cell_width$}")).collect();
        format!("{name:room$}{cells}")
    };
    let mut lines = vec![row("", &mut (1..=attacks.len()).map(|number| number.to_string()))];
    lines.extend(score.matrix.iter().take(RULES_MAX).map(|(rule, found)| {
        row(&escaped(rule), &mut attacks.iter().map(|(attack, _)| cell(found, attack)))
    }));
    if score.matrix.len() > RULES_MAX {
        lines.push(format!("... and {} more, in score.json", score.matrix.len() - RULES_MAX));
    }
    lines.push(row(ALL, &mut attacks.iter().map(|(_, scored)| scored.to_string())));
    lines
}

fn cell(found: &BTreeMap<String, u64>, attack: &str) -> String {
    found.get(attack).map_or_else(|| ".".to_owned(), u64::to_string)
}

/// What the columns are; the numbers are those of [`matrix`].
pub(super) fn legend(score: &Score) -> String {
    let tested = score.by_attack.iter().filter(|(_, attack)| attack.campaigns.scored > 0);
    let names = (1..).zip(tested).map(|(number, (name, _))| format!("{number}={}", escaped(name)));
    format!("Campaigns that each rule found, by attack: {}.", names.collect::<Vec<_>>().join(", "))
}
