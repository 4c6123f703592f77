//! The data side of DDL, and foreign keys' actions on tables with checks and defaults.

use std::sync::Arc;

use cairn_engine_api::SpaceOptions;
use cairn_sql_catalog::Edit;
use cairn_sql_catalog::schema::*;
use cairn_sql_short::*;
use cairn_sql_testkit::*;
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, TypeId};
use cairn_txn::Isolation;

/// Changing tables by hand.
trait Alter {
    /// Changes a table in a transaction of its own: `change` edits the copy, `task` says what has to be done to rows.
    fn alter(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Edit<'_>, &mut Table),
        task: impl FnOnce(Arc<Table>, Arc<Table>) -> Option<ddl::Task>,
    ) -> Result<(), (String, String)>;
}

impl Alter for World {
    fn alter(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Edit<'_>, &mut Table),
        task: impl FnOnce(Arc<Table>, Arc<Table>) -> Option<ddl::Task>,
    ) -> Result<(), (String, String)> {
        let old = self.find(name);
        let mut txn = self.begin(Isolation::Serializable);
        let mut edit = Edit::new(&mut self.shard, &mut txn, &self.catalog);
        let mut new = (*old).clone();
        change(&mut edit, &mut new);
        new.layout = Table::layout_of(&new.columns);
        let new = edit.put_table(new).unwrap();
        let catalog = edit.into_catalog();
        let context = EvalContext { settings: &self.settings, host: &NoHost };
        let mut work = ddl::DataContext {
            shard: &mut self.shard,
            txn: &mut txn,
            catalog: &catalog,
            eval: &context,
            row_ids: &mut self.row_ids,
            scratch: &mut self.scratch,
        };
        match task(old, new).map_or(Ok(()), |task| carry_out(&task, &mut work)) {
            Ok(()) => {
                self.catalog = catalog;
                self.commit(txn).unwrap();
                Ok(())
            }
            Err(Stop::Error(error)) => {
                self.shard.abort(txn);
                Err((error.to_string(), error.fields().detail.clone().unwrap_or_default()))
            }
            Err(stop) => panic!("{stop:?}"),
        }
    }
}

/// Step by step. Each step is done twice, as after a miss of a cold engine.
fn carry_out(task: &ddl::Task, work: &mut ddl::DataContext<'_>) -> Result<(), Stop> {
    let mut place = ddl::Place::default();
    loop {
        work.shard.keep_progress(work.txn);
        let step = task.step(work, &mut place.clone())?;
        assert!(work.shard.resume_statement(work.txn)?);
        assert_eq!(task.step(work, &mut place)?, step);
        if step == ddl::Step::Done {
            return Ok(());
        }
    }
}

/// `h(a int4, b int4)` without key, rows (i, i % 3) for i in 0..3000.
fn heap() -> World {
    let mut world = World::new();
    let columns = vec![("a", TypeId::INT4, false), ("b", TypeId::INT4, false)];
    world.table(NewTable { name: "h", columns, ..NewTable::default() });
    let values: Vec<String> = (0..3000).map(|i| format!("({i}, {})", i % 3)).collect();
    world.sql(&format!("insert into h values {}", values.join(", "))).unwrap();
    world.limits.rows_visited_max = None;
    world
}

fn index(edit: &mut Edit<'_>, column: usize, unique: bool) -> Arc<Index> {
    Arc::new(Index {
        oid: edit.new_oid().unwrap(),
        name: "h_new".into(),
        space: edit.new_space(ENGINE, &SpaceOptions::default()).unwrap(),
        columns: vec![IndexColumn { column, descending: false, nulls_first: false }],
        unique,
        constraint: None,
        created_at: cairn_base::Timestamp::ZERO,
    })
}

#[test]
fn an_index_is_filled_or_refused() {
    let mut world = heap();
    let fill = |table: Arc<Table>, new: Arc<Table>| Some(ddl::Task::FillIndex { table, index: new.indexes[0].clone() });
    let add =
        |column, unique| move |edit: &mut Edit<'_>, table: &mut Table| table.indexes.push(index(edit, column, unique));
    assert_eq!(
        world.alter("h", add(1, true), fill).unwrap_err(),
        ("23505: could not create unique index \"h_new\"".into(), "Key (b)=(0) is duplicated.".into())
    );
    world.alter("h", add(0, true), fill).unwrap();
    assert_eq!(world.rows("select b from h where a = 2999"), ["2"]);
    assert_eq!(world.error("insert into h values (5, 5)").0[..5], *"23505");
}

#[test]
fn rows_move_under_a_primary_key() {
    let mut world = heap();
    let key = |columns: Vec<usize>| {
        move |edit: &mut Edit<'_>, table: &mut Table| {
            let oid = edit.new_oid().unwrap();
            columns.iter().for_each(|column| table.columns[*column].not_null = true);
            table.key = TableKey::Primary { oid, name: "h_pkey".into(), columns };
            table.space = edit.new_space(ENGINE, &SpaceOptions::default()).unwrap();
        }
    };
    let go = |old: Arc<Table>, new| Some(ddl::Task::MoveRows { spaces: old.spaces().collect(), old, new });
    assert_eq!(
        world.alter("h", key(vec![1]), go).unwrap_err(),
        ("23505: could not create unique index \"h_pkey\"".into(), "Key (b)=(0) is duplicated.".into())
    );
    world.alter("h", key(vec![1, 0]), go).unwrap();
    assert_eq!(world.rows("select a from h where b = 1 and a between 100 and 105"), ["100", "103"]);
    world.options.force = true;
    assert_eq!(world.rows("select count(*), sum(a) from h"), ["3000|4498500"]);
}

#[test]
fn columns_come_with_a_missing_value() {
    let mut world = heap();
    let add = |value: Datum| {
        move |_: &mut Edit<'_>, table: &mut Table| {
            let like = table.columns[0].clone();
            table.columns.push(Column { name: "c".into(), missing: Some(value).filter(|v| !v.is_null()), ..like });
        }
    };
    world.alter("h", add(Datum::Int4(7)), |_, _| None).unwrap();
    world.sql("insert into h (a) values (-1)").unwrap();
    assert_eq!(world.rows("select a, c from h limit 2"), ["0|7", "1|7"]);
    world.options.force = true;
    assert_eq!(world.rows("select a, c from h where a < 0 or c is null"), ["-1|-"]);
    world.sql("update h set b = 9 where a = 1").unwrap();
    assert_eq!(world.rows("select b, c from h where a = 1"), ["9|7"]);
}

#[test]
fn existing_rows_are_validated() {
    let mut world = heap();
    let nothing = |_: &mut Edit<'_>, _: &mut Table| {};
    world.alter("h", nothing, |table, _| Some(ddl::Task::CheckNotNull { table, column: 1 })).unwrap();
    world.sql("insert into h values (null, 1)").unwrap();
    assert_eq!(
        world.alter("h", nothing, |table, _| Some(ddl::Task::CheckNotNull { table, column: 0 })).unwrap_err().0,
        "23502: column \"a\" of relation \"h\" contains null values"
    );
    let check = |text: &str| Check { oid: Oid(1), name: "h_check".into(), expression: text.into() };
    world.alter("h", nothing, |_, table| Some(ddl::Task::Check { table, check: check("b < 3") })).unwrap();
    assert_eq!(
        world.alter("h", nothing, |_, table| Some(ddl::Task::Check { table, check: check("a > 0") })).unwrap_err().0,
        "23514: check constraint \"h_check\" of relation \"h\" is violated by some row"
    );
    let parent = world.table(NewTable {
        name: "p",
        columns: vec![("id", TypeId::INT4, true)],
        key: vec!["id"],
        ..NewTable::default()
    });
    world.sql("insert into p values (0), (1)").unwrap();
    let key = ForeignKey {
        oid: Oid(2),
        name: "h_b_fkey".into(),
        columns: vec![1],
        target: parent.oid,
        target_columns: vec![0],
        on_delete: ForeignAction::NoAction,
        on_update: ForeignAction::NoAction,
    };
    assert_eq!(
        world.alter("h", nothing, |_, table| Some(ddl::Task::CheckForeignKey { table, key: key.clone() })).unwrap_err(),
        (
            "23503: insert or update on table \"h\" violates foreign key constraint \"h_b_fkey\"".into(),
            "Key (b)=(2) is not present in table \"p\".".into()
        )
    );
    world.sql("insert into p values (2)").unwrap();
    world.alter("h", nothing, |_, table| Some(ddl::Task::CheckForeignKey { table, key: key.clone() })).unwrap();
}

#[test]
fn actions_keep_the_childs_checks_and_defaults() {
    let mut world = World::new();
    let id = || vec![("id", TypeId::INT4, true)];
    world.table(NewTable { name: "p", columns: id(), key: vec!["id"], ..NewTable::default() });
    world.table(NewTable {
        name: "c",
        columns: vec![("id", TypeId::INT4, true), ("p", TypeId::INT4, false)],
        key: vec!["id"],
        foreign_keys: vec![NewKey {
            name: "c_p_fkey",
            columns: vec!["p"],
            target: "p",
            target_columns: vec![0],
            on_delete: ForeignAction::SetDefault,
            on_update: ForeignAction::Cascade,
        }],
        ..NewTable::default()
    });
    let prepare = |edit: &mut Edit<'_>, table: &mut Table| {
        let oid = edit.new_oid().unwrap();
        table.checks.push(Check { oid, name: "c_small".into(), expression: "p < 100".into() });
        table.columns[1].default = Some("5".into());
    };
    world.alter("c", prepare, |_, _| None).unwrap();
    world.sql("insert into p values (1), (2)").unwrap();
    world.sql("insert into c values (10, 1)").unwrap();
    assert_eq!(
        world.error("update p set id = 100 where id = 1").0,
        "23514: new row for relation \"c\" violates check constraint \"c_small\""
    );
    assert_eq!(world.error("delete from p where id = 1").1, "Key (p)=(5) is not present in table \"p\".");
    world.sql("insert into p values (5)").unwrap();
    world.sql("delete from p where id = 1").unwrap();
    assert_eq!(world.rows("select p from c where id = 10"), ["5"]);
    assert_eq!(world.error("insert into c values (11, 200)").0[..5], *"23514");
}
