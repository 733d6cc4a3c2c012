//! A rehearsal: everything of a plan but the writing, done once, so that rendering can be measured
//! alone.
//!
//! It holds every descriptor in memory, which a corpus never does: for benches, with plans of some
//! hundred thousand events.

use crate::calibrate::calibrate;
use crate::corpus::{CHUNK, Rendered};
use crate::event::Event;
use crate::flow::Flow;
use crate::plan::{GenerateError, Plan};
use crate::render::Texts;
use crate::transit::Transit;

/// A plan, expanded, delivered and ordered, ready to be rendered as often as one likes.
///
/// Its directory is never touched.
#[derive(Debug)]
pub struct Rehearsal {
    flow: Flow,
    chunks: Vec<Vec<Event>>,
}

impl Rehearsal {
    /// Takes the plan as far as the descriptors.
    ///
    /// # Errors
    /// A plan that cannot be met.
    pub fn new(plan: &Plan) -> Result<Self, GenerateError> {
        let flow = Flow::new(plan)?;
        let intensities = calibrate(&flow, plan.events)?;
        let mut transit = Transit::new(&flow, None);
        let mut chunks = Vec::new();
        for slice in flow.slices() {
            let ready = transit.slice(slice, &intensities)?;
            chunks.extend(ready.chunks(CHUNK).map(<[Event]>::to_vec));
        }
        drop(transit);
        Ok(Self { flow, chunks })
    }

    /// Renders every record the way a corpus is rendered, on this thread: chunk by chunk into one
    /// buffer, which `take` sees each time. Returns the bytes in all.
    pub fn render(&self, mut take: impl FnMut(&[u8])) -> u64 {
        let texts = Texts::new(&self.flow.tenant);
        let mut rendered = Rendered::default();
        let mut bytes = 0;
        for chunk in &self.chunks {
            rendered.fill(&texts, chunk);
            take(&rendered.bytes);
            bytes += rendered.bytes.len() as u64;
        }
        bytes
    }
}
