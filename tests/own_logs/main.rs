//! Own logs without truth: an estate is fitted to them, and campaigns are planted among them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod fitting;
mod foreign;
mod planting;
mod small;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// Logs of some days, made once for all tests of the process, and what was planted into them.
struct Logs {
    folder: tempfile::TempDir,
}

impl Logs {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Benign traffic of a small tenant in `logs`, told as another service would (see `foreign`); the same
/// with campaigns in `drilled`.
fn logs() -> &'static Logs {
    static LOGS: OnceLock<Logs> = OnceLock::new();
    LOGS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        foreign::logs(folder.path(), 5, "logs");
        output_of(folder.path(), "inject --corpus logs --seed 3 --out drilled");
        Logs { folder }
    })
}

fn vaultdrill(folder: &Path, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vaultdrill"));
    command.current_dir(folder).args(arguments.split(' ')).output().unwrap()
}

/// Standard output of a run that must succeed.
fn output_of(folder: &Path, arguments: &str) -> String {
    let output = vaultdrill(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code and standard error of a run that must fail.
fn failure_of(folder: &Path, arguments: &str) -> (i32, String) {
    let output = vaultdrill(folder, arguments);
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn lines(corpus: &Path) -> Vec<String> {
    let text = fs::read_to_string(corpus.join("events.ndjson")).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn values(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The correlation id of a raw record.
fn id(record: &Value) -> String {
    text(record, "/correlationId").to_owned()
}

/// Who and what records name, counted by a reader of its own: raw fields, nothing normalized but case.
#[derive(Debug, Default)]
struct Named {
    identities: BTreeSet<String>,
    vaults: BTreeSet<String>,
    /// Objects of which some call succeeded, as `vault/collection/name`.
    objects: BTreeSet<String>,
    addresses: BTreeMap<String, BTreeSet<String>>,
    clients: BTreeSet<String>,
    users: BTreeSet<String>,
}

impl Named {
    fn of(records: &[Value]) -> Self {
        let mut named = Self::default();
        records.iter().for_each(|record| named.take(record));
        named
    }

    fn take(&mut self, record: &Value) {
        const URI: &str = "/http:~1~1schemas.microsoft.com~1identity~1claims~1objectidentifier";
        let claims = ["/identity/claim", "/identity/claims"];
        let claim = |name: &str| {
            let found = claims.iter().map(|place| text(record, &format!("{place}{name}")));
            found.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned()
        };
        let identity = [claim("/oid"), claim(URI)].into_iter().find(|id| !id.is_empty());
        if let Some(identity) = identity {
            let addresses = self.addresses.entry(identity.to_lowercase()).or_default();
            addresses.insert(text(record, "/callerIpAddress").to_owned());
            self.identities.insert(identity.to_lowercase());
        }
        self.users.extend(Some(claim("/upn")).filter(|user| !user.is_empty()));
        let client = text(record, "/properties/clientInfo");
        self.clients.extend(Some(client.to_owned()).filter(|client| !client.is_empty()));
        let resource = text(record, "/resourceId").to_lowercase();
        if let Some((_, vault)) = resource.split_once("/microsoft.keyvault/vaults/") {
            self.vaults.insert(vault.split('/').next().unwrap().to_owned());
        }
        let succeeded =
            record["properties"]["httpStatusCode"].as_u64().is_some_and(|code| code < 300);
        let address = text(record, "/properties/id").to_lowercase();
        let parts: Vec<&str> = address.split(['/', '.']).collect();
        if let ["https:", "", vault, "vault", "azure", "net", collection, name, ..] = parts[..]
            && succeeded
        {
            // Deleted objects count to where they came from.
            let collection = collection.trim_start_matches("deleted");
            self.objects.insert(format!("{vault}/{collection}/{name}"));
        }
    }
}
