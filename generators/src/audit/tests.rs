//! The audit finds what is planted, and finds nothing where there is nothing.

use std::path::PathBuf;

use super::field::Field;
use super::judge::judge;
use super::report::{AttackAudit, FIELD_BOUND, TREE_BOUND};
use super::run::sample;
use super::sample::{Sample, Specimen};
use crate::{Attack, Estate, LookAlike, Plan};

/// Pollers, people and pipelines that read secrets, and one attack that does.
fn plan(days: u32) -> Plan {
    let estate = include_str!("../../../scenarios/estates/midsize.toml");
    let attack = include_str!("../../../scenarios/attacks/bulk-extraction.toml");
    let dump = include_str!("../../../scenarios/look-alikes/pipeline-dump.toml");
    Plan {
        estate: Estate::parse("midsize", estate).unwrap(),
        attacks: vec![Attack::parse("bulk-extraction", attack).unwrap()],
        withheld: Vec::new(),
        look_alikes: vec![LookAlike::parse("pipeline-dump", dump).unwrap()],
        seed: 11,
        events: None,
        days,
        warmup_days: 1,
        layout: crate::Layout::Lines,
        threads: 1,
        out: PathBuf::new(),
        force: false,
    }
}

fn drawn(days: u32, tamper: &dyn Fn(&mut Vec<u8>)) -> Sample {
    sample(&plan(days), tamper, &mut |_| {}).unwrap()
}

/// The attack judged against benign traffic, its records changed before they are read.
fn planted(declared: &[Field], tamper: &dyn Fn(&mut Vec<u8>)) -> AttackAudit {
    let sample = drawn(6, tamper);
    let hostile = &sample.attacks[0].specimens;
    judge("planted", declared, hostile, &sample.benign, &sample.names)
}

fn area(audit: &AttackAudit, field: Field) -> f64 {
    audit.fields.iter().find(|found| found.field == field).unwrap().auc.value
}

/// Benign identity-days of one half play the attack: nothing may tell them from the other half.
#[test]
fn two_halves_of_benign_traffic_cannot_be_told_apart() {
    let sample = drawn(12, &|_| {});
    let (hostile, benign): (Vec<Specimen>, Vec<Specimen>) =
        sample.benign.iter().cloned().partition(|specimen| specimen.unit % 2 == 0);
    let hostile: Vec<Specimen> = hostile
        .into_iter()
        .map(|specimen| Specimen { cluster: specimen.unit as u32, ..specimen })
        .collect();
    let audit = judge("halves", &[], &hostile, &benign, &sample.names);
    assert!(audit.campaigns > 500 && audit.judged_share > 0.95, "{}", audit.campaigns);
    for field in &audit.fields {
        assert!((0.44..0.56).contains(&field.auc.value), "{field:?}");
    }
    let tree = audit.tree.unwrap().value;
    assert!((0.44..0.56).contains(&tree), "{tree}");
    assert!(audit.violations.is_empty(), "{:?}", audit.violations);
}

#[test]
fn a_client_string_of_its_own_is_found_and_named() {
    let rename = |line: &mut Vec<u8>| replace(line, "\"clientInfo\":\"", "\"clientInfo\":\"evil ");
    let audit = planted(&[], &rename);
    assert!(area(&audit, Field::Client) > 0.99);
    assert!(audit.tree.unwrap().value > 0.99);
    let value = audit.fields[0].value.as_ref().unwrap();
    assert!(value.benign_share < 0.01, "{value:?}");
    assert!(audit.violations.iter().any(|violation| violation.starts_with("client ")));
}

/// A leak on half of the records is a leak.
#[test]
fn odd_durations_on_some_records_are_found() {
    let slow = |line: &mut Vec<u8>| {
        if line.len().is_multiple_of(2) {
            replace(line, "\"durationMs\":\"", "\"durationMs\":\"9");
        }
    };
    let (honest, audit) = (planted(&[], &|_| {}), planted(&[], &slow));
    assert!(area(&honest, Field::Duration) < FIELD_BOUND);
    assert!(area(&audit, Field::Duration) > 0.65, "{}", area(&audit, Field::Duration));
    assert!(audit.violations.iter().any(|violation| violation.starts_with("duration ")));
}

#[test]
fn keys_in_another_order_are_found() {
    let swap = |line: &mut Vec<u8>| {
        replace(line, "{\"time\":", "{\"category\":\"AuditEvent\",\"time\":");
        replace(line, "Z\",\"category\":\"AuditEvent\"", "Z\"");
    };
    let audit = planted(&[], &swap);
    assert!(area(&audit, Field::Keys) > 0.99);
    assert!(area(&audit, Field::Size) < FIELD_BOUND, "the order changes no size");
}

#[test]
fn a_declared_field_is_shown_but_no_violation() {
    let rename = |line: &mut Vec<u8>| replace(line, "\"TLS1_", "\"TLS0_");
    let (plain, declared) = (planted(&[], &rename), planted(&[Field::Tls], &rename));
    let named = |audit: &AttackAudit| audit.violations.iter().any(|v| v.starts_with("tls "));
    assert!(named(&plain) && !named(&declared));
    assert!(plain.tree.unwrap().value > TREE_BOUND + 0.1);
    assert!(declared.tree.unwrap().value < plain.tree.unwrap().value - 0.1);
    assert!(declared.fields.last().is_some_and(|field| field.field == Field::Tls));
    assert!(declared.strongest().is_some_and(|field| field.field != Field::Tls));
}

#[test]
fn a_call_that_nobody_benign_makes_is_a_leak_unless_declared() {
    let purge = |line: &mut Vec<u8>| {
        replace(line, "\"operationName\":\"SecretGet\"", "\"operationName\":\"SecretPurge\"");
    };
    let audit = planted(&[], &purge);
    assert!(area(&audit, Field::Call) > 0.9);
    assert!(audit.hostile_only[0].call.starts_with("SecretPurge, 200"));
    assert!(audit.violations.iter().any(|violation| violation.starts_with("call ")));
    let audit = planted(&[Field::Call], &purge);
    assert!(audit.violations.iter().all(|violation| !violation.starts_with("call ")));
}

fn replace(line: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(std::mem::take(line)).unwrap();
    *line = text.replacen(from, to, 1).into_bytes();
}
