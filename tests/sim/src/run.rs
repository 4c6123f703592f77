//! One seed from start to end.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::scheduler::Scheduler;
use crate::trim::Trim;
use crate::world::Violation;

/// Steps of the safety phase when nobody says otherwise.
pub const STEPS: u64 = 1_500;

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every decision follows from it.
    pub seed: u64,
    /// Steps of the safety phase.
    pub steps: u64,
    /// What the run does without.
    pub trim: Trim,
    /// Print the trace as it comes.
    pub print: bool,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64) -> Self {
        Self { seed, steps: STEPS, trim: Trim::default(), print: false }
    }
}

/// A run that found nothing wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Hash of the trace.
    pub hash: u64,
    /// Lines of the trace.
    pub lines: u64,
    /// Commits that happened.
    pub commits: u64,
}

/// A run that found something wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What was run, with as many steps as it took.
    pub plan: Plan,
    /// The check and what it says.
    pub violation: Violation,
    /// The last lines of the trace.
    pub last: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.last.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        write!(f, "seed {}, step {}: {}", self.plan.seed, self.plan.steps, self.violation)
    }
}

/// Runs a plan. A panic in production code is a violation like any other: `panic`.
pub fn run(plan: &Plan) -> Result<Outcome, Box<Failure>> {
    let mut scheduler = Scheduler::new(plan.seed, &plan.trim, plan.print);
    let world = scheduler.world.clone();
    let result = catch_unwind(AssertUnwindSafe(|| scheduler.run(plan.steps)));
    let violation = match result {
        Ok(Ok(())) => None,
        Ok(Err(violation)) => Some(violation),
        Err(panic) => Some(Violation { check: "panic", what: message(panic.as_ref()) }),
    };
    let steps = world.steps.get();
    let (hash, lines, last) = world.with_trace(|trace| (trace.hash(), trace.lines(), trace.last()));
    match violation {
        None => Ok(Outcome { hash, lines, commits: world.oracle.borrow().commits().len() as u64 }),
        Some(violation) => Err(Box::new(Failure { plan: Plan { steps, ..plan.clone() }, violation, last })),
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}
