//! Check of the log alone: `log`. What is in it, read without opening it for writing, is exactly what was committed.

use cairn_base::LogIndex;
use cairn_base::seam::sim::{SimDisk, SimRng};
use cairn_engine_api::Op;
use cairn_txn::record::RecordView;
use cairn_wal::{Durability, Options, Record, ReplayError, Resume, Wal};

use crate::node::log_place;
use crate::oracle::{Oracle, op};
use crate::world::World;

/// Reads the log that a crash has left, from the first record that all engines lack, and holds every record against
/// the commit of that index.
pub fn is_a_prefix(world: &World, medium: &SimDisk, from: LogIndex) {
    let oracle = world.oracle.borrow();
    let mut last = LogIndex(from.0 - 1);
    let mut check = |record: Record<'_>| -> Result<(), ReplayError> {
        if record.index <= last {
            return Err(format!("record {} follows record {}", record.index.0, last.0).into());
        }
        last = record.index;
        same_commit(&oracle, &record).map_err(ReplayError::from)
    };
    let options = Options { durability: Durability::None, ..Options::default() };
    let resume = Resume { from, floor: LogIndex(from.0 - 1) };
    let opened = Wal::open(log_place(medium), options, &mut SimRng::new(0), resume, &mut check, &mut |_| {});
    if let Err(error) = opened {
        world.violate("log", format_args!("the log that a crash left: {error}"));
    }
}

fn same_commit(oracle: &Oracle, record: &Record<'_>) -> Result<(), String> {
    let index = record.index.0;
    let commits = oracle.commits();
    let found = commits.binary_search_by_key(&record.index, |commit| commit.index);
    let commit = found.map(|place| &commits[place]).map_err(|_| format!("nobody committed record {index}"))?;
    let view = RecordView::parse(record.payload).map_err(|error| format!("record {index}: {error}"))?;
    let ops: Vec<Op<'_>> = view.ops().collect::<Result<_, _>>().map_err(|error| format!("record {index}: {error}"))?;
    let expected: Vec<Op<'_>> = commit.writes.iter().map(op).collect();
    if view.at() != commit.at || ops != expected {
        return Err(format!("record {index} is not what t{} committed", commit.number));
    }
    Ok(())
}
