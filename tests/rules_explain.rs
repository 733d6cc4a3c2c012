//! What is said of one record: by which clause a rule does not see it, which exception hides it, and in
//! which group it counts. Ids and names are invented.

#![expect(clippy::unwrap_used, reason = "a helper that panics fails its test, as it should")]

use serde_json::{Value, json};
use vaultdrill::event::EventView;
use vaultdrill::ingest::{LineParser, ParsedBlock, parse_block};
use vaultdrill::rules::{
    GroupValue, Rule, RuleKind, RuleSet, Sight, explanation_json, explanation_text, load,
    parse_rule,
};

const FRAME: &str = r#"
    schema_version = 1
    name = "Rule of a test"
    severity = "low"
    risk_score = 1
    guidance = { catches = "c", misses = "m", false_positives = ["f"], investigate = ["i"], respond = ["r"], impact = "i", references = ["https://example.com"] }
    threat = [{ tactic = "TA0006", techniques = ["T1555.006"] }]
"#;

const RULES: [&str; 6] = [
    r#"id = "a-busy-identity"
       kind = "threshold"
       query = "access: (reveal or use) and not outcome: success"
       group_by = ["identity", "vault"]
       threshold = { window = "1h", count = 4 }"#,
    r#"id = "b-refused"
       kind = "query"
       query = "outcome: denied"
       [[exceptions]]
       query = "source_ip: 203.0.113.0/24 and object: */db"
       expires = 2027-01-01T00:00:00Z
       reason = "The database's own health probe asks for what it may not have.""#,
    r#"id = "c-after-a-grant"
       kind = "sequence"
       [sequence]
       by = ["identity", "vault"]
       max_span = "2d"
       [[sequence.steps]]
       query = "change: grant and outcome: success"
       by = ["grantee", "vault"]
       [[sequence.steps]]
       query = "plane: data and http_status >= 200""#,
    r#"id = "d-new-object"
       kind = "new_terms"
       query = "plane: data and *type: secret"
       new_terms = { terms = ["identity", "object_version"], history = "2d", learn = "1h" }"#,
    r#"id = "e-other-log"
       kind = "query"
       query = "event.outcome: success and (properties.clientInfo: curl* or azure.platformlogs.properties.id: *keys* or user: nobody@contoso.example)""#,
    r#"id = "f-granted"
       kind = "query"
       query = "change: grant"
       group_by = ["grantee"]"#,
];

fn rules() -> RuleSet {
    let parsed = RULES.map(|rule| parse_rule("test.toml", &format!("{FRAME}\n{rule}")).unwrap());
    RuleSet::new(parsed.to_vec()).unwrap()
}

/// A read of a secret that was denied; its client string wants to write to the terminal.
fn denied_read() -> Value {
    json!({
        "time": "2026-03-02T08:12:33.5Z",
        "category": "AuditEvent",
        "operationName": "SecretGet",
        "resultType": "Success",
        "correlationId": "c-1",
        "callerIpAddress": "203.0.113.9",
        "identity": {"claim": {"oid": "o-1", "appid": "a-1", "upn": "ada@contoso.example"}},
        "properties": {
            "id": "https://kv.vault.azure.net/secrets/db",
            "clientInfo": format!("\u{1b}[31m{}", "probe ".repeat(20)),
            "httpStatusCode": 403,
        },
        "resourceId": "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV",
    })
}

/// An access policy for two, written with the vault.
fn grant() -> Value {
    let policy = |who: &str| json!({"objectId": who, "permissions": {"secrets": ["get"]}});
    json!({
        "time": "2026-03-02T09:00:00Z",
        "category": "AuditEvent",
        "operationName": "VaultPatch",
        "resultType": "Success",
        "properties": {
            "httpStatusCode": 200,
            "vaultProperties": {},
            "addedAccessPolicy": [policy("0bea"), policy("0cea")],
        },
        "resourceId": "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/KV",
    })
}

fn parsed(rules: &RuleSet, record: &Value) -> ParsedBlock {
    let mut parsed = ParsedBlock::default();
    let mut parser = LineParser::extracting(rules.extras());
    parse_block(&mut parser, record.to_string().as_bytes(), 0, 0, &mut parsed);
    assert_eq!(parsed.batch.events.len(), 1, "{record}");
    parsed
}

#[test]
fn the_text_names_clause_value_exception_and_group() {
    let rules = rules();
    let parsed = parsed(&rules, &denied_read());
    let event = parsed.batch.view(0);
    let text = explanation_text(&rules, &event, &rules.explain(&event));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    insta::with_settings!(
        { snapshot_path => "golden", prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!("rules_explain", text) }
    );
}

#[test]
fn json_says_the_same_and_nothing_is_cut() {
    let rules = rules();
    let parsed = parsed(&rules, &denied_read());
    let event = parsed.batch.view(0);
    let found = explanation_json(&rules, &event, &rules.explain(&event));
    let verdicts: Vec<&Value> =
        found["rules"].as_array().unwrap().iter().map(|rule| &rule["verdict"]).collect();
    let (yes, no) = ("matched", "not_matched");
    assert_eq!(verdicts, [no, "excepted", yes, yes, no, no]);
    assert_eq!(
        found["rules"][0]["clauses"],
        json!([{
            "clause": "access: (reveal or use)",
            "holds": false,
            "found": [{"field": "access", "value": "metadata"}],
            "left_out": 0,
        }])
    );
    assert_eq!(found["rules"][1]["exceptions"][0]["clauses"][1]["clause"], "object: */db");
    assert_eq!(found["event"]["client"].as_str().unwrap().len(), 5 + 20 * 6);
    assert_eq!(found["rules"][3]["group"][1]["is_missing"], true);
}

#[test]
fn each_grantee_is_a_group_of_a_sequence_and_a_list_of_them_one_of_other_kinds() {
    let rules = rules();
    let parsed = parsed(&rules, &grant());
    let explained = rules.explain(&parsed.batch.view(0));
    let values = |group: &[GroupValue]| -> Vec<Vec<String>> {
        group.iter().map(|value| value.values.clone()).collect()
    };
    let sequence = &explained[2];
    assert_eq!(values(&sequence.steps[0].group), [vec!["0bea", "0cea"], vec!["kv"]]);
    let second = &sequence.steps[1];
    assert!(second.serves && second.group[0].is_missing());
    assert_eq!(values(&explained[5].group), [["0bea 0cea"]]);
}

#[test]
fn text_of_a_record_cannot_turn_its_direction_around() {
    let hidden: String = ['\u{200e}', '\u{200f}', '\u{feff}']
        .into_iter()
        .chain('\u{202a}'..='\u{202e}')
        .chain('\u{2066}'..='\u{2069}')
        .collect();
    for c in hidden.chars() {
        let rules = rules();
        let mut record = denied_read();
        record["properties"]["clientInfo"] = json!(format!("curl{c}lruc"));
        let parsed = parsed(&rules, &record);
        let event = parsed.batch.view(0);
        let text = explanation_text(&rules, &event, &rules.explain(&event));
        let escaped = format!("curl\\u{{{:x}}}lruc", u32::from(c));
        assert!(!text.contains(c) && text.contains(&escaped), "{text}");
    }
}

#[test]
fn a_clause_without_a_space_is_broken_at_the_width() {
    let client = "0123456789".repeat(12);
    let sequence = RULES[2].replace("change: grant and", &format!("client: {client}* and"));
    let single = RULES[5].replace("change: grant", &format!("client: {client}*"));
    let parsed_rules = [sequence, single]
        .map(|rule| parse_rule("test.toml", &format!("{FRAME}\n{rule}")).unwrap());
    let rules = RuleSet::new(parsed_rules.to_vec()).unwrap();
    let parsed = parsed(&rules, &denied_read());
    let event = parsed.batch.view(0);
    let text = explanation_text(&rules, &event, &rules.explain(&event));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let unbroken: String = text.split_whitespace().collect();
    assert_eq!(unbroken.matches(&client).count(), 2, "{text}");
}

/// Whether the rule's query or, in a sequence, one of its steps' matches, and no exception hides that.
fn sight(rule: &Rule, event: &EventView<'_>) -> Sight {
    let is_matched = match &rule.kind {
        RuleKind::Sequence(sequence) => sequence.steps.iter().any(|step| step.query.matches(event)),
        _ => rule.query.matches(event),
    };
    let time = event.event.time;
    let is_hidden = rule.exceptions.iter().any(|exception| {
        let is_open = exception.frames.iter().any(|frame| frame.contains(time));
        exception.expires.is_none_or(|expires| time < expires)
            && (exception.frames.is_empty() || is_open)
            && exception.query.matches(event)
    });
    match (is_matched, is_hidden) {
        (false, _) => Sight::NotMatched,
        (true, true) => Sight::Excepted,
        (true, false) => Sight::Matched,
    }
}

/// Over the pack and a few records, what is explained is what the rules' queries and exceptions say.
#[test]
fn the_verdict_of_each_rule_is_that_of_its_queries_and_exceptions() {
    for rules in [rules(), load(&["vaultdrill"]).unwrap()] {
        for record in [denied_read(), grant()] {
            let parsed = parsed(&rules, &record);
            let event = parsed.batch.view(0);
            for one in rules.explain(&event) {
                assert_eq!(one.sight, sight(&rules.rules[one.rule], &event), "{one:?}");
                let is_seen = one.sight != Sight::NotMatched;
                assert!(one.clauses.iter().all(|clause| clause.holds == is_seen), "{one:?}");
                assert_eq!(one.hidden_by.is_empty(), one.sight != Sight::Excepted);
            }
        }
    }
}
