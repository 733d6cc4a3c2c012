//! The corpora of a sweep: one at a time they are made where a drill asks for it, captured, judged at
//! every setting, and gone again, so that the disk holds one and memory one capture.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use vaultdrill_generators::{Layout, Plan};

use super::detect::engine_failure;
use super::exit::{self, Failure, OrExit};
use super::generate;
use super::score::{failure, read_manifest};
use super::sweep::refuse_nothing;
use super::terminal::{Terminal, Unit};
use crate::drill::Drill;
use crate::engine::{self, Capture, Options};
use crate::event::TickSpan;
use crate::ingest::resolve_inputs;
use crate::rules::RuleSet;
use crate::score::{AlertLog, Campaign, Manifest, Referee, ScoreError, Tally, Truth};
use crate::sweep::{Split, Tallies, scored_alerts};

/// How far the seed of the held-out part lies from the drill's.
const HELD_OUT_SEED: u64 = 1000;

/// The estate that the held-out part is of beside the drill's own, or the other one for a drill of the
/// first.
const OTHER_ESTATES: [&str; 2] = ["small", "midsize"];

/// Where corpora are made, in the output folder; what an interrupted sweep left there is taken away.
const WORKING_FOLDER: &str = ".sweep-corpus";

/// Where the corpora of a sweep come from, and how their campaigns are parted.
pub(super) struct Corpora<'a> {
    options: Options,
    split: Split,
    source: Source<'a>,
}

enum Source<'a> {
    Drill { plans: Vec<Planned>, out: &'a Path },
    Given { corpus: &'a Path, twin: Option<&'a Path>, manifest: Manifest },
}

/// A corpus to be made.
struct Planned {
    plan: Plan,
    estate: String,
    part: Part,
}

/// What the corpus counts in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Tuning,
    HeldOut,
    Both,
}

impl<'a> Corpora<'a> {
    /// Those of a drill: its own seed and the next, then another seed, and that with another estate.
    pub(super) fn of_drill(
        drill: &Drill,
        options: Options,
        out: &'a Path,
    ) -> Result<Self, Failure> {
        let attacks = generate::Attacks::select(&drill.attacks)?;
        let look_alikes = generate::look_alikes()?;
        let names = attacks.injected.iter().map(|attack| attack.name().to_owned()).collect();
        let benign = look_alikes.iter().map(|one| one.name().to_owned()).collect();
        let own = drill.estate.as_str();
        let other = OTHER_ESTATES[usize::from(own == OTHER_ESTATES[0])];
        let far = drill.seed.wrapping_add(HELD_OUT_SEED);
        let plans = [
            (own, drill.seed, Part::Tuning),
            (own, drill.seed.wrapping_add(1), Part::Tuning),
            (own, far, Part::HeldOut),
            (other, far, Part::HeldOut),
        ];
        let plans = plans.into_iter().map(|(estate, seed, part)| {
            let attacks = generate::Attacks::select(&drill.attacks)?;
            let plan = Plan {
                estate: generate::estate(estate)?,
                attacks: attacks.injected,
                withheld: attacks.withheld,
                look_alikes: generate::look_alikes()?,
                seed,
                // The drill's number is of its estate: the other keeps its natural rate.
                events: (estate == own).then_some(drill.events),
                days: drill.days,
                warmup_days: drill.warmup_days,
                layout: Layout::Lines,
                threads: options.workers,
                out: PathBuf::new(),
                force: false,
            };
            Ok::<_, Failure>(Planned { plan, estate: estate.to_owned(), part })
        });
        let plans = plans.collect::<Result<_, _>>()?;
        let source = Source::Drill { plans, out };
        Ok(Self { options, split: Split::by_kind(names, benign), source })
    }

    /// One corpus, and its clean twin where there is one.
    pub(super) fn given(
        corpus: &'a Path,
        twin: Option<&'a Path>,
        options: Options,
    ) -> Result<Self, Failure> {
        let manifest = read_manifest(&corpus.join("manifest.json"))?;
        if let Some(twin) = twin {
            let twin = read_manifest(&twin.join("manifest.json"))?;
            manifest.check_twin(&twin).map_err(failure)?;
        }
        let truth = read_truth(corpus)?;
        let referee = Referee::new(&truth, &manifest).map_err(failure)?;
        let split = Split::halves(referee.scored(), manifest.seed);
        let count = |is_its: &dyn Fn(&Campaign) -> bool| {
            referee.scored().filter(|campaign| is_its(campaign)).count() as u64
        };
        refuse_nothing([
            count(&|campaign| split.tunes_on(campaign)),
            count(&|campaign| split.holds_out(campaign)),
        ])?;
        Ok(Self { options, split, source: Source::Given { corpus, twin, manifest } })
    }

    pub(super) fn split(&self) -> &Split {
        &self.split
    }

    /// Seed of the first corpus.
    pub(super) fn seed(&self) -> u64 {
        match &self.source {
            Source::Drill { plans, .. } => plans.first().map_or(0, |one| one.plan.seed),
            Source::Given { manifest, .. } => manifest.seed,
        }
    }

    /// How much past rules could learn from in each corpus.
    pub(super) fn warm_up(&self) -> TickSpan {
        match &self.source {
            Source::Drill { plans, .. } => {
                let days = plans.first().map_or(0, |one| one.plan.warmup_days);
                TickSpan::days(days.into())
            }
            Source::Given { manifest, .. } => manifest.warm_up(),
        }
    }

    /// The corpora of the tuning part and of the held-out part, in words.
    pub(super) fn names(&self) -> [Vec<String>; 2] {
        match &self.source {
            Source::Drill { plans, .. } => [Part::Tuning, Part::HeldOut].map(|part| {
                let its = plans.iter().filter(|one| one.part == part);
                its.map(|one| format!("{}, seed {}", one.estate, one.plan.seed)).collect()
            }),
            Source::Given { corpus, .. } => {
                [(); 2].map(|()| vec![format!("one half of {}", corpus.display())])
            }
        }
    }

    /// What each setting finds in all of them.
    pub(super) fn measure(
        &self,
        settings: &[RuleSet],
        terminal: &Terminal,
    ) -> Result<Vec<Tallies>, Failure> {
        let mut all = vec![Tallies::default(); settings.len()];
        let mut add = |folder: &Path, part, is_twin| {
            let its =
                Measured { corpora: self, settings, terminal, part, is_twin }.tally(folder)?;
            for (sum, [tuning, held_out]) in all.iter_mut().zip(its) {
                sum.tuning.add(tuning);
                sum.held_out.add(held_out);
            }
            Ok::<_, Failure>(())
        };
        match &self.source {
            Source::Given { corpus, twin, .. } => {
                add(corpus, Part::Both, false)?;
                if let Some(twin) = twin {
                    add(twin, Part::Both, true)?;
                }
            }
            Source::Drill { plans, out } => {
                for Planned { plan, part, .. } in plans {
                    for is_twin in [false, true] {
                        let folder = WorkingFolder::new(out)?;
                        let plan = at(plan, is_twin, folder.0.join("corpus"));
                        let label = if is_twin { "staging twin" } else { "staging" };
                        generate::write_corpus(&plan, label, terminal)?;
                        add(&plan.out, *part, is_twin)?;
                    }
                }
            }
        }
        Ok(all)
    }
}

/// A folder for one corpus, taken away with all in it.
struct WorkingFolder(PathBuf);

impl WorkingFolder {
    fn new(out: &Path) -> Result<Self, Failure> {
        let folder = Self(out.join(WORKING_FOLDER));
        let failed = |error| Failure::at(exit::UNEXPECTED, &folder.0, &error);
        match fs::remove_dir_all(&folder.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => fs::create_dir(&folder.0).map_err(failed)?,
        }
        Ok(folder)
    }
}

impl Drop for WorkingFolder {
    fn drop(&mut self) {
        // What stays is taken away by the next sweep.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The plan in that folder, with its attacks or as the clean twin.
fn at(plan: &Plan, is_twin: bool, out: PathBuf) -> Plan {
    let mut plan = Plan { out, ..plan.clone() };
    if is_twin {
        plan.withheld.append(&mut plan.attacks);
    }
    plan
}

/// One corpus at all settings.
struct Measured<'a> {
    corpora: &'a Corpora<'a>,
    settings: &'a [RuleSet],
    terminal: &'a Terminal,
    part: Part,
    is_twin: bool,
}

impl Measured<'_> {
    /// What each setting finds for either part.
    fn tally(&self, folder: &Path) -> Result<Vec<[Tally; 2]>, Failure> {
        let manifest = read_manifest(&folder.join("manifest.json"))?;
        let truth = read_truth(folder)?;
        let referee = Referee::new(&truth, &manifest).map_err(failure)?;
        let capture = self.capture(folder)?;
        let corpus_id = format!("{:032x}", capture.corpus_id());
        if corpus_id != manifest.corpus_id {
            return Err(failure(ScoreError::Unlike {
                file: folder.display().to_string(),
                key: "corpus_id",
                other: manifest.file,
                expected: manifest.corpus_id,
                found: corpus_id,
            }));
        }
        let workers = self.corpora.options.workers;
        let tallies = capture.replay_all(self.settings, workers, |place, alerts, dropped| {
            let rules = &self.settings[place];
            let rule = &rules.rules[0];
            let alerts = scored_alerts(&alerts, rule, &referee, |origin| capture.event(origin));
            let log = AlertLog {
                file: format!("replay of {}", rule.id),
                corpus_id: corpus_id.clone(),
                rules_id: rules.rules_id().to_owned(),
                alerts,
                foreign: None,
            };
            self.parts(&referee, &log, dropped)
        });
        tallies.into_iter().collect::<Result<_, _>>().map_err(failure)
    }

    fn capture(&self, folder: &Path) -> Result<Capture, Failure> {
        let inputs = resolve_inputs(&[folder.to_owned()]).or_exit(exit::INPUT)?;
        let bar = self.terminal.progress("capturing", Unit::Bytes);
        let options = &self.corpora.options;
        let captured = engine::capture(&inputs, &self.settings[0], options, &mut |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        captured.map_err(engine_failure)
    }

    fn parts(
        &self,
        referee: &Referee<'_>,
        log: &AlertLog,
        alerts_dropped: u64,
    ) -> Result<[Tally; 2], ScoreError> {
        let split = &self.corpora.split;
        let count = |is_its: bool, is_tuning: bool| {
            if !is_its {
                return Ok(Tally::default());
            }
            let keeps = |campaign: &_| {
                if is_tuning { split.tunes_on(campaign) } else { split.holds_out(campaign) }
            };
            let mut tally =
                if self.is_twin { referee.noise(log) } else { referee.tally(log, keeps) }?;
            tally.alerts_dropped = alerts_dropped;
            Ok(tally)
        };
        let tuning = count(self.part != Part::HeldOut, true)?;
        Ok([tuning, count(self.part != Part::Tuning, false)?])
    }
}

fn read_truth(folder: &Path) -> Result<Truth, Failure> {
    let path = folder.join("truth.ndjson");
    let file = File::open(&path).map_err(|error| Failure::at(exit::INPUT, &path, &error))?;
    Truth::read(&path.display().to_string(), BufReader::new(file)).map_err(failure)
}
