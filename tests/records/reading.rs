//! Every record once, events in the order of the merge.

use proptest::prelude::*;
use vaultdrill::event::{TextField, TickSpan, Ticks};
use vaultdrill::ingest::{Reason, resolve_inputs};
use vaultdrill::records::{Opened, RecordsError, What};

use crate::{FOREIGN, corpus, line};

const START: Ticks = Ticks(17_700_000_000_000_000);

/// A record of a random input: what it is, how many seconds after the start it happened, and how many it arrived.
#[derive(Clone, Debug)]
struct Drawn {
    kind: u8,
    time: i64,
    arrival: i64,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (0_u8..5, 0_i64..20, 0_i64..20).prop_map(|(kind, time, arrival)| Drawn { kind, time, arrival })
}

fn at(seconds: i64) -> Ticks {
    START + TickSpan::seconds(seconds)
}

fn text(one: &Drawn, lane: usize, index: usize) -> String {
    match one.kind {
        0 => FOREIGN.to_owned(),
        1 => "{".to_owned(),
        _ => line(at(one.time), &format!("{lane}-{index}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Events come sorted by the running maximum of their input's arrivals, then by input, then by
    /// place; and nothing is lost, whatever it is.
    #[test]
    fn events_are_merged_by_each_inputs_running_maximum(
        lanes in prop::collection::vec((any::<bool>(), prop::collection::vec(drawn(), 0..12)), 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (mut expected, mut others, mut paths) = (Vec::new(), [0, 0], Vec::new());
        for (lane, (with_arrivals, records)) in lanes.iter().enumerate() {
            let path = folder.path().join(format!("lane-{lane}"));
            let lines: Vec<_> = records.iter().enumerate().map(|(at, one)| text(one, lane, at)).collect();
            let arrivals: Vec<_> = records.iter().map(|one| at(one.arrival)).collect();
            corpus(&path, &lines, with_arrivals.then_some(arrivals.as_slice()));
            paths.push(path);
            let (mut newest, mut place) = (Ticks::MIN, Ticks::MIN);
            for (index, one) in records.iter().enumerate() {
                if one.kind < 2 {
                    others[usize::from(one.kind)] += 1;
                    continue;
                }
                newest = newest.max(at(one.time));
                let arrival = if *with_arrivals { at(one.arrival) } else { newest };
                place = place.max(arrival);
                expected.push((place, lane, index, arrival));
            }
        }
        expected.sort();
        let opened = Opened::open(&resolve_inputs(&paths).unwrap()).unwrap();
        let mut reader = opened.read().unwrap();
        let (mut found, mut counted) = (Vec::new(), [0, 0]);
        while let Some(record) = reader.next().unwrap() {
            match record.what {
                What::Event { text, event } => {
                    prop_assert_eq!(text.as_bytes(), record.raw);
                    prop_assert_eq!(event.event.arrival, record.arrival);
                    found.push((event.text(TextField::CorrelationId).to_owned(), record.arrival));
                }
                What::Foreign => counted[0] += 1,
                What::Malformed(reason) => {
                    prop_assert_eq!(reason, Reason::NotJson);
                    counted[1] += 1;
                }
            }
        }
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(_, lane, index, arrival)| (format!("{lane}-{index}"), arrival))
            .collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(counted, others);
    }
}

#[test]
fn arrivals_of_another_corpus_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [line(at(0), "a"), line(at(1), "b")];
    for (arrivals, said) in [(1, "more than 1 records"), (3, "2 records")] {
        corpus(folder.path(), &lines, Some(&vec![at(5); arrivals]));
        let opened = Opened::open(&resolve_inputs(&[folder.path().to_owned()]).unwrap()).unwrap();
        let read_all = || -> Result<(), RecordsError> {
            let mut reader = opened.read()?;
            while reader.next()?.is_some() {}
            Ok(())
        };
        let error = read_all().unwrap_err().to_string();
        assert!(error.contains("arrivals.i64") && error.contains(said), "{error}");
    }
}
