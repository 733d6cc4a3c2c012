//! `vaultdrill generate --audit`: whether an artefact of the generator gives attacks away.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use vaultdrill_generators::{AttackAudit, Auc, Audit, FieldAudit, Plan, audit};

use super::exit::{self, Failure, OrExit};
use super::score::WIDTH;
use super::terminal::{Terminal, Unit};

/// Calls listed per attack; the JSON form has all of them.
const CALLS_SHOWN: usize = 3;
/// Longest value shown: an agent string can be longer than a line.
const VALUE_CHARS: usize = 36;
/// An attack compared up to this is compared.
const WHOLE: f64 = 0.95;

pub(crate) fn run(plan: &Plan, terminal: &Terminal) -> Result<(), Failure> {
    if plan.attacks.is_empty() {
        return Err(Failure::new(exit::USAGE, anyhow::anyhow!("no attack to audit")));
    }
    let bar = terminal.progress("comparing", Unit::Events);
    let audited = audit(plan, &mut |progress| {
        bar.set_length(progress.events_expected);
        bar.set_position(progress.events);
    });
    bar.finish_and_clear();
    let audited = audited.or_exit(exit::USAGE)?;
    if terminal.is_json() {
        terminal.json(&audited)?;
    } else {
        terminal.text(&text(&audited))?;
    }
    if audited.passes() {
        return Ok(());
    }
    let failed = audited.attacks.iter().filter(|attack| !attack.violations.is_empty()).count();
    let message =
        format!("{failed} of {} attacks can be told by an artefact", audited.attacks.len());
    Err(Failure::new(exit::QUALITY, anyhow::anyhow!(message)))
}

fn text(audit: &Audit) -> String {
    let mut text = format!(
        "Leakage self-test of estate {}, seed {}. 0.5 is no separation; no undeclared\n\
         field may be above {:.2}, a tree over all of them must be below {:.2}.\n\n",
        audit.estate, audit.seed, audit.field_bound, audit.tree_bound
    );
    text.push_str(&table(audit).trim_fmt());
    text.push('\n');
    for attack in &audit.attacks {
        text.push_str(&details(attack, audit.field_bound));
    }
    text
}

fn table(audit: &Audit) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(WIDTH as u16);
    table.set_header(["attack", "strongest field", "AUC", "tree", "verdict"]);
    for attack in &audit.attacks {
        let strongest = attack.strongest();
        table.add_row([
            attack.attack.clone(),
            strongest.map_or_else(dash, |field| field.field.name().to_owned()),
            strongest.map_or_else(dash, |field| with_error(field.auc)),
            attack.tree.map_or_else(dash, with_error),
            if attack.violations.is_empty() { "pass" } else { "FAIL" }.to_owned(),
        ]);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        column.set_constraint(ColumnConstraint::ContentWidth);
        if at >= 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// What is out of bounds, what the attack's file declares, and the calls without benign company.
fn details(attack: &AttackAudit, bound: f64) -> String {
    let mut lines: Vec<String> = Vec::new();
    let above = |field: &&FieldAudit| field.declared || field.auc.value > bound;
    for field in attack.fields.iter().filter(above) {
        let mark = if field.declared { " (declared)" } else { "" };
        let name = field.field.name();
        lines.push(format!("{name} {}{mark}", with_error(field.auc)));
        if let Some(value) = &field.value {
            lines.push(format!(
                "  {} of the attack, {} of benign: {}",
                percent(value.hostile_share),
                percent(value.benign_share),
                shortened(&value.value)
            ));
        }
    }
    if let Some(tree) =
        attack.tree.filter(|_| attack.violations.iter().any(|v| v.starts_with("tree")))
    {
        let names: Vec<&str> = attack.tree_fields.iter().map(|field| field.name()).collect();
        lines.push(format!("tree {}: asks for", with_error(tree)));
        lines.extend(names.chunks(3).map(|names| format!("  {}", names.join(", "))));
    }
    for (calls, about) in
        [(&attack.hostile_only, "nobody benign"), (&attack.thin, "too few others")]
    {
        for call in calls.iter().take(CALLS_SHOWN) {
            let share = percent(call.campaign_share);
            lines.push(format!("{share} of campaigns, {about}: {}", shortened(&call.call)));
        }
        if calls.len() > CALLS_SHOWN {
            lines.push(format!("  and {} more such calls", calls.len() - CALLS_SHOWN));
        }
    }
    if attack.judged_share < WHOLE {
        let share = percent(1.0 - attack.judged_share);
        lines.push(format!("{share} of it has too little benign company to be compared"));
    }
    if lines.is_empty() {
        return String::new();
    }
    format!("\n{}\n  {}\n", attack.attack, lines.join("\n  "))
}

fn with_error(auc: Auc) -> String {
    format!("{:.2} ±{:.2}", auc.value, auc.std_err)
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn dash() -> String {
    "-".to_owned()
}

fn shortened(text: &str) -> String {
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    if text.chars().count() <= VALUE_CHARS {
        return text.to_owned();
    }
    text.chars().take(VALUE_CHARS - 3).chain("...".chars()).collect()
}
