//! Logs that are too small, and places that are no place to write to: said clearly, nothing written.

use std::fs;

use serde_json::Value;

use crate::{failure_of, output_of, values};

/// Records of one service that reads one secret of an open vault on so many days.
fn one_service(days: u32) -> String {
    let record = |day: u32, hour: u32| {
        format!(
            r#"{{"time":"2026-03-{:02}T{hour:02}:10:00Z","category":"AuditEvent","operationName":"SecretGet","resultType":"Success","correlationId":"00000000-0000-4000-8000-{day:06}{hour:06}","callerIpAddress":"198.51.100.7","identity":{{"claim":{{"oid":"11111111-0000-4000-8000-000000000001","appid":"11111111-0000-4000-8000-000000000002","appidacr":"1","idtyp":"app"}}}},"properties":{{"id":"https://kv-one.vault.azure.net/secrets/Only/0123456789abcdef0123456789abcdef","clientInfo":"probe/1","httpStatusCode":200,"requestUri":"https://kv-one.vault.azure.net/secrets/Only/?api-version=7.4","isRbacAuthorized":true}},"resourceId":"/SUBSCRIPTIONS/22222222-0000-4000-8000-000000000001/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV-ONE","resultSignature":"OK"}}"#,
            day + 1
        )
    };
    let lines = (0..days).flat_map(|day| (0..24).map(move |hour| record(day, hour)));
    lines.collect::<Vec<String>>().join("\n")
}

#[test]
fn logs_of_a_few_days_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("logs.json"), one_service(3)).unwrap();
    let (code, errors) = failure_of(folder.path(), "inject --corpus logs.json --out drilled");
    assert_eq!(code, 3);
    assert!(errors.contains("the logs cover 3 days, expected at least 4"), "{errors}");
    let asked = "inject --corpus logs.json --warmup-days 3 --out drilled";
    let (code, errors) = failure_of(folder.path(), asked);
    assert_eq!(code, 3);
    assert!(errors.contains("expected more than the 3 of --warmup-days"), "{errors}");
    assert!(!folder.path().join("drilled").exists());
}

#[test]
fn attacks_that_nobody_could_carry_are_named_with_what_they_take() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("logs.json"), one_service(8)).unwrap();
    let asked = "inject --corpus logs.json --attacks pipeline-abuse,network-opening --out drilled";
    let (code, errors) = failure_of(folder.path(), asked);
    assert_eq!(code, 3);
    assert!(errors.contains("pipeline-abuse takes somebody whom it could act as"), "{errors}");
    assert!(errors.contains("network-opening takes a vault that is closed"), "{errors}");
    assert!(!folder.path().join("drilled").exists());
    let said = output_of(folder.path(), "inject --corpus logs.json --out drilled");
    assert!(said.contains("no pipeline-abuse: it takes somebody"), "{said}");
    assert!(said.contains("  1 bulk-extraction"), "{said}");
    assert!(said.lines().all(|line| line.len() <= 80), "{said}");
}

#[test]
fn logs_without_vaults_and_outputs_among_the_logs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("logs")).unwrap();
    fs::write(
        folder.path().join("logs/a.json"),
        "{\"category\":\"Console\",\"resourceId\":\"/x\"}\n",
    )
    .unwrap();
    for command in ["inject --corpus logs --out drilled", "estate fit logs"] {
        let (code, errors) = failure_of(folder.path(), command);
        assert_eq!(code, 3);
        assert!(errors.contains("found none (1 of other services, 0 malformed)"), "{errors}");
    }
    fs::write(folder.path().join("logs/a.json"), one_service(8)).unwrap();
    let (code, errors) = failure_of(folder.path(), "inject --corpus logs --force --out logs");
    assert_eq!(code, 2);
    assert!(errors.contains("expected a directory without input files"), "{errors}");
    assert_eq!(fs::read_to_string(folder.path().join("logs/a.json")).unwrap(), one_service(8));
}

#[test]
fn records_from_another_age_do_not_stretch_the_logs() {
    let folder = tempfile::tempdir().unwrap();
    let own = one_service(8);
    let forged = own.lines().next().unwrap().replace("2026-03-01", "9999-03-01");
    fs::write(folder.path().join("logs.json"), format!("{own}\n{forged}\n")).unwrap();
    let said = output_of(folder.path(), "inject --corpus logs.json --attacks none --out twin");
    assert!(said.contains("Found: 8 days, 1 identities"), "{said}");
    assert!(said.contains("1 with a time far from all others"), "{said}");
    let copied = fs::read_to_string(folder.path().join("twin/events.ndjson")).unwrap();
    assert_eq!(copied.trim_end(), own);
}

/// Without arrivals, the newest time so far is taken for one: a forged time is not.
#[test]
fn a_record_from_the_far_future_makes_nothing_else_late() {
    let folder = tempfile::tempdir().unwrap();
    let own = one_service(8);
    let forged = own.lines().next().unwrap().replace("2026-03-01", "2099-03-01");
    fs::create_dir(folder.path().join("logs")).unwrap();
    fs::write(folder.path().join("logs/a.json"), format!("{forged}\n{own}\n")).unwrap();
    let fitted = output_of(folder.path(), "estate fit logs");
    assert!(fitted.contains("do not say when a record arrived"), "{fitted}");

    output_of(folder.path(), "inject --corpus logs --attacks bulk-extraction --out drilled");
    let bytes = fs::read(folder.path().join("drilled/arrivals.i64")).unwrap();
    let newest = bytes.as_chunks().0.iter().map(|chunk| i64::from_le_bytes(*chunk)).max();
    // The tenth of March, in ticks.
    assert!(newest.unwrap() < 20_522 * 86_400 * 10_000_000, "{newest:?}");
    let records = values(&folder.path().join("drilled/events.ndjson"));
    let hour = |record: &Value| record["time"].as_str().unwrap()[..13].to_owned();
    let hours: Vec<String> = records.iter().map(hour).collect();
    assert!(records.len() > 8 * 24);
    assert!(hours.is_sorted(), "planted records stand where they happened");
}
