//! What a process has used, from `/proc` (Linux). Elsewhere, or without a pid, there is nothing to tell.

use std::fs;
use std::time::Duration;

/// A process at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time of all its threads, user and system, to the nanosecond where the kernel tells.
    pub cpu: Duration,
    /// Resident memory, in KiB.
    pub rss_kib: u64,
    /// Resident memory with shared pages divided among their users, in KiB; 0 where the kernel does not tell.
    pub pss_kib: u64,
}

/// What process `pid` has used so far; `None` when it cannot be read.
#[must_use]
pub fn read(pid: u32) -> Option<Usage> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    Some(Usage {
        cpu: cpu(pid)?,
        rss_kib: kib_of(&status, "VmRSS:").unwrap_or(0),
        pss_kib: kib_of(&rollup, "Pss:").unwrap_or(0),
    })
}

/// `schedstat` counts nanoseconds but a thread that ended takes its own away; `stat` keeps them, in ticks of 10 ms.
/// The larger of the two is nearer to the truth in both cases.
fn cpu(pid: u32) -> Option<Duration> {
    let ticks = cpu_of_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let nanos: u64 = threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok())
        .filter_map(|text| text.split_whitespace().next()?.parse::<u64>().ok())
        .sum();
    Some(ticks.max(Duration::from_nanos(nanos)))
}

/// utime + stime, the fields 14 and 15; the name in field 2 may hold blanks and brackets.
fn cpu_of_stat(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 10))
}

fn kib_of(text: &str, label: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(label))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_the_kernel_are_found() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194304 90 0 0 0 150 25 0 0 20 0 5 0 100 1 1";
        assert_eq!(cpu_of_stat(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(cpu_of_stat("nonsense"), None);
        assert_eq!(kib_of("Name:\tx\nVmRSS:\t  123 kB\n", "VmRSS:"), Some(123));
    }

    #[test]
    fn this_process_uses_memory_and_a_missing_one_does_not() {
        assert!(read(std::process::id()).unwrap().rss_kib > 0);
        assert_eq!(read(u32::MAX), None);
    }
}
