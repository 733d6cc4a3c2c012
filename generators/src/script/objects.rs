//! Calls to a vault's own address: lists, reads, and everything else that happens to objects.

use super::Script;
use crate::event::{NOTHING, Operation, Outcome, Verb};
use crate::tenant::Collection;
use crate::time::{MILLISECOND, Ticks};

/// Objects on one page of a list.
const PAGE: usize = 25;

impl Script<'_> {
    /// Every page of one collection.
    pub(crate) fn list(&mut self, vault: u16, collection: Collection) {
        let home = &self.tenant.vaults[usize::from(vault)];
        let count = match collection {
            Collection::Secrets => home.secrets.len(),
            Collection::Keys => home.keys.len(),
            Collection::Certificates => home.certificates.len(),
        };
        self.pages(vault, Operation::Object(collection, Verb::List), count);
    }

    /// Every page of every collection.
    pub(crate) fn list_everything(&mut self, vault: u16) {
        for collection in [Collection::Secrets, Collection::Keys, Collection::Certificates] {
            self.list(vault, collection);
        }
    }

    /// The secrets that were deleted and can still be recovered.
    pub(crate) fn list_deleted(&mut self, vault: u16) {
        let deleted = self.tenant.vaults[usize::from(vault)].deleted.len();
        self.pages(vault, Operation::Object(Collection::Secrets, Verb::ListDeleted), deleted);
    }

    fn pages(&mut self, vault: u16, operation: Operation, count: usize) {
        for page in 0..count.div_ceil(PAGE).max(1) {
            let round_trip = self.emit(operation, vault, NOTHING, Outcome::Ok, page as u32);
            self.now += round_trip;
        }
    }

    /// Reads one object the way its collection is read.
    pub(crate) fn read(&mut self, object: u32) {
        self.attempt(object, Outcome::Ok);
    }

    /// The same with another end.
    pub(crate) fn attempt(&mut self, object: u32, outcome: Outcome) {
        self.act(object, Verb::Get, outcome);
    }

    /// Reads in chunks of `width` at once; a chunk is done before the next begins.
    pub(crate) fn read_parallel(&mut self, objects: &[u32], width: usize) {
        for chunk in objects.chunks(width.max(1)) {
            let mut slowest = 0;
            for &object in chunk {
                let (vault, operation) = self.operation(object, Verb::Get);
                let began = self.now;
                self.now += (self.stream.unit() * 15.0 * MILLISECOND as f64) as Ticks;
                slowest = slowest.max(self.emit(operation, vault, object, Outcome::Ok, 0));
                self.now = began;
            }
            self.now += slowest + 15 * MILLISECOND;
        }
    }

    /// Copies one object out, value and all, in the form only a vault can read.
    pub(crate) fn backup(&mut self, object: u32) {
        self.act(object, Verb::Backup, Outcome::Ok);
    }

    /// Does something to one object.
    pub(crate) fn act(&mut self, object: u32, verb: Verb, outcome: Outcome) {
        let (vault, operation) = self.operation(object, verb);
        self.call(operation, vault, object, outcome);
    }

    /// Does something to an object's namesake in another vault: where it moves, or is copied to.
    pub(crate) fn act_in(&mut self, vault: u16, object: u32, verb: Verb, outcome: Outcome) {
        let (_, operation) = self.operation(object, verb);
        self.call(operation, vault, object, outcome);
    }

    fn operation(&self, object: u32, verb: Verb) -> (u16, Operation) {
        let found = &self.tenant.objects[object as usize];
        (found.vault, Operation::Object(found.collection, verb))
    }
}
