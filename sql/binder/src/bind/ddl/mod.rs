//! Data definition: names checked and made up as PostgreSQL does.

mod alter;
mod columns;
mod constraints;
mod create;
mod index;
mod made_names;
mod remove;
mod sequence;
mod view;

use cairn_sql_types::SqlError;

use super::Binder;
use crate::ddl::Ddl;
use crate::syntax::ddl::Ddl as Syntax;

impl Binder<'_> {
    pub(crate) fn ddl(&mut self, syntax: &Syntax) -> Result<Ddl, SqlError> {
        match syntax {
            Syntax::CreateTable(table) => Ok(Ddl::CreateTable(self.create_table(table)?)),
            Syntax::CreateTableAs { table, columns, query, with_data } => {
                self.create_table_as(table, columns, query, *with_data)
            }
            Syntax::CreateSchema { name, if_not_exists } => self.create_schema(name, *if_not_exists),
            Syntax::CreateIndex(index) => self.create_index(index),
            Syntax::CreateSequence { name, if_not_exists, options } => {
                self.create_sequence(name, *if_not_exists, options)
            }
            Syntax::AlterSequence { name, if_exists, options } => self.alter_sequence(name, *if_exists, options),
            Syntax::CreateView { name, columns, or_replace, query, text } => {
                self.create_view(name, columns, *or_replace, query, *text)
            }
            Syntax::AlterTable { name, if_exists, actions } => self.alter_table(name, *if_exists, actions),
            Syntax::Rename { kind, name, if_exists, to } => self.rename(*kind, name, *if_exists, to),
            Syntax::Drop { kind, names, if_exists, cascade } => self.drop_objects(*kind, names, *if_exists, *cascade),
            Syntax::Truncate { tables, restart_identity, cascade } => {
                self.truncate(tables, *restart_identity, *cascade)
            }
        }
    }
}
