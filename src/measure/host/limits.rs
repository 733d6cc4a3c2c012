//! What the control groups of a process let it use, in either version of Linux's.
//!
//! A group limits all below it, so that the lowest limit on the way up holds. Without any group to look
//! at, nothing is known; a group without the file of a limit does not limit.

use std::fs;
use std::path::{Path, PathBuf};

/// How much of something may be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit<T> {
    /// As much as there is.
    None,
    /// So much.
    At(T),
}

/// Cores' worth of time.
pub(super) fn cpu(root: &Path) -> Option<Limit<f64>> {
    let groups = groups(root, "cpu");
    let least = groups.iter().filter_map(|group| cpu_of(group)).min_by(f64::total_cmp);
    known(&groups, least)
}

/// Bytes.
pub(super) fn memory(root: &Path) -> Option<Limit<u64>> {
    let groups = groups(root, "memory");
    known(&groups, groups.iter().filter_map(|group| memory_of(group)).min())
}

fn known<T>(groups: &[PathBuf], least: Option<T>) -> Option<Limit<T>> {
    (!groups.is_empty()).then(|| least.map_or(Limit::None, Limit::At))
}

/// The groups with this controller that the process is in, from the top, as far as they are there: a
/// container often sees its own as the top, under the name that it has outside.
fn groups(root: &Path, controller: &str) -> Vec<PathBuf> {
    let mounts = root.join("sys/fs/cgroup");
    let mut groups = vec![mounts.clone()];
    let own = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    for (controllers, path) in own.lines().filter_map(memberships) {
        let is_second_version = controllers.is_empty();
        if is_second_version {
            groups.extend(way(&mounts, path));
        } else if controllers.split(',').any(|one| one == controller) {
            // Mounted by all their names, and most often by each as well.
            groups.extend(way(&mounts.join(controllers), path));
            groups.extend(way(&mounts.join(controller), path));
        }
    }
    groups.retain(|group| group.is_dir());
    groups
}

/// Controllers and path of a line such as `4:cpu,cpuacct:/user.slice`; the second version names none.
fn memberships(line: &str) -> Option<(&str, &str)> {
    line.split_once(':')?.1.split_once(':')
}

/// Every directory from `mount` down to the group.
fn way(mount: &Path, path: &str) -> Vec<PathBuf> {
    let mut groups = vec![mount.to_owned()];
    let mut group = mount.to_owned();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != "..") {
        group.push(part);
        groups.push(group.clone());
    }
    groups
}

fn cpu_of(group: &Path) -> Option<f64> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| *number > 0.0);
    if let Ok(text) = fs::read_to_string(group.join("cpu.max")) {
        let (quota, period) = text.trim().split_once(' ')?;
        return Some(number(quota)? / number(period)?);
    }
    let file = |name: &str| fs::read_to_string(group.join(name)).ok();
    Some(number(&file("cpu.cfs_quota_us")?)? / number(&file("cpu.cfs_period_us")?)?)
}

fn memory_of(group: &Path) -> Option<u64> {
    /// The first version writes a number as large as this for no limit.
    const NO_LIMIT: u64 = 1 << 60;
    let texts = ["memory.max", "memory.limit_in_bytes"];
    let mut texts = texts.iter().filter_map(|name| fs::read_to_string(group.join(name)).ok());
    texts.next()?.trim().parse().ok().filter(|limit| *limit < NO_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with these files, and what its groups allow.
    fn limits(files: &[(&str, &str)]) -> (Option<Limit<f64>>, Option<Limit<u64>>) {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (cpu(root.path()), memory(root.path()))
    }

    #[test]
    fn the_lowest_limit_on_the_way_up_holds() {
        let files = [
            ("proc/self/cgroup", "0::/machine/one\n"),
            ("sys/fs/cgroup/machine/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/machine/one/cpu.max", "300000 100000\n"),
            ("sys/fs/cgroup/machine/memory.max", "max\n"),
            ("sys/fs/cgroup/machine/one/memory.max", "1048576\n"),
            ("sys/fs/cgroup/machine/two/memory.max", "4096\n"),
        ];
        assert_eq!(limits(&files), (Some(Limit::At(1.5)), Some(Limit::At(1 << 20))));
    }

    #[test]
    fn the_first_version_has_a_path_for_each_controller() {
        let files = [
            ("proc/self/cgroup", "4:memory:/user.slice\n3:cpu,cpuacct:/a/b\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/user.slice/memory.limit_in_bytes", "1048576\n"),
            ("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "50000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/user.slice/cpu.cfs_quota_us", "100\n"),
            ("sys/fs/cgroup/cpu,cpuacct/user.slice/cpu.cfs_period_us", "100000\n"),
        ];
        assert_eq!(limits(&files), (Some(Limit::At(0.5)), Some(Limit::At(1 << 20))));
        // A container that sees its own group as the top.
        let files = [
            ("proc/self/cgroup", "3:cpu:/docker/abc\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ];
        assert_eq!(limits(&files), (Some(Limit::At(2.0)), Some(Limit::None)));
    }

    #[test]
    fn no_limit_is_not_the_same_as_no_group() {
        assert_eq!(limits(&[]), (None, None));
        let files = [("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/cgroup.procs", "1\n")];
        assert_eq!(limits(&files), (Some(Limit::None), Some(Limit::None)));
    }
}
