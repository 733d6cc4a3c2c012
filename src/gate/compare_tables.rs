//! Two scores side by side as plain text for a terminal: what was lost first.

use super::compare::{CampaignChange, CompareReport, Figures, RuleChange, SomeEntities};
use super::model::Quantity;
use super::names::{self, shown};
use crate::score::{Page, counted, detectable_drop, table};

/// Campaigns shown of each kind; compare.json has all of them.
const CAMPAIGNS_SHOWN: usize = 20;

/// The report in lines of at most `width` characters (60 at least).
pub fn compare_text(report: &CompareReport, width: usize) -> String {
    let mut page = Page::new(width);
    verdict(&mut page, report);
    figures(&mut page, report);
    campaigns(&mut page, "Campaigns lost", "was found by", &report.lost);
    campaigns(&mut page, "Campaigns gained", "is found by", &report.gained);
    entities(&mut page, "Newly alerting", &report.newly_alerting);
    entities(&mut page, "No longer alerting", &report.no_longer_alerting);
    attacks(&mut page, report);
    rules(&mut page, report);
    page.into_text()
}

fn verdict(page: &mut Page, report: &CompareReport) {
    let recall = &report.recall;
    page.sentence(&format!(
        "{} lost, {} gained, {} found on both sides, {} on neither.",
        counted(recall.lost, "campaign"),
        recall.gained,
        recall.both,
        recall.neither
    ));
    let p_value = names::probability(recall.loss_p_value);
    if recall.lost > recall.gained {
        page.sentence(&format!(
            "If nothing were worse, at least so many losses would be seen with probability {p_value} \
             (exact paired test)."
        ));
    }
    if let Some(drop) = detectable_drop(recall.figures.new.n) {
        page.sentence(&format!(
            "With {}, a drop by {} points is noticed four times out of five.",
            counted(recall.figures.new.n, "campaign"),
            names::number(drop * 100.0)
        ));
    }
    for note in &report.notes {
        page.sentence(note);
    }
}

fn figures(page: &mut Page, report: &CompareReport) {
    page.heading("Figures");
    let row = |name: &str, figures: &Figures, quantity| {
        let value = |value: Option<f64>| {
            value.map_or_else(|| "-".to_owned(), |value| names::figure(value, quantity))
        };
        let difference = figures
            .difference
            .as_ref()
            .map_or_else(|| "-".to_owned(), |it| names::difference(it, quantity));
        [name.to_owned(), value(figures.old.value), value(figures.new.value), difference]
    };
    let rows = [
        row("recall", &report.recall.figures, Quantity::Share),
        row("alerts a day", &report.alerts_per_day, Quantity::Number),
        row("false alerts a day", &report.false_alerts_per_day, Quantity::Number),
    ];
    page.table(table(["figure", "old", "new", "difference"], 1, rows));
    page.sentence("Brackets: 95 % intervals of the difference, paired by campaign or identity.");
}

fn campaigns(page: &mut Page, heading: &str, found_by: &str, campaigns: &[CampaignChange]) {
    if campaigns.is_empty() {
        return;
    }
    page.heading(heading);
    let rows = campaigns.iter().take(CAMPAIGNS_SHOWN).map(|campaign| {
        [
            shown(&campaign.campaign_id),
            shown(&campaign.attack),
            campaign.severity.map_or("-", |it| it.word()).to_owned(),
            shown(&campaign.found_by.join(" ")),
        ]
    });
    page.table(table(["campaign", "attack", "severity", found_by], 4, rows));
    and_more(page, campaigns.len().saturating_sub(CAMPAIGNS_SHOWN));
}

fn entities(page: &mut Page, heading: &str, entities: &SomeEntities) {
    if entities.total == 0 {
        return;
    }
    page.heading(heading);
    let rows = entities.shown.iter().map(|one| {
        let what = if one.is_identity { "identity" } else { "alert" };
        [shown(&one.entity), what.to_owned(), one.alerts.to_string(), one.false_alerts.to_string()]
    });
    page.table(table(["who", "is", "alerts", "false"], 2, rows));
    and_more(page, (entities.total as usize).saturating_sub(entities.shown.len()));
}

fn and_more(page: &mut Page, count: usize) {
    if count > 0 {
        page.sentence(&format!("and {count} more."));
    }
}

/// Attacks that differ.
fn attacks(page: &mut Page, report: &CompareReport) {
    let differs = report.by_attack.iter().filter(|(_, attack)| attack.lost + attack.gained > 0);
    let rows: Vec<_> = differs
        .map(|(name, attack)| {
            let [old, new] = attack.found.map(|found| format!("{found}/{}", attack.scored));
            [shown(name), old, new, attack.lost.to_string(), attack.gained.to_string()]
        })
        .collect();
    if !rows.is_empty() {
        page.heading("Attacks that differ");
        page.table(table(["attack", "old", "new", "lost", "gained"], 1, rows));
    }
}

/// Rules that differ.
fn rules(page: &mut Page, report: &CompareReport) {
    let rate = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), names::number);
    let count = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |it| it.to_string());
    let pair = |[old, new]: [String; 2]| if old == new { old } else { format!("{old} > {new}") };
    let differs = |change: &&RuleChange| {
        let [old, new] = change.campaigns_found;
        let same = |[old, new]: [Option<f64>; 2]| old.map(f64::to_bits) == new.map(f64::to_bits);
        old != new || !same(change.alerts_per_day) || !same(change.false_alerts_per_day)
    };
    let rows: Vec<_> = report
        .by_rule
        .iter()
        .filter(|(_, change)| differs(change))
        .map(|(rule, change)| {
            [
                shown(rule),
                pair(change.campaigns_found.map(count)),
                pair(change.alerts_per_day.map(rate)),
                pair(change.false_alerts_per_day.map(rate)),
            ]
        })
        .collect();
    if !rows.is_empty() {
        page.heading("Rules that differ");
        page.table(table(["rule", "found", "alerts/d", "false/d"], 1, rows));
    }
}
