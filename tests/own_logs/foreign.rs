//! Logs that the generator has not written: its records with other regions, assignments and opaque
//! claims, without some fields, and with their keys in another order.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{output_of, values};

/// Regions of the generator's, and those that stand for them.
const REGIONS: [(&str, &str); 3] =
    [("westeurope", "uksouth"), ("northeurope", "ukwest"), ("francecentral", "norwayeast")];
/// Values that become others, the same for the same.
const OPAQUE: [&str; 6] = [
    "appliedAssignmentId",
    "roleAssignmentId",
    "aio",
    "puid",
    "rh",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
];
/// Fields that nothing has.
pub(crate) const DROPPED: [&str; 3] = ["durationMs", "tlsVersion", "xms_tcdt"];

/// Nine days of a small tenant's benign traffic, with arrivals.
pub(crate) fn logs(folder: &Path, seed: u64, name: &str) {
    let made = format!("{name}-made");
    output_of(
        folder,
        &format!(
            "generate --estate small --attacks none --seed {seed} --days 9 --warmup-days 6 --out {made}"
        ),
    );
    let (made, logs) = (folder.join(made), folder.join(name));
    fs::create_dir(&logs).unwrap();
    let mut text = String::new();
    for mut record in values(&made.join("events.ndjson")) {
        change("", &mut record);
        // Keys come out sorted.
        text.push_str(&record.to_string());
        text.push('\n');
    }
    fs::write(logs.join("events.ndjson"), text).unwrap();
    fs::copy(made.join("arrivals.i64"), logs.join("arrivals.i64")).unwrap();
    fs::remove_dir_all(made).unwrap();
}

fn change(key: &str, value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, _| !DROPPED.contains(&key.as_str()));
            members.iter_mut().for_each(|(key, value)| change(key, value));
        }
        Value::Array(all) => all.iter_mut().for_each(|value| change(key, value)),
        Value::String(text) if OPAQUE.contains(&key) => {
            *text = text.chars().rev().collect();
        }
        Value::String(text) => {
            for (region, other) in REGIONS {
                if text.contains(region) {
                    *text = text.replace(region, other);
                }
            }
        }
        _ => {}
    }
}
