//! What would spoil a measurement on a machine, and what to do about it.

use serde::Serialize;

use super::host::{Host, Limit, Ticks};

/// Time stolen beyond this share spoils percentiles.
const STOLEN: f64 = 0.01;
/// Runnable threads per core beyond which the machine is busy with something else.
const LOAD_PER_CORE: f64 = 0.3;
/// Below these, runs may end for want of room.
const MEMORY_BYTES: u64 = 1 << 30;
const DISK_BYTES: u64 = 5 << 30;
/// Close to where processors slow down.
const HOT: f64 = 85.0;

/// What a look at one thing says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Spoils nothing.
    Fine,
    /// Would spoil a measurement.
    Warning,
    /// The system does not tell.
    Unknown,
}

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What.
    pub name: &'static str,
    /// How it is.
    pub found: String,
    /// Whether that matters.
    pub verdict: Verdict,
    /// What to do, where it does.
    pub advice: Option<&'static str>,
}

/// What is not read from the machine's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside {
    /// The program was built without optimization.
    pub is_debug_build: bool,
    /// Processor time when the look began, some time before that of the host.
    pub ticks_before: Option<Ticks>,
    /// Bytes free where files go.
    pub disk_free: Option<u64>,
}

/// Looks at everything.
pub fn check(host: &Host, beside: &Beside) -> Vec<Finding> {
    vec![
        build(beside.is_debug_build),
        cores(host),
        quota(host),
        load(host),
        steal(host.ticks, beside.ticks_before),
        governor(host),
        heat(host),
        power(host),
        memory(host),
        cache(host),
        limit(host),
        huge_pages(host),
        disk(beside.disk_free),
    ]
}

/// A finding that warns, with the advice, where `is_bad` says so.
fn judged(name: &'static str, found: String, is_bad: bool, advice: &'static str) -> Finding {
    let verdict = if is_bad { Verdict::Warning } else { Verdict::Fine };
    Finding { name, found, verdict, advice: is_bad.then_some(advice) }
}

fn unknown(name: &'static str) -> Finding {
    Finding { name, found: "not known".to_owned(), verdict: Verdict::Unknown, advice: None }
}

fn build(is_debug: bool) -> Finding {
    let found = if is_debug { "debug build" } else { "release build" };
    judged("build", found.to_owned(), is_debug, "measure a build made with `cargo build --release`")
}

fn cores(host: &Host) -> Finding {
    let Some(cores) = host.cores else { return unknown("cores") };
    let allowed = host.cores_allowed.unwrap_or(cores);
    let found = format!("{allowed} of {cores} for this process");
    judged(
        "cores",
        found,
        allowed < 2,
        "with one core the workers and who feeds them share it: take two",
    )
}

fn quota(host: &Host) -> Finding {
    const NAME: &str = "processor limit";
    let quota = match host.cpu_quota {
        None => return unknown(NAME),
        Some(Limit::None) => return judged(NAME, "none".to_owned(), false, ""),
        Some(Limit::At(quota)) => quota,
    };
    let cores = host.cores_allowed.or(host.cores);
    let is_below = cores.is_none_or(|cores| quota < cores as f64);
    let found = format!("{quota:.2} cores' worth of time");
    let advice = "raise the container's limit, or ask for fewer --workers: a limit stops all threads at once";
    judged(NAME, found, is_below, advice)
}

fn load(host: &Host) -> Finding {
    let (Some(load), Some(cores)) = (host.load, host.cores) else { return unknown("load") };
    let is_busy = load > LOAD_PER_CORE * cores as f64;
    let found = format!("{load:.2} threads runnable on {cores} cores");
    judged("load", found, is_busy, "something else is running: stop it, or wait a minute")
}

fn steal(now: Option<Ticks>, before: Option<Ticks>) -> Finding {
    let passed = now.zip(before).map(|(now, before)| {
        (now.total.saturating_sub(before.total), now.stolen.saturating_sub(before.stolen))
    });
    let Some((total, stolen)) = passed.filter(|(total, _)| *total > 0) else {
        return unknown("steal time");
    };
    let share = stolen as f64 / total as f64;
    let found = format!("{:.1} % of the time went to other machines", share * 100.0);
    let advice =
        "neighbours on the same hardware: measure several times, or on a dedicated machine";
    judged("steal time", found, share > STOLEN, advice)
}

fn governor(host: &Host) -> Finding {
    if host.governors.is_empty() {
        return unknown("frequency governor");
    }
    let is_slow = host.governors.iter().any(|governor| governor != "performance");
    let advice =
        "the clock follows the load: `cpupower frequency-set -g performance` while measuring";
    judged("frequency governor", host.governors.join(", "), is_slow, advice)
}

fn heat(host: &Host) -> Finding {
    let Some(hottest) = host.hottest else { return unknown("heat") };
    let throttled = host.throttled.unwrap_or(0);
    let found = format!("{hottest:.0} degrees, slowed down {throttled} times since the start");
    judged("heat", found, hottest >= HOT, "let it cool down: hot processors slow down")
}

fn power(host: &Host) -> Finding {
    let Some(on_mains) = host.on_mains else { return unknown("power") };
    let found = if on_mains { "mains" } else { "battery" };
    judged("power", found.to_owned(), !on_mains, "plug it in: processors are slower on a battery")
}

fn memory(host: &Host) -> Finding {
    let Some([all, available]) = host.memory else { return unknown("memory") };
    let found = format!("{} of {} available", gb(available), gb(all));
    judged(
        "memory",
        found,
        available < MEMORY_BYTES,
        "end what holds memory, or take a smaller corpus",
    )
}

fn cache(host: &Host) -> Finding {
    let Some(cached) = host.page_cache else { return unknown("page cache") };
    let found = format!("{} of files held in memory", gb(cached));
    judged("page cache", found, false, "")
}

fn limit(host: &Host) -> Finding {
    const NAME: &str = "memory limit";
    let limit = match host.memory_limit {
        None => return unknown(NAME),
        Some(Limit::None) => return judged(NAME, "none".to_owned(), false, ""),
        Some(Limit::At(limit)) => limit,
    };
    let advice = "raise the container's limit: a run beyond it is ended by the system";
    judged(NAME, gb(limit), limit < MEMORY_BYTES, advice)
}

fn huge_pages(host: &Host) -> Finding {
    let Some(mode) = &host.huge_pages else { return unknown("transparent huge pages") };
    let advice = "state is then in small pages, and lookups of many identities cost more: \
                  `madvise` or `always` in /sys/kernel/mm/transparent_hugepage/enabled";
    judged("transparent huge pages", mode.clone(), mode == "never", advice)
}

fn disk(free: Option<u64>) -> Finding {
    let Some(free) = free else { return unknown("disk") };
    judged(
        "disk",
        format!("{} free where files go", gb(free)),
        free < DISK_BYTES,
        "a drill needs 2.5 GB, `generate` as much as is asked for",
    )
}

fn gb(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(host: &Host, beside: &Beside) -> Vec<&'static str> {
        let findings = check(host, beside).into_iter();
        findings.filter(|finding| finding.advice.is_some()).map(|finding| finding.name).collect()
    }

    fn good() -> (Host, Beside) {
        let host = Host {
            cores: Some(8),
            cores_allowed: Some(8),
            governors: vec!["performance".to_owned()],
            huge_pages: Some("madvise".to_owned()),
            memory: Some([16 << 30, 12 << 30]),
            page_cache: Some(4 << 30),
            cpu_quota: Some(Limit::None),
            memory_limit: Some(Limit::None),
            load: Some(0.4),
            on_mains: Some(true),
            hottest: Some(50.0),
            throttled: Some(0),
            ticks: Some(Ticks { total: 900, stolen: 1 }),
        };
        let ticks_before = Some(Ticks { total: 100, stolen: 0 });
        (host, Beside { ticks_before, disk_free: Some(50 << 30), is_debug_build: false })
    }

    #[test]
    fn a_good_machine_has_nothing_to_complain_of() {
        let (host, beside) = good();
        assert_eq!(warnings(&host, &beside), [""; 0]);
        assert!(check(&host, &beside).iter().all(|finding| finding.verdict == Verdict::Fine));
    }

    #[test]
    fn everything_that_would_spoil_a_measurement_is_named_with_what_to_do() {
        let (good_host, beside) = good();
        let host = Host {
            cores_allowed: Some(1),
            cpu_quota: Some(Limit::At(0.5)),
            governors: vec!["performance".to_owned(), "powersave".to_owned()],
            huge_pages: Some("never".to_owned()),
            memory: Some([16 << 30, 1 << 20]),
            memory_limit: Some(Limit::At(1 << 20)),
            load: Some(5.0),
            on_mains: Some(false),
            hottest: Some(95.0),
            ticks: Some(Ticks { total: 900, stolen: 100 }),
            ..good_host
        };
        let beside = Beside { disk_free: Some(1 << 20), is_debug_build: true, ..beside };
        let all = check(&host, &beside);
        let expected: Vec<_> =
            all.iter().map(|finding| finding.name).filter(|name| *name != "page cache").collect();
        assert_eq!(warnings(&host, &beside), expected);
    }

    #[test]
    fn what_a_machine_does_not_tell_is_not_called_fine() {
        let nothing = check(&Host::default(), &Beside::default());
        let is_told = |finding: &&Finding| finding.verdict != Verdict::Unknown;
        let told: Vec<_> = nothing.iter().filter(is_told).map(|finding| finding.name).collect();
        assert_eq!(told, ["build"]);
        let host = Host { cpu_quota: Some(Limit::At(0.5)), ..Host::default() };
        assert_eq!(warnings(&host, &Beside::default()), ["processor limit"]);
    }
}
