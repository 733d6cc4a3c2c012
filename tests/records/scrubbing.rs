//! A scrubbed corpus raises the same alerts under other names, and gives nobody away.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use vaultdrill::scrub::Scrubber;

use crate::program::{failure_of, generate, json, lines, output_of, run};

const KEY: &str = "a key for tests, long enough";

fn scrub(folder: &Path, input: &str, key: &str, out: &str) {
    fs::write(folder.join("key"), key).unwrap();
    output_of(folder, &["scrub", input, "--key-file", "key", "--out", out]);
}

/// Fields whose values are words of ours or of Azure's.
const WORDS: [&str; 2] = ["operation", "credential_type"];

/// What does not depend on where a record lies, as the scrubber renames it where there is one.
fn essence(alert: &Value, scrubber: Option<&mut Scrubber>) -> String {
    let mut renamed = alert.clone();
    let mut rename = |text: &str| text.to_owned();
    let mut by_key;
    let rename: &mut dyn FnMut(&str) -> String = match scrubber {
        None => &mut rename,
        Some(scrubber) => {
            by_key = |text: &str| scrubber.text(text);
            &mut by_key
        }
    };
    for (field, value) in renamed["group"].as_object_mut().unwrap() {
        if let Some(text) = value.as_str().filter(|_| !WORDS.contains(&field.as_str())) {
            *value = json!(rename(text));
        }
    }
    for event in renamed["evidence"].as_array_mut().unwrap() {
        let id = event["correlation_id"].as_str().unwrap_or_default();
        *event = json!([rename(id), event["time"], event["operation"]]);
    }
    let evidence: BTreeSet<String> =
        renamed["evidence"].as_array().unwrap().iter().map(Value::to_string).collect();
    let kept = [
        "rule_id",
        "time",
        "fired_at",
        "window",
        "group",
        "values",
        "suppressed",
        "evidence_total",
    ];
    let kept = kept.map(|key| (key.to_owned(), renamed[key].clone()));
    format!("{} {evidence:?}", Value::from(Map::from_iter(kept)))
}

/// The default rules for both corpora: those of the scrubbed one name people and applications by the
/// pseudonyms that the program tells.
fn rules(folder: &Path) {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/rules/vaultdrill");
    for name in ["corpus-rules", "scrubbed-rules"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    for entry in fs::read_dir(pack).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        let mut text = fs::read_to_string(&path).unwrap();
        fs::write(folder.join("corpus-rules").join(name), &text).unwrap();
        let words: BTreeSet<String> =
            text.split(['"', ' ', '(', ')', '\n', '\'']).map(str::to_owned).collect();
        for word in words {
            let names_somebody = word.starts_with("admin-") && word.contains('@');
            if names_somebody || word.starts_with("5d1f0a52-") || word.starts_with("8e27b3c4-") {
                let new = output_of(folder, &["scrub", "--key-file", "key", "--value", &word]);
                text = text.replace(&word, new.trim());
            }
        }
        fs::write(folder.join("scrubbed-rules").join(name), text).unwrap();
    }
}

#[test]
fn the_alerts_of_a_scrubbed_corpus_are_the_originals_renamed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    generate(folder, "corpus", "lines");
    scrub(folder, "corpus", KEY, "scrubbed");
    rules(folder);
    let mut scrubber = Scrubber::new(KEY.as_bytes()).unwrap();
    let [before, after] = ["corpus", "scrubbed"].map(|corpus| {
        let (rules, out) = (format!("{corpus}-rules"), format!("{corpus}-run"));
        output_of(folder, &["detect", corpus, "--rules", &rules, "--out", &out]);
        let [run, manifest] = [format!("{out}/run.json"), format!("{corpus}/manifest.json")]
            .map(|path| json(&folder.join(path)));
        assert_eq!(run["corpus_id"], manifest["corpus_id"]);
        let counts =
            ["records", "events", "duplicates", "late", "foreign"].map(|key| run[key].clone());
        (lines(&folder.join(out).join("alerts.ndjson")), counts)
    });
    assert_eq!(before.1, after.1);
    let renamed: BTreeSet<_> =
        before.0[1..].iter().map(|alert| essence(alert, Some(&mut scrubber))).collect();
    let found: BTreeSet<_> = after.0[1..].iter().map(|alert| essence(alert, None)).collect();
    assert!(found.len() > 20, "{} alerts", found.len());
    assert_eq!(before.0.len(), after.0.len());
    assert_eq!(renamed, found);

    // Truth goes along: the same campaigns are found.
    let score = |corpus: &str| -> Value {
        let (truth, alerts) =
            (format!("{corpus}/truth.ndjson"), format!("{corpus}-run/alerts.ndjson"));
        let score = ["score", "--truth", &truth, "--alerts", &alerts, "--format", "json"];
        serde_json::from_str(&output_of(folder, &score)).unwrap()
    };
    let [before, after] = ["corpus", "scrubbed"].map(score);
    assert!(before["campaigns"]["detected"].as_u64().unwrap() > 0);
    assert_eq!(before["campaigns"], after["campaigns"]);
}

/// Names and ids in the records and truth of a corpus, lower case, that must not be in its copy.
fn identifying(corpus: &Path) -> BTreeSet<String> {
    const PUBLIC: [&str; 4] = ["c44b4083", "04b07795", "1950a258", "abfa0a7c"];
    let mut found = BTreeSet::new();
    let mut take = |text: &str| {
        found.extend(
            text.split(['/', '?', '=', '&', ';', '@', ' ', '.', ':']).map(str::to_lowercase),
        );
    };
    for record in lines(&corpus.join("events.ndjson")) {
        let claims = record["identity"].get("claim").or_else(|| record["identity"].get("claims"));
        for (key, value) in claims.and_then(Value::as_object).into_iter().flatten() {
            let names = ["oid", "upn", "name", "unique_name", "xms_mirid", "puid", "aio", "uti"];
            if names.contains(&key.as_str())
                || key.ends_with("/objectidentifier")
                || key.ends_with("/upn")
            {
                take(value.as_str().unwrap_or_default());
            }
        }
        take(record["resourceId"].as_str().unwrap());
        take(record["correlationId"].as_str().unwrap());
        take(record["properties"]["id"].as_str().unwrap_or_default());
        take(record["properties"]["addedAccessPolicy"]["ObjectId"].as_str().unwrap_or_default());
    }
    for line in lines(&corpus.join("truth.ndjson")) {
        for key in ["identities", "users", "vaults"] {
            line[key].as_array().into_iter().flatten().for_each(|one| take(one.as_str().unwrap()));
        }
    }
    let azure = [
        "subscriptions",
        "resourcegroups",
        "providers",
        "microsoft",
        "keyvault",
        "vaults",
        "secrets",
        "https",
        "vault",
        "azure",
        "certificates",
        "sites",
        "virtualmachines",
        "managedidentity",
        "compute",
        "storage",
        "deletedsecrets",
        "deletedkeys",
        "userassignedidentities",
        "authorization",
        "roleassignments",
        "locations",
        "deletedvaults",
        "insights",
        "diagnosticsettings",
        "onmicrosoft",
        "virtualmachinescalesets",
        "managedclusters",
        "containerservice",
        "westeurope",
        "northeurope",
        "francecentral",
        "remove",
        "storageaccounts",
        "accesspolicies",
    ];
    // What is shorter may well be the pseudonym of something else.
    found.retain(|name| {
        name.len() > 5
            && !azure.contains(&name.as_str())
            && !PUBLIC.iter().any(|id| name.starts_with(id))
            && !name.bytes().all(|byte| byte.is_ascii_digit())
    });
    found
}

#[test]
fn nothing_that_identifies_anybody_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    generate(folder, "corpus", "lines");
    scrub(folder, "corpus", KEY, "scrubbed");
    let names = identifying(&folder.join("corpus"));
    assert!(names.len() > 3000, "{} names", names.len());
    let mut words = BTreeSet::new();
    for name in ["events.ndjson", "truth.ndjson", "manifest.json"] {
        let text = fs::read_to_string(folder.join("scrubbed").join(name)).unwrap().to_lowercase();
        let words_of = text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
        words.extend(words_of.map(str::to_owned));
    }
    let left: Vec<_> = names.intersection(&words).collect();
    assert!(
        left.is_empty(),
        "{} of {}: {:?}",
        left.len(),
        names.len(),
        &left[..left.len().min(20)]
    );
    // Addresses are permuted within few reserved ranges, so that another one's may come up: not its own.
    let [before, after] =
        ["corpus", "scrubbed"].map(|corpus| lines(&folder.join(corpus).join("events.ndjson")));
    let same = before.iter().zip(&after);
    let same = same.filter(|(a, b)| a["callerIpAddress"] == b["callerIpAddress"]).count();
    assert!(same * 20 < before.len(), "{same} of {} addresses", before.len());
}

#[test]
fn the_key_alone_decides_and_fields_that_nobody_knows_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let body =
        r#"{\"tags\":{\"owner\":\"Ada\"},\"properties\":{\"contact\":\"ada@contoso.example\"}}"#;
    let record = |id: &str| {
        format!(
            r#"{{"time":"2026-03-02T08:00:00Z","category":"Administrative","operationName":"MICROSOFT.KEYVAULT/VAULTS/WRITE","resultType":"Start","correlationId":"{id}","resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/Payroll/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/Contoso","invented":{{"phone":"5551234567","machine":"PC-ADA"}},"properties":{{"requestbody":"{body}","statusCode":"OK"}}}}"#
        )
    };
    let [first, second] = ["Call-One", "Call-Two"].map(record);
    fs::write(folder.join("both.ndjson"), format!("{first}\n{second}\nbroken\n")).unwrap();
    fs::write(folder.join("second.ndjson"), second.replace("Contoso", "CONTOSO")).unwrap();
    scrub(folder, "both.ndjson", KEY, "both");
    scrub(folder, "second.ndjson", KEY, "second");
    scrub(folder, "second.ndjson", "another key, just as long", "other");
    let events = |out: &str| fs::read_to_string(folder.join(out).join("events.ndjson")).unwrap();
    let (both, second, other) = (events("both"), events("second"), events("other"));
    assert_eq!(both.lines().count(), 2);
    let last = both.lines().last().unwrap();
    assert_eq!(last.to_lowercase(), second.trim().to_lowercase());
    assert_ne!(second, other);
    for secret in ["ada", "contoso", "payroll", "owner", "5551234567", "pc-ada", "call"] {
        assert!(!both.to_lowercase().contains(secret), "{secret} is left in {both}");
    }
    let new: Value = serde_json::from_str(last).unwrap();
    assert_eq!(
        (&new["resultType"], &new["properties"]["statusCode"]),
        (&json!("Start"), &json!("OK"))
    );
    let body: Value =
        serde_json::from_str(new["properties"]["requestbody"].as_str().unwrap()).unwrap();
    assert!(body["tags"].is_object());
    let (_, contact) = body["properties"].as_object().unwrap().iter().next().unwrap();
    assert!(contact.as_str().unwrap().contains('@'));
}

#[test]
fn a_key_is_made_once_and_said_and_never_made_silently() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("a.ndjson"), crate::line(vaultdrill::event::Ticks(0), "a")).unwrap();
    let (code, message) = failure_of(folder, &["scrub", "a.ndjson", "--out", "x"]);
    assert!(
        code == 2 && message.contains("--key-file") && message.contains("VAULTDRILL_SCRUB_KEY"),
        "{message}"
    );
    let scrub = |out: &str| {
        let arguments = ["scrub", "a.ndjson", "--key-file", "my.key", "--out", out];
        output_of(folder, &arguments);
        fs::read(folder.join(out).join("events.ndjson")).unwrap()
    };
    assert_eq!(scrub("one"), scrub("two"));
    let key = fs::metadata(folder.join("my.key")).unwrap();
    assert_eq!(key.len(), 65);
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
    fs::write(folder.join("short"), "too short").unwrap();
    let (code, message) =
        failure_of(folder, &["scrub", "a.ndjson", "--key-file", "short", "--out", "x"]);
    assert!(code == 2 && message.contains("at least 16 bytes"), "{message}");
    let (code, message) =
        failure_of(folder, &["scrub", "one", "--key-file", "my.key", "--out", "one", "--force"]);
    assert!(code == 2 && message.contains("without input files"), "{message}");
    let (code, message) =
        failure_of(folder, &["scrub", "a.ndjson", "--key-file", "my.key", "--out", "two"]);
    assert!(code == 2 && message.contains("--force"), "{message}");
    assert!(
        run(folder, &["scrub", "a.ndjson", "--key-file", "my.key", "--out", "two", "--force"])
            .status
            .success()
    );
}
