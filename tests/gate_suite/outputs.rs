//! What a gate writes: golden files, limits of the places it is written to, and hostile names.

use vaultdrill::gate::{
    GateReport, InconclusiveIs, LostCampaign, MARKDOWN_BYTES_MAX, annotations, gate_text, junit,
    markdown,
};

use crate::world::{World, first, run, score};

const WAIVERS: &str = r#"
    [[waivers]]
    requirement = "recall.campaign.lo >= 90%"
    reason = "the new estate | is not in yet"
    owner = "detection team"
    until = 2026-12-31

    [[waivers]]
    campaign_id = "bulk-extraction-100"
    reason = "long gone"
    until = 2026-01-31
"#;

/// One of everything: failed, could not be told, waived, met.
fn report() -> GateReport {
    let noise: Vec<u64> = (0..30).map(|k| 1 + k % 3).collect();
    let mut world =
        World::against(score(&first(106, 131), &noise), score(&first(108, 131), &noise))
            .waivers(WAIVERS);
    world.runs[0] = Some(run(80_000.0, 3_000_000));
    let requirements = [
        "alerts_per_day <= 30",
        "no_lost_campaign()",
        "recall >= baseline",
        "recall.campaign.lo >= 90%",
        "ttd.p90 <= 20m",
        "latency.p99 <= 2ms",
    ];
    world.decide(&requirements).unwrap()
}

/// The same with names that try to be something else.
fn hostile() -> GateReport {
    let mut report = report();
    let name = "::error::x\n\u{1b}[31m|<script>@all `rm` %0A ##[group] ]]> & \u{202e}\u{0}";
    for check in &mut report.checks {
        check.reason.push_str(name);
        for campaign in &mut check.lost {
            campaign.campaign_id = name.to_owned();
            campaign.attack = name.to_owned();
            campaign.found_by = vec![name.to_owned()];
        }
    }
    report.waivers[0].reason = name.to_owned();
    report
}

fn golden(name: &str, text: &str) {
    insta::with_settings!(
        { snapshot_path => "../golden", prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!(name, text) }
    );
}

#[test]
fn every_form_reads_as_it_should() {
    let report = report();
    golden("gate_text", &gate_text(&report, 80));
    golden("gate_markdown", &markdown(&report));
    golden("gate_junit", &junit(&report));
    golden("gate_annotations", &annotations(&report));
}

#[test]
fn doubt_is_shown_as_what_it_counts_as() {
    let mut report = report();
    let doubt: Vec<String> = report
        .checks
        .iter()
        .filter(|check| check.word() == "INCONCLUSIVE")
        .map(|check| check.requirement.clone())
        .collect();
    assert!(!doubt.is_empty());
    for (is, annotation, element) in [
        (InconclusiveIs::Own, "warning", "<error "),
        (InconclusiveIs::Pass, "notice", "<skipped "),
        (InconclusiveIs::Fail, "error", "<failure "),
    ] {
        report.inconclusive = is;
        let (annotations, xml) = (annotations(&report), junit(&report));
        for requirement in &doubt {
            let command =
                format!("::{annotation} title=vaultdrill gate::INCONCLUSIVE {requirement}");
            assert!(annotations.contains(&command), "{command}: {annotations}");
        }
        let shown = xml.split("type=\"inconclusive\"").next().unwrap();
        assert!(shown.lines().last().unwrap().trim_start().starts_with(element), "{xml}");
    }
}

#[test]
fn hostile_names_stay_text_in_every_form() {
    let report = hostile();
    let text = gate_text(&report, 80);
    for line in text.lines() {
        assert!(line.chars().count() <= 80 && line.chars().all(|c| !c.is_control()), "{line}");
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
    }
    let markdown = markdown(&report);
    for mark in ["<", "@", "`", "\u{1b}", "\u{202e}", "::error"] {
        assert!(!markdown.contains(mark), "{mark}: {markdown}");
    }
    let rows = markdown.lines().filter(|line| line.starts_with('|'));
    assert!(rows.clone().count() > 8);
    for row in rows {
        assert!([3, 4, 5].contains(&row.matches('|').count()), "a cell was broken up: {row}");
    }
    let xml = junit(&report);
    let outside = xml.chars().find(|c| c.is_control() && *c != '\n');
    assert!(outside.is_none() && !xml.contains("<script"), "{xml}");
    for line in annotations(&report).lines() {
        let kinds = ["::error title=", "::warning title=", "::notice title="];
        assert!(kinds.iter().any(|kind| line.starts_with(kind)), "{line}");
        let data = line.split_once(" gate::").unwrap().1.replace("%25", "");
        assert!(!data.contains('%'), "{data}");
    }
}

#[test]
fn nothing_outgrows_the_place_it_is_written_to() {
    let mut report = hostile();
    let fails = report.checks.iter().position(|check| !check.lost.is_empty()).unwrap();
    let lost =
        LostCampaign { campaign_id: "x<".repeat(500), ..report.checks[fails].lost[0].clone() };
    report.checks[fails].lost = vec![lost; 400];
    let mut many = report.checks[fails].clone();
    many.lost.clear();
    report.checks.extend(vec![many; 600]);
    let markdown = markdown(&report);
    assert!(
        markdown.len() <= MARKDOWN_BYTES_MAX && markdown.contains("\nand "),
        "{}",
        markdown.len()
    );
    let annotations = annotations(&report);
    for kind in ["error", "warning", "notice"] {
        let lines = annotations.lines().filter(|line| line.starts_with(&format!("::{kind} ")));
        assert!(lines.count() <= 10, "{kind}");
    }
    let last = annotations.lines().rfind(|line| line.starts_with("::error ")).unwrap();
    assert!(last.ends_with("::and 993 more"), "{last}");
}

#[test]
fn the_file_reads_back_as_written() {
    let report = report();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<GateReport>(&text).unwrap(), report);
}
