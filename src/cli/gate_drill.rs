//! The old and the new rules over one corpus and its clean twin, in one command.
//!
//! The corpus is staged once; what differs between the two scores is the rules, and nothing else.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::detect::{EngineArgs, load_rules, make_directory, set_timing};
use super::drill::{Stage, clean_twin};
use super::exit::{self, Failure};
use super::gate::{GateArgs, Judged};
use super::generate;
use super::score::ScoreArgs;
use super::terminal::Terminal;
use crate::drill::Drill;
use crate::output::PartialFile;
use crate::rules::RuleSet;

/// The new rules and the old ones, and where each leaves its files.
const SIDES: [Side; 2] = [
    Side { run: "run", twin_run: "twin-run", score: "score.json", label: "replaying" },
    Side {
        run: "base/run",
        twin_run: "base/twin-run",
        score: "base/score.json",
        label: "replaying base",
    },
];

struct Side {
    run: &'static str,
    twin_run: &'static str,
    score: &'static str,
    label: &'static str,
}

/// An earlier verdict or score must not stand where this one may never come to be.
const VERDICTS: [&str; 5] =
    ["gate.json", "gate.md", "gate.junit.xml", SIDES[0].score, SIDES[1].score];

fn remove_earlier(out: &Path) -> Result<(), Failure> {
    for path in VERDICTS.map(|name| out.join(name)) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::at(exit::UNEXPECTED, &path, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Scores of the new rules, then of the old ones.
pub(super) fn play(
    drill: &Drill,
    args: &GateArgs,
    terminal: &Terminal,
) -> Result<[Judged; 2], Failure> {
    let out = args.staging(Some(drill)).unwrap_or_else(|| PathBuf::from("gate"));
    let new = if args.rules.is_empty() { &drill.rules } else { &args.rules };
    let load = |names: &[String]| {
        let mut rules = load_rules(names, terminal)?;
        set_timing(&mut rules, drill.timing)?;
        Ok::<RuleSet, Failure>(rules)
    };
    let (new, old) = (load(new)?, load(&args.base_rules)?);
    make_directory(&out.join("base"))?;
    remove_earlier(&out)?;
    PartialFile::write_json(&out.join("drill.json"), drill)?;
    let stage = Stage {
        rules: &new,
        engine: EngineArgs::with_workers(args.workers),
        drill,
        out: &out,
        terminal,
    };
    let corpus = stage.plan()?;
    generate::write_corpus(&corpus, "staging", terminal)?;
    let twin = clean_twin(corpus.clone(), &out);
    generate::write_corpus(&twin, "staging twin", terminal)?;
    let judge = |rules: &RuleSet, side: &Side| -> Result<Judged, Failure> {
        let run = stage.replay(&corpus.out, rules, side.run, side.label)?;
        stage.replay(&twin.out, rules, side.twin_run, side.label)?;
        let file = out.join(side.score);
        let scoring = stage.scoring(side.run, Some(side.twin_run));
        let score = ScoreArgs { out: Some(file.clone()), ..scoring }.score(|_, _| Ok(()))?;
        Ok(Judged { file: file.display().to_string(), score, run: Some(run) })
    };
    let [now, before] = SIDES;
    Ok([judge(&new, &now)?, judge(&old, &before)?])
}
