//! The query behind a complex UPDATE or DELETE: which rows, and their new values. Analytics runs it, the short executor
//! locks and writes what it names.
//!
//! ```text
//! UPDATE t SET b = u.x + 1 FROM u WHERE t.a = u.a      (t's key: a)
//! SELECT t.a, u.x + 1 FROM t, u WHERE t.a = u.a         target: key columns, then assigned values, then RETURNING's
//! ```

use cairn_sql_catalog::schema::{Table, TableKey};
use cairn_sql_types::{Type, TypeId};

use crate::tree::{Body, Cte, Delete, Distinct, Expr, FromItem, OutputColumn, Query, RelId, Select, Target, Update};

/// A key query and what its columns are.
#[derive(Clone, Debug)]
pub struct KeyQuery {
    /// The query. A row may come more than once: the first one counts, as in PostgreSQL.
    pub query: Query,
    /// How many leading columns are the row's key: primary key columns in key order, or the hidden row id.
    pub key_columns: usize,
    /// The columns assigned, in the order in which their values follow the key; empty for DELETE.
    pub assigned: Vec<usize>,
    /// Expressions of RETURNING that use other relations than the target, as columns behind the assigned values: their
    /// relation and position, in order.
    pub others: Vec<(RelId, usize, Type)>,
}

impl Update {
    /// The query that finds the rows and computes their new values.
    pub fn key_query(&self) -> KeyQuery {
        let values = self.assignments.iter().map(|(_, value)| value.clone()).collect();
        let source = Source {
            table: &self.table,
            rel: self.rel,
            alias: &self.alias,
            with: &self.with,
            from: &self.from,
            filter: self.filter.as_ref(),
            returning: &self.returning,
        };
        let assigned = self.assignments.iter().map(|(column, _)| *column).collect();
        source.key_query(values, assigned)
    }
}

impl Delete {
    /// The query that finds the rows.
    pub fn key_query(&self) -> KeyQuery {
        let source = Source {
            table: &self.table,
            rel: self.rel,
            alias: &self.alias,
            with: &self.with,
            from: &self.using,
            filter: self.filter.as_ref(),
            returning: &self.returning,
        };
        source.key_query(Vec::new(), Vec::new())
    }
}

/// What UPDATE and DELETE have in common.
struct Source<'a> {
    table: &'a std::sync::Arc<Table>,
    rel: RelId,
    alias: &'a std::sync::Arc<str>,
    with: &'a [Cte],
    from: &'a [FromItem],
    filter: Option<&'a Expr>,
    returning: &'a [Target],
}

impl Source<'_> {
    fn key_query(&self, values: Vec<Expr>, assigned: Vec<usize>) -> KeyQuery {
        let mut targets = self.key();
        let key_columns = targets.len();
        targets.extend(values);
        let others = self.others();
        targets.extend(others.iter().map(|(rel, column, ty)| Expr::Column(*rel, *column, *ty)));
        let columns = targets.iter().enumerate();
        let columns = columns
            .map(|(index, expr)| OutputColumn {
                name: format!("column{}", index + 1).into(),
                ty: expr.ty(),
                source: None,
            })
            .collect();
        let target = FromItem::Table { rel: self.rel, table: self.table.clone(), alias: self.alias.clone() };
        let select = Select {
            from: std::iter::once(target).chain(self.from.iter().cloned()).collect(),
            filter: self.filter.cloned(),
            grouping: None,
            having: None,
            windows: Vec::new(),
            targets: targets.into_iter().map(|expr| Target { expr, hidden: false }).collect(),
            distinct: Distinct::No,
        };
        let mut query = Query::of(Body::Select(Box::new(select)), columns);
        query.with = self.with.to_vec();
        KeyQuery { query, key_columns, assigned, others }
    }

    /// The row's key.
    fn key(&self) -> Vec<Expr> {
        match &self.table.key {
            TableKey::RowId => vec![Expr::RowId(self.rel)],
            TableKey::Primary { columns, .. } => {
                columns.iter().map(|column| Expr::Column(self.rel, *column, self.table.columns[*column].ty)).collect()
            }
        }
    }

    /// Columns of other relations that RETURNING needs.
    fn others(&self) -> Vec<(RelId, usize, Type)> {
        let mut others: Vec<(RelId, usize, Type)> = Vec::new();
        for column in self.returning.iter().flat_map(|target| target.expr.columns()) {
            if column.0 != self.rel && !others.contains(&column) {
                others.push(column);
            }
        }
        others
    }
}

/// The type of a hidden row id.
pub const ROW_ID_TYPE: Type = Type::plain(TypeId::INT8);
