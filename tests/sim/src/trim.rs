//! What a run does without, in words: `-bank -io -crashes clients=2`. How a failure is made small, and how a person asks
//! for a corner.

use std::fmt;
use std::str::FromStr;

use crate::swarm::Swarm;
use crate::workload::Workload;

/// Something that a run can do without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// A workload.
    Workload(Workload),
    /// Writes and syncs that fail.
    Io,
    /// Disks that fill up.
    Full,
    /// Wrong reads at the start.
    Misreads,
    /// Machines that stop at the start.
    CrashAtStart,
    /// Bytes that decay while the node is down.
    Decay,
    /// Crashes.
    Crashes,
    /// Checkpoints.
    Checkpoints,
    /// Collections.
    Collections,
    /// Jumps of the wall clock.
    Jumps,
}

/// What a run does without, and how many clients it has at most.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trim {
    /// What is left out.
    pub without: Vec<Part>,
    /// Most clients; `None`: as many as the seed says.
    pub clients_max: Option<usize>,
}

impl Part {
    /// All parts with their names.
    pub fn all() -> Vec<(String, Self)> {
        let workloads = Workload::ALL.iter().map(|one| (format!("{one:?}").to_lowercase(), Self::Workload(*one)));
        let others = [
            ("io", Self::Io),
            ("full", Self::Full),
            ("misreads", Self::Misreads),
            ("crash-at-start", Self::CrashAtStart),
            ("decay", Self::Decay),
            ("crashes", Self::Crashes),
            ("checkpoints", Self::Checkpoints),
            ("collections", Self::Collections),
            ("jumps", Self::Jumps),
        ];
        workloads.chain(others.into_iter().map(|(name, part)| (name.to_owned(), part))).collect()
    }
}

impl Trim {
    /// Takes out of a corner what this leaves out.
    pub fn apply(&self, swarm: &mut Swarm) {
        swarm.clients = swarm.clients.min(self.clients_max.unwrap_or(usize::MAX));
        for part in &self.without {
            match part {
                Part::Workload(left_out) => swarm.workloads.retain(|(workload, _)| workload != left_out),
                Part::Io => swarm.faults.io = false,
                Part::Full => swarm.faults.full = false,
                Part::Misreads => swarm.faults.misreads = false,
                Part::CrashAtStart => swarm.faults.crash_at_start = false,
                Part::Decay => swarm.faults.decay = false,
                Part::Crashes => swarm.weights.crash = 0,
                Part::Checkpoints => swarm.weights.checkpoint = 0,
                Part::Collections => swarm.weights.collect = 0,
                Part::Jumps => swarm.weights.jump = 0,
            }
        }
    }
}

impl fmt::Display for Trim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Part::all();
        let name = |part: &Part| names.iter().find(|(_, one)| one == part).map_or("", |(name, _)| name.as_str());
        let without = self.without.iter().map(|part| format!("-{}", name(part)));
        let clients = self.clients_max.map(|most| format!("clients={most}"));
        f.write_str(&without.chain(clients).collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Trim {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Part::all();
        let mut trim = Self::default();
        for word in text.split_whitespace() {
            if let Some(most) = word.strip_prefix("clients=") {
                trim.clients_max = Some(most.parse().map_err(|_| format!("{most} is no number of clients"))?);
                continue;
            }
            let part = word.strip_prefix('-').and_then(|name| names.iter().find(|(one, _)| one == name));
            let (_, part) = part.ok_or_else(|| format!("a run cannot do without \"{word}\""))?;
            trim.without.push(*part);
        }
        Ok(trim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        let text = "-bank -io -crash-at-start clients=2";
        assert_eq!(text.parse::<Trim>().expect("known words").to_string(), text);
        assert!("-nonsense".parse::<Trim>().is_err());
    }
}
