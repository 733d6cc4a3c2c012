//! Event Hub envelopes: `{"records":[...]}`, one a line, of one hub each.
//!
//! Records stay in arrival order: an envelope ends where the next record is of the other hub. Bytes
//! come out as records go in, so that nothing waits for an envelope to be full.

use super::renderers::Rendered;
use crate::delivery::Sender;
use crate::time::Ticks;

/// Most records of an envelope; Azure sends up to so many.
const MOST_RECORDS: usize = 100;

const HEAD: &[u8] = br#"{"records":["#;
const TAIL: &[u8] = b"]}\n";

/// Turns lines into envelopes.
#[derive(Debug)]
pub(super) struct Envelopes {
    /// Longest time between the first and last arrival of an envelope.
    flush: Ticks,
    open: Option<Open>,
}

/// The envelope that is being filled.
#[derive(Debug)]
struct Open {
    hub: Hub,
    records: usize,
    first: Ticks,
}

/// Each plane has a hub of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hub {
    Audit,
    Activity,
}

impl Envelopes {
    pub(super) fn new(flush: Ticks) -> Self {
        Self { flush, open: None }
    }

    /// Appends the records to `out`, in envelopes.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, rendered: &Rendered) {
        for (record, line) in rendered.lines() {
            let hub = match record.sender {
                Sender::Vault(_) => Hub::Audit,
                Sender::Subscription(_) => Hub::Activity,
            };
            let fits = self.open.as_ref().is_some_and(|open| {
                open.hub == hub
                    && open.records < MOST_RECORDS
                    && record.arrival - open.first <= self.flush
            });
            if !fits {
                self.close(out);
                out.extend_from_slice(HEAD);
            }
            let open = self.open.get_or_insert(Open { hub, records: 0, first: record.arrival });
            if open.records > 0 {
                out.push(b',');
            }
            open.records += 1;
            out.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
        }
    }

    /// Ends the last envelope.
    pub(super) fn close(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            out.extend_from_slice(TAIL);
        }
    }
}
