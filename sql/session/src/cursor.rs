//! SQL cursors: DECLARE, FETCH, MOVE, CLOSE. A cursor's rows are computed when it is declared, so it is insensitive to
//! later changes, and may be read in both directions.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use cairn_sql_binder::tree::{OutputColumn, Query, Statement};
use cairn_sql_binder::utility::{FetchDirection, Utility};
use cairn_sql_types::{Datum, SqlError, SqlState};

use crate::client::Client;
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::run::{Completed, Wish};
use crate::session::Session;

/// A declared cursor.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub(crate) columns: Arc<[OutputColumn]>,
    rows: Vec<Vec<Datum>>,
    /// 0: before the first row; n: on row n; len + 1: after the last.
    at: usize,
    scroll: bool,
    pub(crate) hold: bool,
}

/// What a DECLARE says.
struct Declared<'a> {
    name: &'a str,
    query: &'a Query,
    hold: bool,
    scroll: bool,
}

fn declared(prepared: &Prepared) -> Declared<'_> {
    let Some(Statement::Utility(utility)) = prepared.statement() else { unreachable!("called for DECLARE") };
    let Utility::Declare { name, query, hold, scroll } = &**utility else { unreachable!("called for DECLARE") };
    Declared { name, query, hold: *hold, scroll: *scroll }
}

impl Session {
    pub(crate) async fn declare(
        &mut self,
        prepared: &Rc<Prepared>,
        params: &[Datum],
        deadline: Option<Instant>,
    ) -> Result<(), Failure> {
        let Declared { name, hold, .. } = declared(prepared);
        if !hold && !self.in_block() {
            let message = "DECLARE CURSOR can only be used in transaction blocks";
            return Err(SqlError::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, message).into());
        }
        if self.cursors.contains_key(name) || self.portals.contains_key(name) {
            let message = format!("cursor \"{name}\" already exists");
            return Err(SqlError::new(SqlState::DUPLICATE_CURSOR, message).into());
        }
        self.ensure_transaction(None)?;
        self.begin_statement()?;
        // The query as the catalog has it now: it may have changed while it waited for its tables.
        let prepared = self.claim(prepared.clone(), deadline).await?;
        let Declared { name, query, hold, scroll } = declared(&prepared);
        let running = self.start_query(query, &prepared, params, deadline).await?;
        let rows = self.collect(running, deadline).await?.rows.into();
        let columns = query.columns.as_slice().into();
        self.cursors.insert(name.to_owned(), Cursor { columns, rows, at: 0, scroll, hold });
        Ok(())
    }

    pub(crate) fn fetch(
        &mut self,
        name: &str,
        direction: FetchDirection,
        is_move: bool,
        wish: Wish<'_>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        let cursor = self.cursors.get_mut(name).ok_or_else(|| no_cursor(name))?;
        let picked = cursor.pick(direction)?;
        let rows: Vec<Vec<Datum>> = picked.into_iter().map(|row| cursor.rows[row].clone()).collect();
        let columns = cursor.columns.clone();
        let count = rows.len();
        if is_move {
            return Ok(Completed::rows("MOVE", count as u64));
        }
        self.answer(&columns, &rows, wish, client)?;
        Ok(Completed::rows("FETCH", count as u64))
    }

    pub(crate) fn close_cursor(&mut self, name: Option<&str>) -> Result<Completed, Failure> {
        match name {
            Some(name) => {
                self.cursors.remove(name).ok_or_else(|| no_cursor(name))?;
                Ok(Completed::tag("CLOSE CURSOR"))
            }
            None => {
                self.cursors.clear();
                Ok(Completed::tag("CLOSE CURSOR ALL"))
            }
        }
    }
}

impl Cursor {
    /// Positions of the rows that a FETCH returns; moves the cursor.
    fn pick(&mut self, direction: FetchDirection) -> Result<Vec<usize>, SqlError> {
        let len = self.rows.len();
        let backward = match direction {
            FetchDirection::Forward(count) | FetchDirection::Relative(count) => count < 0,
            FetchDirection::Absolute(row) => row < 0 || (row as usize) < self.at,
            FetchDirection::All => false,
        };
        if backward && !self.scroll {
            let message = "cursor can only scan forward";
            return Err(SqlError::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message)
                .hint("Declare it with SCROLL option to enable backward scan."));
        }
        Ok(match direction {
            FetchDirection::All => self.walk(i64::MAX),
            FetchDirection::Forward(0) => self.jump(self.at as i64),
            FetchDirection::Forward(count) => self.walk(count),
            FetchDirection::Relative(offset) => self.jump((self.at as i64).saturating_add(offset)),
            FetchDirection::Absolute(row) if row >= 0 => self.jump(row),
            FetchDirection::Absolute(row) => self.jump((len as i64 + 1).saturating_add(row)),
        })
    }

    fn walk(&mut self, count: i64) -> Vec<usize> {
        let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        if count >= 0 {
            let end = self.at.saturating_add(wanted).min(self.rows.len());
            let rows = (self.at..end).collect();
            self.at = if self.at.saturating_add(wanted) > self.rows.len() { self.rows.len() + 1 } else { end };
            return rows;
        }
        let last = self.at.saturating_sub(1).min(self.rows.len());
        let first = self.at.saturating_sub(wanted).max(1);
        let rows = (first..=last).rev().map(|row| row - 1).collect();
        self.at = self.at.saturating_sub(wanted);
        rows
    }

    fn jump(&mut self, row: i64) -> Vec<usize> {
        let row = usize::try_from(row.max(0)).unwrap_or(usize::MAX);
        self.at = row.min(self.rows.len() + 1);
        if (1..=self.rows.len()).contains(&self.at) { vec![self.at - 1] } else { Vec::new() }
    }
}

fn no_cursor(name: &str) -> SqlError {
    SqlError::new(SqlState::INVALID_CURSOR_NAME, format!("cursor \"{name}\" does not exist"))
}

impl Session {
    /// Cursors end with their transaction, except those WITH HOLD when it committed.
    pub(crate) fn close_transaction_cursors(&mut self, committed: bool) {
        self.cursors.retain(|_, cursor| cursor.hold && committed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(rows: usize) -> Cursor {
        let rows = (0..rows).map(|row| vec![Datum::Int8(row as i64)]).collect();
        Cursor { columns: [].into(), rows, at: 0, scroll: true, hold: false }
    }

    #[test]
    fn walks_both_ways_like_postgresql() {
        let mut cursor = cursor(3);
        assert_eq!(cursor.pick(FetchDirection::Forward(2)).unwrap(), [0, 1]);
        assert_eq!(cursor.pick(FetchDirection::Forward(-1)).unwrap(), [0]);
        assert_eq!(cursor.pick(FetchDirection::All).unwrap(), [1, 2]);
        assert_eq!(cursor.pick(FetchDirection::Forward(1)).unwrap(), [] as [usize; 0]);
        assert_eq!(cursor.pick(FetchDirection::Forward(-1)).unwrap(), [2]);
        assert_eq!(cursor.pick(FetchDirection::Absolute(-1)).unwrap(), [2]);
        assert_eq!(cursor.pick(FetchDirection::Relative(-2)).unwrap(), [0]);
    }

    #[test]
    fn without_scroll_there_is_no_way_back() {
        let mut cursor = Cursor { scroll: false, ..cursor(2) };
        cursor.pick(FetchDirection::Forward(1)).unwrap();
        assert_eq!(cursor.pick(FetchDirection::Forward(-1)).unwrap_err().state().as_str(), "55000");
    }
}
