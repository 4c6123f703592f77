//! CREATE VIEW: the text is kept with table names qualified and stars written out, so that it means the same later.

use std::sync::Arc;

use crate::bind::type_name;
use cairn_sql_catalog::schema::{Oid, Relation, View};
use cairn_sql_types::{SqlError, SqlState, Type};

use crate::bind::Binder;
use crate::bind::names::not_a;
use crate::ddl::Ddl;
use crate::syntax::ast::{Name, ObjectName, Query as QuerySyntax};
use crate::syntax::ddl::Span;

impl Binder<'_> {
    pub(crate) fn create_view(
        &mut self,
        name: &ObjectName,
        names: &[Name],
        or_replace: bool,
        query: &QuerySyntax,
        text: Span,
    ) -> Result<Ddl, SqlError> {
        let schema = self.creation_schema(name)?;
        self.check_writable_schema(schema)?;
        let params = self.params.count();
        self.rewrites = Some(Vec::new());
        let bound = self.query(query);
        let rewrites = self.rewrites.take().unwrap_or_default();
        let bound = bound?;
        if self.params.count() > params {
            return Err(SqlError::new(SqlState::UNDEFINED_PARAMETER, "there is no parameter $1"));
        }
        if names.len() > bound.columns.len() {
            let message = "CREATE VIEW specifies more column names than columns";
            return Err(SqlError::new(SqlState::SYNTAX_ERROR, message));
        }
        let mut columns: Vec<(Arc<str>, Type)> = Vec::with_capacity(bound.columns.len());
        for (index, column) in bound.columns.iter().enumerate() {
            let name: Arc<str> = names.get(index).map_or_else(|| column.name.clone(), |name| Arc::from(&*name.text));
            if columns.iter().any(|(known, _)| *known == name) {
                let message = format!("column \"{name}\" specified more than once");
                return Err(SqlError::new(SqlState::DUPLICATE_COLUMN, message));
            }
            columns.push((name, column.ty));
        }
        let query: Arc<str> = Arc::from(rewritten(&self.source, text, rewrites));
        let view = View { oid: Oid(0), schema, name: Arc::from(name.last()), columns, query };
        let replaces = match self.catalog.relation(schema, name.last()) {
            None => None,
            Some(Relation::View(old)) if or_replace => {
                check_replacement(old, &view)?;
                Some(old.oid)
            }
            Some(_) if or_replace => return Err(not_a("view", name)),
            Some(_) => {
                let message = format!("relation \"{}\" already exists", name.last());
                return Err(SqlError::new(SqlState::DUPLICATE_TABLE, message));
            }
        };
        Ok(Ddl::CreateView { view, replaces })
    }
}

/// A replaced view keeps its columns and may add some.
fn check_replacement(old: &View, new: &View) -> Result<(), SqlError> {
    let refuse = |message: String| Err(SqlError::new(SqlState::INVALID_TABLE_DEFINITION, message));
    if new.columns.len() < old.columns.len() {
        return refuse("cannot drop columns from view".to_owned());
    }
    for ((old_name, old_type), (new_name, new_type)) in old.columns.iter().zip(&new.columns) {
        if old_name != new_name {
            let message = format!("cannot change name of view column \"{old_name}\" to \"{new_name}\"");
            return Err(SqlError::new(SqlState::INVALID_TABLE_DEFINITION, message)
                .hint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead."));
        }
        if old_type != new_type {
            return refuse(format!(
                "cannot change data type of view column \"{old_name}\" from {} to {}",
                type_name(old_type.id),
                type_name(new_type.id)
            ));
        }
    }
    Ok(())
}

/// The text with its rewrites applied.
fn rewritten(source: &str, (start, end): Span, mut rewrites: Vec<(u32, u32, String)>) -> String {
    rewrites.sort();
    rewrites.dedup();
    let mut text = String::new();
    let mut position = start;
    for (from, to, with) in rewrites {
        if from < position || to > end {
            continue;
        }
        text.push_str(source.get(position as usize..from as usize).unwrap_or_default());
        text.push_str(&with);
        position = to;
    }
    text.push_str(source.get(position as usize..end as usize).unwrap_or_default());
    text
}
