//! Faults of the disk while the node runs.

use cairn_base::seam::Rng;
use cairn_base::seam::sim::SyncFault;

use crate::chance::Chance;
use crate::scheduler::Scheduler;

/// Injects one of the faults that this run has, or takes one back.
pub fn inject(run: &mut Scheduler) {
    let faults = run.world.swarm.faults;
    let kinds = [faults.io, faults.full].map(u64::from);
    match run.rng.weighted(kinds.into_iter()) {
        Some(0) => fail_something(run),
        Some(_) => fill_up(run),
        None => {}
    }
}

/// A write fails after some of its bytes, or a sync fails: having lost the bytes, or having written them all the same.
pub fn fail_something(run: &mut Scheduler) {
    let skip = run.rng.below(12);
    match run.rng.below(3) {
        0 => {
            let kept = run.rng.below(3_000) as usize;
            run.world.trace(format_args!("write {skip} from now will fail after {kept} bytes"));
            run.medium.fail_write(skip, kept);
        }
        1 => {
            run.world.trace(format_args!("sync {skip} from now will fail and lose"));
            run.medium.fail_sync(skip, SyncFault::Lost);
        }
        _ => {
            run.world.trace(format_args!("sync {skip} from now will fail and have happened"));
            run.medium.fail_sync(skip, SyncFault::HappenedButReported);
        }
    }
}

/// Little space is left, or there is enough again.
fn fill_up(run: &mut Scheduler) {
    if run.rng.percent(50) {
        run.world.trace(format_args!("there is space again"));
        run.medium.set_capacity(None);
    } else {
        let left = run.rng.below(20_000);
        run.world.trace(format_args!("{left} bytes are left"));
        run.medium.set_capacity(Some(run.medium.used_bytes() + left));
    }
}
