//! `vaultdrill rules`: explain the detections.

use clap::{Args, Subcommand};
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Value, json};

use super::detect::{load_rules, rules_failure};
use super::exit::{self, Failure};
use super::terminal::Terminal;
use super::{rules_explain, rules_pack, rules_test};
use crate::rules::{Checked, PACK, Pack, check, rule_json, rule_text, rules_json, rules_text};

/// Widest table, as everything else on a terminal.
const WIDTH: u16 = 80;

const EXAMPLES: &str = "\
Examples:
  vaultdrill rules list --rules all
  vaultdrill rules show bulk-extraction
  vaultdrill rules explain bulk-extraction < record.json
  vaultdrill rules check my-rules/";

const LIST_EXAMPLES: &str = "\
Examples:
  vaultdrill rules list
  vaultdrill rules list --rules all
  vaultdrill rules list --rules elastic --rules my-rules/ --format json";

const TEST_EXAMPLES: &str = "\
Examples:
  vaultdrill rules test
  vaultdrill rules test --rules my-rules/";

const SHOW_EXAMPLES: &str = "\
Examples:
  vaultdrill rules show bulk-extraction
  vaultdrill rules show elastic
  vaultdrill rules show my-rules/night-watch.toml --format json";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  vaultdrill rules explain < record.json
  vaultdrill rules explain bulk-extraction novel-vault < record.json
  vaultdrill rules explain --rules my-rules/ --format json < record.json";

const CHECK_EXAMPLES: &str = "\
Examples:
  vaultdrill rules check my-rules/
  vaultdrill rules check elastic/ --format json
  vaultdrill rules check vaultdrill";

/// Arguments of `rules`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Name every rule, with its pack.
    #[command(after_help = LIST_EXAMPLES)]
    List {
        /// Rule pack (`all` for all of them), rule, rule file or directory; may be given several
        /// times.
        #[arg(long, default_value = PACK)]
        rules: Vec<String>,
    },
    /// Run the examples inside rule files; exits with 10 where one fails or is missing.
    #[command(after_help = TEST_EXAMPLES)]
    Test {
        /// Rule pack, rule, rule file or directory of them; may be given several times.
        #[arg(long, default_value = PACK)]
        rules: Vec<String>,
    },
    /// Print all that a rule says, or what a pack holds and what it does without.
    #[command(after_help = SHOW_EXAMPLES)]
    Show {
        /// Its id, such as `bulk-extraction`, a rule file, or a pack, such as `elastic`.
        rule: String,
    },
    /// Say what each rule makes of one record from standard input, and by which clause: whether it
    /// sees it, which exception hides it, and in which group it counts.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        /// Rule pack, rule, rule file or directory of them; may be given several times.
        #[arg(long, default_value = PACK)]
        rules: Vec<String>,
        /// Ids of the rules to explain, of those loaded; all of them unless given.
        ids: Vec<String>,
    },
    /// Say of each rule file whether it can be run, and if not, why; warn of risky exceptions. Exits
    /// with 2 if no rule can be run, or if one of vaultdrill's own has a fault.
    #[command(after_help = CHECK_EXAMPLES)]
    Check {
        /// Rule files and directories of them, Elastic's detection rules among them; packs and rules.
        #[arg(required = true)]
        rules: Vec<String>,
    },
}

pub(crate) fn run(args: RulesArgs, terminal: &Terminal) -> Result<(), Failure> {
    match args.command {
        RulesCommand::List { rules } => {
            let rules = load_rules(&rules, terminal)?.rules;
            if terminal.is_json() {
                terminal.json(&rules_json(&rules))
            } else {
                terminal.text(&(rules_text(&rules) + &rules_pack::notes(&rules)?))
            }
        }
        RulesCommand::Test { rules } => {
            rules_test::run(&load_rules(&rules, terminal)?.rules, terminal)
        }
        RulesCommand::Explain { rules, ids } => rules_explain::run(&rules, &ids, terminal),
        RulesCommand::Show { rule: name } => {
            if let Some(pack) = Pack::named(&name) {
                return rules_pack::show(pack, terminal);
            }
            let rules = load_rules(std::slice::from_ref(&name), terminal)?.rules;
            let [rule] = rules.as_slice() else {
                let error = anyhow::anyhow!("expected one rule, found {} in {name}", rules.len());
                return Err(Failure::new(exit::USAGE, error));
            };
            if terminal.is_json() {
                terminal.json(&rule_json(rule))
            } else {
                terminal.text(&rule_text(rule))
            }
        }
        RulesCommand::Check { rules } => {
            let checked = check(&rules).map_err(|error| rules_failure(&error))?;
            if terminal.is_json() {
                terminal.json(&checked_json(&checked))?;
            } else {
                terminal.text(&checked_text(&checked))?;
            }
            verdict(&checked)
        }
    }
}

/// A file of somebody else's that cannot be run here is no fault of anybody's, as long as others can.
fn verdict(Checked { accepted, refused }: &Checked) -> Result<(), Failure> {
    if accepted.is_empty() || refused.iter().any(|one| !one.may_be_skipped) {
        let error = anyhow::anyhow!("{} of the rules cannot be run", refused.len());
        return Err(Failure::new(exit::USAGE, error));
    }
    Ok(())
}

fn checked_text(Checked { accepted, refused }: &Checked) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(["rule", "kind", "how it is run, or why it is not"]);
    for one in accepted {
        let rule = &one.rule;
        let warnings = one.warnings.iter().map(|warning| format!("warning: {warning}"));
        let said: Vec<String> = one.notes.iter().cloned().chain(warnings).collect();
        table.add_row([rule.name.as_str(), rule.kind.word(), &said.join("; ")]);
    }
    for one in refused {
        table.add_row([one.file.as_str(), "refused", &reason(&one.fault)]);
    }
    let (table, accepted, refused) = (table.trim_fmt(), accepted.len(), refused.len());
    format!("{table}\n\n{accepted} accepted, {refused} refused")
}

fn reason(fault: &crate::rules::RuleFileError) -> String {
    let help = fault.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("line {}: {}{help}", fault.line, fault.message)
}

fn checked_json(Checked { accepted, refused }: &Checked) -> Value {
    let accepted = accepted.iter().map(|one| {
        json!({
            "file": one.file,
            "id": one.rule.id,
            "name": one.rule.name,
            "kind": one.rule.kind.word(),
            "notes": one.notes,
            "warnings": one.warnings,
        })
    });
    let refused = refused.iter().map(|one| {
        json!({
            "file": one.file,
            "line": one.fault.line,
            "column": one.fault.column,
            "message": one.fault.message,
            "help": one.fault.help,
        })
    });
    json!({ "accepted": accepted.collect::<Value>(), "refused": refused.collect::<Value>() })
}
