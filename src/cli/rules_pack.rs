//! `vaultdrill rules show PACK`, and what `rules list` says of packs.

use serde_json::{Value, json};

use super::detect::{load_rules, rules_failure};
use super::exit::Failure;
use super::terminal::Terminal;
use crate::rules::{Inexpressible, PACKS, Pack, Rule, pack_text, rules_json};

/// Prints an embedded pack: its rules, and the published detections it does without.
pub(crate) fn show(pack: &Pack, terminal: &Terminal) -> Result<(), Failure> {
    let rules = load_rules(&[pack.name.to_owned()], terminal)?.rules;
    let inexpressible = inexpressible(pack)?;
    if terminal.is_json() {
        terminal.json(&pack_json(pack, &rules, &inexpressible))
    } else {
        terminal.text(&pack_text(pack, &rules, &inexpressible))
    }
}

/// How many published detections the packs of `rules` do without, a line for each pack that does. No
/// other rules are called like those of an embedded pack.
pub(crate) fn notes(rules: &[Rule]) -> Result<String, Failure> {
    let mut notes = String::new();
    for pack in PACKS.iter().filter(|pack| rules.iter().any(|rule| rule.pack == pack.name)) {
        let count = inexpressible(pack)?.len();
        if count > 0 {
            let name = pack.name;
            notes += &format!(
                "\n{name}: {count} published, not to be expressed (`vaultdrill rules show {name}`)"
            );
        }
    }
    Ok(notes)
}

fn inexpressible(pack: &Pack) -> Result<Vec<Inexpressible>, Failure> {
    pack.inexpressible().map_err(|fault| rules_failure(&fault.into()))
}

fn pack_json(pack: &Pack, rules: &[Rule], inexpressible: &[Inexpressible]) -> Value {
    json!({
        "pack": pack.name,
        "summary": pack.summary,
        "rules": rules_json(rules),
        "inexpressible": inexpressible,
    })
}
