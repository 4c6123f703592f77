//! The suite must be able to fail: the model is broken in one way at a time, and at least one case must notice.

mod saboteur;

use cairn_engine_testkit::conformance::{CASES, Case};
use saboteur::{Fault, SaboteurFactory};

const SEEDS: std::ops::Range<u64> = 1..4;

/// Does `case` fail against an engine with `fault`?
fn notices(case: &Case, fault: Fault) -> bool {
    SEEDS.take(if case.seeded { 3 } else { 1 }).any(|seed| (case.run)(&SaboteurFactory::new(fault), seed).is_err())
}

fn case(name: &str) -> &'static Case {
    CASES.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("there is a case {name}"))
}

/// One test per fault: the case that was written for it must notice, whatever else does.
macro_rules! caught {
    ($($test:ident: $fault:ident by $($case:ident),+;)*) => {
        $(
            #[test]
            fn $test() {
                $(assert!(notices(case(stringify!($case)), Fault::$fault), "{} did not notice", stringify!($case));)+
            }
        )*

        /// No fault is forgotten here.
        #[test]
        fn every_fault_has_a_test() {
            let tested = [$(Fault::$fault),*];
            for fault in Fault::ALL {
                assert!(tested.contains(&fault), "{fault:?} has no test");
            }
        }
    };
}

caught! {
    a_lost_tombstone: LosesTombstones by every_timestamp_of_one_key, reads_equal_the_model;
    a_read_of_the_newest_version: IgnoresAt by every_timestamp_of_one_key, every_snapshot_of_a_history, readers_see_whole_snapshots;
    a_read_one_timestamp_late: ReadsOneLate by every_timestamp_of_one_key;
    a_batch_applied_twice: AppliesTwice by batch_is_applied_once;
    an_unsorted_scan: ScansUnsorted by bounds_of_every_kind, reads_equal_the_model;
    a_scan_in_the_wrong_direction: IgnoresDirection by bounds_of_every_kind;
    an_excluded_bound_included: IncludesExcludedStart by bounds_of_every_kind;
    an_end_bound_ignored: IgnoresEnd by bounds_of_every_kind;
    a_cursor_that_moves_on: CursorFollowsWrites by cursor_is_stable_under_later_batches, nobody_waits_for_a_cursor;
    a_cursor_that_dies_with_its_space: CursorDiesWithSpace by cursor_outlives_its_space;
    a_cursor_that_blocks_the_writer: CursorHoldsLock by nobody_waits_for_a_cursor;
    a_collection_too_far: CollectsTooMuch by collect_keeps_what_is_visible, reads_while_collecting_equal_the_model;
    a_collection_that_forgets_nothing: CollectsNothing by collect_forgets;
    a_tombstone_collected_alone: DropsTombstonesEarly by collect_keeps_deleted_rows_deleted;
    a_collection_that_never_ends: CollectNeverEnds by collect_forgets;
    a_false_promise: PromisesTooMuch by crash_without_checkpoint, whole_life_equals_the_model;
    a_checkpoint_of_own_batches_only: CheckpointIgnoresUpto by checkpoint_covers_other_engines;
    a_restart_that_forgets_a_space: RestartForgetsASpace by checkpoint_then_crash, checkpoint_while_writing;
    a_space_that_survives_its_drop: KeepsDroppedSpaces by create_and_drop_twice, stats_follow_the_data;
    an_unknown_space_that_is_empty: UnknownSpacesAreEmpty by reads_of_nothing;
    a_batch_half_applied: AppliesHalfOfWrongBatch by unknown_space_is_refused_whole;
    a_long_value_cut: CutsLongValues by large_values;
    a_long_key_cut: CutsLongKeys by long_keys, keys_above_the_limit;
    an_empty_key_lost: LosesTheEmptyKey by reads_equal_the_model, numbers_at_the_edges;
    a_space_number_cut: CutsSpaceNumbers by numbers_at_the_edges;
    garbage_after_a_miss: LeavesGarbage by every_timestamp_of_one_key;
    a_setting_ignored: AcceptsAnySetting by settings_are_checked;
    no_statistics: HasNoStats by stats_follow_the_data;
    a_batch_seen_half: BackdatesHalfABatch by every_snapshot_of_a_history, readers_see_whole_snapshots;
    a_wrong_read_from_memory: ResidentReadIsStale by reads_equal_the_model;
    a_read_that_never_becomes_resident: NeverResident by read_from_memory_after_blocking_read;
}

/// A fault that breaks nothing fails nothing: the suite does not cry wolf, the wrapper itself is sound.
#[test]
fn the_wrapper_alone_passes() {
    for case in CASES {
        let outcome = (case.run)(&SaboteurFactory::sound(), 1);
        assert!(outcome.is_ok(), "{}: {outcome:?}", case.name);
    }
}
