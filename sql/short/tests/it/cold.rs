//! Rows that are not in memory: the statement asks for them, starts again, and gets through in few rounds.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use cairn_engine_api::{Admission, Capabilities, ResidentRead, SpaceId};
use cairn_engine_testkit::on_disk::{Habits, OnDisk, Touched};
use cairn_sql_short::Stop;
use cairn_sql_testkit::*;
use cairn_sql_types::{SqlState, TypeId};
use cairn_txn::Isolation;

/// A row has to be read with `get` once before the core may see it. Scans and the catalog are always in memory.
#[derive(Debug, Default)]
struct Cold {
    warm: Mutex<HashSet<(SpaceId, Vec<u8>)>>,
}

impl Cold {
    fn chill(&self) {
        self.warm.lock().unwrap().clear();
    }
}

impl Habits for Cold {
    fn fetch(&self, space: SpaceId, touched: Touched<'_>) {
        if let Touched::Key(key) = touched {
            self.warm.lock().unwrap().insert((space, key.to_vec()));
        }
    }

    fn is_resident(&self, space: SpaceId, touched: Touched<'_>) -> bool {
        let is_system = space.number() < cairn_sql_catalog::spaces::FIRST_USER_SPACE;
        match touched {
            Touched::Key(key) if !is_system => self.warm.lock().unwrap().contains(&(space, key.to_vec())),
            _ => true,
        }
    }

    fn capabilities<'a>(&self, resident: &'a dyn ResidentRead, _admission: &'a dyn Admission) -> Capabilities<'a> {
        Capabilities { resident: Some(resident), ..Capabilities::default() }
    }
}

/// Runs a statement to its end; its rows and how often it had to fetch.
fn run(world: &mut World, text: &str) -> (Vec<String>, usize) {
    let statement = world.bind(text, &[]).unwrap().statement;
    let mut txn = world.begin(Isolation::Serializable);
    for rounds in 0.. {
        match world.step(&mut txn, &statement, &[]) {
            Ok(answer) => {
                world.commit(txn).unwrap();
                return (answer.rows, rounds);
            }
            Err(Stop::Fetch(task)) => {
                task.run().unwrap();
                world.shard.restart_statement(&mut txn).unwrap();
            }
            Err(stop) => panic!("{stop:?}"),
        }
    }
    unreachable!("the loop has no end")
}

#[test]
fn a_cold_table_is_read_and_written_in_few_rounds() {
    let engine = Arc::new(OnDisk::in_memory(Cold::default()));
    let mut world = World::over(engine.clone());
    world.table(NewTable {
        name: "t",
        columns: vec![("id", TypeId::INT4, true), ("grp", TypeId::INT4, true), ("v", TypeId::INT4, true)],
        key: vec!["id"],
        indexes: vec![vec!["grp"]],
        ..NewTable::default()
    });
    let values: Vec<String> = (0..300).map(|id| format!("({id}, {}, {id})", id % 2)).collect();
    let chill = || engine.habits.chill();
    for value in &values {
        run(&mut world, &format!("insert into t values {value}"));
    }
    chill();
    let (rows, rounds) = run(&mut world, "select v from t where id = 7");
    assert_eq!((rows, rounds), (vec!["7".to_owned()], 1));
    chill();
    let (rows, rounds) = run(&mut world, "select sum(v), count(*) from t where grp = 1");
    assert_eq!((rows, rounds), (vec!["22500|150".to_owned()], 1));
    chill();
    let join = "select count(*), sum(b.v) from t a join t b on b.id = a.v where a.id >= 100 and a.id < 200";
    assert_eq!(run(&mut world, join), (vec!["100|14950".to_owned()], 1));
    chill();
    // The rows that are found at first are not all there are: none may leave.
    let left = "select a.id, b.v from t a left join t b on b.id = a.v + 200 where a.id >= 98 and a.id < 101";
    assert_eq!(run(&mut world, left), (["98|298", "99|299", "100|-"].map(str::to_owned).to_vec(), 1));
    chill();
    // 1 / (b.v - 100) fails for the row of 100 alone, and only when it is there.
    let fails =
        world.bind("select 1 / (b.v - 100) from t a join t b on b.id = a.v where a.id >= 100 and a.id < 110", &[]);
    let (statement, mut txn) = (fails.unwrap().statement, world.begin(Isolation::Serializable));
    let Err(Stop::Fetch(task)) = world.step(&mut txn, &statement, &[]) else { panic!("nothing is in memory") };
    task.run().unwrap();
    world.shard.restart_statement(&mut txn).unwrap();
    let Err(Stop::Error(error)) = world.step(&mut txn, &statement, &[]) else { panic!("100 - 100 divides") };
    assert_eq!(error.state(), SqlState::DIVISION_BY_ZERO);
    world.shard.abort(txn);
    chill();
    let (rows, rounds) = run(&mut world, "update t set v = v + 1 where grp = 0 and v < 10 returning v");
    assert_eq!((rows.len(), rounds), (5, 1));
}

/// Every turn finds everything cold. A write that began again at each miss would never end.
#[test]
fn a_write_in_turns_keeps_what_it_has_done() {
    const ROWS: i32 = 1000;
    let engine = Arc::new(OnDisk::in_memory(Cold::default()));
    let mut world = World::over(engine.clone());
    for name in ["t", "u"] {
        world.table(NewTable {
            name,
            columns: vec![("id", TypeId::INT4, true), ("v", TypeId::INT4, true)],
            key: vec!["id"],
            indexes: vec![vec!["v"]],
            ..NewTable::default()
        });
    }
    let values: Vec<String> = (0..ROWS).map(|id| format!("({id}, {})", id % 7)).collect();
    run(&mut world, &format!("insert into t values {}", values.join(", ")));
    world.limits.rows_visited_max = None;
    world.limits.rows_per_turn = Some(64);
    world.options.force = true;
    let statements = [
        ("insert into u select id, v from t", ROWS),
        ("insert into u select id, v from t on conflict (id) do update set v = excluded.v + 1", ROWS),
        ("update t set v = v + 1", ROWS),
        ("update t set id = id + 1000 where v > 2", 714),
        ("delete from u", ROWS),
    ];
    for (text, count) in statements {
        let (turns, fetches, written) = in_turns(&mut world, &engine.habits, text);
        assert_eq!(written, count as u64, "{text}");
        assert!(turns > 10 && fetches > 0, "{text}: {turns} turns, {fetches} fetches");
    }
    assert_eq!(run(&mut world, "select count(*), sum(v), count(distinct id) from t").0, ["1000|3997|1000"]);
    assert_eq!(run(&mut world, "select count(*) from u").0, ["0"]);
}

/// Runs a write in turns. Turns, fetches, rows.
fn in_turns(world: &mut World, cold: &Cold, text: &str) -> (usize, usize, u64) {
    let statement = world.bind(text, &[]).unwrap().statement;
    let mut txn = world.begin(Isolation::Serializable);
    let (mut turns, mut fetches) = (0, 0);
    world.scratch.begin_again();
    loop {
        match world.step(&mut txn, &statement, &[]) {
            Ok(answer) => {
                world.commit(txn).unwrap();
                return (turns, fetches, answer.count);
            }
            Err(Stop::Pause) => {
                assert!(world.scratch.goes_on());
                world.shard.keep_progress(&mut txn);
                cold.chill();
                turns += 1;
            }
            Err(Stop::Fetch(task)) => {
                task.run().unwrap();
                fetches += 1;
                match world.scratch.goes_on() {
                    true => assert!(world.shard.resume_statement(&mut txn).unwrap()),
                    false => world.shard.restart_statement(&mut txn).unwrap(),
                }
            }
            Err(stop) => panic!("{stop:?}"),
        }
    }
}
