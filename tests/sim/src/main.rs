//! The simulator's command line.
//!
//! ```text
//!   sim run SEED [STEPS] [print] [TRIM]   one seed, with its trace's hash
//!   sim shrink SEED [STEPS] [TRIM]        makes a failing seed small
//!   sim campaign COUNT [FIRST] [on]       many seeds on all processors; "on": do not stop at the first failure
//! ```
//! Both end with an error when a check fails, and print the seed, the check and the last events: the same seed on the
//! same commit fails in the same way. TRIM says what the run does without, as in `-bank -io clients=2`; `sim shrink` finds
//! such words.
//!
//! The simulator itself is the library; this file only reads arguments, prints outcomes, and shows how far a campaign has
//! come. Nothing here is part of the server. What a run does, checks and found so far is told in `docs/simulator.md`; the
//! lists of workloads and checkers are in the library's own essay.
//!
//! Arguments that make no sense end with a line of usage and status 2, failures with status 1. The commit that is named
//! with a failure comes from git where there is one: it is asked for only then.

use std::process::{Command, ExitCode};

use cairn_sim::campaign::{Campaign, campaign};
use cairn_sim::run::{Failure, Outcome, Plan, STEPS, run};
use cairn_sim::shrink::shrink;
use indicatif::{ProgressBar, ProgressStyle};

fn main() -> ExitCode {
    // A panic of production code is a failure like any other, with its seed; its words come with it.
    std::panic::set_hook(Box::new(|_| {}));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["run", seed, rest @ ..] => plan(seed, rest).map(|plan| one(&plan)),
        ["shrink", seed, rest @ ..] => plan(seed, rest).map(|plan| smallest(&plan)),
        ["campaign", count, rest @ ..] => many(count, rest),
        _ => None,
    };
    done.unwrap_or_else(|| {
        eprintln!("usage: sim run SEED [STEPS] [print] [TRIM] | sim shrink SEED [STEPS] [TRIM] | sim campaign COUNT [FIRST] [on]");
        ExitCode::from(2)
    })
}

fn plan(seed: &str, rest: &[&str]) -> Option<Plan> {
    let mut plan = Plan::of(seed.parse().ok()?);
    let mut trim = Vec::new();
    for word in rest {
        match *word {
            "print" => plan.print = true,
            word if word.starts_with('-') || word.contains('=') => trim.push(word),
            steps => plan.steps = steps.parse().ok()?,
        }
    }
    plan.trim = trim.join(" ").parse().inspect_err(|error| eprintln!("{error}")).ok()?;
    Some(plan)
}

fn one(plan: &Plan) -> ExitCode {
    match run(plan) {
        Ok(Outcome { commits, lines, hash }) => {
            println!("seed {}: {commits} commits, {lines} events, hash {hash:016x}", plan.seed);
            ExitCode::SUCCESS
        }
        Err(failure) => tell(&failure),
    }
}

fn smallest(plan: &Plan) -> ExitCode {
    match run(plan) {
        Ok(_) => {
            println!("seed {} finds nothing", plan.seed);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let words = |failure: &Failure| format!("{} {}", failure.plan.steps, failure.plan.trim);
            tell(&shrink(failure, &|smaller| println!("smaller: {} {}", smaller.plan.seed, words(smaller))))
        }
    }
}

fn many(count: &str, rest: &[&str]) -> Option<ExitCode> {
    let count: u64 = count.parse().ok()?;
    let go_on = rest.contains(&"on");
    let first = rest.iter().find(|word| **word != "on").map_or(Some(0), |word| word.parse().ok())?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let style = ProgressStyle::with_template("{pos}/{len} seeds [{bar:40}] {elapsed}, {eta} to go").ok()?;
    let bar = ProgressBar::new(count).with_style(style);
    let began = std::time::Instant::now();
    let plan = Campaign { seeds: first..first + count, steps: STEPS, go_on, threads };
    let report = campaign(&plan, &|done| bar.set_position(done));
    bar.finish_and_clear();
    let seconds = began.elapsed().as_secs_f64();
    println!("{} seeds, {} commits, {} events in {seconds:.1} s", report.seeds, report.commits, report.events);
    let Some(failure) = report.failures.values().next() else { return Some(ExitCode::SUCCESS) };
    if go_on {
        println!("failures by check: {:?}", report.by_check());
        for (seed, failure) in &report.failures {
            println!("seed {seed}: {}", failure.violation);
        }
        return Some(ExitCode::FAILURE);
    }
    Some(tell(failure))
}

fn tell(failure: &Failure) -> ExitCode {
    let commit = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let commit = commit.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned());
    println!("{failure}");
    let Plan { seed, steps, trim, .. } = &failure.plan;
    println!("again: make sim SEED={seed} STEPS={steps} TRIM=\"{trim}\" (commit {})", commit.trim());
    ExitCode::FAILURE
}
