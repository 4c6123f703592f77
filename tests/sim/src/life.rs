//! From one life of a node to the next: recovery, perhaps into further faults, and the judgement of what came back.

use std::path::{Path, PathBuf};

use cairn_base::LogIndex;
use cairn_base::seam::sim::SimDisk;
use cairn_base::seam::{Disk, Rng};
use cairn_txn::{Access, Isolation, SpaceOptions};

use crate::chance::Chance;
use crate::check::data;
use crate::disk::LifeDisk;
use crate::node::{BootError, Node};
use crate::oracle::{Committed, Write};
use crate::scheduler::Scheduler;
use crate::workload;
use crate::world::{Heard, Violation, World};

/// Tries to start a node. `Ok(false)`: a fault was in the way, try again.
pub fn try_boot(run: &mut Scheduler, after_machine: &mut bool) -> Result<bool, Violation> {
    let disk = run.new_disk();
    let decay = decay(run);
    let trouble = if decay.is_some() { Trouble { decayed: true, ..Trouble::default() } } else { arm(run, &disk) };
    let mut rng = run.rng.split();
    let world = run.world.clone();
    match Node::boot(disk.clone(), &world.swarm.node, &world.clock, &mut rng) {
        Ok((node, found)) => {
            run.medium.clear_faults();
            world.trace(format_args!(
                "up: log to {}, {} replayed, torn {}",
                found.last.0,
                found.replayed,
                found.torn.is_some()
            ));
            settle_in(&world, node, !*after_machine);
            Ok(true)
        }
        Err(error) => {
            world.trace(format_args!("no start: {error}"));
            judge(run, &disk, &error, trouble)?;
            if let Some(decay) = decay {
                decay.heal(&run.medium);
            }
            stop_again(run, &disk, after_machine);
            Ok(false)
        }
    }
}

/// What may be in the way of a start.
#[derive(Clone, Copy, Default)]
struct Trouble {
    /// A write or sync may fail.
    fails: bool,
    /// A byte may be read wrong.
    misread: bool,
    /// A byte has decayed that somebody vouches for.
    decayed: bool,
}

/// A refusal is right when something was in the way.
fn judge(run: &Scheduler, disk: &LifeDisk, error: &BootError, trouble: Trouble) -> Result<(), Violation> {
    let struck = trouble.misread && run.medium.pending_misreads() == 0;
    let io = trouble.fails || disk.is_over() || struck;
    let excused = (error.is_io() && io) || (error.is_corruption() && (struck || trouble.decayed));
    if !excused {
        run.world.violate("start", format_args!("the node refuses to start: {error}"));
    }
    run.world.violation().map_or(Ok(()), Err)
}

fn stop_again(run: &mut Scheduler, disk: &LifeDisk, after_machine: &mut bool) {
    let machine = disk.is_over() || run.rng.percent(50);
    disk.end();
    run.medium.clear_faults();
    run.medium.set_capacity(None);
    if machine {
        run.medium.crash(&mut run.rng);
        *after_machine = true;
    } else {
        run.medium.kill_process();
    }
}

/// A byte that decayed on the medium.
struct Decay {
    path: PathBuf,
    offset: u64,
    mask: u8,
}

impl Decay {
    fn strike(&self, medium: &SimDisk) {
        medium.flip(&self.path, self.offset, self.mask).expect("the file was just listed");
    }

    /// What was refused was not changed, so that it can be restored.
    fn heal(&self, medium: &SimDisk) {
        self.strike(medium);
    }
}

/// Perhaps lets a byte decay where somebody vouches for it: in an image, or in a segment of the log that others follow.
fn decay(run: &mut Scheduler) -> Option<Decay> {
    let decays = run.world.swarm.faults.decay && run.world.swarm.syncs_before_answering() && !run.is_quiet();
    if !decays || !run.rng.percent(30) {
        return None;
    }
    let mut files = Vec::new();
    let images = run.medium.list(Path::new("/cairn/memtx")).unwrap_or_default();
    files.extend(images.iter().rfind(|name| name.ends_with(".image")).map(|name| Path::new("/cairn/memtx").join(name)));
    let segments = run.medium.list(Path::new("/cairn/log")).unwrap_or_default();
    // The last one is prepared, the next may have been taken and not begun, and nobody vouches for the end of a third.
    let old = segments.len().saturating_sub(3);
    files.extend(segments[..old].iter().map(|name| Path::new("/cairn/log").join(name)));
    if files.is_empty() {
        return None;
    }
    let path = files.swap_remove(run.rng.place(files.len()));
    let length = run.medium.read(&path).map_or(0, |bytes| bytes.len() as u64);
    let reach = if run.rng.percent(50) { length.min(600) } else { length };
    if reach == 0 {
        return None;
    }
    let decay = Decay { path, offset: run.rng.below(reach), mask: 1 << run.rng.below(8) };
    run.world.trace(format_args!("{} decays at {}", decay.path.display(), decay.offset));
    decay.strike(&run.medium);
    Some(decay)
}

/// Perhaps prepares trouble for the start.
fn arm(run: &mut Scheduler, disk: &LifeDisk) -> Trouble {
    let mut trouble = Trouble::default();
    if run.is_quiet() {
        return trouble;
    }
    let faults = run.world.swarm.faults;
    if faults.crash_at_start && run.rng.percent(30) {
        let changes = run.rng.below(20);
        run.world.trace(format_args!("the machine will stop after {changes} changes"));
        disk.end_after(changes);
    }
    if faults.misreads && run.rng.percent(50) {
        trouble.misread = misread(run);
    }
    if faults.io && run.rng.percent(30) {
        crate::faults::fail_something(run);
        trouble.fails = true;
    }
    trouble
}

/// Some byte of some file will be read wrong once.
fn misread(run: &mut Scheduler) -> bool {
    let mut files = Vec::new();
    for dir in ["/cairn", "/cairn/log", "/cairn/memtx", "/cairn/slow"] {
        let names = run.medium.list(Path::new(dir)).unwrap_or_default();
        files.extend(names.into_iter().map(|name| Path::new(dir).join(name)));
    }
    if files.is_empty() {
        return false;
    }
    let path = files.swap_remove(run.rng.place(files.len()));
    let length = run.medium.read(&path).map_or(0, |bytes| bytes.len() as u64);
    // Most of a log segment is empty; what matters is at the front.
    let reach = if run.rng.percent(50) { length.min(600) } else { length };
    if reach == 0 {
        return false;
    }
    let (offset, mask) = (run.rng.below(reach), 1 << run.rng.below(8));
    run.world.trace(format_args!("{} will be misread at {offset}", path.display()));
    run.medium.misread(&path, offset, mask).is_ok()
}

/// The node runs: what it brought back is checked, and the first one creates what workloads need.
fn settle_in(world: &World, node: Node, survived_the_machine: bool) {
    let lost = data::recovered(world, &node, survived_the_machine);
    let last = node.shard.durable_point().index;
    world.history.borrow_mut().recovered(last.0);
    if let Some(first) = lost.first() {
        world.trace(format_args!("{} commits did not happen, from {} on", lost.len(), first.index.0));
    }
    *world.heard.borrow_mut() = Heard::from(last);
    *world.node.borrow_mut() = Some(node);
    if world.oracle.borrow().newest().0 == LogIndex::ZERO {
        genesis(world);
    }
}

/// The first commit: spaces and rows for all workloads.
fn genesis(world: &World) {
    let writes = workload::genesis();
    let number = world.fresh_number();
    let commit = world.with_shard(|shard| {
        let mut txn = shard.begin(Isolation::Serializable, Access::ReadWrite)?;
        shard.begin_statement(&mut txn)?;
        for write in &writes {
            match write {
                Write::Create(space) => shard.create_space(&mut txn, *space, SpaceOptions::default())?,
                Write::Drop(space) => shard.drop_space(&mut txn, *space)?,
                Write::Key(space, key, Some(row)) => shard.put_fresh(&mut txn, *space, key, row)?,
                Write::Key(space, key, None) => shard.delete_covered(&mut txn, *space, key)?,
            }
        }
        shard.commit(txn)
    });
    match commit {
        Ok(commit) => {
            let index = commit.wait.expect("a commit with writes has a record");
            world.oracle.borrow_mut().commit(Committed { index, at: commit.at, number, writes });
        }
        // The slow engine may say "later".
        Err(error) if error.wants_restart() => genesis(world),
        Err(error) => world.violate("errors", format_args!("the first commit: {error}")),
    }
}
