//! Identifiers: object ids and Azure resource ids, in whatever case and spelling they come.
//!
//! Azure's names and ids are ASCII, so that lower case means ASCII lower case throughout.

/// Appends `text` in lower case.
#[inline]
pub(super) fn push_lower(out: &mut String, text: &str) {
    let start = out.len();
    out.push_str(text);
    if has_upper(text.as_bytes()) {
        out[start..].make_ascii_lowercase();
    }
}

/// Whether there is anything to make lower case; mostly there is not. Looks at sixteen bytes at once
/// and at the last sixteen again, which is cheaper than to go through the rest one by one.
fn has_upper(text: &[u8]) -> bool {
    let any =
        |bytes: &[u8; 16]| bytes.iter().fold(false, |any, byte| any | byte.is_ascii_uppercase());
    match text.last_chunk() {
        Some(end) => any(end) || text.as_chunks().0.iter().any(any),
        None => text.iter().any(u8::is_ascii_uppercase),
    }
}

/// Whether `text` spells `known` in any case; that spelling itself is told at once.
#[inline]
pub(super) fn spells(text: &str, known: &str) -> bool {
    text == known || text.eq_ignore_ascii_case(known)
}

/// Appends an object or application id in lower case; 32 hex digits get their dashes.
pub(super) fn push_id(out: &mut String, id: &str) {
    if !is_hex32(id) {
        return push_lower(out, id);
    }
    for (place, digits) in [0..8, 8..12, 12..16, 16..20, 20..32].into_iter().enumerate() {
        if place > 0 {
            out.push('-');
        }
        push_lower(out, &id[digits]);
    }
}

/// Whether `text` is 32 hex digits: an id without dashes, or the version of an object.
pub(super) fn is_hex32(text: &str) -> bool {
    // Without a way out on the way, the whole is a few vector instructions.
    <&[u8; 32]>::try_from(text.as_bytes())
        .is_ok_and(|digits| digits.iter().fold(true, |all, byte| all & byte.is_ascii_hexdigit()))
}

/// Takes what comes before the next `/` off `path`.
pub(super) fn next_segment<'a>(path: &mut &'a str) -> &'a str {
    let end = memchr::memchr(b'/', path.as_bytes());
    let (segment, rest) = end.map_or((*path, ""), |end| (&path[..end], &path[end + 1..]));
    *path = rest;
    segment
}

/// Takes `prefix` off `path` if it starts with it in any case.
fn take_prefix(path: &mut &str, prefix: &str) -> bool {
    let found = path.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    if found {
        *path = &path[prefix.len()..];
    }
    found
}

/// The parts of an Azure resource id; empty where it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ResourceId<'a> {
    pub(super) subscription: &'a str,
    pub(super) group: &'a str,
    /// Namespace of the first provider: of the resource itself, not of what extends it.
    pub(super) provider: &'a str,
    kind: &'a str,
    name: &'a str,
    child_kind: &'a str,
    child_name: &'a str,
}

impl<'a> ResourceId<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let mut id = Self::default();
        let mut rest = text.strip_prefix('/').unwrap_or(text);
        loop {
            if take_prefix(&mut rest, "subscriptions/") {
                id.subscription = next_segment(&mut rest);
            } else if take_prefix(&mut rest, "resourcegroups/") {
                id.group = next_segment(&mut rest);
            } else if take_prefix(&mut rest, "providers/") {
                let mut next = || next_segment(&mut rest);
                id.provider = next();
                (id.kind, id.name) = (next(), next());
                (id.child_kind, id.child_name) = (next(), next());
                return id;
            } else {
                return id;
            }
        }
    }

    pub(super) fn is_key_vault(&self) -> bool {
        self.provider.eq_ignore_ascii_case("Microsoft.KeyVault")
    }

    /// The name of the vault or managed HSM concerned, a deleted one included.
    pub(super) fn vault(&self) -> &'a str {
        let is = |kind: &str, names: [&str; 2]| names.iter().any(|n| n.eq_ignore_ascii_case(kind));
        if !self.is_key_vault() {
            ""
        } else if is(self.kind, ["vaults", "managedHSMs"]) {
            self.name
        } else if is(self.child_kind, ["deletedVaults", "deletedManagedHSMs"]) {
            self.child_name
        } else {
            ""
        }
    }

    /// The kind and name of the vault's sub-resource, such as `accessPolicies` and `add`.
    pub(super) fn child(&self) -> (&'a str, &'a str) {
        (self.child_kind, self.child_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_without_dashes_get_them() {
        let id = |text| {
            let mut out = String::from("=");
            push_id(&mut out, text);
            out
        };
        assert_eq!(id("00000000AAAA0000BBBB000000000001"), "=00000000-aaaa-0000-bbbb-000000000001");
        assert_eq!(
            id("00000000-AAAA-0000-BBBB-000000000001"),
            "=00000000-aaaa-0000-bbbb-000000000001"
        );
        assert_eq!(id("00000000AAAA0000BBBB00000000000X"), "=00000000aaaa0000bbbb00000000000x");
    }

    #[test]
    fn a_capital_is_found_wherever_it_stands() {
        for length in 0..70 {
            assert!(!has_upper(&vec![b'z'; length]));
            for at in 0..length {
                let mut text = "@[é{z".chars().cycle().take(length).collect::<String>();
                text.insert(text.floor_char_boundary(at), 'Q');
                let mut out = String::new();
                push_lower(&mut out, &text);
                assert_eq!(out, text.to_ascii_lowercase());
            }
        }
    }

    #[test]
    fn resource_ids_are_read_in_any_case() {
        let id = ResourceId::parse(
            "/SUBSCRIPTIONS/S/resourceGroups/Rg/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/Contoso/accessPolicies/add",
        );
        assert_eq!((id.subscription, id.group, id.vault()), ("S", "Rg", "Contoso"));
        assert_eq!(id.child(), ("accessPolicies", "add"));
        let deleted = ResourceId::parse(
            "/subscriptions/s/providers/Microsoft.KeyVault/locations/region/deletedVaults/contoso",
        );
        assert_eq!((deleted.group, deleted.vault()), ("", "contoso"));
        let other = ResourceId::parse("/subscriptions/s/providers/Microsoft.Web/vaults/contoso");
        assert_eq!(other.vault(), "");
        assert_eq!(ResourceId::parse(""), ResourceId::default());
    }
}
