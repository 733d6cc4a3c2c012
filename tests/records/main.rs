//! Records read one after another over several inputs, and corpora written from them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod exporting;
mod program;
mod reading;
mod scrubbing;
mod verifying;
mod writing;

use std::fs;
use std::path::{Path, PathBuf};

use vaultdrill::event::Ticks;
use vaultdrill::ingest::{Unpack, resolve_inputs};
use vaultdrill::records::Opened;

/// A data-plane record of that time; `id` is its correlation id.
fn line(time: Ticks, id: &str) -> String {
    let vault = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V";
    format!(
        r#"{{"time":"{time}","category":"AuditEvent","operationName":"SecretGet","correlationId":"{id}","resourceId":"{vault}"}}"#
    )
}

/// A record of another service.
const FOREIGN: &str = r#"{"category":"Console","resourceId":"/SUBSCRIPTIONS/S"}"#;

/// Writes a corpus' event file, and its arrivals where there are some.
fn corpus(folder: &Path, lines: &[String], arrivals: Option<&[Ticks]>) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("events.ndjson"), lines.join("\n")).unwrap();
    if let Some(arrivals) = arrivals {
        let bytes: Vec<u8> = arrivals.iter().flat_map(|arrival| arrival.0.to_le_bytes()).collect();
        fs::write(folder.join("arrivals.i64"), bytes).unwrap();
    }
}

fn open(paths: &[PathBuf]) -> Opened {
    let inputs = resolve_inputs(paths).unwrap();
    Opened::open(&inputs, Unpack::default(), &mut |_, _| ()).unwrap()
}
