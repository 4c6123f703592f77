//! What a server's processes have used: CPU, of the whole tree.

use std::collections::BTreeMap;
use std::time::Duration;

/// Ticks per second in `/proc/PID/stat`: part of Linux's interface, the same on all machines that matter here.
const TICKS: u64 = 100;

/// Sums over a process, its living descendants, and those descendants that have ended and were waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// User and system time.
    pub cpu: Duration,
    /// Living processes.
    pub processes: usize,
}

/// What the tree under `root` has used up to now.
pub fn usage_of_tree(root: u32) -> Usage {
    let mut usage = Usage::default();
    for id in tree(root) {
        let Some(stat) = Stat::read(id) else { continue };
        usage.cpu += Duration::from_millis(stat.ticks * 1000 / TICKS);
        usage.processes += 1;
    }
    usage
}

/// Process ids of `root` and all its living descendants.
pub fn tree(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for id in processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        if let Some(stat) = Stat::read(id) {
            children.entry(stat.parent).or_default().push(id);
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while let Some(id) = found.get(next) {
        found.extend(children.get(id).into_iter().flatten().copied().collect::<Vec<_>>());
        next += 1;
    }
    found
}

/// CPU that this process's ended children have used: a client program's share.
pub fn ended_children_cpu() -> Duration {
    let ticks = Stat::read(std::process::id()).map_or(0, |stat| stat.children_ticks);
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// CPU that this process's threads have used.
pub fn own_cpu() -> Duration {
    let ticks = Stat::read(std::process::id()).map_or(0, |stat| stat.ticks - stat.children_ticks);
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// The part of `/proc/PID/stat` that matters here.
struct Stat {
    parent: u32,
    /// Own and ended children's, user and system.
    ticks: u64,
    /// Ended children's alone.
    children_ticks: u64,
}

impl Stat {
    fn read(id: u32) -> Option<Self> {
        let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name in parentheses may hold anything; what follows the last one is numbers.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
        let children_ticks = number(13)? + number(14)?;
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            ticks: number(11)? + number(12)? + children_ticks,
            children_ticks,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn children_are_seen_while_they_live_and_counted_when_they_end() {
        let own = std::process::id();
        let mut child = Command::new("sleep").arg("30").spawn().expect("sleep is everywhere");
        assert!(tree(own).contains(&child.id()));
        child.kill().expect("it lives");
        child.wait().expect("it ends");
        assert!(!tree(own).contains(&child.id()));
        let before = usage_of_tree(own).cpu;
        let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        assert!(Command::new("sh").args(["-c", busy]).status().expect("sh is everywhere").success());
        assert!(usage_of_tree(own).cpu > before);
        assert!(ended_children_cpu() > Duration::ZERO);
    }
}
