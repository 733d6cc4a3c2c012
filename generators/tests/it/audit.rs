//! The leakage self-test from outside: what it reports, and how an attack declares a field.

use std::path::Path;

use vaultdrill_generators::{AUDIT_CAMPAIGNS, Attack, Audit, Field, LEAST_CAMPAIGNS, audit};

use crate::common::{plan, scenario_files};

fn small(change: impl FnOnce(&mut vaultdrill_generators::Plan)) -> Audit {
    let mut plan = plan(Path::new(""));
    plan.days = 9;
    plan.events = None;
    change(&mut plan);
    audit(&plan, &mut |_| {}).unwrap()
}

fn bulk_extraction() -> (String, String) {
    let mut files = scenario_files("attacks").into_iter();
    files.find(|(name, _)| name == "bulk-extraction.toml").unwrap()
}

/// A report without figures would pass.
#[test]
fn every_attack_is_compared_in_every_field_with_enough_campaigns() {
    const { assert!(AUDIT_CAMPAIGNS >= LEAST_CAMPAIGNS) };
    let audit = small(|_| {});
    assert_eq!(audit.attacks.len(), scenario_files("attacks").len());
    for attack in &audit.attacks {
        assert!(attack.campaigns >= LEAST_CAMPAIGNS, "{}: {}", attack.attack, attack.campaigns);
        let mut fields: Vec<Field> = attack.fields.iter().map(|field| field.field).collect();
        fields.sort();
        if attack.tree.is_some() {
            assert_eq!(fields, Field::ALL, "{}", attack.attack);
            assert!(attack.benign_identities > 4 && attack.benign_records > attack.campaigns);
        }
        for field in &attack.fields {
            assert!((0.0..=1.0).contains(&field.auc.value), "{}: {field:?}", attack.attack);
            assert!(field.auc.std_err < 0.1, "{}: {field:?}", attack.attack);
        }
    }
}

/// The plan of the default drill; other seeds pass but for a field or two at their error.
#[test]
fn no_artefact_tells_an_attack_of_the_project_apart() {
    let audit = small(|plan| (plan.seed, plan.days, plan.warmup_days) = (1, 21, 14));
    let telling: Vec<_> = audit.attacks.iter().filter(|one| !one.violations.is_empty()).collect();
    assert!(audit.passes(), "{telling:?}");
}

#[test]
fn the_same_plan_has_the_same_report() {
    let text = || serde_json::to_string(&small(|plan| plan.attacks.truncate(1))).unwrap();
    assert_eq!(text(), text());
}

#[test]
fn a_file_declares_the_fields_that_its_attack_is_defined_by() {
    let (name, text) = bulk_extraction();
    let declared = text.replacen("\n\n", "\n\ndefined_by = [\"address_block\", \"hour\"]\n", 1);
    let attack = Attack::parse(&name, &declared).unwrap();
    let audit = small(|plan| plan.attacks = vec![attack]);
    let declared = audit.attacks[0].fields.iter().filter(|field| field.declared);
    let mut declared: Vec<Field> = declared.map(|field| field.field).collect();
    declared.sort();
    assert_eq!(declared, [Field::AddressBlock, Field::Hour]);
}

#[test]
fn an_unknown_field_is_refused_with_its_place_and_the_nearest_name() {
    let (name, text) = bulk_extraction();
    let wrong = text.replacen("\n\n", "\n\ndefined_by = [\"client\", \"adress_block\"]\n", 1);
    let error = Attack::parse(&name, &wrong).unwrap_err();
    let line = wrong.lines().position(|line| line.starts_with("defined_by")).unwrap() + 1;
    assert_eq!((error.line, error.column), (line, 25));
    assert!(error.message.contains("did you mean `address_block`?"), "{error}");
    assert!(error.message.contains("`client_family`"), "{error}");
}
