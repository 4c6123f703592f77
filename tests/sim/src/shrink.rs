//! Making a failure small: fewer steps, fewer clients, fewer workloads, fewer faults, as long as the same check fails.
//!
//! A run without some part is another run, so a smaller corner is tried with some seeds beside the failing one.

use crate::run::{Failure, Plan, run};
use crate::trim::Part;

/// Seeds that a smaller corner is tried with.
const SEEDS: u64 = 40;

/// The smallest failure found. `progress` is told of every smaller one.
pub fn shrink(mut smallest: Box<Failure>, progress: &dyn Fn(&Failure)) -> Box<Failure> {
    while let Some(smaller) = smaller(&smallest) {
        progress(&smaller);
        smallest = smaller;
    }
    smallest
}

/// A failure of the same check in a smaller corner, or in the same one after fewer steps.
fn smaller(failure: &Failure) -> Option<Box<Failure>> {
    corners(&failure.plan).into_iter().find_map(|corner| {
        let near = (0..SEEDS).map(|offset| Plan { seed: failure.plan.seed + offset, ..corner.clone() });
        near.filter_map(|plan| run(&plan).err()).find(|found| found.violation.check == failure.violation.check)
    })
}

fn corners(plan: &Plan) -> Vec<Plan> {
    let mut corners = Vec::new();
    for (_, part) in Part::all() {
        let mut corner = plan.clone();
        if !corner.trim.without.contains(&part) {
            corner.trim.without.push(part);
            corners.push(corner);
        }
    }
    for most in 1..plan.trim.clients_max.unwrap_or(8) {
        let mut corner = plan.clone();
        corner.trim.clients_max = Some(most);
        corners.push(corner);
    }
    if plan.steps > 20 {
        corners.push(Plan { steps: plan.steps / 2, ..plan.clone() });
        corners.push(Plan { steps: plan.steps - plan.steps / 8, ..plan.clone() });
    }
    corners
}
