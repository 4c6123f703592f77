//! Utility statements: names looked up, the rest passed on.

use std::sync::Arc;

use cairn_sql_catalog::schema::Table;
use cairn_sql_types::{SqlError, SqlState};

use super::{Binder, Place, at};
use crate::syntax::ast::ObjectName;
use crate::syntax::ddl::Utility as Syntax;
use crate::tree::Utility;

impl Binder<'_> {
    pub(crate) fn utility(&mut self, syntax: &Syntax) -> Result<Utility, SqlError> {
        Ok(match syntax {
            Syntax::Plain(utility) => utility.clone(),
            Syntax::Begin { modes, start } => Utility::Begin { modes: *modes, start: *start },
            Syntax::Savepoint(name) => Utility::Savepoint(name.text.to_string()),
            Syntax::RollbackTo(name) => Utility::RollbackTo(name.text.to_string()),
            Syntax::Release(name) => Utility::Release(name.text.to_string()),
            Syntax::Deallocate(name) => Utility::Deallocate(name.as_ref().map(|name| name.text.to_string())),
            Syntax::Discard(what) => Utility::Discard(*what),
            Syntax::Close(name) => Utility::Close(name.as_ref().map(|name| name.text.to_string())),
            Syntax::Fetch { name, direction, is_move } => {
                Utility::Fetch { name: name.text.to_string(), direction: *direction, is_move: *is_move }
            }
            Syntax::Prepare { name, types, text: (start, end) } => {
                let types = types.iter().map(|ty| self.type_of(ty)).collect::<Result<_, _>>()?;
                let text = self.source.get(*start as usize..*end as usize).unwrap_or_default().to_owned();
                let offset = crate::position::character(&self.source, *start) - 1;
                Utility::Prepare { name: name.text.to_string(), types, text, offset }
            }
            Syntax::Execute { name, args } => {
                let placed = self.in_place(Place::Execute, |this| {
                    args.iter().map(|arg| this.expr(arg)).collect::<Result<Vec<_>, SqlError>>()
                })?;
                let positions = placed.iter().map(|arg| crate::position::character(&self.source, arg.pos)).collect();
                let args = placed.into_iter().map(|arg| arg.expr).collect();
                Utility::Execute { name: name.text.to_string(), args, positions }
            }
            Syntax::Copy(copy) => Utility::Copy(self.copy(copy)?),
            Syntax::Explain { analyze, verbose, json, statement } => {
                let statement = self.explained(statement)?;
                if !*analyze {
                    self.flags.read_only = true;
                }
                Utility::Explain { analyze: *analyze, verbose: *verbose, json: *json, statement: Box::new(statement) }
            }
            Syntax::Vacuum { tables, vacuum } => {
                let mut found = Vec::with_capacity(tables.len());
                for (name, columns) in tables {
                    let table = self.table(name).map_err(crate::position::without)?;
                    for column in columns {
                        super::insert::table_column(&table, column).map_err(crate::position::without)?;
                    }
                    found.push(table);
                }
                Utility::Vacuum { tables: found, vacuum: *vacuum }
            }
            Syntax::LockTable { tables, nowait } => {
                self.flags.locking = true;
                Utility::LockTable { tables: self.tables_named(tables)?, nowait: *nowait }
            }
            Syntax::Declare { name, query, hold, scroll } => {
                let query = Box::new(self.query(query)?);
                Utility::Declare { name: name.text.to_string(), query, hold: *hold, scroll: *scroll }
            }
        })
    }

    fn explained(&mut self, statement: &crate::syntax::ast::Statement) -> Result<crate::tree::Statement, SqlError> {
        use crate::syntax::ast::Statement;
        let bound = self.statement(statement)?;
        let explainable = match (statement, &bound) {
            (Statement::Utility(utility), _) => matches!(**utility, Syntax::Execute { .. } | Syntax::Declare { .. }),
            (_, crate::tree::Statement::Ddl(ddl)) => matches!(**ddl, crate::ddl::Ddl::CreateTableAs { .. }),
            _ => true,
        };
        if explainable {
            return Ok(bound);
        }
        Err(at(SqlState::SYNTAX_ERROR, "EXPLAIN takes only a query or a data-modifying statement", 0))
    }

    fn tables_named(&mut self, names: &[ObjectName]) -> Result<Vec<Arc<Table>>, SqlError> {
        names.iter().map(|name| self.table(name).map_err(crate::position::without)).collect()
    }
}

/// A parameter's name as SHOW prints it in the row description.
pub(crate) fn shown_as(name: &str) -> &str {
    match name {
        "timezone" => "TimeZone",
        "datestyle" => "DateStyle",
        "intervalstyle" => "IntervalStyle",
        name => name,
    }
}
