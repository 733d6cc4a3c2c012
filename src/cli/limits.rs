//! The bounds of a run, as arguments: of every command that runs detection over logs.

use std::ops::RangeInclusive;

use clap::Args;

use super::detect::TimingArg;
use super::exit::{self, Failure};
use super::inputs::bytes;
use crate::limits::Limits;

/// What bounds a run; what a bound cuts off is counted in run.json and said in the summary.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct LimitArgs {
    /// Memory that the process may take, such as 512MiB or 2GiB (powers of 1024); by default as much as the other limits
    /// allow. Not with `--timing scheduled`.
    #[arg(long, help_heading = "Limits", value_name = "SIZE", value_parser = memory)]
    max_memory: Option<u64>,
    /// Alerts kept of one rule on one day, UTC, 1 or more, and at most 100000 in a run; others are counted.
    #[arg(long, help_heading = "Limits", value_name = "N", default_value_t = Limits::DEFAULT.alerts_per_day, value_parser = clap::value_parser!(u64).range(1..))]
    max_alerts_per_day: u64,
    /// Evidence events listed in an alert, 1 to 10000; evidence.ndjson has all of them.
    #[arg(long, help_heading = "Limits", value_name = "N", hide_short_help = true, default_value_t = Limits::DEFAULT.evidence, value_parser = evidence)]
    max_evidence: usize,
    /// Groups that a rule tracks, 16384 to 268435456; the least recent ones make room.
    #[arg(long, help_heading = "Limits", value_name = "N", hide_short_help = true, default_value_t = Limits::DEFAULT.keys, value_parser = keys)]
    max_keys: usize,
    #[command(flatten)]
    record: RecordLimitArgs,
}

/// What bounds a record: of every command that reads records.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct RecordLimitArgs {
    /// Longest record that is parsed, 1KiB to 64MiB; longer ones are malformed.
    #[arg(long, help_heading = "Limits", value_name = "SIZE", hide_short_help = true, default_value_t = Limits::DEFAULT.line_bytes, value_parser = line_bytes)]
    max_line_bytes: usize,
    /// Deepest nesting that is parsed, 8 to 100; deeper records are malformed.
    #[arg(long, help_heading = "Limits", value_name = "N", hide_short_help = true, default_value_t = Limits::DEFAULT.depth, value_parser = depth)]
    max_depth: usize,
    /// Records of one container, such as `{"records":[..]}`, 1 or more; those beyond are malformed.
    #[arg(long, help_heading = "Limits", value_name = "N", hide_short_help = true, default_value_t = Limits::DEFAULT.envelope_records, value_parser = clap::value_parser!(u64).range(1..))]
    max_envelope_records: u64,
}

impl LimitArgs {
    /// Those of a command that has no such arguments.
    pub(crate) fn none() -> Self {
        Self::of(Limits::DEFAULT)
    }

    /// Whether rules can be judged so within these: those on a schedule keep what no share bounds.
    pub(crate) fn check(self, timing: TimingArg) -> Result<(), Failure> {
        if self.max_memory.is_none() || timing == TimingArg::Streaming {
            return Ok(());
        }
        let error = anyhow::anyhow!(
            "expected the timing `streaming` with --max-memory, found `scheduled`: what rules on a \
             schedule keep has caps of its own"
        );
        Err(Failure::new(exit::USAGE, error))
    }

    pub(crate) fn limits(self) -> Limits {
        Limits {
            keys: self.max_keys,
            evidence: self.max_evidence,
            alerts_per_day: self.max_alerts_per_day,
            memory: self.max_memory,
            ..self.record.limits()
        }
    }

    fn of(limits: Limits) -> Self {
        Self {
            max_memory: limits.memory,
            max_alerts_per_day: limits.alerts_per_day,
            max_evidence: limits.evidence,
            max_keys: limits.keys,
            record: RecordLimitArgs {
                max_line_bytes: limits.line_bytes,
                max_depth: limits.depth,
                max_envelope_records: limits.envelope_records,
            },
        }
    }
}

impl RecordLimitArgs {
    /// Those, and the defaults of everything that a run adds.
    pub(crate) fn limits(self) -> Limits {
        Limits {
            line_bytes: self.max_line_bytes,
            depth: self.max_depth,
            envelope_records: self.max_envelope_records,
            ..Limits::DEFAULT
        }
    }
}

/// Memory: the least that works depends on the workers and is said when the run begins.
fn memory(text: &str) -> Result<u64, String> {
    size(text, (1 << 20)..=(1 << 50), "1MiB to 1048576GiB")
}

fn line_bytes(text: &str) -> Result<usize, String> {
    let bytes = size(text, (1 << 10)..=(64 << 20), "1KiB to 64MiB")?;
    Ok(bytes as usize)
}

fn evidence(text: &str) -> Result<usize, String> {
    number(text, 1..=10_000)
}

fn keys(text: &str) -> Result<usize, String> {
    number(text, (1 << 14)..=(1 << 28))
}

fn depth(text: &str) -> Result<usize, String> {
    number(text, 8..=Limits::MOST_DEPTH)
}

fn number(text: &str, range: RangeInclusive<usize>) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("expected a number from {} to {}", range.start(), range.end()))
}

fn size(text: &str, range: RangeInclusive<u64>, words: &str) -> Result<u64, String> {
    let bytes = bytes(text)?;
    if range.contains(&bytes) { Ok(bytes) } else { Err(format!("expected {words}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_or_are_bytes() {
        for (text, bytes) in [
            ("2GiB", 2 << 30),
            ("512 MiB", 512 << 20),
            ("3GB", 3 << 30),
            ("2G", 2 << 30),
            ("1048576", 1 << 20),
        ] {
            assert_eq!(memory(text), Ok(bytes), "{text}");
        }
        for text in ["10kB", "0", "1025T"] {
            let error = memory(text).unwrap_err();
            assert!(error.contains("1MiB to 1048576GiB"), "{text}: {error}");
        }
        for text in ["", "-1", "1.5GiB", "GiB", "99999999999999999999TB"] {
            assert!(memory(text).is_err(), "{text}");
        }
        assert_eq!(line_bytes("64MiB"), Ok(64 << 20));
        assert!(line_bytes("65MiB").is_err());
    }

    #[test]
    fn what_is_out_of_range_says_the_range() {
        for (text, is_ok) in
            [("8", true), ("100", true), ("7", false), ("101", false), ("x", false)]
        {
            assert_eq!(depth(text).is_ok(), is_ok, "{text}");
        }
        assert_eq!(keys("1").unwrap_err(), "expected a number from 16384 to 268435456");
    }

    #[test]
    fn arguments_that_are_not_given_are_the_defaults() {
        assert_eq!(LimitArgs::none().limits(), Limits::DEFAULT);
    }
}
