//! What alerts mean for those who must read them, for people: fits 80 columns, names of a log escaped.

use std::fmt::Write;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};

use crate::escaped::escaped;
use crate::noise::{Candidate, Named, Noise};
use crate::wrapped::{WIDTH, folded, wrapped};

/// Rules in the table of the noisiest.
const RULES_SHOWN: usize = 10;

/// Identities, and vaults, in the text; the JSON has more.
const NAMED_SHOWN: usize = 5;

/// A longer name is cut: the JSON has all of it.
const NAME_WIDTH: usize = 56;

impl Noise {
    /// The alerts by rule and day, whom they name, what exceptions would take away, and what to do next.
    pub fn text(&self) -> String {
        let mut text = folded(&self.headline());
        if self.alerts == 0 {
            text.push_str(&next_without_alerts());
            return text;
        }
        write!(text, "\n{}\n", self.rule_table()).expect("writing to a String cannot fail");
        let others = self.rules.len().saturating_sub(RULES_SHOWN);
        let silent = self.silent_rules;
        match (others, silent) {
            (0, 0) => {}
            (0, _) => text.push_str(&format!("The other {silent} rules did not alert.\n")),
            _ => text.push_str(&format!("{others} more rules alerted, {silent} did not.\n")),
        }
        for (what, named) in [("identity", &self.identities), ("vault", &self.vaults)] {
            if !named.is_empty() {
                write!(text, "\n{}\n", named_table(what, named)).expect("as above");
            }
        }
        if !self.exceptions.is_empty() {
            text.push_str("\nWhat an exception would remove\n");
            wrapped(&mut text, ("", ""), EXCEPTIONS);
            self.exceptions.iter().for_each(|candidate| text.push_str(&candidate.text()));
        }
        if self.exceptions.is_empty() {
            text.push('\n');
            wrapped(&mut text, ("", ""), NO_EXCEPTION);
        }
        text.push_str(&self.next());
        text
    }

    fn headline(&self) -> String {
        let days = match &self.days {
            Some([first, last]) if first == last => format!("on {first}"),
            Some([first, last]) => format!("in {} days ({first} to {last})", self.day_count),
            None => return String::from("No event arrived, so that no rule could alert.\n"),
        };
        let per_day = |count: u64| count as f64 / self.day_count as f64;
        format!(
            "{} alerts {days}, {:.1} a day; {} cases, {:.1} a day (a case is one identity within 24 \
             hours)\n",
            self.alerts,
            per_day(self.alerts),
            self.cases,
            per_day(self.cases),
        )
    }

    fn rule_table(&self) -> Table {
        let header = ["noisiest rules", "alerts", "cases", "a day", "busiest day", "that day"];
        let mut table = table(&header);
        for rule in self.rules.iter().take(RULES_SHOWN) {
            table.add_row([
                rule.rule_id.clone(),
                rule.alerts.to_string(),
                rule.cases.to_string(),
                format!("{:.1}", rule.alerts_per_day),
                rule.busiest_day.clone(),
                rule.busiest_day_alerts.to_string(),
            ]);
        }
        right(&mut table);
        table
    }

    fn next(&self) -> String {
        let Some(noisiest) = self.rules.first() else { return next_without_alerts() };
        let rule = &noisiest.rule_id;
        let mut text = String::from("\nNext\n");
        for (command, why) in [
            (format!("rules show {rule}"), "what it catches, what it cannot, how to look into it"),
            (format!("rules explain {rule} < record.json"), "why it saw a record, by which clause"),
            (
                String::from("inject --corpus <logs> --seed 1 --out <dir>"),
                "attacks planted into a copy of these logs, to see what tuning costs",
            ),
            (format!("sweep --rule {rule} --corpus <dir>"), "where its threshold should be"),
            (
                String::from("drill"),
                "what all rules find in a staged tenant, with a report to show",
            ),
        ] {
            writeln!(text, "  vaultdrill {command}").expect("writing to a String cannot fail");
            wrapped(&mut text, ("      ", "      "), why);
        }
        text
    }
}

const EXCEPTIONS: &str = "Each hides what it names from its rule, whoever does it next. Where it is \
                          expected, give the reason and append it to the rule's file; narrow it \
                          further if you can. What these alerts had absorbed may alert then.";

const NO_EXCEPTION: &str = "No exception would remove as much as a twentieth of a noisy rule's alerts: \
                            many callers cause them, so that a threshold is what there is to tune.";

impl Candidate {
    fn text(&self) -> String {
        let Self { rule_id, removes, of, .. } = self;
        let mut text = String::from("\n");
        let words = format!("{rule_id}: {removes} of {of} alerts rest on such calls alone");
        wrapped(&mut text, ("# ", "# "), &words);
        if let Some(rests_on) = &self.rests_on {
            let words = format!(
                "beware: this rests on {rests_on} alone. Whoever takes that over is hidden whatever \
                 he does, and `rules check` will say so. Narrow it to an operation, a vault, an \
                 address or hours."
            );
            wrapped(&mut text, ("# ", "# "), &words);
        }
        text + &self.toml
    }
}

fn next_without_alerts() -> String {
    let mut text = String::from("\nNext\n");
    for (command, why) in [
        ("rules explain < record.json", "which rules see a record, and why others do not"),
        ("drill", "what the rules find in a staged tenant"),
    ] {
        writeln!(text, "  vaultdrill {command}").expect("writing to a String cannot fail");
        wrapped(&mut text, ("      ", "      "), why);
    }
    text
}

fn named_table(what: &str, named: &[Named]) -> Table {
    let mut table = table(&[what, "alerts", "rules"]);
    for Named { name, alerts, rules } in named.iter().take(NAMED_SHOWN) {
        let mut name = escaped(name);
        if name.len() > NAME_WIDTH {
            name.truncate(NAME_WIDTH - 3);
            name.push_str("...");
        }
        table.add_row([name, alerts.to_string(), rules.to_string()]);
    }
    right(&mut table);
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH as u16);
    table.set_header(header);
    table
}

/// Names wrap, figures do not.
fn right(table: &mut Table) {
    table.column_iter_mut().skip(1).for_each(|column| {
        column.set_cell_alignment(CellAlignment::Right);
        column.set_constraint(ColumnConstraint::ContentWidth);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::RuleNoise;

    fn rule(id: &str, alerts: u64) -> RuleNoise {
        RuleNoise {
            rule_id: id.to_owned(),
            alerts,
            cases: alerts / 2,
            alerts_per_day: alerts as f64 / 7.0,
            busiest_day: String::from("2026-03-04"),
            busiest_day_alerts: alerts / 3,
            by_day: [(String::from("2026-03-04"), alerts / 3)].into(),
        }
    }

    fn named(name: &str, alerts: u64) -> Named {
        Named { name: name.to_owned(), alerts, rules: 2 }
    }

    fn noise() -> Noise {
        let clauses =
            "  identity: \"5f0c4f3e-8a51-4a0e-9d27-8b1f5f3c0a02\"\n  and vault: \"pay\"\n";
        let candidate = |rests_on: Option<&str>| Candidate {
            rule_id: String::from("novel-object"),
            removes: 120,
            of: 637,
            query: String::new(),
            toml: format!("[[exceptions]]\nquery = \"\"\"\n{clauses}\"\"\"\nreason = \"\"\n"),
            rests_on: rests_on.map(str::to_owned),
        };
        Noise {
            days: Some(["2026-03-01", "2026-03-07"].map(str::to_owned)),
            day_count: 7,
            alerts: 1043,
            cases: 521,
            rules: vec![rule("novel-object", 637), rule("list-then-read", 406)],
            silent_rules: 23,
            identities: vec![
                named("5f0c4f3e-8a51-4a0e-9d27-8b1f5f3c0a02", 200),
                named("\u{1b}[31mred\u{202e}", 80),
                named(&"x".repeat(300), 2),
            ],
            vaults: vec![named("pay", 700)],
            exceptions: vec![candidate(None), candidate(Some("an identity"))],
        }
    }

    #[test]
    fn what_is_said_of_noise() {
        insta::with_settings!({ snapshot_path => "../../tests/golden", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("noise_text", noise().text());
        });
    }

    #[test]
    fn no_line_is_wider_than_a_terminal_and_no_name_moves_the_cursor() {
        let mut noise = noise();
        for rule in &mut noise.rules {
            rule.rule_id = "z".repeat(64);
            (rule.alerts, rule.cases, rule.alerts_per_day) = (1 << 40, 1 << 40, 1e12);
            rule.busiest_day_alerts = 1 << 40;
        }
        noise.rules.extend((0..20).map(|n| rule(&format!("rule-{n}"), 3)));
        let text = noise.text();
        assert!(text.chars().all(|c| c == '\n' || (' '..='~').contains(&c)));
        for line in text.lines() {
            // A command or a word that is wider stays whole.
            assert!(line.len() <= 80 || line.contains(&"z".repeat(64)), "{line}");
        }
    }

    #[test]
    fn without_alerts_it_says_what_to_try() {
        let quiet = Noise { alerts: 0, cases: 0, rules: vec![], exceptions: vec![], ..noise() };
        let text = quiet.text();
        assert!(text.starts_with("0 alerts in 7 days"), "{text}");
        assert!(text.contains("rules explain < record.json"), "{text}");
        let nothing = Noise { days: None, ..quiet };
        assert!(nothing.text().starts_with("No event arrived"));
    }
}
