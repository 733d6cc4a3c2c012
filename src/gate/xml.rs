//! The gate's verdict as JUnit XML: one suite, one case per requirement.
//!
//! A failed requirement is a failure, one that could not be told an error (or what it counts as: a
//! failure, or skipped where it counts as met), a waived one is skipped.
//! The crate escapes, and strips characters that XML does not allow.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::model::{Check, GateReport, InconclusiveIs, Verdict};
use super::text::what_it_takes;
use crate::escaped::escaped;

const SUITE: &str = "gate";

/// The report as XML.
pub fn junit(report: &GateReport) -> String {
    let mut suite = TestSuite::new(SUITE);
    suite.add_test_cases(report.checks.iter().map(|check| case(check, report.inconclusive)));
    let mut xml = Report::new("vaultdrill");
    xml.add_test_suite(suite);
    xml.to_string().expect("every string can be written as XML")
}

fn case(check: &Check, inconclusive: InconclusiveIs) -> TestCase {
    let mut status = match (check.verdict, inconclusive) {
        (Verdict::Pass, _) => TestCaseStatus::success(),
        _ if check.is_waived => TestCaseStatus::skipped(),
        (Verdict::Inconclusive, InconclusiveIs::Own) => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        (Verdict::Inconclusive, InconclusiveIs::Pass) => TestCaseStatus::skipped(),
        _ => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    if check.verdict != Verdict::Pass {
        status.set_type(check.word().to_lowercase());
        status.set_message(escaped(&check.reason));
        status.set_description(description(check));
    }
    let mut case = TestCase::new(escaped(&check.requirement), status);
    case.set_classname(SUITE);
    case
}

fn description(check: &Check) -> String {
    let mut lines = vec![escaped(&check.reason)];
    if check.verdict == Verdict::Inconclusive {
        lines.push(what_it_takes(check));
    }
    lines.extend(check.lost.iter().map(|campaign| {
        let severity = campaign.severity.map_or("severity unknown", |it| it.word());
        let waived = if campaign.is_waived { ", waived" } else { "" };
        let found_by = escaped(&campaign.found_by.join(", "));
        let [id, attack] = [&campaign.campaign_id, &campaign.attack].map(|it| escaped(it));
        format!("lost: {id} ({attack}, {severity}{waived}), was found by {found_by}")
    }));
    lines.join("\n")
}
