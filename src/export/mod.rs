//! Logs in the forms in which other products take them in, so that their alerts can be scored.
//!
//! Contract: pure; one record in, lines out, in the order of the records. Every document tells the
//! record's correlation id, by which alerts are matched with truth, and when it arrived. What a form
//! cannot carry is left out, as the product's own pipeline leaves it out.

mod audit_row;
mod elastic;
mod shift;

use std::fmt::Write;

use serde_json::Value;

use crate::event::{EventView, Plane, Ticks};
use crate::records::NotJson;
pub use elastic::extras as elastic_extras;
pub use shift::{moved, shifted, span_to};

/// Most records of an Event Hub envelope; Azure sends up to so many.
const ENVELOPE_RECORDS: usize = 100;
/// Most bytes of the rows of one request: the interface takes 1 MB.
const REQUEST_BYTES: usize = 900_000;

/// A form in which another product takes logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Pairs of lines for Elastic's bulk interface: an action, and the document that the Azure
    /// integration's pipelines make of the record.
    ElasticBulk,
    /// Rows of the `AZKVAuditLogs` and `AzureActivity` tables, an array a line: each line is the body of a
    /// request to the Logs Ingestion interface.
    AuditLogs,
    /// Event Hub envelopes, one a line and at most 100 records each, by hub.
    EventHub,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 3] = [Self::ElasticBulk, Self::AuditLogs, Self::EventHub];

    /// The files that it is written to: of the data plane and of the control plane, which may be one.
    pub fn files(self) -> &'static [&'static str] {
        match self {
            Self::ElasticBulk => &["elastic-bulk.ndjson"],
            Self::AuditLogs => &["azkvauditlogs.ndjson", "azureactivity.ndjson"],
            Self::EventHub => &["insights-logs-auditevent.ndjson", "insights-activity-logs.ndjson"],
        }
    }
}

/// Writes records in a shape.
#[derive(Debug)]
pub struct Exporter {
    shape: Shape,
    records: u64,
    /// Lines that wait for more records, by file.
    open: [Open; 2],
}

/// A line that is being filled.
#[derive(Debug, Default)]
struct Open {
    text: String,
    records: usize,
}

impl Exporter {
    /// An exporter that has seen nothing.
    pub fn new(shape: Shape) -> Self {
        Self { shape, records: 0, open: Default::default() }
    }

    /// Adds a record in resource-log form, which arrived then, to the texts of the shape's files. Of the
    /// event what the shape needs is its plane, and the fields that [`elastic_extras`] names.
    ///
    /// # Errors
    /// [`NotJson`]; nothing is written then.
    pub fn push(
        &mut self,
        record: &str,
        event: &EventView<'_>,
        arrival: Ticks,
        outs: &mut [String],
    ) -> Result<(), NotJson> {
        let plane = event.event.plane;
        let file = (plane as usize).min(outs.len() - 1);
        let (out, open) = (&mut outs[file], &mut self.open[file]);
        match self.shape {
            Shape::EventHub => {
                open.add(r#"{"records":["#, record);
                if open.records == ENVELOPE_RECORDS {
                    open.close("]}", out);
                }
            }
            Shape::ElasticBulk => {
                let document = elastic::document(parsed(record)?, event, arrival);
                let action = elastic::action(plane, event, self.records);
                writeln!(out, "{action}\n{document}").expect("writing to a String cannot fail");
            }
            Shape::AuditLogs => {
                let record = parsed(record)?;
                let row = match plane {
                    Plane::Data => audit_row::audit(record, arrival),
                    Plane::Control => audit_row::activity(&record, arrival),
                };
                let row = row.to_string();
                if open.text.len() + row.len() > REQUEST_BYTES {
                    open.close("]", out);
                }
                open.add("[", &row);
            }
        }
        self.records += 1;
        Ok(())
    }

    /// Writes what is still open.
    pub fn finish(&mut self, outs: &mut [String]) {
        let tail = if self.shape == Shape::EventHub { "]}" } else { "]" };
        for (open, out) in self.open.iter_mut().zip(outs) {
            open.close(tail, out);
        }
    }
}

impl Open {
    fn add(&mut self, head: &str, record: &str) {
        self.text.push_str(if self.records == 0 { head } else { "," });
        self.text.push_str(record);
        self.records += 1;
    }

    fn close(&mut self, tail: &str, out: &mut String) {
        if self.records > 0 {
            out.push_str(&self.text);
            out.push_str(tail);
            out.push('\n');
            *self = Self::default();
        }
    }
}

fn parsed(record: &str) -> Result<Value, NotJson> {
    serde_json::from_str(record).map_err(|_| NotJson)
}
