//! `vaultdrill generate --describe`: a corpus in figures, beside the published ones.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use vaultdrill_generators::{Description, Figure, Plan, Verdict, describe};

use super::exit::{self, Failure, OrExit};
use super::score::WIDTH;
use super::terminal::{Terminal, Unit};

pub(crate) fn run(plan: &Plan, terminal: &Terminal) -> Result<(), Failure> {
    let bar = terminal.progress("describing", Unit::Events);
    let described = describe(plan, &mut |progress| {
        bar.set_length(progress.events_expected);
        bar.set_position(progress.events);
    });
    bar.finish_and_clear();
    let described = described.or_exit(exit::USAGE)?;
    if terminal.is_json() {
        terminal.json(&described)?;
    } else {
        terminal.text(&text(&described))?;
    }
    if described.passes() {
        return Ok(());
    }
    let outside = described.figures.iter().filter(|figure| figure.verdict == Verdict::Outside);
    let message = format!("{} figures are out of their tolerance", outside.count());
    Err(Failure::new(exit::QUALITY, anyhow::anyhow!(message)))
}

fn text(description: &Description) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(WIDTH as u16);
    table.set_header(["figure", "measured", "published", "within", "n", "verdict"]);
    for figure in &description.figures {
        table.add_row([
            figure.statistic.name().to_owned(),
            figure.measured.map_or_else(dash, number),
            figure.published.map_or_else(dash, number),
            figure.tolerance.map_or_else(dash, |tolerance| format!("±{}", number(tolerance))),
            figure.n.to_string(),
            verdict(figure).to_owned(),
        ]);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        column.set_constraint(ColumnConstraint::ContentWidth);
        if (1..5).contains(&at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let capped = description.figures.iter().any(|figure| figure.verdict == Verdict::Capped);
    let note = if capped {
        format!(
            "\ncapped: not compared, for the busiest workload makes {:.0} events a day;\n\
             the estate's maximum and --events cut the busiest first.",
            description.busiest_per_day
        )
    } else {
        String::new()
    };
    format!(
        "Estate {}, seed {}: {} benign records\n\
         of {} workloads and {} people over {} days.\n\n{}\n\n{}{note}",
        description.estate,
        description.seed,
        description.events,
        description.workloads,
        description.people,
        description.days,
        table.trim_fmt(),
        sizes(description),
    )
}

/// The ranges of the records' sizes, one line each.
fn sizes(description: &Description) -> String {
    let sizes = description.figures.iter().filter_map(|figure| {
        let name = figure.statistic.name().strip_prefix("size_bytes_")?;
        let [low, high] = figure.range?;
        Some(format!("  {name:<16} {low:>5.0} to {high:.0}\n"))
    });
    format!("Bytes of nine records in ten:\n{}", sizes.collect::<String>())
}

fn verdict(figure: &Figure) -> &'static str {
    match figure.verdict {
        Verdict::Within => "ok",
        Verdict::Outside => "OUTSIDE",
        Verdict::Capped => "capped",
        Verdict::TooFew => "too few",
        Verdict::Unpublished => "-",
    }
}

/// Three digits that matter.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.1 => format!("{value:.4}"),
        size if size < 10.0 => format!("{value:.3}"),
        _ => format!("{value:.0}"),
    }
}

fn dash() -> String {
    "-".to_owned()
}
