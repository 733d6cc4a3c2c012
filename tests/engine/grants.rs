//! A grant is whole once both of its records have arrived, wherever blocks and rounds are cut.

use proptest::prelude::*;
use vaultdrill::detect::{Alert, Triage};
use vaultdrill::engine::Options;
use vaultdrill::event::{Field, TickSpan};
use vaultdrill::rules::{RuleSet, parse_rule};

use crate::equivalence::{FRAME, naive};
use crate::support::{log, run, written};

const RULES: [&str; 4] = [
    r#"id = "a-granted-and-reads"
       kind = "sequence"
       suppress = "10m"
       [sequence]
       by = ["identity", "vault"]
       max_span = "6h"
       [[sequence.steps]]
       query = "change: grant and outcome: success"
       by = ["grantee", "vault"]
       [[sequence.steps]]
       query = "access: reveal""#,
    r#"id = "b-reads-then-is-granted-more"
       kind = "sequence"
       [sequence]
       by = ["vault", "identity"]
       max_span = "3h"
       [[sequence.steps]]
       query = "access: reveal"
       [[sequence.steps]]
       query = "change: grant and outcome: success"
       by = ["vault", "grantee"]
       count = 2"#,
    r#"id = "c-grants-by-grantee"
       kind = "query"
       query = "change: grant and outcome: success"
       group_by = ["grantee"]
       suppress = "1h""#,
    r#"id = "d-new-grantee"
       kind = "new_terms"
       query = "change: grant"
       [new_terms]
       terms = ["grantee"]
       history = "2h"
       learn = "0s""#,
];

fn rules() -> RuleSet {
    let parsed = RULES.map(|rule| parse_rule("test.toml", &format!("{FRAME}\n{rule}")).unwrap());
    RuleSet::new(parsed.to_vec()).unwrap()
}

fn id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// Minutes into a day.
fn time(minute: u64) -> String {
    format!("2026-03-02T{:02}:{:02}:00.0000000Z", minute / 60, minute % 60)
}

fn read(minute: u64, reader: u64, vault: &str) -> String {
    format!(
        r#"{{"time":"{}","category":"AuditEvent","operationName":"SecretGet","resultType":"Success","correlationId":"{}","identity":{{"claim":{{"oid":"{}","appidacr":"2"}}}},"properties":{{"id":"https://{vault}.vault.azure.net/secrets/s/1","httpStatusCode":200}},"resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/{}/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/{vault}"}}"#,
        time(minute),
        id(1000 + minute),
        id(reader),
        group_of(vault),
    )
}

fn group_of(vault: &str) -> &'static str {
    if vault == "red" { "G" } else { "H" }
}

/// The Start (with a grantee) or the Success (without) of a role assignment.
fn half(minute: u64, call: u64, grantee: Option<u64>) -> String {
    let scope = match call % 4 {
        0 => "/SUBSCRIPTIONS/S",
        1 => "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G",
        2 => "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/RED",
        _ => "/SUBSCRIPTIONS/S/RESOURCEGROUPS/H/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/BLUE",
    };
    let (result, body) = match grantee {
        Some(grantee) => {
            let body = format!(r#"{{\"properties\":{{\"principalId\":\"{}\"}}}}"#, id(grantee));
            ("Start", format!(r#","requestbody":"{body}""#))
        }
        None => ("Success", String::new()),
    };
    format!(
        r#"{{"time":"{}","resourceId":"{scope}/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/{call}","operationName":"MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE","category":"Administrative","resultType":"{result}","resultSignature":"{result}ed.","correlationId":"{}","identity":{{"claims":{{"http://schemas.microsoft.com/identity/claims/objectidentifier":"{}","idtyp":"user"}}}},"properties":{{"eventCategory":"Administrative"{body}}}}}"#,
        time(minute),
        id(2000 + call),
        id(9),
    )
}

fn alerts(text: &str, workers: usize, block_bytes: usize) -> Vec<Alert> {
    let (_folder, inputs) = log(text);
    let options = Options {
        workers,
        block_bytes,
        lateness: TickSpan::hours(2),
        limits: vaultdrill::limits::Limits::DEFAULT,
    };
    let found = run(&inputs, &rules(), &options).findings.alerts;
    found.into_iter().map(|(alert, _)| Alert { triage: Triage::default(), ..alert }).collect()
}

#[test]
fn a_start_blocks_after_its_success_completes_it() {
    let filler = (0..200).map(|number| read(10 + number % 60, 100 + number, "blue"));
    let mut lines = vec![read(5, 1, "red"), half(2, 1, None)];
    lines.extend(filler);
    lines.push(half(1, 1, Some(1)));
    let found = alerts(&lines.join("\n"), 2, 1 << 12);
    let of_sequence: Vec<_> = found.iter().filter(|alert| alert.rule == 0).collect();
    assert_eq!(of_sequence.len(), 1);
    let vault = (Field::Vault, String::from("red"));
    assert_eq!(of_sequence[0].group, [(Field::Identity, id(1)), vault]);
    assert_eq!(of_sequence[0].steps.len(), 2);
}

#[test]
fn what_is_written_of_a_sequence_says_which_event_is_of_which_step() {
    let text = [half(1, 2, Some(1)), half(2, 2, None), read(5, 1, "red")].join("\n");
    let (_folder, inputs) = log(text);
    let options = Options {
        workers: 1,
        block_bytes: 1 << 12,
        lateness: TickSpan::hours(2),
        limits: vaultdrill::limits::Limits::DEFAULT,
    };
    let rules = rules();
    let [alerts, evidence] = written(&run(&inputs, &rules, &options), &rules);
    let line = |text: &str, of: &str| -> Vec<serde_json::Value> {
        let lines = text.lines().filter(|line| line.contains(of));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let alert = &line(&alerts, "a-granted-and-reads")[0];
    let step = serde_json::json!({"count": 1, "threshold": 1});
    assert_eq!(alert["values"]["steps"], serde_json::json!([step, step]));
    let evidence = line(&evidence, alert["alert_id"].as_str().unwrap());
    let steps: Vec<_> = evidence.iter().map(|it| (&it["step"], it["operation"].as_str())).collect();
    let assignment = "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE";
    assert_eq!(steps, [(&1.into(), Some(assignment)), (&2.into(), Some("SecretGet"))]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// In whatever order the halves of grants and the reads arrive, and however the log is cut into
    /// blocks, the engine says what the naive evaluator says.
    #[test]
    fn engine_and_reference_agree_on_grants(
        halves in prop::collection::vec((0_u64..300, 0_u64..8, prop::option::of(1_u64..5)), 60..120),
        reads in prop::collection::vec((0_u64..300, 1_u64..5, prop::bool::ANY), 60..120),
        order in prop::collection::vec(0_usize..1 << 20, 240),
        workers in 1_usize..4,
        block_bytes in 1_usize..40_000,
    ) {
        let halves = halves.iter().map(|&(minute, call, grantee)| half(minute, call, grantee));
        let reads = reads.iter().map(|&(minute, reader, is_red)| {
            read(minute, reader, if is_red { "red" } else { "blue" })
        });
        let mut lines: Vec<(usize, String)> = order.into_iter().zip(halves.chain(reads)).collect();
        lines.sort();
        let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
        let text = lines.join("\n");
        let expected: Vec<Alert> = naive(&text, &rules(), TickSpan::hours(2))
            .into_iter()
            .map(|alert| Alert { triage: Triage::default(), ..alert })
            .collect();
        for (place, rule) in RULES.iter().enumerate() {
            prop_assert!(expected.iter().any(|alert| alert.rule == place), "{rule}");
        }
        prop_assert_eq!(alerts(&text, workers, block_bytes), expected);
    }
}
