//! The score as plain text for a terminal: verdict first, then what it rests on.
//!
//! Names come from logs and are attacker-controlled: everything but printable ASCII is escaped.

use std::collections::BTreeMap;

use super::summary_compared::{compared, sensitivity};
use super::summary_foreign::matched;
use super::summary_matrix::{legend, matrix};
use super::summary_tables::{
    alerts_table, attacks_table, missed_table, packs_table, rules_table, times_table,
};
use super::{AttackScore, CampaignRecord, Metric, Score};
use crate::escaped::escaped;

/// Narrowest text that the tables still fit in.
const WIDTH_MIN: usize = 60;

/// The summary of `score`, in lines of at most `width` characters (60 at least).
pub fn text(score: &Score, width: usize) -> String {
    let mut page = Page::new(width);
    verdict(&mut page, score);
    if let Some(matching) = &score.matching {
        page.heading("Matching");
        for sentence in matched(matching, &score.precision.alert) {
            page.sentence(&sentence);
        }
    }
    sensitivity(&mut page, score);
    packs(&mut page, score);
    attacks(&mut page, score);
    alerts(&mut page, score);
    page.heading("Time to alarm");
    page.table(times_table(score));
    page.sentence(&unseen(score));
    let alarm = &score.detection_time_seconds;
    if alarm.detected > 0 && alarm.p50.value.is_none() {
        page.sentence(&format!("Time of the alarm: {}.", alarm.p50.method));
    }
    page.heading("Rules");
    page.table(rules_table(&score.by_rule));
    page.sentence(
        "found: campaigns; attack, alike, test, other: what its alerts were about; false/d: alerts a \
         day in the same traffic without attacks.",
    );
    if score.by_rule.values().any(|rule| rule.history_exceeds_warm_up == Some(true)) {
        page.sentence(
            "* compares with more past than the warm-up has: its figures are no ranking.",
        );
    }
    let rows = matrix(score, page.width);
    if !rows.is_empty() {
        page.heading("Rule by attack");
        for row in rows {
            page.text.push_str(row.trim_end());
            page.text.push('\n');
        }
        page.sentence(&legend(score));
    }
    missed(&mut page, score);
    compared(&mut page, score);
    page.text
}

/// Text under construction; every line fits.
pub(crate) struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// An empty one, of lines of at most `width` characters (60 at least).
    pub(crate) fn new(width: usize) -> Self {
        Self { text: String::new(), width: width.max(WIDTH_MIN) }
    }

    /// What was written.
    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.text.push('\n');
    }

    pub(crate) fn heading(&mut self, heading: &str) {
        self.text.push('\n');
        self.text.push_str(heading);
        self.text.push('\n');
    }

    /// Wraps at spaces; a word longer than a line is cut.
    pub(crate) fn sentence(&mut self, sentence: &str) {
        let mut column = 0;
        for word in sentence.split_whitespace() {
            let mut rest: Vec<char> = word.chars().collect();
            if column > 0 && column + 1 + rest.len() > self.width {
                self.text.push('\n');
                column = 0;
            } else if column > 0 {
                self.text.push(' ');
                column += 1;
            }
            while rest.len() > self.width {
                self.text.extend(rest.drain(..self.width));
                self.text.push('\n');
            }
            column += rest.len();
            self.text.extend(rest);
        }
        self.text.push('\n');
    }

    pub(crate) fn table(&mut self, mut table: comfy_table::Table) {
        table.set_width(u16::try_from(self.width).unwrap_or(u16::MAX));
        self.text.push_str(&table.trim_fmt());
        self.text.push('\n');
    }
}

fn verdict(page: &mut Page, score: &Score) {
    let counts = score.campaigns;
    page.sentence(&format!(
        "Found {} of {}{}: {}.",
        counts.detected,
        counted(counts.scored, "attack campaign"),
        match score.by_pack.len() {
            0 | 1 => String::new(),
            packs => format!(" with {packs} packs together"),
        },
        percent_with_interval(score.recall.get("campaign"))
    ));
    page.sentence(&match score.alerts.scored {
        0 => "Nothing alerted.".to_owned(),
        alerts => format!(
            "{} of {} {} about an attack: {}.",
            score.alerts.malicious,
            counted(alerts, "alert"),
            if score.alerts.malicious == 1 { "was" } else { "were" },
            percent_with_interval(Some(&score.precision.alert))
        ),
    });
    page.sentence(&format!(
        "Estate {}, seed {}, {:.1} days scored. Brackets: 95 % intervals.",
        escaped(&score.corpus.estate),
        score.corpus.seed,
        score.corpus.scored_days
    ));
}

/// Nothing where there is nothing to compare.
fn packs(page: &mut Page, score: &Score) {
    if score.by_pack.len() < 2 {
        return;
    }
    page.heading("Packs");
    page.table(packs_table(&score.by_pack));
    page.sentence(
        "Each pack as if it had run alone; all other figures are of all packs together. found: \
         campaigns; false/d: alerts a day in the same traffic without attacks.",
    );
    if score.by_pack.values().any(super::PackScore::exceeds_warm_up) {
        page.sentence("* has rules that compare with more past than the warm-up has.");
    }
}

fn attacks(page: &mut Page, score: &Score) {
    page.heading("Attacks");
    page.table(attacks_table(&score.by_attack));
    page.sentence(
        "Medians over the campaigns found: time from the first event to the first alert (alarm), \
         and objects revealed (lost) by then.",
    );
    let shares = score.by_variant.iter().map(|(variant, recall)| {
        format!("{} {}", escaped(variant), percent_with_interval(Some(recall)))
    });
    let shares: Vec<String> = shares.collect();
    if !shares.is_empty() {
        page.sentence(&format!("By the adversary's care: {}.", shares.join(", ")));
    }
    let tested = |attack: &&AttackScore| attack.campaigns.scored == 0;
    let untested = score.by_attack.values().filter(tested).count() as u64;
    if untested > 0 {
        let attacks = counted(untested, "attack");
        page.sentence(&format!("{attacks} had no campaign that could be scored."));
    }
}

fn alerts(page: &mut Page, score: &Score) {
    page.heading("Alerts");
    page.table(alerts_table(score));
    page.sentence(&format!(
        "{} alerts a day; {} cases a day (a case is one identity within 24 hours).",
        rate_with_interval(&score.alerts_per_day),
        rate_with_interval(&score.cases_per_day)
    ));
    let recall = &score.events.recall;
    if recall.value.is_some() {
        page.sentence(&format!(
            "Alerts about an attack hold {} of its events; of the events in alerts, {} are of one.",
            percent_with_interval(Some(recall)),
            percent_with_interval(Some(&score.events.precision))
        ));
    }
    if score.false_alerts_per_day.value.is_none() {
        page.sentence("False alerts: not known without the clean twin.");
    } else {
        page.sentence(&format!(
            "False alerts, in the same traffic without attacks: {} a day, {} per million events.",
            rate_with_interval(&score.false_alerts_per_day),
            rate_with_interval(&score.false_alerts_per_million_events)
        ));
    }
    if score.alerts.too_late > 0 {
        page.sentence(&format!(
            "{} came over 48 h after the end of the attack, too late to count as a find.",
            counted(score.alerts.too_late, "alert")
        ));
    }
    if score.alerts.evidence_cut > 0 {
        page.sentence(&format!(
            "{} held more evidence than is kept; what is missing counts as ordinary traffic.",
            counted(score.alerts.evidence_cut, "alert")
        ));
    }
    let alerted: Vec<String> = score
        .by_look_alike
        .iter()
        .map(|(name, one)| format!("{} {} of {}", escaped(name), one.alerted, one.instances))
        .collect();
    if !alerted.is_empty() {
        page.sentence(&format!("Look-alikes that raised an alert: {}.", alerted.join(", ")));
    }
}

fn unseen(score: &Score) -> String {
    let objects = &score.objects_revealed_before_alert;
    match objects.missed {
        0 => "Every campaign is in these figures.".to_owned(),
        missed => format!(
            "Never found, and not in these figures: {} that revealed {}.",
            counted(missed, "campaign"),
            counted(objects.objects_in_missed, "object")
        ),
    }
}

fn missed(page: &mut Page, score: &Score) {
    if !score.missed.is_empty() {
        page.heading("Missed");
        page.table(missed_table(&score.missed));
        let hidden = score.missed.len().saturating_sub(super::summary_tables::MISSED_SHOWN);
        if hidden > 0 {
            page.sentence(&format!("... and {hidden} more, in score.json."));
        }
        page.sentence(&format!("Why: {}.", reasons(&score.missed)));
    }
    if !score.censored.is_empty() {
        page.sentence(&format!("Campaigns not scored: {}.", reasons(&score.censored)));
    }
    if !score.unobservable.is_empty() {
        page.sentence(&format!(
            "Not to be found, and not among the missed: {}.",
            reasons(&score.unobservable)
        ));
    }
}

/// Each reason with the number of campaigns it holds for, the most frequent one first.
fn reasons(campaigns: &[CampaignRecord]) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for campaign in campaigns {
        *counts.entry(campaign.reason.as_str()).or_default() += 1;
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let texts: Vec<String> =
        counts.iter().map(|(reason, count)| format!("{reason} ({count})")).collect();
    texts.join(", ")
}

/// A share as one in how many, which turns its interval round.
pub(super) fn one_in(share: &Metric) -> String {
    let turned = |share: Option<f64>| share.filter(|&share| share > 0.0).map(f64::recip);
    let (value, lo, hi) = (turned(share.value), turned(share.hi), turned(share.lo));
    let show = |many: f64| format!("{many:.0}");
    let many = Metric { value, lo, hi, ..share.clone() };
    format!("one alert in {}{}", value.map_or_else(String::new, show), interval(&many, show))
}

/// `1 alert`, `2 alerts`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| bare_percent(share) + " %")
}

/// Never rounds something down to nothing.
pub(crate) fn bare_percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.5 { "<1".to_owned() } else { format!("{percent:.0}") }
}

pub(crate) fn interval(metric: &Metric, show: impl Fn(f64) -> String) -> String {
    match (metric.lo, metric.hi) {
        (Some(lo), Some(hi)) => format!(" [{} to {}]", show(lo), show(hi)),
        (Some(lo), None) => format!(" [{} or more]", show(lo)),
        (None, Some(hi)) => format!(" [{} or less]", show(hi)),
        (None, None) => String::new(),
    }
}

pub(crate) fn percent_with_interval(metric: Option<&Metric>) -> String {
    let Some(metric) = metric else { return "-".to_owned() };
    percent(metric.value) + &interval(metric, bare_percent)
}

pub(crate) fn rate_with_interval(metric: &Metric) -> String {
    let show = |rate: f64| format!("{rate:.1}");
    metric.value.map_or_else(|| "-".to_owned(), show) + &interval(metric, show)
}

/// A span in the two units that matter.
pub(crate) fn duration(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let whole = seconds.abs().round() as u64;
    let (minutes, hours, days) = (whole / 60, whole / 3600, whole / 86_400);
    match whole {
        0..60 => format!("{sign}{whole} s"),
        60..3600 => format!("{sign}{minutes} min {} s", whole % 60),
        3600..86_400 => format!("{sign}{hours} h {} min", minutes % 60),
        _ => format!("{sign}{days} d {} h", hours % 24),
    }
}
