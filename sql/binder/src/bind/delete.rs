//! DELETE.

use cairn_sql_types::SqlError;

use super::Binder;
use super::changed::Changed;
use crate::syntax::ast::Delete as SyntaxDelete;
use crate::tree::Delete;

impl Binder<'_> {
    pub(crate) fn delete(&mut self, syntax: &SyntaxDelete) -> Result<Delete, SqlError> {
        self.flags.read_only = false;
        Ok(self.in_new_level(|this| this.delete_here(syntax))?.0)
    }

    fn delete_here(&mut self, syntax: &SyntaxDelete) -> Result<Delete, SqlError> {
        let with = self.with(syntax.with.as_ref())?;
        let Changed { table, rel, alias, others, filter } =
            self.changed("delete from", &syntax.table, syntax.alias.as_ref(), &syntax.using, syntax.filter.as_ref())?;
        let (returning, returning_columns) = self.returning(&syntax.returning)?;
        Ok(Delete { table, rel, alias, with, using: others, filter, returning, returning_columns })
    }
}
