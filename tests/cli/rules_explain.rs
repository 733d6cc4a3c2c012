//! `rules explain`: one record from standard input, in one line or many; anything else is refused.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn explain(input: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdrill"));
    command.args(["rules", "explain"]).args(arguments);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // Where the arguments are at fault nobody reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

const READ: &str = r#"{
  "time": "2026-03-02T08:12:33.5Z",
  "category": "AuditEvent",
  "operationName": "SecretGet",
  "resourceId": "/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV",
  "properties": {"httpStatusCode": 200, "id": "https://kv.vault.azure.net/secrets/db"}
}
"#;

#[test]
fn a_record_of_one_line_or_many_is_explained_by_the_rules_asked_for() {
    let text = String::from_utf8(explain(READ, &[]).stdout).unwrap();
    assert!(text.contains("operation       SecretGet"), "{text}");
    assert!(text.contains("vault-modified (query)"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let in_one_line = READ.replace('\n', "");
    assert_eq!(String::from_utf8(explain(&in_one_line, &[]).stdout).unwrap(), text);

    let json = explain(READ, &["vault-modified", "--format", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["rules"].as_array().unwrap().len(), 1);
    assert_eq!(json["rules"][0]["verdict"], "not_matched");
    assert_eq!(json["event"]["object"], "kv/secrets/db");
}

#[test]
fn what_is_no_single_record_exits_with_3() {
    let foreign = READ.replace("KEYVAULT", "STORAGE");
    for (input, said) in [
        ("", "found nothing"),
        (" \n", "found nothing"),
        (&READ.repeat(2), "more than one"),
        ("{\"time\": 1", "line 1"),
        ("[1]", "not an object"),
        ("{\"records\": []}", "a container of 0"),
        (&format!("[{READ},{READ}]"), "a container of 2"),
        (&foreign, "another provider"),
    ] {
        let output = explain(input, &[]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{input}: {message}");
        assert!(message.contains(said), "{input}: {message}");
    }
}

#[test]
fn a_rule_that_is_not_loaded_exits_with_2_and_names_the_nearest() {
    let output = explain(READ, &["vault-modifed"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("did you mean `vault-modified`"), "{message}");
}
