//! From a rule file and the values to try to settings, and from what those found to a sweep.
//!
//! Contract: a setting is always a valid rule file. A value that the rule refuses is an error; a
//! combination of values that it would take one by one is left out, and counted.

use super::choose::{Choice, Merit, choose, frontier, optimism};
use super::edit::{assignment, edited};
use super::{
    Axis, Budget, Curve, Figures, Part, Place, Present, Recommendation, Sampling, Setting, Split,
    Sweep, grid,
};
use crate::rules::{LoadError, Rule, RuleSet, parse_rule};
use crate::score::Tally;

/// Version of sweep.json's shape.
pub(super) const SCHEMA_VERSION: u32 = 1;
/// What sweep.json calls itself.
pub(super) const KIND: &str = "sweep";

/// A rule, its file, and the settings to try.
#[derive(Debug)]
pub struct Lab {
    rule: Rule,
    text: String,
    axes: Vec<Axis>,
    settings: Vec<Place>,
    sampling: Sampling,
    rules: Vec<RuleSet>,
}

/// What one setting found on either part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tallies {
    /// What it is chosen on.
    pub tuning: Tally,
    /// What it is reported on.
    pub held_out: Tally,
}

/// What a sweep was about, beside its settings.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    /// The command line.
    pub command: String,
    /// How campaigns were parted.
    pub split: &'a Split,
    /// The corpora of the tuning part and of the held-out part, in words.
    pub corpora: [Vec<String>; 2],
    /// The most alerts a day, where somebody said so.
    pub budget: Option<f64>,
}

impl Lab {
    /// The settings of the rule whose file says `text`.
    ///
    /// # Errors
    /// The rule's own fault where it refuses a value.
    pub fn new(rule: Rule, text: String, axes: Vec<Axis>, seed: u64) -> Result<Self, LoadError> {
        let (places, mut sampling) = grid::settings(&axes, seed);
        let (mut settings, mut rules, mut refused) = (Vec::new(), Vec::new(), 0);
        for place in places {
            let changed = changed(&axes, &place);
            let text = with(&text, &changed);
            match parse_rule(&rule.id, &text) {
                Ok(its) => {
                    rules.push(RuleSet::new(vec![Rule { pack: rule.pack.clone(), ..its }])?);
                    settings.push(place);
                }
                Err(fault) if changed.len() < 2 => return Err(fault.into()),
                Err(_) => refused += 1,
            }
        }
        if refused > 0 {
            sampling.method += &format!("; {refused} left out that the rule does not take");
        }
        Ok(Self { rule, text, axes, settings, sampling, rules })
    }

    /// The rule at each setting, its file's own first.
    pub fn rules(&self) -> &[RuleSet] {
        &self.rules
    }

    /// The sweep, given what each setting found and its figures on either part.
    pub fn conclude(
        &self,
        tallies: &[Tallies],
        figures: Vec<[Figures; 2]>,
        trial: Trial<'_>,
    ) -> Sweep {
        let own = &tallies[0];
        let [tuning_left_out, held_out_left_out] = trial.split.left_out();
        let [tuning_corpora, held_out_corpora] = trial.corpora;
        let budget = budget(&own.tuning, &figures[0][0], trial.budget);
        let merits: Vec<Merit> =
            figures.iter().map(|[tuning, _]| merit(tuning, own.tuning.clean_days > 0.0)).collect();
        let limit = (budget.per_day, own.tuning.campaigns);
        let choice = choose(&self.axes, &self.settings, &merits, limit);
        let settings =
            self.settings.iter().zip(figures).map(|(place, [tuning, held_out])| Setting {
                values: self.axes.iter().zip(place).map(|(axis, &step)| axis.steps[step]).collect(),
                changes: changed(&self.axes, place)
                    .into_iter()
                    .map(|(axis, value)| assignment(&axis.parameter, value))
                    .collect(),
                tuning,
                held_out,
            });
        let settings: Vec<Setting> = settings.collect();
        let gap = |at: usize| optimism(&settings[at].tuning, &settings[at].held_out);
        let recommended = choice.map(|Choice { setting, best, recall_at_least, candidates }| {
            let file = format!("recommended/{}.toml", self.rule.id);
            let (optimism_gap, candidates) = (gap(setting), candidates as u64);
            Recommendation { setting, best, recall_at_least, candidates, optimism_gap, file }
        });
        let mut sweep = Sweep {
            schema_version: SCHEMA_VERSION,
            kind: KIND.to_owned(),
            command: trial.command,
            rule_id: self.rule.id.clone(),
            rule_name: self.rule.name.clone(),
            rule_kind: self.rule.kind.word().to_owned(),
            parameters: self.axes.iter().map(Axis::swept).collect(),
            sampling: self.sampling.clone(),
            tuning: part(tuning_corpora, &own.tuning, tuning_left_out),
            held_out: part(held_out_corpora, &own.held_out, held_out_left_out),
            budget,
            present: Present { setting: 0, optimism_gap: gap(0) },
            frontier: frontier(&merits),
            curves: self.curves(),
            settings,
            recommended,
            verdict: String::new(),
        };
        sweep.verdict = super::text::verdict(&sweep);
        sweep
    }

    /// Along each parameter, the settings that change no other.
    fn curves(&self) -> Vec<Curve> {
        let own = &self.settings[0];
        let along = |(at, axis): (usize, &Axis)| {
            let is_alone = |place: &Place| {
                place.iter().zip(own).enumerate().all(|(other, (a, b))| other == at || a == b)
            };
            let mut settings: Vec<usize> =
                (0..self.settings.len()).filter(|&one| is_alone(&self.settings[one])).collect();
            settings.sort_by_key(|&one| self.settings[one][at]);
            Curve { parameter: axis.parameter.name.clone(), settings }
        };
        self.axes.iter().enumerate().map(along).collect()
    }

    /// The rule file with the recommended setting, and a comment on top that says why.
    pub fn recommended_file(&self, sweep: &Sweep) -> Option<String> {
        let setting = sweep.recommended.as_ref()?.setting;
        let changed = changed(&self.axes, &self.settings[setting]);
        let was = changed.iter().map(|(axis, _)| assignment(&axis.parameter, axis.parameter.value));
        let was: Vec<String> = was.collect();
        let was = if was.is_empty() { "nothing".to_owned() } else { was.join(", ") };
        let mut comment = String::new();
        for said in [
            format!("Setting recommended by a sweep; what it changed was {was}."),
            sweep.verdict.clone(),
            format!("Made by: {}", sweep.command),
        ] {
            let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            comment += &format!("# {said}\n");
        }
        Some(format!("{comment}\n{}", with(&self.text, &changed)))
    }
}

/// The figures of a setting on one part.
pub fn figures(tally: &Tally) -> Figures {
    Figures {
        recall: tally.recall(),
        precision: tally.precision(),
        alerts_per_day: tally.alerts_per_day(),
        false_alerts_per_day: tally.false_alerts_per_day(),
    }
}

fn part(corpora: Vec<String>, tally: &Tally, left_out: Vec<String>) -> Part {
    let Tally { campaigns, days, clean_days, .. } = *tally;
    Part { corpora, campaigns, scored_days: days, clean_days, left_out }
}

/// The budget, and what it is compared with.
fn budget(tally: &Tally, own: &Figures, given: Option<f64>) -> Budget {
    let has_twin = tally.clean_days > 0.0;
    let figure = if has_twin { "false_alerts_per_day" } else { "alerts_per_day" };
    let per_day = given.unwrap_or_else(|| merit(own, has_twin).cost);
    Budget { per_day, figure: figure.to_owned(), is_default: given.is_none() }
}

fn merit(figures: &Figures, has_twin: bool) -> Merit {
    let cost = if has_twin { &figures.false_alerts_per_day } else { &figures.alerts_per_day };
    let known = |value: Option<f64>, or: f64| value.unwrap_or(or);
    Merit { recall: known(figures.recall.value, 0.0), cost: known(cost.value, f64::INFINITY) }
}

/// The parameters of a setting that differ from the rule file's own, and their values.
fn changed<'a>(axes: &'a [Axis], place: &Place) -> Vec<(&'a Axis, f64)> {
    let differing = axes.iter().zip(place).filter(|(axis, step)| axis.present() != **step);
    differing.map(|(axis, &step)| (axis, axis.steps[step])).collect()
}

/// The rule file with these changes. The paths are those of the rule's own parameters, so that they
/// lead somewhere; a file in which they did not would stay as it is.
fn with(text: &str, changed: &[(&Axis, f64)]) -> String {
    let changes: Vec<_> = changed.iter().map(|(axis, value)| (&axis.parameter, *value)).collect();
    edited(text, &changes).unwrap_or_else(|| text.to_owned())
}
