//! From a rule file and the values to try to settings, and from what those found to a sweep.
//!
//! Contract: a setting is always a valid rule file. A value that the rule refuses is an error; a
//! combination of values that it would take one by one is left out, and counted. Where any parameter
//! differs from the rule file's, the file says all of them: one that it leaves at its default may follow
//! another, as `suppress` follows the window.

use super::choose::{Choice, Merit, choose, frontier, optimism};
use super::edit::{assignment, edited};
use super::{
    Axis, Budget, Curve, Figures, Part, Place, Present, Recommendation, Sampling, Setting, Split,
    Sweep, grid,
};
use crate::event::TickSpan;
use crate::rules::{LoadError, Rule, RuleFileError, RuleKind, RuleSet, RuleSetError, parse_rule};
use crate::score::Tally;

/// Version of sweep.json's shape.
pub(super) const SCHEMA_VERSION: u32 = 1;
/// What sweep.json calls itself.
pub(super) const KIND: &str = "sweep";

/// A rule, its file, and the settings to try.
#[derive(Debug)]
pub struct Lab {
    rule: Rule,
    axes: Vec<Axis>,
    settings: Vec<Place>,
    sampling: Sampling,
    rules: Vec<RuleSet>,
    /// The rule file of each.
    texts: Vec<String>,
}

/// Why a rule cannot be swept.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// It refuses a value.
    #[error(transparent)]
    Rule(#[from] LoadError),
    /// Its file has no place for a parameter.
    #[error("rule `{rule_id}`: expected tables for {parameters} in its file, found none")]
    Nowhere {
        /// The rule.
        rule_id: String,
        /// The parameters that were to be written.
        parameters: String,
    },
}

impl From<Box<RuleFileError>> for LabError {
    fn from(fault: Box<RuleFileError>) -> Self {
        Self::Rule(fault.into())
    }
}

impl From<RuleSetError> for LabError {
    fn from(error: RuleSetError) -> Self {
        Self::Rule(error.into())
    }
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
    /// How much past rules could learn from before anything is scored.
    pub warm_up: TickSpan,
}

impl Lab {
    /// The settings of the rule whose file says `text`.
    ///
    /// # Errors
    /// The rule's own fault where it refuses a value; a parameter that its file has no place for.
    pub fn new(rule: Rule, text: &str, axes: Vec<Axis>, seed: u64) -> Result<Self, LabError> {
        let (places, mut sampling) = grid::settings(&axes, seed);
        let (mut settings, mut rules, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        let mut refused = 0;
        for place in places {
            let text = with(text, &axes, &place).ok_or_else(|| nowhere(&rule, &axes))?;
            match parse_rule(&rule.id, &text) {
                Ok(its) => {
                    rules.push(RuleSet::new(vec![Rule { pack: rule.pack.clone(), ..its }])?);
                    settings.push(place);
                    texts.push(text);
                }
                Err(fault) if changed(&axes, &place).len() < 2 => return Err(fault.into()),
                Err(_) => refused += 1,
            }
        }
        if refused > 0 {
            sampling.method += &format!("; {refused} left out that the rule does not take");
        }
        Ok(Self { rule, axes, settings, sampling, rules, texts })
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
        let has_twin = own.tuning.clean_days > 0.0;
        let untaught = |at: usize| past(&self.rules[at].rules[0]) > trial.warm_up;
        let merits = figures.iter().enumerate().map(|(at, [tuning, _])| Merit {
            recall: tuning.recall.value.unwrap_or(0.0),
            cost: cost(tuning, has_twin),
            is_taught: !untaught(at),
        });
        let merits: Vec<Merit> = merits.collect();
        let limit = (budget.per_day, own.tuning.campaigns);
        let choice = choose(&self.axes, &self.settings, &merits, limit);
        let settings = self.settings.iter().zip(&merits).zip(figures);
        let settings = settings.map(|((place, merit), [tuning, held_out])| Setting {
            values: self.axes.iter().zip(place).map(|(axis, &step)| axis.steps[step]).collect(),
            changes: changed(&self.axes, place)
                .into_iter()
                .map(|(axis, value)| assignment(&axis.parameter, value))
                .collect(),
            tuning,
            held_out,
            history_exceeds_warm_up: !merit.is_taught,
        });
        let settings: Vec<Setting> = settings.collect();
        let gap = |at: usize| optimism(&settings[at].tuning, &settings[at].held_out);
        let recommended = choice.map(|Choice { setting, best, recall_at_least, candidates }| {
            let file = self.recommended_path();
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

    /// Where that file goes, relative to sweep.json.
    pub fn recommended_path(&self) -> String {
        format!("recommended/{}.toml", self.rule.id)
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
        Some(format!("{comment}\n{}", self.texts[setting]))
    }
}

/// The figures of a setting on one part.
pub fn figures(tally: &Tally) -> Figures {
    Figures {
        recall: tally.recall(),
        precision: tally.precision(),
        alerts_per_day: tally.alerts_per_day(),
        false_alerts_per_day: tally.false_alerts_per_day(),
        alerts_dropped: tally.alerts_dropped,
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
    let per_day = given.unwrap_or_else(|| cost(own, has_twin));
    Budget { per_day, figure: figure.to_owned(), is_default: given.is_none() }
}

/// What a setting costs, in what the budget is for.
fn cost(figures: &Figures, has_twin: bool) -> f64 {
    let cost = if has_twin { &figures.false_alerts_per_day } else { &figures.alerts_per_day };
    cost.value.unwrap_or(f64::INFINITY)
}

/// How much past a rule must have seen before it judges as it is meant to.
fn past(rule: &Rule) -> TickSpan {
    match &rule.kind {
        RuleKind::Threshold(threshold) => threshold
            .adaptive
            .map_or(TickSpan::default(), |it| TickSpan::days(it.history_days.into()).max(it.learn)),
        RuleKind::NewTerms(new_terms) => new_terms.history.max(new_terms.learn),
        RuleKind::Query { .. } | RuleKind::Sequence(_) => TickSpan::default(),
    }
}

/// The parameters of a setting that differ from the rule file's own, and their values.
fn changed<'a>(axes: &'a [Axis], place: &Place) -> Vec<(&'a Axis, f64)> {
    let differing = axes.iter().zip(place).filter(|(axis, step)| axis.present() != **step);
    differing.map(|(axis, &step)| (axis, axis.steps[step])).collect()
}

/// The rule file at a setting: as it is where nothing differs, else with every swept parameter. None
/// where it has no place for one.
fn with(text: &str, axes: &[Axis], place: &Place) -> Option<String> {
    if changed(axes, place).is_empty() {
        return Some(text.to_owned());
    }
    let all = axes.iter().zip(place).map(|(axis, &step)| (&axis.parameter, axis.steps[step]));
    edited(text, &all.collect::<Vec<_>>())
}

fn nowhere(rule: &Rule, axes: &[Axis]) -> LabError {
    let names: Vec<&str> = axes.iter().map(|axis| axis.parameter.name.as_str()).collect();
    LabError::Nowhere { rule_id: rule.id.clone(), parameters: names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::EMBEDDED;

    fn axes(rule: &Rule, ranges: &[(&str, (f64, f64))]) -> Vec<Axis> {
        let axis = |(name, ends): &(&str, (f64, f64))| {
            let parameter = rule.parameters().into_iter().find(|it| it.name == *name).unwrap();
            Axis::new(rule, parameter, *ends, 3)
        };
        ranges.iter().map(axis).collect()
    }

    fn rule(id: &str) -> (Rule, &'static str) {
        let text = EMBEDDED.iter().find(|(its, _)| *its == id).unwrap().1;
        (parse_rule(id, text).unwrap(), text)
    }

    /// `suppress` follows the window where the file does not say it.
    #[test]
    fn a_setting_is_replayed_at_the_values_that_it_says() {
        for (id, span) in
            [("bulk-extraction", "threshold.window"), ("list-then-read", "sequence.max_span")]
        {
            let (rule, text) = rule(id);
            let text: String = text
                .lines()
                .filter(|line| !line.starts_with("suppress"))
                .map(|line| format!("{line}\n"))
                .collect();
            let rule = Rule { suppress: parse_rule(id, &text).unwrap().suppress, ..rule };
            let axes = axes(&rule, &[(span, (120.0, 3600.0)), ("suppress", (0.0, 7200.0))]);
            let lab = Lab::new(rule, &text, axes, 1).unwrap();
            assert!(lab.settings.len() > 8, "{id}");
            for (place, its) in lab.settings.iter().zip(&lab.rules) {
                let parameters = its.rules[0].parameters();
                for (axis, &step) in lab.axes.iter().zip(place) {
                    let name = &axis.parameter.name;
                    let value = parameters.iter().find(|it| it.name == *name).unwrap().value;
                    assert!(
                        (value - axis.steps[step]).abs() < 1e-9,
                        "{id} {place:?} {name}: {value}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_parameter_without_a_place_in_the_file_is_an_error() {
        let (rule, text) = rule("bulk-extraction");
        let mut axes = axes(&rule, &[("threshold.window", (120.0, 3600.0))]);
        axes[0].parameter.name = "nowhere.window".to_owned();
        let error = Lab::new(rule, text, axes, 1).unwrap_err();
        assert!(error.to_string().contains("expected tables for nowhere.window"), "{error}");
    }

    #[test]
    fn what_a_rule_learns_from_is_its_past() {
        assert_eq!(past(&rule("bulk-extraction").0), TickSpan::days(14));
        assert_eq!(past(&rule("list-then-read").0), TickSpan::default());
    }
}
