//! `resultDescription`: present on errors only. The texts' shape is Azure's, line breaks included.

use super::Texts;
use super::names::{data_action, permission};
use crate::event::{Event, NOTHING, Operation, Outcome, Verb};
use crate::json::write_escaped;
use crate::tenant::Collection;

const NO_TOKEN: &str = "AKV10000: Request is missing a Bearer, PoP, or MTLS_POP token.";
const HELP: &str =
    "For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=";

impl Texts<'_> {
    /// Appends `"resultDescription":"...",` where the record has one.
    pub(super) fn write_description(&self, out: &mut Vec<u8>, event: &Event) {
        let text = match event.outcome {
            Outcome::Unauthorized => NO_TOKEN.to_owned(),
            Outcome::Forbidden if self.uses_roles(event) => self.forbidden_by_roles(event),
            Outcome::Forbidden => self.forbidden_by_policy(event),
            Outcome::ForbiddenByNetwork => self.forbidden_by_network(event),
            Outcome::NotFound => self.not_found(event),
            Outcome::Conflict => self.conflict(event),
            Outcome::Throttled => self.throttled(event),
            _ => return,
        };
        out.extend_from_slice(br#""resultDescription":""#);
        write_escaped(out, &text);
        out.extend_from_slice(br#"","#);
    }

    fn place(&self, event: &Event) -> String {
        let vault = self.vault(event).0;
        format!("{};location={}", vault.name, vault.location)
    }

    fn forbidden_by_policy(&self, event: &Event) -> String {
        let (collection, verb) = asked(event);
        let permission = permission(collection, verb);
        let caller = self.caller(event).replace(";iss=", ";numgroups=2;iss=");
        format!(
            "The user, group or application '{caller}' does not have {permission} permission on key vault '{}'. {HELP}2125287",
            self.place(event)
        )
    }

    fn forbidden_by_roles(&self, event: &Event) -> String {
        if event.object == NOTHING {
            return "Caller is not authorized to perform action on resource.".to_owned();
        }
        let object = &self.tenant.objects[event.object as usize];
        let (vault, name) = (self.vault(event).0, &object.name);
        let resource = format!(
            "/subscriptions/{}/resourcegroups/{}/providers/microsoft.keyvault/vaults/{}/{}/{name}",
            crate::json::guid(self.tenant.subscriptions[vault.subscription]),
            vault.resource_group,
            vault.name,
            object.collection.as_str(),
        );
        format!(
            "Caller is not authorized to perform action on resource.\nIf role assignments, deny assignments or role \
             definitions were changed recently, please observe propagation time.\nCaller: {}\nAction: '{}'\nResource: \
             '{}'\nAssignment: (not found)\nDenyAssignmentId: null\nDecisionReason: null \nVault: {}",
            self.caller(event),
            data_action(object.collection, asked(event).1),
            resource.to_lowercase(),
            self.place(event)
        )
    }

    fn forbidden_by_network(&self, event: &Event) -> String {
        let address = std::net::Ipv4Addr::from(event.address);
        format!(
            "Client address is not authorized and caller is not a trusted service.\r\nClient address: {address}\r\n\
             Caller: {}\r\nVault: {}",
            self.caller(event),
            self.place(event)
        )
    }

    fn not_found(&self, event: &Event) -> String {
        let object = &self.tenant.objects[event.object as usize];
        let (noun, link) = match object.collection {
            Collection::Secrets => ("secret", "2125182"),
            Collection::Keys => ("key", "2125182"),
            Collection::Certificates => ("certificate", "2125182"),
        };
        format!(
            "A {noun} with (name/id) {} was not found in this key vault. If you recently deleted this {noun} you may be \
             able to recover it using the correct recovery command. {HELP}{link}",
            object.name
        )
    }

    fn conflict(&self, event: &Event) -> String {
        format!(
            "Operation is not allowed in the current state of the object or its vault.\r\nVault: {}",
            self.place(event)
        )
    }

    fn throttled(&self, event: &Event) -> String {
        let vault = &self.vault(event).0.name;
        format!("Request was not processed because too many requests were received. Vault: {vault}")
    }
}

/// What was wanted of what.
fn asked(event: &Event) -> (Collection, Verb) {
    match event.operation {
        Operation::Object(collection, verb) => (collection, verb),
        _ => (Collection::Secrets, Verb::Get),
    }
}
