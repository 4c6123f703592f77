//! The cases that every engine must pass.

mod histories;
mod limits;
mod memory;
mod races;
mod recovery;
mod scene;
mod snapshots;
mod spaces;

use crate::EngineFactory;
use crate::failure::Outcome;

/// A named case.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The name of its test.
    pub name: &'static str,
    /// Runs it once on a new engine.
    pub run: fn(&dyn EngineFactory, u64) -> Outcome,
    /// Do different seeds give different runs?
    pub seeded: bool,
}

/// Declares the cases once: as the list [`CASES`] and as the tests that [`conformance_tests!`](crate::conformance_tests)
/// expands to.
macro_rules! cases {
    ($($module:ident :: $name:ident $seeded:literal),* $(,)?) => {
        /// Every case, in the order from simple to hard.
        pub const CASES: &[Case] = &[$(Case { name: stringify!($name), run: $module::$name, seeded: $seeded }),*];

        cases!(@macro ($) $($name)*);
    };
    (@macro ($dollar:tt) $($name:ident)*) => {
        /// Expands to one `#[test]` per conformance case, in a module `conformance`. The argument is an expression that
        /// makes a new [`EngineFactory`](crate::EngineFactory) each time it is evaluated.
        #[macro_export]
        macro_rules! conformance_tests {
            ($dollar make:expr) => {
                mod conformance {
                    #[allow(unused_imports, reason = "the expression may name things beside the macro call")]
                    use super::*;
                    $(
                        #[test]
                        fn $name() {
                            $dollar crate::conformance::run(stringify!($name), &|| Box::new($dollar make));
                        }
                    )*
                }
            };
        }
    };
}

cases! {
    spaces::reads_of_nothing false,
    spaces::create_and_drop_twice false,
    spaces::unknown_space_is_refused_whole false,
    spaces::create_use_and_drop_in_one_batch false,
    spaces::numbers_at_the_edges false,
    spaces::settings_are_checked false,
    snapshots::bounds_of_every_kind false,
    snapshots::every_timestamp_of_one_key false,
    snapshots::cursor_is_stable_under_later_batches true,
    snapshots::cursor_outlives_its_space false,
    snapshots::collect_keeps_what_is_visible true,
    snapshots::collect_forgets false,
    snapshots::collect_keeps_deleted_rows_deleted false,
    snapshots::dropped_space_is_collected false,
    histories::reads_equal_the_model true,
    histories::reads_while_collecting_equal_the_model true,
    histories::whole_life_equals_the_model true,
    histories::every_snapshot_of_a_history true,
    recovery::batch_is_applied_once true,
    recovery::checkpoint_covers_other_engines false,
    recovery::checkpoint_then_crash true,
    recovery::crash_without_checkpoint true,
    recovery::crash_of_an_empty_engine false,
    recovery::checkpoint_while_writing true,
    limits::large_values false,
    limits::long_keys false,
    limits::keys_above_the_limit false,
    limits::many_versions_of_one_key false,
    limits::stats_follow_the_data false,
    memory::read_from_memory_after_blocking_read true,
    races::readers_see_whole_snapshots true,
    races::newest_read_is_current true,
    races::nobody_waits_for_a_cursor false,
}

/// Runs the case `name` for several seeds, or for the one in `CAIRN_SEED`, and panics with the seed of the first failure.
pub fn run(name: &str, make: &dyn Fn() -> Box<dyn EngineFactory>) {
    let case = CASES.iter().find(|case| case.name == name).expect("the macro names existing cases");
    for seed in seeds(case) {
        let factory = make();
        if let Err(failure) = (case.run)(factory.as_ref(), seed) {
            panic!("{name} failed (CAIRN_SEED={seed}): {failure}");
        }
    }
}

/// One seed from the environment; else a fixed one and a few that nobody has seen before.
fn seeds(case: &Case) -> Vec<u64> {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
    };
    if let Some(seed) = number("CAIRN_SEED") {
        return vec![seed];
    }
    if !case.seeded {
        return vec![1];
    }
    let more = number("CAIRN_ROUNDS").unwrap_or(3).saturating_sub(1);
    std::iter::once(1).chain((0..more).map(|_| u64::from(rand::random::<u32>()))).collect()
}
