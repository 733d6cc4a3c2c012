//! Our own pack of rules, which the binary carries so that a drill needs no file of its user's. `packs`
//! has the others.

macro_rules! rule {
    ($id:literal) => {
        ($id, include_str!(concat!("../../scenarios/rules/vaultdrill/", $id, ".toml")))
    };
}

/// Name of our own pack.
pub const PACK: &str = "vaultdrill";

/// Id and file text of each rule of the pack, ordered by id.
pub const EMBEDDED: &[(&str, &str)] = &[
    rule!("backup-export"),
    rule!("bulk-extraction"),
    rule!("denied-then-success"),
    rule!("destruction"),
    rule!("diagnostics-deleted"),
    rule!("distributed-extraction"),
    rule!("grant-then-read"),
    rule!("list-flood"),
    rule!("list-then-read"),
    rule!("many-vaults"),
    rule!("mass-deletion"),
    rule!("metadata-flood"),
    rule!("network-address-added"),
    rule!("network-opened"),
    rule!("new-block-reader"),
    rule!("novel-accessor"),
    rule!("novel-credential-type"),
    rule!("novel-object"),
    rule!("novel-vault"),
    rule!("permission-model-flipped"),
    rule!("policy-added-and-removed"),
    rule!("slow-extraction"),
    rule!("vault-modified"),
    rule!("vault-modified-new-vault"),
    rule!("vault-modified-new-writer"),
];
