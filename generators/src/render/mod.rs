//! Rendering: descriptors to the text of Azure's records. Two planes, two layouts; the field names
//! here are Azure's, shared with no parser.

mod activity;
mod audit;
mod claims;
mod denial;
mod names;
mod settings;
mod texts;
mod uri;

pub(crate) use names::operation_name;
pub(crate) use texts::Texts;

use crate::event::Event;

impl Texts<'_> {
    /// Appends one record and its line end.
    pub(crate) fn write(&self, out: &mut Vec<u8>, event: &Event) {
        if event.operation.is_activity() {
            self.write_activity(out, event);
        } else {
            self.write_audit(out, event);
        }
        out.push(b'\n');
    }
}
