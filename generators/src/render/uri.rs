//! The request addresses and object ids of data-plane records.

use super::Texts;
use super::texts::{ClientText, VaultText};
use crate::event::{Event, NOTHING, Operation, Outcome, Request, Verb};
use crate::json::{write_escaped, write_hex, write_number};
use crate::tenant::Collection;
use crate::time::MILLISECOND;

impl Texts<'_> {
    /// Appends `"id":"...",` where the record names an object.
    pub(super) fn write_object_id(&self, out: &mut Vec<u8>, event: &Event, vault: &VaultText) {
        let Operation::Object(collection, verb) = event.operation else { return };
        if event.object == NOTHING || verb == Verb::Restore {
            return;
        }
        out.extend_from_slice(br#""id":""#);
        if matches!(verb, Verb::Purge | Verb::Recover) {
            self.write_deleted(out, event, vault, collection);
        } else {
            self.write_object(out, event, vault);
        }
        if event.outcome == Outcome::Ok && names_version(verb) {
            out.push(b'/');
            write_hex(out, self.version(event));
        }
        out.extend_from_slice(br#"","#);
    }

    /// Appends the address that was asked for.
    pub(super) fn write_uri(
        &self,
        out: &mut Vec<u8>,
        event: &Event,
        client: &ClientText,
        vault: &VaultText,
    ) {
        let (lists, versions) = match event.operation {
            Operation::Challenge(request) => {
                self.write_asked(out, event, request, vault);
                (request == Request::List, false)
            }
            Operation::Object(collection, verb) => {
                self.write_path(out, event, collection, verb, vault);
                (matches!(verb, Verb::List | Verb::ListDeleted), verb == Verb::ListVersions)
            }
            other => unreachable!("{other:?} goes to the management plane"),
        };
        out.extend_from_slice(b"?api-version=");
        out.extend_from_slice(client.api_version.as_bytes());
        if (lists || versions) && client.portal {
            out.extend_from_slice(b"&maxresults=25&_=");
            write_number(out, (event.time / MILLISECOND) as u64);
        } else if lists {
            out.extend_from_slice(b"&maxresults=25");
        }
        if lists && event.detail > 0 {
            out.extend_from_slice(b"&$skiptoken=");
            write_hex(out, self.assignment(event).rotate_left(event.detail));
        }
    }

    fn write_asked(&self, out: &mut Vec<u8>, event: &Event, request: Request, vault: &VaultText) {
        if request == Request::List {
            out.extend_from_slice(vault.address.as_bytes());
            out.extend_from_slice(b"/secrets");
            return;
        }
        self.write_object(out, event, vault);
        out.extend_from_slice(match request {
            // A read without a version ends in a slash.
            Request::Get | Request::List => b"/",
            Request::Backup => b"/backup",
            Request::Cryptography => b"/unwrapkey",
        });
    }

    fn write_path(
        &self,
        out: &mut Vec<u8>,
        event: &Event,
        collection: Collection,
        verb: Verb,
        vault: &VaultText,
    ) {
        match verb {
            Verb::List | Verb::ListDeleted | Verb::Restore => {
                out.extend_from_slice(vault.address.as_bytes());
                out.extend_from_slice(if verb == Verb::ListDeleted { b"/deleted" } else { b"/" });
                out.extend_from_slice(collection.as_str().as_bytes());
            }
            Verb::Purge | Verb::Recover => self.write_deleted(out, event, vault, collection),
            _ => self.write_object(out, event, vault),
        }
        if matches!(verb, Verb::Wrap | Verb::Unwrap | Verb::Update) {
            out.push(b'/');
            write_hex(out, self.version(event));
        }
        let tail: &[u8] = match verb {
            Verb::Get => b"/",
            Verb::ListVersions => b"/versions",
            Verb::Create => b"/create",
            Verb::Import if collection == Collection::Certificates => b"/import",
            Verb::Rotate => b"/rotate",
            Verb::Recover => b"/recover",
            Verb::Backup => b"/backup",
            Verb::Restore => b"/restore",
            Verb::Wrap => b"/wrapkey",
            Verb::Unwrap => b"/unwrapkey",
            _ => b"",
        };
        out.extend_from_slice(tail);
    }

    /// The object's address; of a namesake, where the record is another vault's.
    fn write_object(&self, out: &mut Vec<u8>, event: &Event, vault: &VaultText) {
        let text = self.objects[event.object as usize].as_bytes();
        if text.starts_with(vault.address.as_bytes()) {
            out.extend_from_slice(text);
            return;
        }
        let object = &self.tenant.objects[event.object as usize];
        out.extend_from_slice(vault.address.as_bytes());
        out.push(b'/');
        out.extend_from_slice(object.collection.as_str().as_bytes());
        out.push(b'/');
        write_escaped(out, &object.name);
    }

    /// The object's version; a namesake in another vault has its own.
    fn version(&self, event: &Event) -> u128 {
        let version = self.tenant.version(event.object, event.time);
        let home = self.tenant.objects[event.object as usize].vault;
        if home == event.vault {
            version
        } else {
            version.rotate_left(1 + u32::from(event.vault % 127))
        }
    }

    fn write_deleted(
        &self,
        out: &mut Vec<u8>,
        event: &Event,
        vault: &VaultText,
        collection: Collection,
    ) {
        out.extend_from_slice(vault.address.as_bytes());
        out.extend_from_slice(b"/deleted");
        out.extend_from_slice(collection.as_str().as_bytes());
        out.push(b'/');
        write_escaped(out, &self.tenant.objects[event.object as usize].name);
    }
}

/// Asked for without a version, answered with one.
fn names_version(verb: Verb) -> bool {
    matches!(
        verb,
        Verb::Get
            | Verb::Set
            | Verb::Create
            | Verb::Import
            | Verb::Update
            | Verb::Rotate
            | Verb::Wrap
            | Verb::Unwrap
    )
}
