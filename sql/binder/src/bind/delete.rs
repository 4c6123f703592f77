//! DELETE.

use std::sync::Arc;

use cairn_sql_types::SqlError;

use super::from::check_duplicates;
use super::{Binder, Place};
use crate::syntax::ast::{Alias, Delete as SyntaxDelete};
use crate::tree::Delete;

impl Binder<'_> {
    pub(crate) fn delete(&mut self, syntax: &SyntaxDelete) -> Result<Delete, SqlError> {
        self.flags.read_only = false;
        Ok(self.in_new_level(|this| this.delete_here(syntax))?.0)
    }

    fn delete_here(&mut self, syntax: &SyntaxDelete) -> Result<Delete, SqlError> {
        let with = match &syntax.with {
            Some(with) => self.with(with)?,
            None => Vec::new(),
        };
        let table = self.written_table(&syntax.table, "delete from")?;
        let rel = self.new_rel();
        let alias = syntax.alias.as_ref().map(|name| Alias { name: name.clone(), columns: Vec::new() });
        let target = self.table_scope(&table, rel, alias.as_ref())?;
        let shown: Arc<str> = target.name.clone().unwrap_or_else(|| table.name.clone());
        let using = self.from(&syntax.using)?;
        check_duplicates(std::slice::from_ref(&target), &self.level().items)?;
        self.level().items.insert(0, target);
        let filter = match &syntax.filter {
            Some(filter) => Some(self.in_place(Place::Where, |this| this.condition(filter, "WHERE"))?),
            None => None,
        };
        let (returning, returning_columns) = self.returning(&syntax.returning)?;
        Ok(Delete { table, rel, alias: shown, with, using, filter, returning, returning_columns })
    }
}
