//! Latency histograms as a log in HdrHistogram's own format, which its tools read.

use std::io::{self, Write};
use std::time::Duration;

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{
    IntervalLogWriterBuilder, IntervalLogWriterError, Tag,
};

use super::Latencies;

/// One histogram of the log.
#[derive(Clone, Debug)]
pub struct LogInterval {
    /// Its tag; commas, spaces and line ends are left out.
    pub tag: String,
    /// When it began, since the log did.
    pub start: Duration,
    /// How long it lasted.
    pub duration: Duration,
    /// What was recorded, in nanoseconds.
    pub latencies: Latencies,
}

/// Writes the log; `comment` says what it is of.
///
/// # Errors
/// Those of writing.
pub fn write_log(
    intervals: &[LogInterval],
    comment: &str,
    writer: &mut impl Write,
) -> io::Result<()> {
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment(comment)
        .add_comment("times since the first run, values in nanoseconds")
        .begin_log_with(writer, &mut serializer)?;
    for interval in intervals {
        let tag: String =
            interval.tag.chars().filter(|c| !matches!(c, ',' | ' ' | '\r' | '\n')).collect();
        let LogInterval { start, duration, latencies, .. } = interval;
        log.write_histogram(latencies.histogram(), *start, *duration, Tag::new(&tag)).map_err(
            |error| match error {
                IntervalLogWriterError::IoError(error) => error,
                IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
            },
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use hdrhistogram::Histogram;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    #[test]
    fn the_crates_reader_gives_back_what_was_written() {
        let interval = |tag: &str, ms| {
            let mut latencies = Latencies::default();
            latencies.record(Duration::from_millis(ms), 7);
            let (start, duration) = (Duration::from_secs(ms), Duration::from_secs(3));
            LogInterval { tag: tag.to_owned(), start, duration, latencies }
        };
        let mut bytes = Vec::new();
        write_log(&[interval("w1, 70", 5), interval("w2", 9)], "of a test", &mut bytes).unwrap();
        let read: Vec<_> = IntervalLogIterator::new(&bytes)
            .filter_map(|entry| match entry.unwrap() {
                LogEntry::Interval(interval) => Some(interval),
                _ => None,
            })
            .map(|interval| {
                let bytes = STANDARD.decode(interval.encoded_histogram()).unwrap();
                let histogram: Histogram<u64> =
                    Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
                let ms = histogram.value_at_quantile(0.5) / 1_000_000;
                let tag = interval.tag().unwrap().as_str().to_owned();
                (tag, interval.start_timestamp().as_secs(), histogram.len(), ms)
            })
            .collect();
        assert_eq!(read, [("w170".to_owned(), 5, 7, 5), ("w2".to_owned(), 9, 7, 9)]);
    }
}
