//! What capacity.json says, for people: fits 80 columns.

use std::fmt::Write as _;

use super::search::BEYOND;
use super::{Answer, Capacity, Drained, Fault, Probe, Sizing, Sureness};
use crate::wrapped::folded;

/// Cores busy for this share of the time have nothing left to give.
const USED_UP: f64 = 0.85;

impl Capacity {
    /// The whole report.
    pub fn text(&self) -> String {
        let parts = [
            self.verdict(),
            self.plan.as_ref().map(Answer::text).unwrap_or_default(),
            self.sizing_table(),
            self.load_table(),
            self.scaling(),
            self.costs(),
            self.owners_units(),
            self.method(),
        ];
        let parts: Vec<String> = parts.iter().map(|part| folded(part.trim_end())).collect();
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    }

    /// The sentence to remember.
    fn verdict(&self) -> String {
        let best = self.sizing.iter().filter(|size| size.maximum.is_some());
        let best =
            best.max_by(|a, b| a.maximum.unwrap_or(0.0).total_cmp(&b.maximum.unwrap_or(0.0)));
        let Some((size, rate)) = best.and_then(|size| Some((size, size.maximum?))) else {
            let unpaced = self.sizing.iter().map(|size| size.unpaced).fold(0.0, f64::max);
            let met_by = self.probes.iter().map(|probe| probe.latency.p99_ns).min();
            let lowest = met_by.map_or_else(String::new, |ns| {
                format!(" The lowest p99 of any probe was {}.", time(ns))
            });
            return format!(
                "No rate is sustained with {}. Without pace it reads {}/s.{lowest}",
                self.slo,
                count(unpaced)
            );
        };
        let probe = size.confirmation.as_ref();
        let p99 = probe
            .map_or_else(String::new, |probe| format!(" (p99 {})", time(probe.latency.p99_ns)));
        format!(
            "Sustains {} records/s ({}/s) on {} of {}, with {}{p99}, nothing lost and the alerts of an \
             unpaced run.",
            count(rate),
            bytes(rate * self.corpus.bytes_per_record),
            workers(size.workers),
            self.environment.cpu_model,
            self.slo
        )
    }

    fn sizing_table(&self) -> String {
        let mut text = format!(
            "Sizing (records/s)\n{:>7} {:>8} {:>17} {:>8} {:>8} {:>9} {:>8} {:>7}\n",
            "workers", "maximum", "[range]", "70 %", "per core", "B/s core", "us CPU", "MB"
        );
        for size in &self.sizing {
            let probe = size.confirmation.as_ref();
            let each = size.maximum.map(|maximum| maximum / size.workers as f64);
            let hi = size.hi.map_or_else(|| "?".to_owned(), count);
            let _ = writeln!(
                text,
                "{:>7} {:>8} {:>17} {:>8} {:>8} {:>9} {:>8} {:>7}",
                size.workers,
                or_dash(size.maximum, count),
                or_dash(size.lo, |lo| format!("[{} to {hi}]", count(lo))),
                or_dash(size.recommended, count),
                or_dash(each, count),
                or_dash(each, |each| bytes(each * self.corpus.bytes_per_record)),
                or_dash(size.cpu_seconds_per_record, |seconds| format!("{:.2}", seconds * 1e6)),
                or_dash(probe.and_then(|probe| probe.resident_bytes), |b| format!(
                    "{:.0}",
                    b as f64 / 1e6
                )),
            );
        }
        text.push_str(
            "range: from the maximum less the noise of equal runs to the lowest rate that failed (no \
             statistical interval). 70 %: recommended. us CPU: microseconds of processor time per record. \
             MB: resident in the whole process, with what earlier runs left.\n",
        );
        for size in self.sizing.iter().filter(|size| size.maximum.is_some()) {
            let number = workers(size.workers);
            if size.hi.is_none() {
                let _ = writeln!(
                    text,
                    "No rate failed with {number}: the search ended at {BEYOND} times the unpaced rate."
                );
            }
            if size.recommended.is_none() {
                let _ = writeln!(
                    text,
                    "Nothing is recommended for {number}: 70 % of the maximum was not sustained."
                );
            }
        }
        for size in self.sizing.iter().filter(|size| !size.limited_by.is_empty()) {
            let limit = limit(size, self.environment.cores);
            let _ = writeln!(text, "Above the maximum of {}, {limit}.", workers(size.workers));
        }
        text
    }

    fn load_table(&self) -> String {
        let mut text = format!(
            "Latency, from the instant a record is due to its last verdict\n{:>7} {:>9} {:>9} {:>10} {:>10} {:>10} {:>9}\n",
            "workers", "load", "rate", "p50", "p99", "p99.9", "waiting"
        );
        let (mut rows, mut failed) = (0, 0);
        for size in &self.sizing {
            let loads = size.loads.iter().map(|(share, probe)| (format!("{share} %"), probe));
            let at_most = size.confirmation.iter().map(|probe| ("maximum".to_owned(), probe));
            for (load, probe) in loads.chain(at_most) {
                rows += 1;
                let Probe { latency, rate, backlog_max, faults, .. } = probe;
                let fault = faults.first().map_or("", |fault| fault.word());
                failed += u32::from(!fault.is_empty());
                let row = format!(
                    "{:>7} {load:>9} {:>9} {:>10} {:>10} {:>10} {:>9} {fault}",
                    size.workers,
                    count(*rate),
                    time(latency.p50_ns),
                    time(latency.p99_ns),
                    time(latency.p99_9_ns),
                    count(*backlog_max as f64),
                );
                let _ = writeln!(text, "{}", row.trim_end());
            }
        }
        if failed > 0 {
            text.push_str("A row that ends in a word was not sustained, and that is why.\n");
        }
        if rows == 0 { String::new() } else { text }
    }

    fn scaling(&self) -> String {
        let mut text = String::new();
        let maxima: Vec<(usize, f64)> =
            self.sizing.iter().filter_map(|size| Some((size.workers, size.maximum?))).collect();
        if let Some(&(first, base)) = maxima.first()
            && maxima.len() > 1
        {
            let efficiency = maxima[1..].iter().map(|&(workers, maximum)| {
                let share = maximum / workers as f64 / (base / first as f64) * 100.0;
                format!("{workers} workers {share:.0} %")
            });
            let listed = efficiency.collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "Efficiency per worker, against {}: {listed}.", workers(first));
        }
        match &self.scalability {
            None => text.push_str(
                "No fit of how it scales: that takes four numbers of workers, each with a maximum.\n",
            ),
            Some(fit) => {
                let [serial, crosstalk] = [fit.serial, fit.crosstalk].map(|it| it.map(|x| x * 100.0));
                let _ = writeln!(
                    text,
                    "Universal scalability law: {}/s for one worker, {:.1} % [{:.1} to {:.1}] of the work \
                     done by one at a time, {:.2} % [{:.2} to {:.2}] lost per pair of workers. Good for up \
                     to {} workers.",
                    count(fit.rate_per_worker),
                    serial[0], serial[1], serial[2],
                    crosstalk[0], crosstalk[1], crosstalk[2],
                    fit.workers_measured * super::usl::REACH
                );
            }
        }
        text
    }

    fn costs(&self) -> String {
        let mut text = String::new();
        if !self.stages.is_empty() {
            text.push_str("Where the time goes (us per record, unpaced)\n");
            for stage in &self.stages {
                let _ = writeln!(text, "{:>9.2}  {}", stage.us_per_record, stage.name);
            }
        }
        if let Some(state) = self.state_per_identity {
            let fixed = or_dash(self.resident_fixed_bytes, |fixed| bytes(fixed as f64));
            let _ = writeln!(
                text,
                "An identity takes {} of state; {fixed} are resident beside that of all of them.",
                bytes(state)
            );
        }
        if let Some(burst) = &self.burst {
            let drained = match burst.drained {
                Drained::AfterSeconds(seconds) => format!("was worked off {seconds:.2} s after it"),
                Drained::Never => "was not worked off while records were offered".to_owned(),
                Drained::Unknown => "was seen too seldom to tell when it was worked off".to_owned(),
            };
            let _ = writeln!(
                text,
                "A burst of {} times {} records/s for {:.1} s left {} waiting, which {drained}.",
                burst.factor,
                count(burst.rate),
                burst.seconds,
                count(burst.backlog_max as f64)
            );
        }
        text
    }

    fn owners_units(&self) -> String {
        let Some(units) = &self.units else { return String::new() };
        let size = self.sizing.iter().rev().find(|size| size.recommended.is_some());
        let mut text = format!(
            "What is recommended for {}, in other units: {} vaults at the limit at which Azure \
             throttles them (4,000 requests in 10 s), {} GB a day",
            size.map_or_else(String::new, |size| workers(size.workers)),
            count(units.saturated_vaults),
            count(units.gb_per_day),
        );
        if let Some(times) = units.own_rates {
            let _ = write!(text, "; {} times the rate of {}", count(times), self.corpus.name);
            let each = [(units.vaults, "vaults"), (units.identities, "identities")];
            let each = each.iter().filter_map(|(n, noun)| Some(format!("{} {noun}", count((*n)?))));
            let each: Vec<String> = each.collect();
            if !each.is_empty() {
                let _ = write!(text, ", that is {} like its own", each.join(" or "));
            }
        }
        text + "."
    }

    fn method(&self) -> String {
        let corpus = &self.corpus;
        let lap = match corpus.laps {
            1 => String::new(),
            laps => format!(
                " It is too short to last: it was read up to {laps} times over, each lap {:.0} days \
                 later than the one before; unpaced runs, whose alerts are the reference, likewise.",
                corpus.period_seconds / 86_400.0
            ),
        };
        let noise = or_dash(self.noise, |noise| format!("{:.1} %", noise * 100.0));
        let environment = &self.environment;
        format!(
            "Method: {} records of {}, {:.0} bytes each.{lap} Open loop: records are offered on a schedule, \
             latency counts from the instant a record was due. Ramp and bisection to 3 % in probes of {} s; \
             a rate is sustained iff the backlog does not grow (Theil-Sen), the last verdict is not late, {} \
             holds, and the alerts are the {} of an unpaced run (digest {}); a maximum held twice for three times as long, and its \
             latencies are those of the slower run. Two equal unpaced runs differed by {noise}. {} cores, {}, \
             {} build, version {}.",
            count(corpus.records as f64),
            corpus.name,
            corpus.bytes_per_record,
            self.probe_seconds,
            self.slo,
            self.reference.alerts,
            self.reference.digest.get(..12).unwrap_or_default(),
            environment.cores,
            environment.kernel,
            environment.build_profile,
            environment.tool_version,
        )
    }
}

impl Answer {
    fn text(&self) -> String {
        let mut text = format!(
            "Plan of {} records/s and {} identities: ",
            count(self.plan.rate),
            self.plan.identities
        );
        let interval = self.recommended.map_or_else(String::new, |[value, lo, hi]| {
            format!(
                "{} [{} to {}] records/s are recommended for them",
                count(value),
                count(lo),
                count(hi)
            )
        });
        let number = self.workers.map(workers).unwrap_or_default();
        text.push_str(&match self.sureness {
            Sureness::Sure => format!("carried for sure by {number} of this machine: {interval}."),
            Sureness::Likely => {
                format!("probably carried by {number} of this machine: {interval}.")
            }
            Sureness::Extrapolated if self.has_many_identities() => format!(
                "carried by {number} if so many more identities than the {} that were measured make no \
                 difference: {interval}.",
                self.identities_measured
            ),
            Sureness::Extrapolated => format!(
                "carried by {number}, by the fit, beyond what was measured: {interval}."
            ),
            Sureness::Refused if self.fits() == Some(false) => {
                "not carried, for want of memory.".to_owned()
            }
            Sureness::Refused => "no number of workers that was measured carries it, and beyond twice what \
                 was measured (or with fewer than four numbers of workers) nothing can be said."
                .to_owned(),
        });
        match (self.memory_bytes, self.available_bytes) {
            (Some(needed), Some(there)) => {
                let fits = if self.fits() == Some(true) { "fit into" } else { "do NOT fit into" };
                let _ = write!(
                    text,
                    " Its identities need about {}, which {fits} the {} that are free.",
                    bytes(needed),
                    bytes(there as f64)
                );
            }
            _ => text.push_str(" Memory per identity was not measured."),
        }
        text
    }
}

/// What gives way first above the maximum, and whether the cores are what it is for want of.
fn limit(size: &Sizing, cores: usize) -> String {
    let faults: Vec<&str> = size.limited_by.iter().map(|fault| fault.phrase()).collect();
    let faults = faults.join(", ");
    // The workers, and the thread that feeds them.
    let usable = cores.min(size.workers + 1) as f64;
    let busy = size
        .confirmation
        .as_ref()
        .and_then(|probe| Some(probe.cpu_seconds? / probe.seconds.max(f64::MIN_POSITIVE)));
    match busy {
        Some(busy) if !size.limited_by.contains(&Fault::Source) => {
            let which = if busy >= USED_UP * usable {
                "no more to be had"
            } else {
                "not all of them: others may be using the rest, or rounds wait for one thread"
            };
            format!("{faults} ({busy:.1} of {usable} cores busy at the maximum: {which})")
        }
        _ => faults,
    }
}

fn workers(number: usize) -> String {
    format!("{number} worker{}", if number == 1 { "" } else { "s" })
}

fn or_dash<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), text)
}

/// Three significant digits.
fn count(number: f64) -> String {
    let scaled = |value: f64, unit: &str| match value {
        ..10.0 => format!("{value:.2}{unit}"),
        10.0..100.0 => format!("{value:.1}{unit}"),
        _ => format!("{value:.0}{unit}"),
    };
    match number.abs() {
        ..1.0 => format!("{number:.2}"),
        1.0..1e3 => format!("{number:.0}"),
        1e3..1e6 => scaled(number / 1e3, "k"),
        1e6..1e9 => scaled(number / 1e6, "M"),
        1e9..1e12 => scaled(number / 1e9, "G"),
        _ => format!("{number:.1e}"),
    }
}

fn bytes(number: f64) -> String {
    match number {
        ..1e3 => format!("{number:.0} B"),
        1e3..1e6 => format!("{:.1} kB", number / 1e3),
        1e6..1e9 => format!("{:.0} MB", number / 1e6),
        _ => format!("{:.1} GB", number / 1e9),
    }
}

fn time(ns: u64) -> String {
    let ms = ns as f64 / 1e6;
    match ms {
        ..10.0 => format!("{ms:.2} ms"),
        10.0..10_000.0 => format!("{ms:.0} ms"),
        _ => format!("{:.0} s", ms / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::measured;
    use super::super::{Answer, Plan, Search};
    use super::*;
    use crate::wrapped::WIDTH;

    #[test]
    fn the_report_fits_a_terminal_and_says_what_was_found() {
        for counts in [&[1][..], &[1, 2], &[1, 2, 3, 4, 64]] {
            let mut capacity = measured(counts);
            let plan = Plan { rate: 50_000.0, identities: 3000 };
            capacity.plan = Some(Answer::new(plan, &capacity, Some(8 << 30)));
            let text = capacity.text();
            for line in text.lines() {
                assert!(line.chars().count() <= WIDTH, "{line}");
            }
            let words = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            for phrase in [
                "nothing lost",
                "the queue grows",
                "175 vaults at the limit",
                "up to 3 times over, each lap 21 days later",
                "carried for sure by 1 worker",
                "worked off 4.20 s after it",
                "differed by 1.3 %",
            ] {
                let is_for_one = phrase.starts_with("175") && counts.len() > 1;
                assert!(is_for_one || words.contains(phrase), "{phrase}: {text}");
            }
            assert_eq!(words.contains("Universal"), counts.len() >= 4, "{text}");
        }
    }

    #[test]
    fn an_objective_that_no_rate_meets_is_said_in_the_verdict() {
        let mut capacity = measured(&[1]);
        let probe = capacity.sizing[0].confirmation.take().unwrap();
        capacity.probes.push(probe);
        capacity.sizing[0] = Sizing::new(1, 110_000.0, &Search::new(110_000.0), None, 0.01);
        let text = capacity.text().split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.starts_with("No rate is sustained with p99 <= 5 ms."), "{text}");
        assert!(text.contains("lowest p99 of any probe was 3.40 ms"), "{text}");
    }

    #[test]
    fn what_failed_is_marked_and_not_recommended_and_an_open_end_is_said() {
        let mut capacity = measured(&[1]);
        let size = &mut capacity.sizing[0];
        (size.hi, size.recommended) = (None, None);
        size.loads[1].1.faults.push(Fault::Queue);
        let plan = Plan { rate: 5000.0, identities: 100_000_000 };
        capacity.plan = Some(Answer::new(plan, &capacity, Some(1 << 30)));
        let text = capacity.text();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(
            text.lines().any(|line| line.contains("70 %") && line.ends_with(" queue")),
            "{text}"
        );
        let words = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        for phrase in [
            "to ?]",
            "search ended at 1.25 times the unpaced rate",
            "Nothing is recommended for 1 worker",
            "not carried, for want of memory. Its identities need about 90.0 GB, which do NOT fit",
        ] {
            assert!(words.contains(phrase), "{phrase}: {text}");
        }
    }

    #[test]
    fn numbers_keep_three_digits() {
        let numbers = [0.5, 7.0, 999.0, 1234.0, 45_600.0, 123_456.0, 1.5e6, 2e13];
        let shown = ["0.50", "7", "999", "1.23k", "45.6k", "123k", "1.50M", "2.0e13"];
        assert_eq!(numbers.map(count), shown);
    }
}
