//! Names of files that this program writes and that are no logs, so that a folder of logs can be told from
//! what lies beside them. Kept apart from whoever reads logs: to them these are names to leave alone.

/// Lie beside the events of a corpus; a corpus is expected to have them.
pub(crate) const COMPANIONS: [&str; 4] = ["arrivals.i64", "truth.ndjson", "manifest.json", LIST];
/// Lies beside the blob trees of a corpus.
pub(crate) const LIST: &str = "files.sha256";
/// Hold results, or say something about a corpus that is elsewhere.
pub(crate) const RESULTS: [&str; 11] = [
    "truth.ndjson",
    "manifest.json",
    "alerts.ndjson",
    "evidence.ndjson",
    "run.json",
    "score.json",
    "drill.json",
    "sweep.json",
    "capacity.json",
    "evasion.json",
    "replicates.json",
];
