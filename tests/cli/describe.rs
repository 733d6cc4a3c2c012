//! `generate --describe`: figures and an exit code, and no files.

use crate::vaultdrill;

#[test]
fn a_description_writes_nothing_and_its_exit_code_is_its_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["generate", "--describe", "--days", "8", "--warmup-days", "2"];
    let json = vaultdrill(folder.path(), &[&arguments[..], &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let figures = report["figures"].as_array().unwrap();
    let outside = figures.iter().any(|figure| figure["verdict"] == "outside");
    assert_eq!(json.status.code(), Some(if outside { 10 } else { 0 }));
    let text = vaultdrill(folder.path(), &arguments);
    let shown = String::from_utf8(text.stdout).unwrap();
    for figure in figures {
        assert!(shown.contains(figure["statistic"].as_str().unwrap()), "{figure}");
    }
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
