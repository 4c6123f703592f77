//! Memory after churn: updates, deletes, inserts, long snapshots coming and going. What is live in the end must take at
//! most 1.2 times what it takes in an engine that was never given anything else.
//!
//! The short form, in `make test`, counts bytes. `CAIRN_CHURN_MINUTES=60` (`make churn MINUTES=60`) is the long one, with
//! the server's allocator, at a steady rate: every minute all snapshots end, and then the resident memory of this process is
//! compared, too, with that of a second process that loads the same live rows into a fresh engine.

mod churn;
mod footprint;
mod live;

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use cairn_engine_testkit::allocator::Counting;
use mimalloc::MiMalloc;

use churn::{BATCH_OPS, Churn};
use footprint::{Before, Footprint};
use live::Live;

#[global_allocator]
static ALLOCATOR: Counting<MiMalloc> = Counting(MiMalloc);

/// The bar: times the footprint of a fresh engine.
const RATIO_MAX: f64 = 1.2;

/// Live rows of the short form.
const SHORT_ROWS: usize = 20_000;
/// Batches of the short form: a dozen changes for each row.
const SHORT_BATCHES: u64 = 4_000;

/// Live rows of the long form.
const LONG_ROWS: usize = 200_000;
/// Batches a second of the long form: about twenty thousand changes.
const LONG_BATCHES_PER_SECOND: f64 = 20_000.0 / BATCH_OPS as f64;
/// The longest life of a snapshot in the long form: forty seconds' batches.
const LONG_SNAPSHOT_BATCHES: u64 = (40.0 * LONG_BATCHES_PER_SECOND) as u64;
/// Between two rests of the long form.
const REST_EVERY: Duration = Duration::from_secs(60);
/// The allocator gives memory back to the system with a delay, and only while it is used.
const SETTLE: Duration = Duration::from_millis(100);
/// Few changes in so many pauses let it.
const SETTLES: usize = 30;

#[test]
fn churned_memory_stays_near_the_live_data() {
    if let Some(path) = std::env::var_os("CAIRN_CHURN_FRESH") {
        return report_fresh(Path::new(&path));
    }
    let seed = std::env::var("CAIRN_SEED").map_or(7, |text| text.parse().expect("CAIRN_SEED is a number"));
    println!("CAIRN_SEED={seed}");
    match std::env::var("CAIRN_CHURN_MINUTES") {
        Err(_) => churn_briefly(seed),
        Ok(text) => churn_for(minutes(&text), seed),
    }
}

fn minutes(text: &str) -> Duration {
    Duration::from_secs_f64(text.parse::<f64>().expect("CAIRN_CHURN_MINUTES is a number") * 60.0)
}

fn churn_briefly(seed: u64) {
    let before = Before::now();
    let engine = churn::open();
    let mut churn = Churn::new(&engine, SHORT_ROWS, seed);
    for n in 0..SHORT_BATCHES {
        churn.step(SHORT_BATCHES / 8);
        if n % (SHORT_BATCHES / 8) == 0 {
            churn.rest();
        }
    }
    churn.rest();
    let live = std::mem::take(&mut churn.live);
    drop(churn);
    let churned = before.footprint(&engine);
    drop(engine);

    // The list of live rows is in both.
    let engine = churn::open();
    churn::load(&engine, &live);
    let fresh = before.footprint(&engine);
    println!("churned: {churned}\nfresh:   {fresh}");
    let [counted, allocated, _] = churned.ratios(fresh);
    println!("ratio: counted {counted:.3}, allocated {allocated:.3}");
    assert!(counted <= RATIO_MAX && allocated <= RATIO_MAX, "counted {counted:.3}, allocated {allocated:.3}");
}

fn churn_for(duration: Duration, seed: u64) {
    let before = Before::now();
    let engine = churn::open();
    let mut churn = Churn::new(&engine, LONG_ROWS, seed);
    let start = Instant::now();
    let (mut busiest, mut rests) = (before.footprint(&engine), Vec::new());
    while start.elapsed() < duration {
        let pause = Instant::now() + REST_EVERY.min(duration.saturating_sub(start.elapsed()));
        let busy = churn_until(pause, &mut churn, || before.footprint(&engine));
        busiest = if busy.resident > busiest.resident { busy } else { busiest };
        churn.rest();
        settle(|| {
            churn.change();
            churn.rest();
        });
        let footprint = before.footprint(&engine);
        println!("{:5.1} min  {footprint}   (before the rest: {busy})", start.elapsed().as_secs_f64() / 60.0);
        rests.push(footprint);
    }
    println!("busiest: {busiest}");
    let fresh = fresh_footprint(&churn.live);
    println!("fresh:   {fresh}");
    let most = rests
        .iter()
        .map(|rest| rest.ratios(fresh))
        .fold([0.0; 3], |most, rest| [0, 1, 2].map(|i| f64::max(most[i], rest[i])));
    let last = rests.last().expect("there was at least one rest").ratios(fresh);
    println!("ratios in the end: counted {:.3}, allocated {:.3}, resident {:.3}", last[0], last[1], last[2]);
    println!("most at any rest:  counted {:.3}, allocated {:.3}, resident {:.3}", most[0], most[1], most[2]);
    assert!(most.iter().all(|ratio| *ratio <= RATIO_MAX), "more than {RATIO_MAX} times a fresh engine");
}

/// Steps at the steady rate; returns what was in use at the end.
fn churn_until(end: Instant, churn: &mut Churn<'_>, footprint: impl Fn() -> Footprint) -> Footprint {
    let start = Instant::now();
    let mut batches = 0.0;
    while Instant::now() < end {
        churn.step(LONG_SNAPSHOT_BATCHES);
        batches += 1.0;
        let ahead = Duration::from_secs_f64(batches / LONG_BATCHES_PER_SECOND).saturating_sub(start.elapsed());
        if ahead > Duration::from_millis(20) {
            std::thread::sleep(ahead);
        }
    }
    let now = footprint();
    println!("{:.0} batches/s, {} snapshots open", batches / start.elapsed().as_secs_f64(), churn.snapshots());
    now
}

fn settle(mut use_memory: impl FnMut()) {
    for _ in 0..SETTLES {
        use_memory();
        std::thread::sleep(SETTLE);
    }
}

/// What the same live rows take in a process of their own.
fn fresh_footprint(live: &Live) -> Footprint {
    let directory = tempfile::tempdir().expect("the system has a temporary directory");
    let path: PathBuf = directory.path().join("live");
    let mut file = BufWriter::new(File::create(&path).expect("create"));
    live.save(&mut file).and_then(|()| file.flush()).expect("the list fits the disk");
    let own = std::env::current_exe().expect("this program has a path");
    let output =
        Command::new(own).args(["--nocapture"]).env("CAIRN_CHURN_FRESH", &path).output().expect("it starts again");
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.split_once(FRESH).map(|(_, numbers)| numbers));
    line.and_then(Footprint::from_line).unwrap_or_else(|| panic!("no footprint in {text}"))
}

/// Stands before the footprint that the second process prints.
const FRESH: &str = "fresh footprint: ";
/// Bytes of a row in the file: number and length.
const SAVED_ROW_BYTES: u64 = 10;

/// The second process.
fn report_fresh(path: &Path) {
    let mut file = BufReader::new(File::open(path).expect("the first process wrote it"));
    let rows = std::fs::metadata(path).expect("it is there").len() / SAVED_ROW_BYTES;
    let live = Live::load(&mut file, rows as usize).expect("it is whole");
    let before = Before::now();
    let engine = churn::open();
    churn::load(&engine, &live);
    settle(|| drop(vec![0; 1 << 20]));
    println!("{FRESH}{}", before.footprint(&engine).to_line());
}
