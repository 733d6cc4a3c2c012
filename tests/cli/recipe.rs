//! The recipes for a build are what they say: their own commands, run on a small drill, end with the
//! exit codes that they document.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const SHELL: &str = include_str!("../../scenarios/ci/gate.sh");
const WORKFLOW: &str = include_str!("../../scenarios/ci/github-actions.yml");
const RULE: &str = include_str!("../../scenarios/rules/vaultdrill/bulk-extraction.toml");
const THRESHOLD: &str = "distinct = { fields = [\"object\"], values = 20 }";
const CI: &str = include_str!("../../scenarios/drills/ci.toml");

/// The drill of the recipes with a fraction of its traffic, one attack, and what it must meet.
fn drill(gate: &str) -> String {
    let traffic = CI.split("[gate]").next().unwrap();
    let small = traffic
        .replace("attacks = \"all\"", "attacks = \"bulk-extraction\"")
        .replace("days = 21", "days = 18")
        .replace("events = 60_000", "events = 14_000");
    assert_ne!(small, traffic);
    format!("{small}\n[gate]\n{gate}\n")
}

/// A folder as a build would find it: rules before and after, and drills.
fn build_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for rules in ["base/rules", "head/rules", "head/weaker"] {
        fs::create_dir_all(root.join(rules)).unwrap();
        let weaker = RULE.replace(THRESHOLD, &THRESHOLD.replace("20", "100"));
        assert_ne!(weaker, RULE);
        let text = if rules.ends_with("weaker") { &weaker } else { RULE };
        fs::write(root.join(rules).join("bulk-extraction.toml"), text).unwrap();
    }
    let own = CI.split("[gate]").nth(1).unwrap();
    fs::write(root.join("drill.toml"), drill(own)).unwrap();
    let unsure = "require = [\"recall.campaign >= 1%\"]\nmargin = 0.01";
    fs::write(root.join("unsure.toml"), drill(unsure)).unwrap();
    fs::write(root.join("faulty.toml"), drill("require = [\"recall => 1%\"]")).unwrap();
    fs::write(root.join("gate.sh"), SHELL).unwrap();
    folder
}

/// Runs a shell command in `folder` with the program first on the path.
fn shell(folder: &Path, script: &[&str], variables: &[(&str, &str)]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_vaultdrill")).parent().unwrap();
    let rest = std::env::var_os("PATH").unwrap();
    let path =
        std::env::join_paths([program.to_owned()].into_iter().chain(std::env::split_paths(&rest)));
    let mut command = Command::new("sh");
    command.current_dir(folder).args(script).env("PATH", path.unwrap());
    command.envs(variables.iter().copied()).output().unwrap()
}

fn judged(folder: &Path, drill: &str, rules: &str) -> (i32, String) {
    let variables =
        [("BASE_RULES", "base/rules"), ("RULES", rules), ("DRILL", drill), ("OUT", "out")];
    let output = shell(folder, &["gate.sh"], &variables);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap(), said + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_shell_recipe_tells_pass_failure_doubt_and_a_faulty_configuration_apart() {
    let folder = build_folder();
    let root = folder.path();
    let (code, said) = judged(root, "drill.toml", "head/rules");
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("PASS: 4 requirements, 4 met."), "{said}");

    let (code, said) = judged(root, "drill.toml", "head/weaker");
    assert_eq!(code, 10, "{said}");
    assert!(said.starts_with("FAIL: ") && said.contains("\nLost campaigns\n"), "{said}");
    assert!(said.contains("\nCampaigns lost\n"), "the comparison says which: {said}");
    let gate: Value =
        serde_json::from_str(&fs::read_to_string(root.join("out/gate.json")).unwrap()).unwrap();
    let worst = &gate["checks"][0];
    assert_eq!(worst["requirement"], "no_lost_campaign()");
    let lost = worst["lost"].as_array().unwrap();
    assert!(!lost.is_empty() && lost[0]["found_by"][0] == "bulk-extraction", "{gate}");
    let xml = fs::read_to_string(root.join("out/gate.junit.xml")).unwrap();
    assert!(xml.contains("<failure"), "{xml}");

    for campaign in lost {
        let id = campaign["campaign_id"].as_str().unwrap();
        assert!(said.contains(id), "{id} is named: {said}");
    }

    let waiver = |id: &Value| {
        format!("[[waivers]]\ncampaign_id = {id}\nreason = \"known\"\nuntil = 2026-12-31\n")
    };
    // One waiver for each of them, until its day.
    let waivers: Vec<String> =
        lost.iter().map(|campaign| waiver(&campaign["campaign_id"])).collect();
    fs::write(root.join("waivers.toml"), waivers.concat()).unwrap();
    let again = "vaultdrill gate --score out --baseline out/base --waivers waivers.toml \
                 --require 'no_lost_campaign()' --today";
    let code =
        |day: &str| shell(root, &["-c", &format!("{again} {day}")], &[]).status.code().unwrap();
    assert_eq!((code("2026-12-31"), code("2027-01-01")), (0, 10));
    assert!(waivers.len() > 1, "{gate}");
    fs::write(root.join("waivers.toml"), waivers[1..].concat()).unwrap();
    assert_eq!(code("2026-12-31"), 10, "all but one are not enough");

    let (code, said) = judged(root, "unsure.toml", "head/rules");
    assert_eq!(code, 20, "{said}");
    assert!(said.contains("would settle it") && said.contains("Not enough data"), "{said}");

    let (code, said) = judged(root, "faulty.toml", "head/rules");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("column 8: expected >=, <=, > or <"), "{said}");
}

/// With a program that fails to compare, and says what it was asked.
#[test]
fn the_shell_recipe_keeps_the_verdict_and_hands_its_arguments_on() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("gate.sh"), SHELL).unwrap();
    let stub = "vaultdrill() { echo \"$*\"; case $1 in gate) return 10 ;; *) return 3 ;; esac; }";
    let script = format!("{stub}; set -- --waivers 'my file'; . ./gate.sh");
    let output = shell(root, &["-c", &script], &[("BASE_RULES", "base")]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(10), "{said}");
    assert!(said.contains("--quiet --waivers my file\ncompare gate/base gate\n"), "{said}");
}

#[test]
fn the_workflow_runs_the_same_gate_and_writes_annotations_and_a_summary() {
    let folder = build_folder();
    let root = folder.path();
    let after = WORKFLOW.split_once("- name: gate\n").unwrap().1;
    let run = after.lines().find_map(|line| line.trim().strip_prefix("run: ")).unwrap();
    assert!(!run.contains("${{"), "no expression is pasted into a command: {run}");
    fs::remove_dir_all(root.join("head/rules")).unwrap();
    fs::rename(root.join("head/weaker"), root.join("head/rules")).unwrap();
    let variables = [("DRILL", "drill.toml"), ("GITHUB_STEP_SUMMARY", "summary.md")];
    let output = shell(root, &["-c", run], &variables);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(10), "{said}");
    assert!(
        said.lines().any(|line| line.starts_with("::error title=vaultdrill gate::FAIL ")),
        "{said}"
    );
    let summary = fs::read_to_string(root.join("summary.md")).unwrap();
    assert!(
        summary.starts_with("## Gate: FAIL\n") && summary.contains("### Lost campaigns"),
        "{summary}"
    );
    for file in ["gate.json", "gate.md", "gate.junit.xml", "score.json", "base/score.json"] {
        assert!(root.join("gate").join(file).exists(), "{file}");
    }
}
