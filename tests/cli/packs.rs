//! Packs of rules: listed, shown, run, and compared by a drill.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use vaultdrill::rules::{PACKS, Pack};

use crate::{failure_of, output_of};

const DRILL: &str = r#"
    schema_version = 1
    name = "packs-small"
    description = "Two attacks before every pack of rules, on its schedule where it has one."
    estate = "small"
    attacks = "bulk-extraction,unauthorized-vault-write"
    rules = ["all"]
    timing = "scheduled"
    seed = 5
    days = 17
    warmup_days = 14
    events = 12_000
"#;

#[test]
fn every_pack_is_listed_with_what_it_does_without() {
    let folder = tempfile::tempdir().unwrap();
    let said = output_of(folder.path(), &["rules", "list", "--rules", "all"]);
    for pack in PACKS {
        assert!(said.lines().any(|line| line == format!("{}:", pack.name)), "{said}");
        assert!(pack.rules.iter().all(|(id, _)| said.contains(&format!("\n{id} "))), "{said}");
    }
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    assert!(said.contains("\nelastic: 2 published, not to be expressed ("), "{said}");
    let ours = output_of(folder.path(), &["rules", "list"]);
    assert!(ours.starts_with("vaultdrill:\n") && !ours.contains("elastic"), "{ours}");
    let list = ["rules", "list", "--rules", "sigma", "--format", "json"];
    let listed: Value = serde_json::from_str(&output_of(folder.path(), &list)).unwrap();
    let rules = listed.as_array().unwrap();
    assert!(rules.len() == 3 && rules.iter().all(|rule| rule["pack"] == "sigma"), "{listed}");
}

#[test]
fn a_folder_called_like_a_pack_is_not_said_to_do_without_anything() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("elastic")).unwrap();
    let rule = include_str!("../../scenarios/rules/vaultdrill/vault-modified.toml");
    fs::write(folder.path().join("elastic/vault-modified.toml"), rule).unwrap();
    let said = output_of(folder.path(), &["rules", "list", "--rules", "elastic/"]);
    assert!(said.starts_with("elastic/:\n") && !said.contains("published"), "{said}");
    let both = ["rules", "list", "--rules", "elastic/", "--rules", "elastic"];
    let said = output_of(folder.path(), &both);
    assert!(said.contains("\nelastic/:\n") || said.starts_with("elastic/:\n"), "{said}");
    assert!(said.contains("\nelastic: 2 published"), "{said}");
}

#[test]
fn a_pack_is_shown_with_the_reasons_for_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let text = output_of(folder.path(), &["rules", "show", "sentinel"]);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("- Mass secret retrieval from Azure Key Vault, version 1.0.5: It has two")
    );
    let show = ["rules", "show", "sentinel", "--format", "json"];
    let shown: Value = serde_json::from_str(&output_of(folder.path(), &show)).unwrap();
    assert_eq!(shown["pack"], "sentinel");
    assert_eq!(shown["rules"].as_array().unwrap().len(), 6);
    for missing in shown["inexpressible"].as_array().unwrap() {
        let said = |key: &str| missing[key].as_str().is_some_and(|text| !text.is_empty());
        assert!(said("name") && said("source") && said("reason"), "{missing}");
    }
    let (code, errors) = failure_of(folder.path(), &["rules", "list", "--rules", "elastik"]);
    assert!(code == 2 && errors.contains("did you mean `elastic`?"), "{errors}");
}

#[test]
fn a_drill_of_all_packs_compares_them_in_one_table() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("packs-small.toml"), DRILL).unwrap();
    let summary = output_of(folder.path(), &["drill", "packs-small.toml", "--workers", "2"]);
    assert!(summary.lines().all(|line| line.chars().count() <= 80), "{summary}");
    let packs = format!(" with {} packs together: ", PACKS.len());
    assert!(summary.lines().next().unwrap().contains(&packs), "{summary}");
    let table = summary.split("\n\n").find(|part| part.starts_with("Packs\n")).unwrap();
    assert_eq!(summary.matches("\nPacks\n").count(), 1);

    let out = folder.path().join("drill-packs-small");
    let score: Value =
        serde_json::from_str(&fs::read_to_string(out.join("score.json")).unwrap()).unwrap();
    let by_pack = score["by_pack"].as_object().unwrap();
    let mut names: Vec<&str> = PACKS.iter().map(|pack| pack.name).collect();
    names.sort_unstable();
    assert_eq!(by_pack.keys().collect::<Vec<_>>(), names);
    let run: Value =
        serde_json::from_str(&fs::read_to_string(out.join("run/run.json")).unwrap()).unwrap();
    let on_schedule = |rule: &&Value| rule["timing"] == "scheduled";
    let scheduled: Vec<&Value> =
        run["rules"].as_array().unwrap().iter().filter(on_schedule).collect();
    assert_eq!(scheduled.len(), 7);
    for rule in scheduled.iter().filter(|rule| rule["pack"] == "sentinel") {
        assert_eq!(rule["over_max_signals"], 0, "Sentinel has no limit: {rule}");
    }
    let alerts = fs::read_to_string(out.join("run/alerts.ndjson")).unwrap();
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for line in alerts.lines().skip(1) {
        let alert: Value = serde_json::from_str(line).unwrap();
        let is_scored =
            alert["time"].as_str().unwrap() >= score["corpus"]["warmup_end"].as_str().unwrap();
        *counted.entry(alert["pack"].as_str().unwrap().to_owned()).or_default() +=
            u64::from(is_scored);
    }
    for (name, own) in by_pack {
        let pack = Pack::named(name).unwrap();
        let alerts = counted.get(pack.name).copied().unwrap_or(0);
        assert_eq!(own["rules"].as_u64().unwrap(), pack.rules.len() as u64, "{}", pack.name);
        assert_eq!(own["alerts"]["scored"].as_u64().unwrap(), alerts, "{}", pack.name);
        assert!(table.lines().any(|line| line.starts_with(pack.name)), "{table}");
        if alerts == 0 {
            assert!(own["precision"]["value"].is_null(), "{own}");
        }
    }
    assert!(by_pack["vaultdrill"]["campaigns_found"].as_u64() > Some(0), "{table}");
    assert_eq!(by_pack["elastic"]["recall"]["n"], score["campaigns"]["scored"]);
}
