//! `vaultdrill rules`: explain the detections.

use clap::{Args, Subcommand};

use super::detect::load_rules;
use super::exit::{self, Failure};
use super::rules_test;
use super::terminal::Terminal;
use crate::rules::{PACK, rule_json, rule_text, rules_json, rules_text};

/// Arguments of `rules`.
#[derive(Args, Debug)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Name every rule, with what it catches.
    List {
        /// Rule pack, rule, rule file or directory of them; may be given several times.
        #[arg(long, default_value = PACK)]
        rules: Vec<String>,
    },
    /// Run the examples inside rule files; exits with 10 where one fails or is missing.
    Test {
        /// Rule pack, rule, rule file or directory of them; may be given several times.
        #[arg(long, default_value = PACK)]
        rules: Vec<String>,
    },
    /// Print all that a rule says.
    Show {
        /// Its id, such as `bulk-extraction`, or a rule file.
        rule: String,
    },
}

pub(crate) fn run(args: RulesArgs, terminal: &Terminal) -> Result<(), Failure> {
    match args.command {
        RulesCommand::List { rules } => {
            let rules = load_rules(&rules)?.rules;
            if terminal.is_json() {
                terminal.json(&rules_json(&rules))
            } else {
                terminal.text(&rules_text(&rules))
            }
        }
        RulesCommand::Test { rules } => rules_test::run(&load_rules(&rules)?.rules, terminal),
        RulesCommand::Show { rule: name } => {
            let rules = load_rules(std::slice::from_ref(&name))?.rules;
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
    }
}
