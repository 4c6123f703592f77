//! One script per anomaly, named as in Adya's thesis and the Hermitage collection, at the three levels. Two transactions
//! work on rows `1` = 10 and `2` = 20; table [`T`] is applied on the core and [`S`] by an applier.

use cairn_base::SpaceId;
use cairn_engine_api::{Direction, KeyRange};
use cairn_txn::*;

use crate::world::*;

const LEVELS: [Isolation; 3] = [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable];

/// Runs a script at each level: on one table, on the other, and with row `1` in one and row `2` in the other.
fn everywhere(script: impl Fn(&mut World, Isolation, [SpaceId; 2])) {
    for level in LEVELS {
        for tables in [[T, T], [S, S], [T, S]] {
            let mut world = World::new();
            world.seed(tables[0], &[("1", "10")]);
            world.seed(tables[1], &[("2", "20")]);
            script(&mut world, level, tables);
        }
    }
}

/// The newest committed rows.
fn now(world: &mut World, tables: [SpaceId; 2]) -> [Option<String>; 2] {
    let txn = world.rw(Isolation::RepeatableRead);
    [world.get(&txn, tables[0], "1"), world.get(&txn, tables[1], "2")]
}

fn ticket(lock: Result<Lock, TxnError>) -> Ticket {
    match lock {
        Ok(Lock::Queued(ticket)) => ticket,
        other => panic!("expected to wait, got {other:?}"),
    }
}

#[test]
fn g0_dirty_write() {
    everywhere(|world, level, [a, b]| {
        let mut first = world.rw(level);
        let mut second = world.rw(level);
        world.put(&mut first, a, "1", "11");
        let waits = ticket(world.lock(&mut second, a, "1"));
        world.next(&mut first);
        world.put(&mut first, b, "2", "21");
        world.commit(first);
        assert!(world.events().contains(&Event::Granted(waits)));
        world.shard.restart_statement(&mut second).unwrap();
        // It has read nothing, so every level lets it overwrite on a newer snapshot.
        world.put(&mut second, a, "1", "12");
        world.next(&mut second);
        world.put(&mut second, b, "2", "22");
        world.commit(second);
        assert_eq!(now(world, [a, b]).map(Option::unwrap), ["12", "22"]);
    });
}

#[test]
fn g1a_aborted_read() {
    everywhere(|world, level, [a, _]| {
        let mut first = world.rw(level);
        let mut second = world.rw(level);
        world.put(&mut first, a, "1", "101");
        assert_eq!(world.get(&second, a, "1").unwrap(), "10");
        world.shard.abort(first);
        world.next(&mut second);
        assert_eq!(world.get(&second, a, "1").unwrap(), "10");
        world.commit(second);
    });
}

#[test]
fn g1b_intermediate_read() {
    everywhere(|world, level, [a, _]| {
        let mut first = world.rw(level);
        let mut second = world.rw(level);
        world.put(&mut first, a, "1", "101");
        assert_eq!(world.get(&second, a, "1").unwrap(), "10");
        world.next(&mut first);
        world.put(&mut first, a, "1", "11");
        world.commit(first);
        world.next(&mut second);
        let expected = if level == Isolation::ReadCommitted { "11" } else { "10" };
        assert_eq!(world.get(&second, a, "1").unwrap(), expected);
        world.commit(second);
    });
}

#[test]
fn g1c_circular_information_flow() {
    everywhere(|world, level, [a, b]| {
        let mut first = world.rw(level);
        let mut second = world.rw(level);
        world.put(&mut first, a, "1", "11");
        world.put(&mut second, b, "2", "22");
        world.next(&mut first);
        world.next(&mut second);
        assert_eq!(world.get(&first, b, "2").unwrap(), "20");
        assert_eq!(world.get(&second, a, "1").unwrap(), "10");
        world.commit(first);
        let second = world.shard.commit(second);
        assert_eq!(is_serialization(second), level == Isolation::Serializable);
    });
}

#[test]
fn otv_observed_transaction_vanishes() {
    everywhere(|world, level, [a, b]| {
        let mut first = world.rw(level);
        let mut second = world.rw(level);
        let mut reader = world.rw(level);
        world.put(&mut first, a, "1", "11");
        world.put(&mut first, b, "2", "19");
        ticket(world.lock(&mut second, a, "1"));
        world.commit(first);
        world.shard.restart_statement(&mut second).unwrap();
        world.put(&mut second, a, "1", "12");
        world.next(&mut reader);
        let seen_first = world.get(&reader, a, "1").unwrap();
        world.next(&mut second);
        world.put(&mut second, b, "2", "18");
        world.commit(second);
        world.next(&mut reader);
        let seen = [seen_first, world.get(&reader, b, "2").unwrap()];
        let expected = if level == Isolation::ReadCommitted { ["11", "18"] } else { ["10", "20"] };
        assert_eq!(seen, expected);
        world.commit(reader);
    });
}

#[test]
fn pmp_predicate_many_preceders() {
    everywhere(|world, level, [a, _]| {
        let mut first = world.rw(level);
        let rows = |world: &World, txn: &Txn| {
            let all = world.rows(txn, a, KeyRange::ALL, Direction::Forward);
            all.iter().filter(|row| row.ends_with("=30")).count()
        };
        assert_eq!(rows(world, &first), 0);
        let mut second = world.rw(level);
        world.put(&mut second, a, "3", "30");
        world.commit(second);
        world.next(&mut first);
        assert_eq!(rows(world, &first), usize::from(level == Isolation::ReadCommitted));
        world.commit(first);
    });
}

#[test]
fn pmp_for_writes() {
    everywhere(|world, level, [a, _]| {
        // "Add 10 to everything" against "delete what is 20": the writer of a predicate must not miss rows.
        let mut first = world.rw(level);
        world.put(&mut first, a, "1", "20");
        let mut second = world.rw(level);
        let matching = world.all(&second, a).into_iter().any(|row| row == "1=20");
        assert!(!matching);
        ticket(world.lock(&mut second, a, "1"));
        world.commit(first);
        match world.shard.restart_statement(&mut second) {
            Ok(()) => assert!(world.all(&second, a).contains(&"1=20".into()), "it runs again and sees the row"),
            Err(error) => panic!("the first statement can always start again: {error}"),
        }
        world.delete(&mut second, a, "1");
        world.commit(second);
        let reader = world.rw(level);
        assert_eq!(world.get(&reader, a, "1"), None);
    });
}

#[test]
fn p4_lost_update() {
    everywhere(|world, level, [a, _]| {
        let mut first = world.rw(level);
        let mut second = world.rw(level);
        assert_eq!(world.get(&first, a, "1").unwrap(), "10");
        assert_eq!(world.get(&second, a, "1").unwrap(), "10");
        world.next(&mut first);
        world.next(&mut second);
        world.put(&mut first, a, "1", "11");
        ticket(world.lock(&mut second, a, "1"));
        world.commit(first);
        match world.shard.restart_statement(&mut second) {
            Ok(()) => {
                let written = world.try_put(&mut second, a, "1", "11");
                assert_eq!(is_serialization(written), level != Isolation::ReadCommitted);
            }
            error => assert!(is_serialization(error) && level == Isolation::Serializable),
        }
        world.shard.abort(second);
    });
}

#[test]
fn g_single_read_skew() {
    everywhere(|world, level, [a, b]| {
        let mut first = world.rw(level);
        assert_eq!(world.get(&first, a, "1").unwrap(), "10");
        let mut second = world.rw(level);
        world.put(&mut second, a, "1", "12");
        world.put(&mut second, b, "2", "18");
        world.commit(second);
        world.next(&mut first);
        let expected = if level == Isolation::ReadCommitted { "18" } else { "20" };
        assert_eq!(world.get(&first, b, "2").unwrap(), expected);
        world.commit(first);
    });
}

#[test]
fn g_single_read_skew_with_a_write_at_the_end() {
    everywhere(|world, level, [a, b]| {
        let mut first = world.rw(level);
        assert_eq!(world.get(&first, a, "1").unwrap(), "10");
        let mut second = world.rw(level);
        world.put(&mut second, a, "1", "12");
        world.put(&mut second, b, "2", "18");
        world.commit(second);
        world.next(&mut first);
        let written = world.try_put(&mut first, b, "2", "0");
        assert_eq!(is_serialization(written), level != Isolation::ReadCommitted);
        world.shard.abort(first);
    });
}

#[test]
fn g2_item_write_skew() {
    everywhere(|world, level, [a, b]| {
        let mut first = world.rw(level);
        let mut second = world.rw(level);
        for txn in [&first, &second] {
            assert_eq!(world.get(txn, a, "1").unwrap(), "10");
            assert_eq!(world.get(txn, b, "2").unwrap(), "20");
        }
        world.next(&mut first);
        world.next(&mut second);
        world.put(&mut first, a, "1", "11");
        world.put(&mut second, b, "2", "21");
        world.commit(first);
        let second = world.shard.commit(second);
        assert_eq!(is_serialization(second), level == Isolation::Serializable);
    });
}

#[test]
fn g2_write_skew_by_phantom() {
    everywhere(|world, level, [a, b]| {
        let mut first = world.rw(level);
        let mut second = world.rw(level);
        for txn in [&first, &second] {
            for table in [a, b] {
                assert!(!world.all(txn, table).iter().any(|row| row.ends_with("=30")));
            }
        }
        world.next(&mut first);
        world.next(&mut second);
        world.put(&mut first, a, "3", "30");
        world.put(&mut second, b, "4", "30");
        world.commit(first);
        let second = world.shard.commit(second);
        assert_eq!(is_serialization(second), level == Isolation::Serializable);
    });
}

/// Fekete, O'Neil, O'Neil, "A read-only transaction anomaly under snapshot isolation", 2004.
#[test]
fn read_only_anomaly() {
    everywhere(|world, level, [checking, saving]| {
        let mut withdraw = world.rw(level);
        assert_eq!(world.get(&withdraw, checking, "1").unwrap(), "10");
        assert_eq!(world.get(&withdraw, saving, "2").unwrap(), "20");
        let mut deposit = world.rw(level);
        world.put(&mut deposit, saving, "2", "40");
        world.commit(deposit);
        world.sync();
        // The report sees the deposit, and no overdraft fee that the withdrawal is about to charge.
        for report in [world.ro(), world.rw(level)] {
            assert_eq!(world.get(&report, checking, "1").unwrap(), "10");
            assert_eq!(world.get(&report, saving, "2").unwrap(), "40");
            world.commit(report);
        }
        world.next(&mut withdraw);
        world.put(&mut withdraw, checking, "1", "-21");
        let withdraw = world.shard.commit(withdraw);
        assert_eq!(is_serialization(withdraw), level == Isolation::Serializable);
    });
}

#[test]
fn the_first_committer_wins_under_repeatable_read_even_without_a_wait() {
    everywhere(|world, level, [a, _]| {
        let mut slow = world.rw(level);
        assert_eq!(world.get(&slow, a, "1").unwrap(), "10");
        world.seed(a, &[("1", "11")]);
        world.next(&mut slow);
        match level {
            Isolation::ReadCommitted => world.put(&mut slow, a, "1", "12"),
            _ => assert!(is_serialization(world.try_put(&mut slow, a, "1", "12"))),
        }
        world.shard.abort(slow);
    });
}
