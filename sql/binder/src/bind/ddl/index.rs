//! CREATE INDEX.

use cairn_sql_catalog::schema::IndexColumn;
use cairn_sql_types::{SqlError, SqlState};

use super::constraints::{check_indexable, check_key_width};
use super::made_names::{Taken, joined};
use crate::bind::{Binder, at};
use crate::ddl::Ddl;
use crate::syntax::ast::{Expr as Syntax, ExprKind};
use crate::syntax::ddl::CreateIndex as SyntaxIndex;

impl Binder<'_> {
    pub(crate) fn create_index(&mut self, syntax: &SyntaxIndex) -> Result<Ddl, SqlError> {
        let table = self.table(&syntax.table).map_err(crate::position::without)?;
        self.touch(table.oid, true);
        if let Some(method) = &syntax.method
            && &*method.text != "btree"
        {
            return Err(match &*method.text {
                "hash" | "gin" | "gist" | "spgist" | "brin" => {
                    SqlError::unsupported(format!("index method \"{}\"", method.text))
                }
                other => SqlError::new(SqlState::UNDEFINED_OBJECT, format!("access method \"{other}\" does not exist")),
            });
        }
        check_key_width(syntax.columns.len())?;
        let mut columns: Vec<IndexColumn> = Vec::with_capacity(syntax.columns.len());
        for item in &syntax.columns {
            let name = index_column(&item.expr)?;
            let column =
                table.columns.iter().position(|column| !column.dropped && *column.name == *name).ok_or_else(|| {
                    at(SqlState::UNDEFINED_COLUMN, format!("column \"{name}\" does not exist"), item.expr.pos)
                });
            let column = column.map_err(crate::position::without)?;
            check_indexable(table.columns[column].ty.id)?;
            if columns.iter().any(|known| known.column == column) {
                return Err(
                    SqlError::unsupported(format!("an index with column \"{name}\" twice")).at(item.expr.pos + 1)
                );
            }
            columns.push(IndexColumn { column, descending: item.descending, nulls_first: item.nulls_first });
        }
        let mut taken = Taken::default();
        let (name, exists) = match &syntax.name {
            Some(name) => (name.text.to_string(), self.check_free(table.schema, &name.text, syntax.if_not_exists)?),
            None if syntax.if_not_exists => {
                return Err(SqlError::new(SqlState::SYNTAX_ERROR, "syntax error at or near \"ON\""));
            }
            None => {
                let label = joined(columns.iter().map(|column| &*table.columns[column.column].name));
                (self.relation_name(table.schema, (&table.name, &label), "idx", &mut taken), false)
            }
        };
        Ok(Ddl::CreateIndex { table, name, unique: syntax.unique, columns, exists })
    }
}

/// Only plain columns can be indexed.
fn index_column(expr: &Syntax) -> Result<&str, SqlError> {
    match &expr.kind {
        ExprKind::Column(parts) if parts.len() == 1 => Ok(&parts[0].text),
        ExprKind::Collate(inner, collation) => {
            crate::bind::expr::check_collation(&collation.parts)?;
            index_column(inner)
        }
        _ => Err(SqlError::unsupported("an index over an expression").at(expr.pos + 1)),
    }
}
