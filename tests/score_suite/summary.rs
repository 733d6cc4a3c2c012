//! The terminal summary and the file.

use crate::fixture::{Alert, Campaign, Drill, WARM_UP, at, ordinary};
use vaultdrill::score::text;

/// Twelve campaigns of two attacks, three of them missed, one censored; look-alikes and noise.
fn drill() -> Drill {
    let (mut campaigns, mut alerts) = (Vec::new(), Vec::new());
    for k in 0..12 {
        let attack = if k % 2 == 0 { "bulk_extraction" } else { "unauthorized_vault_write" };
        let id = format!("{attack}-{k:02}");
        let campaign = Campaign {
            variant: Some(if k < 6 { "plain" } else { "evasive" }),
            ..Campaign::new(&id, "malicious", attack, at(14 + k % 5, 60 * k), 3 + k)
        };
        if k % 4 != 3 {
            let seen = campaign.steps.len().min(3);
            let alert = Alert::distinct(&format!("alert-{k}"), 3, &campaign.steps[..seen]);
            let fired_at = alert.time + vaultdrill::event::TickSpan::seconds(90 * k + 200);
            alerts.push(Alert { suppressed: 2, ..alert }.by(&campaign.identity).fired(fired_at));
        }
        campaigns.push(campaign);
    }
    campaigns.push(Campaign::attack("too-late", at(20, 0)));
    for k in 0..4 {
        let id = format!("backup-{k}");
        let campaign = Campaign::new(&id, "look_alike", "backup_job", at(15 + k, 700), 5);
        if k > 1 {
            alerts.push(Alert::distinct(&format!("look-{k}"), 3, &campaign.steps));
        }
        campaigns.push(campaign);
    }
    let noise =
        |k: i64| Alert::query(&format!("noise-{k}"), &ordinary(&format!("n{k}"), at(13 + k, 5)));
    alerts.extend((0..6).map(noise));
    Drill {
        campaigns,
        alerts,
        clean: Some((0..6).map(noise).collect()),
        histories: vec![("bulk_extraction", WARM_UP + 1), ("vault_modified", 0), ("quiet", 1)],
        learned_days: 0,
    }
}

#[test]
fn the_summary_reads_as_it_should() {
    insta::assert_snapshot!("score_summary", text(&drill().score().unwrap(), 80));
}

#[test]
fn every_line_fits_and_long_or_hostile_names_change_nothing_about_it() {
    let mut drill = drill();
    for campaign in &mut drill.campaigns {
        campaign.identity = format!("\u{1b}[31m\u{202e}{}", "x".repeat(200));
        campaign.attack.push_str(&"y".repeat(90));
    }
    for alert in &mut drill.alerts {
        alert.rule.push_str("\r\n\u{9b}2J");
    }
    let score = drill.score().unwrap();
    for width in [60, 80, 200] {
        let summary = text(&score, width);
        let longest = summary.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= width, "{longest} at {width}:\n{summary}");
        assert!(summary.chars().all(|c| c == '\n' || (' '..='~').contains(&c)), "{summary}");
    }
}

#[test]
fn one_of_a_thing_is_not_many() {
    let campaigns = [Campaign::attack("found", at(15, 0)), Campaign::attack("missed", at(16, 0))];
    let late = Alert::query("late", &campaigns[1].steps[0]).fired(at(20, 0));
    let alerts = [Alert::query("a", &campaigns[0].steps[0]), late];
    let summary = text(&Drill::new(&campaigns, &alerts[..1]).score().unwrap(), 200);
    for line in [
        "1 of 1 alert was about an attack: 100 % [0 to 100].",
        "Never found, and not in these figures: 1 campaign that revealed 4 objects.",
        "Why: no alert holds an event of it (1).",
    ] {
        assert!(summary.contains(line), "{line}\n{summary}");
    }
    let summary = text(&Drill::new(&campaigns[1..], &alerts[1..]).score().unwrap(), 200);
    for line in [
        "Found 0 of 1 attack campaign: 0 % [0 to 79].",
        "1 alert came over 48 h after the end of the attack, too late to count as a find.",
    ] {
        assert!(summary.contains(line), "{line}\n{summary}");
    }
}

#[test]
fn a_precision_below_a_percent_is_one_alert_in_so_many() {
    let mut drill = drill();
    let noise = |k: i64| {
        let id = format!("clean-{k}");
        Alert::query(&id, &ordinary(&id, at(15, k)))
    };
    drill.clean = Some((0..400).map(noise).collect());
    let summary = text(&drill.score().unwrap(), 200);
    // Nine alerts in twelve campaigns, one campaign in 30 days, and 400 alerts in seven days.
    let line = summary.lines().last().unwrap();
    assert!(line.starts_with("With one campaign in 30 days, one alert in 2287 ["), "{line}");
    let ends: Vec<f64> = line
        .split(['[', ']'])
        .nth(1)
        .unwrap()
        .split(" to ")
        .map(|end| end.parse().unwrap())
        .collect();
    assert!(ends[0] < 2287.0 && 2287.0 < ends[1], "{line}");
    let mut inputs = drill.inputs().unwrap();
    inputs.campaigns_per_day = 2.0;
    let summary = text(&vaultdrill::score::score(&inputs).unwrap(), 200);
    assert!(summary.contains("With 2.0 campaigns a day, 3 % ["), "{summary}");
}

#[test]
fn campaigns_count_under_their_variant_and_those_without_one_under_none() {
    let with = |id: &str, variant, day| Campaign { variant, ..Campaign::attack(id, at(day, 0)) };
    let campaigns = [
        with("a", Some("plain"), 15),
        with("b", Some("evasive"), 16),
        with("c", Some("evasive"), 17),
        with("d", None, 15),
    ];
    let alerts =
        [Alert::query("1", &campaigns[0].steps[0]), Alert::query("2", &campaigns[2].steps[0])];
    let score = Drill::new(&campaigns, &alerts).score().unwrap();
    let shares: Vec<_> = score
        .by_variant
        .iter()
        .map(|(name, share)| (name.as_str(), share.value, share.n))
        .collect();
    assert_eq!(shares, [("evasive", Some(0.5), 2), ("plain", Some(1.0), 1)]);
    assert_eq!(score.by_attack["bulk_extraction"].by_variant, score.by_variant);
}

#[test]
fn a_metric_is_found_under_its_dotted_path() {
    let json = serde_json::to_value(drill().score().unwrap()).unwrap();
    for path in [
        "/recall/campaign/value",
        "/recall/bulk_extraction/lo",
        "/precision/alert/hi",
        "/alerts_per_day/value",
        "/cases_per_day/value",
        "/false_alerts_per_day/value",
        "/false_alerts_per_million_events/value",
        "/detection_time_seconds/p90/value",
        "/detection_time_from_reveal_seconds/p50/value",
        "/objects_revealed_before_alert/p50/value",
        "/by_rule/bulk_extraction/precision/value",
        "/by_rule/bulk_extraction/campaigns_found",
        "/by_rule/bulk_extraction/detection_time_seconds/p50/value",
        "/by_rule/bulk_extraction/objects_revealed_before_alert/p50/value",
        "/by_variant/evasive/lo",
        "/by_attack/bulk_extraction/by_variant/plain/value",
        "/by_attack/bulk_extraction/alerts_per_day/lo",
        "/by_attack/bulk_extraction/alerts_per_campaign_found/value",
        "/by_attack/bulk_extraction/detection_time_from_reveal_seconds/p50/value",
        "/baselines/random/recall/value",
    ] {
        assert!(json.pointer(path).is_some_and(serde_json::Value::is_number), "{path}");
    }
}

#[test]
fn the_matrix_says_which_rule_finds_which_attack_and_stays_away_where_it_has_no_room() {
    let mut drill = drill();
    for (k, campaign) in drill.campaigns.iter_mut().take(12).enumerate() {
        campaign.attack = format!("attack-{:02}", k / 2);
    }
    drill.alerts[0].rule = "first".to_owned();
    let shown = text(&drill.score().unwrap(), 80);
    let part = shown.split("\n\n").find(|part| part.starts_with("Rule by attack")).unwrap();
    let rows: Vec<Vec<&str>> =
        part.lines().skip(1).take(4).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["1", "2", "3", "4", "5", "6"]);
    // Of the twelve every fourth is missed, and the rule of the first alert is another.
    assert_eq!(rows[1], ["bulk_extraction", "1", "1", "2", "1", "2", "1"], "{part}");
    assert_eq!(rows[2], ["first", "1", ".", ".", ".", ".", "."]);
    assert_eq!(rows[3], ["campaigns", "2", "2", "2", "2", "2", "2"]);
    assert!(part.contains("1=attack-00, 2=attack-01"), "{part}");

    for (k, campaign) in drill.campaigns.iter_mut().enumerate() {
        campaign.attack = format!("attack-{k:02}");
    }
    drill.campaigns.push(Campaign::new("more", "malicious", "attack-99", at(15, 0), 3));
    assert!(text(&drill.score().unwrap(), 80).contains("Rule by attack"));
    assert!(!text(&drill.score().unwrap(), 60).contains("Rule by attack"));
}
