//! FROM, flattened: tables that can be reached one after the other by index lookups.

use std::sync::Arc;

use cairn_sql_binder::tree::{Expr, FromItem, JoinKind, RelId};
use cairn_sql_catalog::schema::Table;

use super::NotShort;
use super::walk;

/// One table of a flattened FROM.
pub(crate) struct Item<'e> {
    pub(crate) rel: RelId,
    pub(crate) table: &'e Arc<Table>,
    pub(crate) alias: &'e Arc<str>,
    /// `Some`: the right side of a LEFT JOIN with these conditions, which needs these relations first.
    pub(crate) left: Option<LeftJoin<'e>>,
}

/// What a LEFT JOIN asks.
pub(crate) struct LeftJoin<'e> {
    pub(crate) on: Vec<&'e Expr>,
    pub(crate) after: Vec<RelId>,
}

/// FROM as a list of tables and the conditions on all of them.
#[derive(Default)]
pub(crate) struct Flat<'e> {
    pub(crate) items: Vec<Item<'e>>,
    pub(crate) conjuncts: Vec<&'e Expr>,
}

impl<'e> Flat<'e> {
    /// Flattens FROM and WHERE.
    pub(crate) fn new(from: &'e [FromItem], filter: Option<&'e Expr>) -> Result<Self, NotShort> {
        let mut flat = Self::default();
        for item in from {
            flat.add(item)?;
        }
        if let Some(filter) = filter {
            walk::conjuncts(filter, &mut flat.conjuncts);
        }
        Ok(flat)
    }

    fn add(&mut self, item: &'e FromItem) -> Result<(), NotShort> {
        match item {
            FromItem::Table { rel, table, alias } => {
                self.items.push(Item { rel: *rel, table, alias, left: None });
                Ok(())
            }
            FromItem::Join { kind, left, right, on } => self.join(*kind, left, right, on.as_ref()),
            FromItem::System { .. } => Err(NotShort("a system relation")),
            FromItem::Sequence { .. } => Err(NotShort("a sequence as a table")),
            FromItem::Subquery { .. } => Err(NotShort("a subquery in FROM")),
            FromItem::Cte { .. } => Err(NotShort("WITH")),
            FromItem::Function { .. } => Err(NotShort("a function in FROM")),
        }
    }

    fn join(
        &mut self,
        kind: JoinKind,
        left: &'e FromItem,
        right: &'e FromItem,
        on: Option<&'e Expr>,
    ) -> Result<(), NotShort> {
        let (left, right) = match kind {
            JoinKind::Right => (right, left),
            JoinKind::Full => return Err(NotShort("FULL JOIN")),
            _ => (left, right),
        };
        let before = self.items.len();
        self.add(left)?;
        match kind {
            JoinKind::Inner | JoinKind::Cross => {
                self.add(right)?;
                on.into_iter().for_each(|on| walk::conjuncts(on, &mut self.conjuncts));
                Ok(())
            }
            _ => {
                let FromItem::Table { rel, table, alias } = right else {
                    return Err(NotShort("an outer join with more than one table on its inner side"));
                };
                let after = self.items[before..].iter().map(|item| item.rel).collect();
                let mut conditions = Vec::new();
                on.into_iter().for_each(|on| walk::conjuncts(on, &mut conditions));
                let left = Some(LeftJoin { on: conditions, after });
                self.items.push(Item { rel: *rel, table, alias, left });
                Ok(())
            }
        }
    }
}
