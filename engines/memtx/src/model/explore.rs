//! How a scene is explored.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::sync::release_kept;

/// Times that a running thread is stopped for another one, in one execution. Bugs that need more are rare (Musuvathi and
/// Qadeer, PLDI 2007: most need two).
const PREEMPTIONS: usize = 2;
/// Steps of one execution: far above what any scene takes.
const BRANCHES_MAX: usize = 100_000;

/// Runs `scene` in every way. A scene says when its threads begin and stop racing: [`loom::explore`],
/// [`loom::stop_exploring`].
///
/// `CAIRN_PREEMPTIONS=n` explores deeper, `CAIRN_MODEL_SECONDS=n` ends each scene after that time, and says so.
pub(super) fn explore(name: &str, scene: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.max_branches = BRANCHES_MAX;
    builder.preemption_bound = Some(number("CAIRN_PREEMPTIONS").map_or(PREEMPTIONS, |n| n as usize));
    builder.max_duration = number("CAIRN_MODEL_SECONDS").map(Duration::from_secs);
    builder.checkpoint_interval = 100;
    builder.expect_explicit_explore = true;
    let (limit, start) = (builder.max_duration, Instant::now());
    let executions = Arc::new(AtomicU64::new(0));
    let count = executions.clone();
    builder.check(move || {
        release_kept();
        count.fetch_add(1, Relaxed);
        scene();
    });
    release_kept();
    let took = start.elapsed();
    let cut = if limit.is_some_and(|limit| took >= limit) { ", cut off" } else { "" };
    println!("{name}: {} executions in {:.1} s{cut}", executions.load(Relaxed), took.as_secs_f64());
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}
