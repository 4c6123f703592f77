//! The table that an UPDATE or a DELETE changes, and what stands beside it.

use std::sync::Arc;

use cairn_sql_catalog::schema::Table;
use cairn_sql_types::SqlError;

use super::from::check_duplicates;
use super::{Binder, Place};
use crate::syntax::ast::{Alias, Expr as Syntax, Name, ObjectName, TableRef};
use crate::tree::{Expr, FromItem, RelId};

/// What both statements say about their rows.
pub(super) struct Changed {
    pub(super) table: Arc<Table>,
    /// The old row.
    pub(super) rel: RelId,
    /// Name or alias.
    pub(super) alias: Arc<str>,
    /// FROM of an UPDATE, USING of a DELETE.
    pub(super) others: Vec<FromItem>,
    /// WHERE
    pub(super) filter: Option<Expr>,
}

impl Binder<'_> {
    /// `verb` is for errors: `update`, `delete from`.
    pub(super) fn changed(
        &mut self,
        verb: &str,
        name: &ObjectName,
        alias: Option<&Name>,
        others: &[TableRef],
        filter: Option<&Syntax>,
    ) -> Result<Changed, SqlError> {
        let table = self.written_table(name, verb)?;
        let rel = self.new_rel();
        let alias = alias.map(|name| Alias { name: name.clone(), columns: Vec::new() });
        let target = self.table_scope(&table, rel, alias.as_ref())?;
        let alias = target.name.clone().unwrap_or_else(|| table.name.clone());
        let others = self.from(others)?;
        check_duplicates(std::slice::from_ref(&target), &self.level().items)?;
        self.level().items.insert(0, target);
        let filter = match filter {
            Some(filter) => Some(self.in_place(Place::Where, |this| this.condition(filter, "WHERE"))?),
            None => None,
        };
        Ok(Changed { table, rel, alias, others, filter })
    }
}
