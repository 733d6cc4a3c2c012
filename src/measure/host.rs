//! What Linux says of the machine, read below a root so that tests can bring a machine of their own.
//! What is not there is not known, and said to be so.

mod limits;

use std::fs;
use std::path::{Path, PathBuf};

pub use limits::Limit;

use super::process::kib_in;

/// Facts about a machine at one time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    /// Cores that are online.
    pub cores: Option<usize>,
    /// Cores that this process may use.
    pub cores_allowed: Option<usize>,
    /// Frequency governors of the cores, each once.
    pub governors: Vec<String>,
    /// `always`, `madvise` or `never`.
    pub huge_pages: Option<String>,
    /// Cores' worth of time that the container may use.
    pub cpu_quota: Option<Limit<f64>>,
    /// Bytes that the container may use.
    pub memory_limit: Option<Limit<u64>>,
    /// Bytes of memory in all, and what programs can still have.
    pub memory: Option<[u64; 2]>,
    /// Bytes of files that memory holds.
    pub page_cache: Option<u64>,
    /// Runnable threads, averaged over a minute.
    pub load: Option<f64>,
    /// On mains; none where there is no such supply.
    pub on_mains: Option<bool>,
    /// Hottest zone, in degrees Celsius.
    pub hottest: Option<f64>,
    /// How often a core was slowed down because of its heat, since the start.
    pub throttled: Option<u64>,
    /// Processor time so far, to tell what the hypervisor has taken.
    pub ticks: Option<Ticks>,
}

/// Processor time of all cores, in clock ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticks {
    /// All of it.
    pub total: u64,
    /// What other machines on the same hardware had.
    pub stolen: u64,
}

impl Host {
    /// Reads the files below `root`, which is `/` but for tests.
    pub fn read(root: &Path) -> Self {
        let text = |path: &str| fs::read_to_string(root.join(path)).ok();
        let line = |path: &str| text(path).map(|text| text.trim().to_owned());
        let cpus = root.join("sys/devices/system/cpu");
        let governor = |cpu: PathBuf| fs::read_to_string(cpu.join("cpufreq/scaling_governor")).ok();
        let mut governors: Vec<String> =
            children(&cpus, "cpu").into_iter().filter_map(governor).collect();
        governors.iter_mut().for_each(|governor| *governor = governor.trim().to_owned());
        governors.sort_unstable();
        governors.dedup();
        let status = text("proc/self/status").unwrap_or_default();
        let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let memory = text("proc/meminfo").unwrap_or_default();
        let load = line("proc/loadavg");
        Self {
            cores: line("sys/devices/system/cpu/online").and_then(|list| count(&list)),
            cores_allowed: allowed.and_then(|list| count(list.trim())),
            governors,
            huge_pages: line("sys/kernel/mm/transparent_hugepage/enabled")
                .and_then(|text| chosen(&text)),
            cpu_quota: limits::cpu(root),
            memory_limit: limits::memory(root),
            memory: kib_in(&memory, "MemTotal:")
                .zip(kib_in(&memory, "MemAvailable:"))
                .map(|(all, available)| [all, available]),
            page_cache: kib_in(&memory, "Cached:"),
            load: load.and_then(|load| load.split_ascii_whitespace().next()?.parse().ok()),
            on_mains: on_mains(&root.join("sys/class/power_supply")),
            hottest: hottest(&root.join("sys/class/thermal")),
            throttled: line("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count")
                .and_then(|count| count.parse().ok()),
            ticks: text("proc/stat").and_then(|text| ticks(&text)),
        }
    }
}

/// Entries of a directory whose names begin so and go on with a digit or not at all.
fn children(directory: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter(|entry| {
            let name = entry.file_name();
            let rest = name.to_str().and_then(|name| name.strip_prefix(prefix));
            rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()))
        })
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths
}

/// How many numbers a list such as `0-3,8` has.
fn count(list: &str) -> Option<usize> {
    list.split(',').try_fold(0, |sum, part| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let [from, to]: [usize; 2] = [from.parse().ok()?, to.parse().ok()?];
        Some(sum + to.checked_sub(from)? + 1)
    })
}

/// The word in brackets.
fn chosen(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('[')?;
    Some(rest.split_once(']')?.0.to_owned())
}

fn on_mains(supplies: &Path) -> Option<bool> {
    let supplies = fs::read_dir(supplies).ok()?.flatten().map(|entry| entry.path());
    let is_mains = |path: &PathBuf| {
        fs::read_to_string(path.join("type")).is_ok_and(|kind| kind.trim() == "Mains")
    };
    let online =
        supplies.filter(is_mains).filter_map(|path| fs::read_to_string(path.join("online")).ok());
    online.map(|online| online.trim() == "1").reduce(|a, b| a || b)
}

fn hottest(thermal: &Path) -> Option<f64> {
    let zones = children(thermal, "thermal_zone").into_iter();
    let degrees = zones.filter_map(|zone| {
        let text = fs::read_to_string(zone.join("temp")).ok()?;
        Some(text.trim().parse::<f64>().ok()? / 1000.0)
    });
    degrees.max_by(f64::total_cmp)
}

/// The line of all cores: user, nice, system, idle, iowait, irq, softirq, steal; what guests use is in
/// `user` as well.
fn ticks(stat: &str) -> Option<Ticks> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let fields = line.split_ascii_whitespace().take(8).map(|field| field.parse::<u64>().ok());
    let fields: Vec<u64> = fields.collect::<Option<_>>()?;
    Some(Ticks { total: fields.iter().sum(), stolen: *fields.get(7)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_choices_are_read_as_linux_writes_them() {
        assert_eq!(["0-3,8", "0", "2-1", "x"].map(count), [Some(5), Some(1), None, None]);
        assert_eq!(chosen("always [madvise] never"), Some("madvise".to_owned()));
        let stat = "cpu  10 0 5 80 1 0 1 3 0 0\ncpu0 1 1\n";
        assert_eq!(ticks(stat), Some(Ticks { total: 100, stolen: 3 }));
    }

    #[test]
    fn a_machine_that_says_nothing_is_not_known() {
        let nowhere = tempfile::tempdir().unwrap();
        assert_eq!(Host::read(nowhere.path()), Host::default());
    }
}
