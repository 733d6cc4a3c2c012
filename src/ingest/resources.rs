//! Resource ids, normalized once and remembered: a few vaults make most of the traffic.
//!
//! Contract: what is found is what reading the id anew would give; an id is compared in full before
//! its parts are reused. Memory is bounded by [`SLOTS`] ids of [`MAX_ID_BYTES`].

use super::ids::{ResourceId, push_lower};

/// How many ids are remembered: more than a busy collector has vaults, and small enough for a
/// processor's second cache. One more slot takes whatever is too long to keep.
const SLOTS: usize = 256;

/// Longest id that is remembered. Azure's vaults stay below 300 bytes.
const MAX_ID_BYTES: usize = 512;

/// The parts of a resource id that every record needs, in lower case; empty where it has none.
#[derive(Clone, Debug, Default)]
pub(super) struct Resource {
    /// The id as the record spells it.
    raw: String,
    pub(super) id: String,
    pub(super) subscription: String,
    pub(super) vault: String,
    pub(super) is_key_vault: bool,
}

impl Resource {
    fn refill(&mut self, raw: &str) {
        let Self { id, subscription, vault, .. } = self;
        for text in [&mut self.raw, id, subscription, vault] {
            text.clear();
        }
        self.raw.push_str(raw);
        push_lower(&mut self.id, raw);
        let parts = ResourceId::parse(&self.id);
        self.subscription.push_str(parts.subscription);
        self.vault.push_str(parts.vault());
        self.is_key_vault = parts.is_key_vault();
    }
}

/// The ids met lately, each in the slot that its last bytes choose.
#[derive(Debug)]
pub(super) struct Resources(Vec<Resource>);

impl Resources {
    pub(super) fn new() -> Self {
        Self(vec![Resource::default(); SLOTS + 1])
    }

    pub(super) fn find(&mut self, raw: &str) -> &Resource {
        let resource = &mut self.0[slot(raw)];
        if resource.raw != raw {
            resource.refill(raw);
        }
        resource
    }
}

/// Ids differ where they end: in the vault's name.
fn slot(raw: &str) -> usize {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let Some(end) = raw.as_bytes().last_chunk().filter(|_| raw.len() <= MAX_ID_BYTES) else {
        return SLOTS;
    };
    let end = u128::from_le_bytes(*end);
    let mixed = ((end as u64) ^ ((end >> 64) as u64).rotate_left(29)).wrapping_mul(MULTIPLIER);
    (mixed >> 32) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/";

    #[test]
    fn ids_that_share_a_slot_keep_their_own_parts() {
        let mut resources = Resources::new();
        let long = "X".repeat(2 * MAX_ID_BYTES);
        for _ in 0..2 {
            for name in ["Contoso-Production", "Fabrikam-Production", "a", &long] {
                for group in ["G", "H"] {
                    let raw = format!("{}{name}", ID.replace("/G/", &format!("/{group}/")));
                    let Resource { id, subscription, vault, is_key_vault, .. } =
                        resources.find(&raw);
                    assert_eq!((id, subscription.as_str()), (&raw.to_ascii_lowercase(), "s"));
                    assert_eq!((vault, *is_key_vault), (&name.to_ascii_lowercase(), true));
                }
            }
            let none = resources.find("");
            assert_eq!((none.id.as_str(), none.vault.as_str(), none.is_key_vault), ("", "", false));
        }
    }
}
