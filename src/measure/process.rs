//! What this process has used so far, as Linux tells; elsewhere it is not known.

use std::fs;

/// Clock ticks per second in which /proc counts: 100 on every Linux that programs are built for.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time of all threads, in seconds, to a hundredth.
pub fn cpu_seconds() -> Option<f64> {
    cpu_seconds_in(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// Memory resident now, in bytes.
pub fn resident_bytes() -> Option<u64> {
    kib_in(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// Most memory that was resident since the process began, in bytes.
pub fn peak_resident_bytes() -> Option<u64> {
    kib_in(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

/// Memory that programs can still have, in bytes.
pub fn available_bytes() -> Option<u64> {
    kib_in(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")
}

/// User and system time; the name of the program, in parentheses, may hold anything.
fn cpu_seconds_in(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11);
    let mut next = || times.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / TICKS_PER_SECOND)
}

/// The value, in bytes, of a line such as `VmRSS:  1234 kB`.
pub(super) fn kib_in(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_linux_are_read() {
        let stat = "77 (odd) name) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 3 0";
        assert_eq!(cpu_seconds_in(stat), Some(3.0));
        assert_eq!(cpu_seconds_in("77 (x) S 1"), None);
        assert_eq!(kib_in("VmPeak: 9 kB\nVmRSS:\t  12 kB\n", "VmRSS:"), Some(12 << 10));
        assert_eq!(kib_in("VmPeak: 9 kB\n", "VmRSS:"), None);
    }
}
