//! The gate's verdict as plain text for a terminal: the worst first.

use comfy_table::ColumnConstraint;

use super::model::{Check, Class, GateReport, Power, Quantity, Verdict, WaiverState};
use super::names::{self, shown};
use crate::score::{Page, counted, table};

/// Lost campaigns shown for each requirement; gate.json has all of them.
pub(super) const LOST_SHOWN: usize = 20;

/// The report in lines of at most `width` characters (60 at least).
pub fn gate_text(report: &GateReport, width: usize) -> String {
    let mut page = Page::new(width);
    page.sentence(&headline(report));
    page.heading("Requirements");
    let rows = report
        .checks
        .iter()
        .map(|check| [check.word().to_owned(), shown(&check.requirement), shown(&check.reason)]);
    let mut checks = table(["verdict", "requirement", "found"], 3, rows);
    if let Some(column) = checks.column_mut(0) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    page.table(checks);
    lost(&mut page, report);
    could_not_tell(&mut page, report);
    waivers(&mut page, report);
    page.gap();
    for note in &report.notes {
        page.sentence(note);
    }
    page.sentence(&foot(report));
    page.into_text()
}

/// The verdict in a sentence.
pub(super) fn headline(report: &GateReport) -> String {
    let counts = report.counts;
    let all = counted(report.checks.len() as u64, "requirement");
    let parts = [
        (counts.failed, "failed"),
        (counts.inconclusive, "could not be told"),
        (counts.waived, "waived"),
        (counts.passed, "met"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    format!("{}: {all}, {}.", report.verdict.word(), parts.join(", "))
}

/// What the corpus can show at all.
pub(super) fn foot(report: &GateReport) -> String {
    let campaigns = counted(report.campaigns, "campaign");
    match report.detectable_drop {
        Some(drop) => format!(
            "With {campaigns}, a drop of recall by {} points is noticed four times out of five \
             (paired exact test, 5 %, one-sided); a smaller one may pass unseen.",
            names::number(drop * 100.0)
        ),
        None => format!("With {campaigns}, no drop of recall could be told from chance."),
    }
}

fn lost(page: &mut Page, report: &GateReport) {
    for check in report.checks.iter().filter(|check| !check.lost.is_empty()) {
        page.heading("Lost campaigns");
        let rows = check.lost.iter().take(LOST_SHOWN).map(|campaign| {
            let waived = if campaign.is_waived { " (waived)" } else { "" };
            [
                shown(&campaign.campaign_id) + waived,
                shown(&campaign.attack),
                campaign.severity.map_or("-", |it| it.word()).to_owned(),
                shown(&campaign.found_by.join(" ")),
            ]
        });
        page.table(table(["campaign", "attack", "severity", "was found by"], 4, rows));
        if check.lost.len() > LOST_SHOWN {
            page.sentence(&format!("and {} more.", check.lost.len() - LOST_SHOWN));
        }
    }
}

fn could_not_tell(page: &mut Page, report: &GateReport) {
    let open = || report.checks.iter().filter(|check| check.verdict == Verdict::Inconclusive);
    if open().next().is_none() {
        return;
    }
    page.heading("What could not be told");
    for check in open() {
        page.sentence(&format!("{}: {}", shown(&check.requirement), what_it_takes(check)));
    }
}

/// What so much data can show, and how much more would settle it.
pub(super) fn what_it_takes(check: &Check) -> String {
    let Some(Power { detectable, campaigns_needed, data_needed }) = check.power else {
        return match (check.class, &check.observed) {
            (Class::Performance, _) => "one run has no interval; measure again, on one machine.",
            (_, None) => "give the drill campaigns of that kind.",
            (_, Some(_)) => "too few identities or campaigns for an interval; give the drill more.",
        }
        .to_owned();
    };
    let is_share = check.quantity == Quantity::Share;
    let shows = detectable.map(|it| match is_share {
        true => format!("{} points", names::number(it * 100.0)),
        false => names::figure(it, check.quantity),
    });
    let shows = shows.map_or_else(
        || "so few campaigns can show no drop at all".to_owned(),
        |difference| {
            format!("the smallest difference that shows four times out of five is {difference}")
        },
    );
    let settles = match (campaigns_needed, data_needed) {
        (Some(campaigns), _) => format!("about {} would settle it", counted(campaigns, "campaign")),
        (None, Some(times)) => {
            format!("about {} times as much traffic would settle it", names::number(times))
        }
        (None, None) => "it lies too near the limit for any number to settle it".to_owned(),
    };
    format!("{shows}; {settles}.")
}

fn waivers(page: &mut Page, report: &GateReport) {
    let used = || report.waivers.iter().filter(|waiver| waiver.state == WaiverState::Used);
    if used().next().is_none() {
        return;
    }
    page.heading("Waivers");
    let rows = used().map(|waiver| {
        let owner = waiver.owner.as_deref().map_or_else(|| "-".to_owned(), shown);
        [shown(&waiver.of), shown(&waiver.reason), owner, waiver.until.clone()]
    });
    page.table(table(["waived", "reason", "owner", "until"], 4, rows));
}
