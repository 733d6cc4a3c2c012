//! What alerts of other products are matched with, by small tables.

use crate::fixture::{Campaign, DAYS, Drill, WARM_UP, at};
use vaultdrill::event::{TickSpan, Ticks};
use vaultdrill::score::{
    AlertLog, CleanTwin, Columns, ForeignFormat, Inputs, Manifest, Score, ScoreError, score, text,
};

const HEADER: &str = "time,fired_at,rule,id,identity,vault,correlation_id";

/// One row of a table.
#[derive(Clone, Default)]
struct Row {
    time: Option<Ticks>,
    fired_at: Option<Ticks>,
    identity: &'static str,
    vault: &'static str,
    correlation_id: &'static str,
}

/// About `time`, and written five minutes later.
fn row(time: Ticks) -> Row {
    let fired_at = Some(time + TickSpan::minutes(5));
    Row { time: Some(time), fired_at, ..Row::default() }
}

fn table(rows: &[Row]) -> String {
    let time = |time: Option<Ticks>| time.map_or_else(String::new, |time| time.to_string());
    let rows = rows.iter().enumerate().map(|(k, row)| {
        let (time, fired_at) = (time(row.time), time(row.fired_at));
        let Row { identity, vault, correlation_id, .. } = row;
        format!("{time},{fired_at},rule,a{k},{identity},{vault},{correlation_id}\n")
    });
    format!("{HEADER}\n{}", rows.collect::<String>())
}

fn read(text: &str) -> Result<AlertLog, ScoreError> {
    let format = ForeignFormat::Csv(Columns::default());
    AlertLog::read_foreign("siem.csv", &format, text.as_bytes())
}

fn inputs(campaigns: &[Campaign], rows: &[Row]) -> Inputs {
    let own = Drill::new(campaigns, &[]).inputs().unwrap();
    Inputs { alerts: read(&table(rows)).unwrap(), ..own }
}

fn scored(campaigns: &[Campaign], rows: &[Row]) -> Score {
    score(&inputs(campaigns, rows)).unwrap()
}

/// By event, identity, vault, and not at all.
fn ties(score: &Score) -> [u64; 4] {
    let one = score.matching.as_ref().unwrap();
    [one.by_event, one.by_identity, one.by_vault, one.unmatched]
}

#[test]
fn an_identity_matches_while_its_campaign_lasts_whatever_its_case() {
    let attack = Campaign::attack("attack", at(16, 0));
    let tick = TickSpan(1);
    for (time, found) in
        [(attack.start, 1), (attack.end, 1), (attack.start - tick, 0), (attack.end + tick, 0)]
    {
        let alert = Row { identity: "Identity-Of-ATTACK", ..row(time) };
        let score = scored(std::slice::from_ref(&attack), &[alert]);
        assert_eq!(score.campaigns.detected, found, "{time}");
        assert_eq!(ties(&score), [0, found, 0, 1 - found]);
        assert_eq!(score.alerts.malicious, found);
    }
}

#[test]
fn an_alert_written_before_the_campaign_or_48_hours_after_it_is_about_something_else() {
    let attack = Campaign::attack("attack", at(16, 0));
    let (day, tick) = (TickSpan::hours(48), TickSpan(1));
    for (fired_at, found) in [
        (attack.start, 1),
        (attack.start - tick, 0),
        (attack.end + day, 1),
        (attack.end + day + tick, 0),
    ] {
        let fired_at = Some(fired_at);
        let alert = Row { fired_at, identity: "identity-of-attack", ..row(attack.start) };
        let score = scored(std::slice::from_ref(&attack), &[alert]);
        assert_eq!((score.campaigns.detected, score.alerts.too_late), (found, 0), "{fired_at:?}");
    }
}

#[test]
fn an_alert_that_says_only_when_it_was_written_is_about_the_two_days_before() {
    let attack = Campaign::attack("attack", at(16, 0));
    for (fired_at, found) in [(at(16, 30), 1), (at(18, 3), 1), (at(18, 4), 0), (at(15, 0), 0)] {
        let alert = Row {
            time: None,
            fired_at: Some(fired_at),
            identity: "identity-of-attack",
            ..Row::default()
        };
        let score = scored(std::slice::from_ref(&attack), &[alert]);
        assert_eq!(score.campaigns.detected, found, "{fired_at}");
        // When it happened is not known, so no delay in event time is.
        assert_eq!(score.event_time_delay_seconds.p50.value, None);
        assert_eq!(score.detection_time_seconds.p50.value.is_some(), found == 1);
    }
}

#[test]
fn without_a_time_of_writing_no_time_to_alarm_is_given() {
    let attack = Campaign::attack("attack", at(16, 0));
    let alert = Row { fired_at: None, identity: "identity-of-attack", ..row(attack.start) };
    let score = scored(&[attack], &[alert]);
    assert_eq!(score.campaigns.detected, 1);
    let rule = &score.by_rule["rule"];
    for metric in [
        &score.detection_time_seconds.p50,
        &score.objects_revealed_before_alert.p90,
        &rule.detection_time_seconds.p99,
        &score.by_attack["bulk_extraction"].detection_time_from_reveal_seconds.p50,
    ] {
        assert_eq!(metric.value, None);
        assert_eq!(metric.method, "not known: not every alert says when it was written");
    }
    let outcome = &score.outcomes[0];
    assert!(outcome.is_found() && outcome.found_by["rule"].fired_at.is_none(), "{outcome:?}");
    assert_eq!((&outcome.fired_at, outcome.objects_revealed_before_alert), (&None, None));
    assert_eq!(score.event_time_delay_seconds.p50.value, Some(0.0));
    assert!(score.recall_without_suppression.method.contains("another product"));
    assert!(text(&score, 80).contains("Time of the alarm: not known"), "{}", text(&score, 80));
}

#[test]
fn a_vault_matches_only_where_no_identity_is_named_and_is_reported_apart() {
    let attack = Campaign::attack("attack", at(16, 0));
    let by_vault = Row { vault: "VAULT", ..row(attack.start) };
    let stranger = Row { identity: "somebody", ..by_vault.clone() };
    let score = scored(std::slice::from_ref(&attack), &[by_vault.clone(), stranger]);
    assert_eq!((ties(&score), score.campaigns.detected), ([0, 0, 1, 1], 1));
    assert_eq!(score.matching.as_ref().unwrap().campaigns_by_vault_only, 1);
    let both = [by_vault, Row { identity: "identity-of-attack", ..row(attack.start) }];
    let score = scored(&[attack], &both);
    assert_eq!(ties(&score), [0, 1, 1, 0]);
    assert_eq!(score.matching.unwrap().campaigns_by_vault_only, 0);
}

#[test]
fn known_events_outweigh_a_name() {
    let attack = Campaign::attack("attack", at(16, 0));
    let of = |ids, identity, time| {
        let alert = Row { correlation_id: ids, identity, ..row(time) };
        let score = scored(std::slice::from_ref(&attack), &[alert]);
        (ties(&score), score.campaigns.detected)
    };
    let day = TickSpan::hours(24);
    assert_eq!(of("x ATTACK-2", "somebody", attack.start), ([1, 0, 0, 0], 1));
    assert_eq!(of("x;y", "identity-of-attack", attack.start), ([0, 0, 0, 1], 0));
    // An id may come again at another time.
    assert_eq!(of("attack-0", "", attack.start + day), ([1, 0, 0, 0], 1));
    assert_eq!(of("attack-0", "", attack.start + day + TickSpan(1)), ([0, 0, 0, 1], 0));
}

#[test]
fn events_are_a_unit_only_where_every_alert_names_its_own() {
    let attack = Campaign::attack("attack", at(16, 0));
    let named = Row { correlation_id: "attack-0 attack-1 own", ..row(attack.start) };
    let score = scored(std::slice::from_ref(&attack), std::slice::from_ref(&named));
    assert_eq!(score.events.recall.value, Some(0.5));
    assert_eq!((score.events.precision.value, score.events.precision.n), (Some(2.0 / 3.0), 3));
    assert_eq!((score.corpus.evidence_events, score.corpus.evidence_events_in_truth), (3, 2));
    let score = scored(std::slice::from_ref(&attack), &[named, row(attack.start)]);
    assert_eq!(score.events.recall.value, None);
    assert!(score.events.recall.method.starts_with("not known: 1 of 2 alerts"));
}

#[test]
fn attacks_come_before_tests_and_tests_before_look_alikes() {
    let of = |id: &str, class| Campaign {
        identity: "ada".to_owned(),
        ..Campaign::new(id, class, "kind", at(16, 0), 4)
    };
    let campaigns = [of("a", "malicious"), of("b", "authorised"), of("c", "look_alike")];
    let other = Campaign::attack("other", at(17, 0));
    for (from, expected) in [(0, [1, 0, 0, 0]), (1, [0, 0, 1, 0]), (2, [0, 1, 0, 0])] {
        let campaigns = [&campaigns[from..], std::slice::from_ref(&other)].concat();
        let counts = scored(&campaigns, &[Row { identity: "ada", ..row(at(16, 1)) }]).alerts;
        let found = [counts.malicious, counts.look_alike, counts.authorised, counts.spurious];
        assert_eq!(found, expected);
    }
}

#[test]
fn the_rate_of_chance_is_that_of_truth_moved_by_seven_days() {
    // The scored period is a week: only what begins and ends with it can be moved at all.
    let attack = Campaign::attack("attack", at(16, 0));
    let alert = Row { identity: "identity-of-attack", ..row(attack.start) };
    let score = scored(std::slice::from_ref(&attack), std::slice::from_ref(&alert));
    let rate = score.matching.unwrap().shifted_match_rate;
    assert_eq!((rate.value, rate.lo), (None, None));
    assert!(rate.method.contains("too short"), "{}", rate.method);

    // Two weeks longer, with alerts every day on the identity that attacks: each matches by chance
    // what it matches, once a week later.
    let mut inputs = inputs(&[attack], &[]);
    let days = DAYS - WARM_UP + 14;
    let daily = (0..days).map(|day| Row { time: Some(at(WARM_UP + day, 1)), ..alert.clone() });
    let daily = daily.map(|row| Row { fired_at: row.time, ..row });
    inputs.alerts = read(&table(&daily.collect::<Vec<_>>())).unwrap();
    inputs.manifest.last_time = at(WARM_UP + days, 0);
    let score = score_of(&inputs);
    assert_eq!(score.precision.alert.value, Some(1.0 / days as f64));
    let rate = score.matching.unwrap().shifted_match_rate;
    assert_eq!((rate.value, rate.n), (Some(1.0 / days as f64), days as u64));
    assert!(rate.method.ends_with("1 of 1 attack campaigns moved by seven days"));
}

fn score_of(inputs: &Inputs) -> Score {
    score(inputs).unwrap()
}

#[test]
fn no_alert_at_all_is_a_score_of_nothing_found() {
    let score = scored(&[Campaign::attack("attack", at(16, 0))], &[]);
    assert_eq!((score.recall["campaign"].value, score.precision.alert.value), (Some(0.0), None));
    assert_eq!((ties(&score), score.rules_id.as_str()), ([0, 0, 0, 0], "csv"));
    assert_eq!(score.missed[0].reason, "no alert names it in time");
    let text = text(&score, 80);
    assert!(
        text.contains("Found 0 of 1 attack campaign: 0 %") && text.contains("Nothing alerted.")
    );
}

#[test]
fn an_alert_that_names_nothing_matches_nothing_and_is_counted() {
    let attack = Campaign::attack("attack", at(16, 0));
    let score = scored(std::slice::from_ref(&attack), &[row(attack.start)]);
    assert_eq!((ties(&score), score.alerts.spurious), ([0, 0, 0, 1], 1));
    assert_eq!(score.matching.as_ref().unwrap().names_nothing, 1);
    assert!(text(&score, 80).contains("1 alert named neither event nor identity nor vault."));
}

#[test]
fn a_clean_twin_of_the_same_product_gives_the_false_alerts() {
    let attack = Campaign::attack("attack", at(16, 0));
    let noise: Vec<_> = (14..21).map(|day| Row { identity: "ada", ..row(at(day, 9)) }).collect();
    let manifest = crate::fixture::manifest("twin", &serde_json::json!([]));
    let clean_twin = Some(CleanTwin {
        alerts: read(&table(&noise)).unwrap(),
        manifest: Manifest::parse("clean/manifest.json", &manifest).unwrap(),
    });
    let found = Row { identity: "identity-of-attack", ..row(attack.start) };
    let score = score_of(&Inputs { clean_twin, ..inputs(&[attack], &[found]) });
    assert_eq!(score.false_alerts_per_day.value, Some(1.0));
    assert_eq!(score.by_pack["csv"].false_alerts_per_day.value, Some(1.0));
    assert_eq!(score.entities["ada"].false_alerts, 7);
}

#[test]
fn an_activity_outside_the_corpus_and_an_id_that_repeats_are_refused() {
    let campaigns = [Campaign::attack("attack", at(16, 0))];
    for time in [at(0, 0) - TickSpan(1), at(DAYS, 0) + TickSpan(1)] {
        let error = score(&inputs(&campaigns, &[row(at(16, 0)), row(time)])).unwrap_err();
        assert!(matches!(error, ScoreError::OutsideCorpus { .. }), "{error}");
        assert!(error.to_string().starts_with("siem.csv:3: alert a1: expected a time from"));
    }
    let twice = table(&[row(at(16, 0)), row(at(17, 0))]).replace(",a1,", ",a0,");
    let error = read(&twice).unwrap_err().to_string();
    assert_eq!(error, "siem.csv:3: expected a new alert id, found a0 a second time");
}

#[test]
fn the_summary_says_how_alerts_were_matched() {
    let campaigns: Vec<_> =
        (0..12).map(|k| Campaign::attack(&format!("c{k:02}"), at(14 + k % 5, 60 * k))).collect();
    let mut rows = vec![
        Row { correlation_id: "c00-0 c00-1 own", ..row(at(14, 0)) },
        Row { identity: "identity-of-c01", ..row(at(15, 61)) },
        Row { vault: "vault", ..row(at(16, 121)) },
        row(at(17, 0)),
    ];
    rows.extend((0..6).map(|k| Row { identity: "noise", ..row(at(14 + k, 700)) }));
    let mut inputs = inputs(&campaigns, &rows);
    inputs.manifest.last_time = at(DAYS + 7, 0);
    let text = text(&score_of(&inputs), 80);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let matching = text.split("\n\n").find(|part| part.starts_with("Matching")).unwrap();
    insta::assert_snapshot!("matching", matching);
}

#[test]
fn an_alert_without_id_and_identity_is_not_taken_for_another_exports() {
    let export = |minute: u32| {
        let time = at(16, 0) + TickSpan::minutes(minute.into());
        read(&format!("time,rule\n{time},rule\n")).unwrap()
    };
    let [one, other] = [export(0), export(1)].map(|log| log.alerts[0].id.clone());
    assert_ne!(one, other);
    let twice = "time,rule\n2026-03-16T00:00:00Z,rule\n2026-03-16T00:00:00Z,rule\n";
    assert_eq!(read(twice).unwrap().alerts.len(), 2);
}

#[test]
fn a_title_per_alert_is_refused_as_a_rule() {
    let rows = |count: u32| -> String {
        let rows = (0..count).map(|k| format!("2026-03-16T00:00:00Z,title {k}\n"));
        "time,rule\n".to_owned() + &rows.collect::<String>()
    };
    assert_eq!(read(&rows(10_000)).unwrap().alerts.len(), 10_000);
    let error = read(&rows(10_001)).unwrap_err().to_string();
    let said = "siem.csv:10002: expected alerts of at most 10000 rules";
    assert!(error.starts_with(said) && error.ends_with("\"title 10000\""), "{error}");
}
