//! Where the figures come from: the machine, the files, and the command that makes them again.

use super::figures::to_the_minute;
use super::html::{Html, name, sentence};
use super::inputs::Inputs;
use super::page::section;
use crate::output::{command_line, quoted};

/// Files of a drill, and what they hold.
const FILES: [(&str, &str); 7] = [
    ("score.json", "every figure of this page, with n, interval and method"),
    ("run/alerts.ndjson", "what fired, with evidence and triage facts"),
    ("run/evidence.ndjson", "every event that an alert rests on"),
    ("run/run.json", "what was read, how fast, on what machine"),
    ("corpus/", "the logs, and truth.ndjson, which the rules never see"),
    ("twin/, twin-run/", "the same traffic without attacks, for the false alerts"),
    ("drill.json", "estate, attacks, rules, seed and days"),
];

/// Writes the section.
pub(super) fn write(html: &mut Html, inputs: &Inputs) {
    let lead = "The corpus is drawn from the seed alone: the same drill and seed give the same bytes, \
                and so the same figures but for times.";
    section(html, "provenance", "Do it again", lead, |html| {
        html.element("pre", &[("tabindex", &0)], |html| {
            let words: Vec<_> = inputs.run.command.iter().map(|word| sentence(word)).collect();
            html.leaf("code", &[], command_line(&words));
        });
        html.leaf("p", &[("class", &"note")], "This page alone, from the files of the drill:");
        html.element("pre", &[("tabindex", &0)], |html| {
            html.leaf(
                "code",
                &[],
                format!("vaultdrill report {}", quoted(&sentence(&inputs.folder))),
            );
        });
        html.element("dl", &[], |html| facts(html, inputs));
        html.leaf("h3", &[], format!("Files in {}", name(&inputs.folder)));
        html.element("dl", &[], |html| {
            for (file, what) in FILES {
                html.leaf("dt", &[], file);
                html.leaf("dd", &[], what);
            }
        });
    });
}

fn facts(html: &mut Html, inputs: &Inputs) {
    let (score, run, drill) = (&inputs.score, &inputs.run, &inputs.drill);
    let machine = &run.environment;
    let facts = [
        ("drill", format!("{}: {}", name(&drill.name), sentence(&drill.description))),
        ("estate", format!("{}, seed {}", name(&score.corpus.estate), score.corpus.seed)),
        (
            "scored",
            format!(
                "{} to {} (UTC)",
                to_the_minute(&score.corpus.warmup_end),
                to_the_minute(&score.corpus.last_time)
            ),
        ),
        ("rules", drill.rules.iter().map(|rules| name(rules)).collect::<Vec<_>>().join(", ")),
        ("timing", name(&run.timing)),
        ("corpus id", name(&score.corpus_id)),
        ("rules id", name(&score.rules_id)),
        ("machine", format!("{}, {} cores", name(&machine.cpu_model), machine.cores)),
        ("system", name(&machine.kernel)),
        (
            "program",
            format!(
                "vaultdrill {}, {} build",
                name(&machine.tool_version),
                name(&machine.build_profile)
            ),
        ),
    ];
    for (term, fact) in facts {
        html.leaf("dt", &[], term);
        html.leaf("dd", &[], fact);
    }
}
