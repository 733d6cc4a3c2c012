//! The machine and build a result was measured on.

use std::fs;
use std::thread;

use serde::{Deserialize, Serialize};

/// What a reader must know to judge a measured figure.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Environment {
    /// CPU model name; `unknown` where the system does not tell.
    pub cpu_model: String,
    /// Logical cores this process may use.
    pub cores: usize,
    /// Kernel name and release.
    pub kernel: String,
    /// `release` or `debug`.
    pub build_profile: String,
    /// Version of this program.
    pub tool_version: String,
}

impl Environment {
    /// Asks the system.
    pub fn detect() -> Self {
        let build_profile = if cfg!(debug_assertions) { "debug" } else { "release" };
        Self {
            cpu_model: cpu_model().unwrap_or_else(|| "unknown".to_owned()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            kernel: kernel(),
            build_profile: build_profile.to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// Linux only; other systems keep it elsewhere and are reported as unknown.
fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kernel() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{} {}", std::env::consts::OS, release.trim()).trim().to_owned()
}
