//! Formats of other products: what is read of each, what is refused, and that nothing makes them panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{Alert, Campaign, Drill, at};
use crate::properties::drills;
use vaultdrill::event::TickSpan;
use vaultdrill::score::{AlertLog, Columns, ForeignFormat, Inputs, Score, ScoreError, score};

fn csv() -> ForeignFormat {
    let columns = "time=happened,fired_at=detected,rule=alert,id=number,identity=user,\
                   correlation_id=records";
    ForeignFormat::Csv(Columns::parse(columns).unwrap())
}

fn formats() -> [ForeignFormat; 3] {
    [ForeignFormat::Elastic, ForeignFormat::Sentinel, csv()]
}

fn read(format: &ForeignFormat, text: &[u8]) -> Result<AlertLog, ScoreError> {
    AlertLog::read_foreign("alerts", format, text)
}

fn refused(format: &ForeignFormat, text: &str) -> String {
    read(format, text.as_bytes()).unwrap_err().to_string()
}

fn ids(alert: &Alert) -> Vec<&str> {
    alert.evidence.iter().map(|event| event.correlation_id.as_str()).collect()
}

/// Our alerts as another product would have exported them.
fn exported(format: &ForeignFormat, alerts: &[Alert]) -> String {
    match format {
        ForeignFormat::Elastic => alerts.iter().map(|one| format!("{}\n", elastic(one))).collect(),
        ForeignFormat::Sentinel => Value::from_iter(alerts.iter().map(sentinel)).to_string(),
        ForeignFormat::Csv(_) => {
            let rows = alerts.iter().map(|one| {
                let (user, ids) = (one.identity.as_deref().unwrap_or_default(), ids(one).join(" "));
                let Alert { id, rule, time, fired_at, .. } = one;
                format!("{id},{rule},{user},\"{ids}\",{time},{fired_at}\n")
            });
            let rows: String = rows.collect();
            format!("number,alert,user,records,happened,detected\n{rows}")
        }
    }
}

fn elastic(alert: &Alert) -> Value {
    json!({"_index": ".alerts", "_id": alert.id, "_source": {
        "@timestamp": alert.fired_at.to_string(),
        "kibana.alert.rule.name": alert.rule,
        "kibana.alert.original_time": alert.time.to_string(),
        "user": {"id": alert.identity},
        "azure": {"correlation_id": ids(alert)},
    }})
}

fn sentinel(alert: &Alert) -> Value {
    let account = json!([{"$id": "1", "Type": "account", "AadUserId": alert.identity}]);
    let details = json!({"CorrelationIds": ids(alert)}).to_string();
    json!({
        "SystemAlertId": alert.id, "AlertName": alert.rule,
        "StartTime": alert.time.to_string(), "EndTime": alert.time.to_string(),
        "TimeGenerated": alert.fired_at.to_string(), "Entities": account.to_string(),
        "ExtendedProperties": json!({"Custom Details": details}).to_string(),
    })
}

fn through(format: &ForeignFormat, drill: &Drill) -> Score {
    let alerts = read(format, exported(format, &drill.alerts).as_bytes()).unwrap();
    score(&Inputs { alerts, ..drill.inputs().unwrap() }).unwrap()
}

fn found(score: &Score) -> Vec<&str> {
    let found = score.outcomes.iter().filter(|outcome| !outcome.found_by.is_empty());
    found.map(|outcome| outcome.campaign_id.as_str()).collect()
}

#[test]
fn elastic_documents_are_read_flat_nested_as_hits_and_as_fields() {
    let flat = json!({
        "@timestamp": at(16, 9).to_string(), "kibana.alert.uuid": "u1",
        "kibana.alert.rule.name": "Secrets", "kibana.alert.rule.rule_id": "r1",
        "kibana.alert.original_time": at(16, 2).to_string(), "kibana.alert.severity": "high",
        "kibana.alert.ancestors": [{"id": "of the cluster"}],
        "azure.platformlogs.identity.claim.upn": "Ada@Example.com", "user.id": "OID",
        "azure.resource.id": "/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-1",
        "azure.correlation_id": "C1",
    });
    let nested = json!({"_id": "u2", "fields": {
        "@timestamp": [at(16, 9).to_string()],
        "kibana": {"alert": {"rule": {"name": ["Secrets"], "uuid": ["r2"]}, "threshold_result": {
            "from": at(16, 1).to_string(), "terms": [
                {"field": "azure.platformlogs.identity.claim.oid", "value": "OID"},
                {"field": "event.action", "value": "SecretGet"},
            ]}, "original_time": [at(16, 4).to_string()]}},
    }});
    let log = read(&ForeignFormat::Elastic, format!("{flat}\n\n{nested}\n").as_bytes()).unwrap();
    let [first, second] = &log.alerts[..] else { panic!("{log:?}") };
    let claims = first.claims.as_ref().unwrap();
    assert_eq!((first.id.as_str(), first.rule_id.as_str()), ("u1", "r1"));
    assert_eq!((claims.start, claims.end, first.fired_at), (at(16, 2), at(16, 2), at(16, 9)));
    assert!(claims.identities.iter().eq(["ada@example.com", "oid"]), "{claims:?}");
    assert!(claims.vaults.iter().eq(["kv-1"]) && claims.correlation_ids.iter().eq(["c1"]));
    let claims = second.claims.as_ref().unwrap();
    assert_eq!((second.id.as_str(), second.rule_id.as_str()), ("u2", "r2"));
    assert_eq!((claims.start, claims.end), (at(16, 1), at(16, 4)));
    assert!(claims.identities.iter().eq(["oid"]), "{claims:?}");
}

#[test]
fn sentinel_alerts_and_incidents_of_table_and_api_are_read() {
    let [start, end, written] = [at(16, 1), at(16, 5), at(16, 20)].map(|time| time.to_string());
    let entities = json!([
        {"$id": "2", "Type": "account", "Name": "Ada", "UPNSuffix": "Example.com", "AadUserId": "OID"},
        {"$id": "3", "Type": "ip", "Address": "192.0.2.1"},
        {"$id": "4", "Type": "azure-resource", "ResourceId": "/x/vaults/KV-1/secrets/s"},
    ]);
    let rows = json!({"value": [
        {"SystemAlertId": "s1", "AlertName": "Mass retrieval", "AlertSeverity": "Low",
         "TimeGenerated": written, "StartTime": start, "EndTime": end,
         "Entities": entities.to_string()},
        {"IncidentName": "s2", "Title": "Mass retrieval", "CreatedTime": written,
         "TimeGenerated": at(18, 0).to_string(), "FirstActivityTime": start,
         "LastActivityTime": end, "AlertIds": "[\"s1\"]"},
        {"name": "s3", "properties": {"title": "Mass retrieval", "createdTimeUtc": written,
         "firstActivityTimeUtc": start, "lastActivityTimeUtc": end},
         "entities": [{"kind": "Account", "properties": {"aadUserId": "OID"}}]},
    ]});
    let log = read(&ForeignFormat::Sentinel, rows.to_string().as_bytes()).unwrap();
    for alert in &log.alerts {
        let claims = alert.claims.as_ref().unwrap();
        assert_eq!((claims.start, claims.end), (at(16, 1), at(16, 5)), "{}", alert.id);
        assert_eq!((alert.fired_at, alert.rule_id.as_str()), (at(16, 20), "Mass retrieval"));
    }
    let names = |at: usize| log.alerts[at].claims.as_ref().unwrap().identities.iter();
    assert!(names(0).eq(["ada@example.com", "oid"]) && names(1).len() == 0 && names(2).eq(["oid"]));
    assert!(log.alerts[0].claims.as_ref().unwrap().vaults.iter().eq(["kv-1"]));
}

#[test]
fn columns_that_are_not_there_are_refused_with_those_that_are() {
    let table = "When,Alert\n2026-03-18T00:00:00Z,x\n";
    let read =
        |columns: &str| refused(&ForeignFormat::Csv(Columns::parse(columns).unwrap()), table);
    assert_eq!(read("time=when"), "alerts: expected a column when, found When, Alert");
    assert_eq!(read("rule=Alert"), "alerts: expected a column time or fired_at, found When, Alert");
    for (columns, said) in [
        ("tme=x", "did you mean `time`"),
        ("time", "expected key=column, found `time`"),
        ("time=a,time=b", "found `time` twice"),
    ] {
        let fault = Columns::parse(columns).unwrap_err();
        assert!(fault.contains(said), "{fault}");
    }
}

#[test]
fn what_is_no_alert_is_refused_in_its_place() {
    for (format, text, said) in [
        (ForeignFormat::Elastic, "{\"message\": 1}\n", "alerts:1: expected an alert document with"),
        (ForeignFormat::Elastic, "[1,\n", "alerts:1: expected an alert document, found"),
        (
            ForeignFormat::Elastic,
            "{\"kibana.alert.rule.name\":\"x\"}",
            "expected an alert with a time",
        ),
        (ForeignFormat::Sentinel, "{}", "alerts: expected a JSON array of alerts"),
        (ForeignFormat::Sentinel, "", "alerts: expected a JSON array of alerts"),
        (ForeignFormat::Sentinel, "[{}]", "alerts:1: expected a row with AlertName"),
        (
            ForeignFormat::Sentinel,
            "[{\"Title\":\"x\",\"CreatedTime\":\"now\"}]",
            "alerts:1: expected a time",
        ),
        (csv(), "", "alerts: expected a header line, found an empty file"),
        (ForeignFormat::Csv(Columns::default()), "time\n3/1/2026\n", "alerts:2: expected a time"),
        (ForeignFormat::Csv(Columns::default()), "time,id\nx\n", "rows of as many cells"),
    ] {
        let error = refused(&format, text);
        assert!(error.contains(said), "{format:?} {text}: {error}");
    }
}

#[test]
fn an_export_without_an_alert_is_no_fault() {
    for (format, text) in
        formats().into_iter().zip(["", "[]", "happened,detected,alert,number,user,records"])
    {
        assert_eq!(read(&format, text.as_bytes()).unwrap().alerts.len(), 0, "{format:?}");
    }
}

/// The same alerts, each a match of the first event of its evidence.
fn matches(drill: &Drill) -> Drill {
    let alerts = drill.alerts.iter().map(|one| {
        let event = one.evidence.last().unwrap();
        let identity = one.identity.clone();
        Alert { identity, ..Alert::query(&one.id, event) }
    });
    Drill { alerts: alerts.collect(), ..drill.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// An alert that names its records finds every attack whose record it names: the same campaigns in
    /// every format, and never fewer than with its condition known.
    #[test]
    fn every_format_finds_the_campaigns_whose_events_are_named(drill in drills()) {
        let native = drill.score().unwrap();
        let scored = native.outcomes.iter().map(|outcome| outcome.campaign_id.as_str());
        let held = |id: &&str| drill.alerts.iter().filter(|one| one.time >= at(14, 0)).any(|alert| {
            alert.evidence.iter().any(|event| event.correlation_id.starts_with(&format!("{id}-")))
        });
        let expected: Vec<&str> = scored.filter(held).collect();
        for format in formats() {
            let score = through(&format, &drill);
            prop_assert_eq!(found(&score), expected.clone());
        }
        prop_assert!(found(&native).iter().all(|id| expected.contains(id)));
    }

    /// Where an alert is a match of one record, nothing is lost on the way: the figures are the same.
    #[test]
    fn matches_of_one_record_score_as_our_own(drill in drills()) {
        let drill = matches(&drill);
        let native = drill.score().unwrap();
        for format in formats() {
            let score = through(&format, &drill);
            prop_assert_eq!(&score.recall, &native.recall);
            prop_assert_eq!(&score.precision.alert, &native.precision.alert);
            prop_assert_eq!(score.alerts, native.alerts);
            prop_assert_eq!(&score.detection_time_seconds, &native.detection_time_seconds);
            prop_assert_eq!(&score.event_time_delay_seconds, &native.event_time_delay_seconds);
            prop_assert_eq!(&score.objects_revealed_before_alert, &native.objects_revealed_before_alert);
            prop_assert_eq!(&score.events, &native.events);
            prop_assert_eq!(&score.cases_per_day, &native.cases_per_day);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever the bytes, a reader answers.
    #[test]
    fn random_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in formats() {
            let _ = read(&format, &bytes);
        }
    }

    /// A valid export with bytes changed is read or refused, and scored or refused.
    #[test]
    fn damaged_exports_are_read_or_refused(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let attack = Campaign::attack("attack", at(16, 0));
        let alerts = [
            Alert::distinct("a", 4, &attack.steps),
            Alert::query("b", &attack.steps[0]).fired(attack.end + TickSpan::hours(1)),
        ];
        let drill = Drill::new(&[attack], &alerts);
        for format in formats() {
            let mut bytes = exported(&format, &drill.alerts).into_bytes();
            for (place, byte) in &places {
                let at = place.index(bytes.len());
                bytes[at] = *byte;
            }
            if is_cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            if let Ok(alerts) = read(&format, &bytes) {
                let _ = score(&Inputs { alerts, ..drill.inputs().unwrap() });
            }
        }
    }
}
