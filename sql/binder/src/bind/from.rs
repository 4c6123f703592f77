//! FROM: tables, views, subqueries, functions, WITH items.

use std::sync::Arc;

use cairn_sql_catalog::schema::{Oid, Relation, Sequence, SystemRelation, Table, View};
use cairn_sql_types::functions::quote_ident;
use cairn_sql_types::kernel::Body as KernelBody;
use cairn_sql_types::{SqlError, SqlState, Type, TypeId};

use super::query::QueryMode;
use super::scope::{Open, ScopeColumn, ScopeItem};
use super::{Binder, Place, at};
use crate::syntax::ast::{Alias, Expr as Syntax, ObjectName, Query as QuerySyntax, TableRef, TableRefKind};
use crate::tree::{Expr, FromItem, OutputColumn, RelId, Subquery};

impl Binder<'_> {
    /// All items; afterwards the level sees them.
    pub(crate) fn from(&mut self, refs: &[TableRef]) -> Result<Vec<FromItem>, SqlError> {
        let mut items = Vec::with_capacity(refs.len());
        let mut visible: Vec<ScopeItem> = Vec::new();
        for table in refs {
            let (item, scope) = self.table_ref(table, &visible)?;
            check_duplicates(&visible, &scope)?;
            items.push(item);
            visible.extend(scope);
        }
        self.level().items = visible;
        self.level().hidden.clear();
        Ok(items)
    }

    /// One item with what it offers; `visible` are the items before it, for LATERAL.
    pub(crate) fn table_ref(
        &mut self,
        table: &TableRef,
        visible: &[ScopeItem],
    ) -> Result<(FromItem, Vec<ScopeItem>), SqlError> {
        self.stack.check()?;
        match &table.kind {
            TableRefKind::Table(name) => {
                self.named_item(name, table.alias.as_ref()).map(|(item, scope)| (item, vec![scope]))
            }
            TableRefKind::Query(query) => {
                self.query_item(query, table, visible).map(|(item, scope)| (item, vec![scope]))
            }
            TableRefKind::Function { call, ordinality } => {
                self.function_item(call, *ordinality, table, visible).map(|(item, scope)| (item, vec![scope]))
            }
            TableRefKind::Join(join) => self.join(join, table.alias.as_ref(), visible),
        }
    }

    /// Shows (LATERAL) or hides the items before this one while `bind` runs.
    pub(crate) fn with_siblings<T>(
        &mut self,
        visible: &[ScopeItem],
        lateral: bool,
        bind: impl FnOnce(&mut Self) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        let level = self.level();
        let outer_items = std::mem::take(&mut level.items);
        let outer_hidden = std::mem::take(&mut level.hidden);
        if lateral {
            level.items = visible.to_vec();
            level.hidden = outer_hidden.clone();
        } else {
            level.hidden = visible.to_vec();
        }
        let result = bind(self);
        let level = self.level();
        level.items = outer_items;
        level.hidden = outer_hidden;
        result
    }

    /// A WITH item, table, view, sequence or system relation.
    fn named_item(&mut self, name: &ObjectName, alias: Option<&Alias>) -> Result<(FromItem, ScopeItem), SqlError> {
        if name.parts.len() == 1
            && let Some(found) = self.cte_item(name, alias)?
        {
            return Ok(found);
        }
        let relation = self.relation(name).map_err(|error| self.explain_missing(error, name))?.clone();
        self.note_relation_name(&relation, name);
        match relation {
            Relation::Table(table) => self.table_item(&table, alias),
            Relation::View(view) => self.view_item(&view, alias),
            Relation::Sequence(sequence) => self.sequence_item(&sequence, alias),
            Relation::System(relation) => self.system_item(relation, alias),
            Relation::Index(..) | Relation::PrimaryKey(_) => {
                let message = format!("\"{}\" is an index", name.last());
                Err(at(SqlState::WRONG_OBJECT_TYPE, message, name.pos()))
            }
        }
    }

    /// A WITH item that is only bound later deserves a detail.
    fn explain_missing(&self, error: SqlError, name: &ObjectName) -> SqlError {
        let later = self.levels.iter().flat_map(|level| &level.later_ctes).any(|later| **later == *name.last());
        if !later || name.parts.len() > 1 {
            return error;
        }
        let detail = format!(
            "There is a WITH item named \"{}\", but it cannot be referenced from this part of the query.",
            name.last()
        );
        error.detail(detail).hint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references.")
    }

    /// In a view's text tables are written with their schemas.
    fn note_relation_name(&mut self, relation: &Relation, name: &ObjectName) {
        let schema = match relation {
            Relation::Table(table) => table.schema,
            Relation::View(view) => view.schema,
            Relation::Sequence(sequence) => sequence.schema,
            Relation::System(_) | Relation::Index(..) | Relation::PrimaryKey(_) => return,
        };
        let Some(schema) = self.catalog.schema_by_oid(schema).map(|schema| schema.name.clone()) else { return };
        if name.parts.len() == 1
            && let Some(rewrites) = &mut self.rewrites
        {
            rewrites.push((name.pos(), name.pos(), format!("{}.", quote_ident(&schema))));
        }
    }

    fn table_item(&mut self, table: &Arc<Table>, alias: Option<&Alias>) -> Result<(FromItem, ScopeItem), SqlError> {
        self.touch(table.oid, false);
        let rel = self.new_rel();
        let scope = self.table_scope(table, rel, alias)?;
        let shown = scope.name.clone().unwrap_or_else(|| table.name.clone());
        Ok((FromItem::Table { rel, table: table.clone(), alias: shown }, scope))
    }

    /// What a table offers under a name.
    pub(crate) fn table_scope(
        &self,
        table: &Arc<Table>,
        rel: RelId,
        alias: Option<&Alias>,
    ) -> Result<ScopeItem, SqlError> {
        let columns = table.columns.iter().enumerate().filter(|(_, column)| !column.dropped);
        let columns = columns
            .map(|(index, column)| ScopeColumn {
                name: column.name.clone(),
                expr: Expr::Column(rel, index, column.ty),
                source: Some((table.oid, index as i16 + 1)),
            })
            .collect();
        let mut scope = self.scope_item(rel, &table.name, Some(table.schema), columns, alias)?;
        scope.table = Some(table.oid);
        Ok(scope)
    }

    /// Builds a scope item, column aliases applied.
    pub(crate) fn scope_item(
        &self,
        rel: RelId,
        own_name: &Arc<str>,
        schema: Option<Oid>,
        columns: Vec<ScopeColumn>,
        alias: Option<&Alias>,
    ) -> Result<ScopeItem, SqlError> {
        let schema = schema.and_then(|oid| self.catalog.schema_by_oid(oid)).map(|schema| schema.name.clone());
        let mut scope = ScopeItem {
            name: Some(own_name.clone()),
            schema: if alias.is_none() { schema } else { None },
            original: alias.map(|_| own_name.clone()),
            columns,
            qualified: true,
            unqualified: true,
            rel: Some(rel),
            table: None,
            scalar_function: false,
        };
        let Some(alias) = alias else { return Ok(scope) };
        scope.name = Some(Arc::from(&*alias.name.text));
        if alias.columns.len() > scope.columns.len() {
            let message = format!(
                "table \"{}\" has {} columns available but {} columns specified",
                alias.name.text,
                scope.columns.len(),
                alias.columns.len()
            );
            return Err(SqlError::new(SqlState::INVALID_COLUMN_REFERENCE, message));
        }
        for (column, name) in scope.columns.iter_mut().zip(&alias.columns) {
            column.name = Arc::from(&*name.text);
        }
        Ok(scope)
    }

    fn system_item(
        &mut self,
        relation: &'static SystemRelation,
        alias: Option<&Alias>,
    ) -> Result<(FromItem, ScopeItem), SqlError> {
        self.flags.system = true;
        let rel = self.new_rel();
        let columns = relation.columns.iter().enumerate();
        let columns = columns
            .map(|(index, (name, ty))| ScopeColumn {
                name: Arc::from(*name),
                expr: Expr::Column(rel, index, Type::plain(*ty)),
                source: Some((relation.oid, index as i16 + 1)),
            })
            .collect();
        let mut scope = self.scope_item(rel, &Arc::from(relation.name), Some(relation.schema), columns, alias)?;
        scope.table = Some(relation.oid);
        Ok((FromItem::System { rel, relation }, scope))
    }

    fn sequence_item(
        &mut self,
        sequence: &Arc<Sequence>,
        alias: Option<&Alias>,
    ) -> Result<(FromItem, ScopeItem), SqlError> {
        let rel = self.new_rel();
        let columns = [("last_value", TypeId::INT8), ("log_cnt", TypeId::INT8), ("is_called", TypeId::BOOL)];
        let columns = columns
            .iter()
            .enumerate()
            .map(|(index, (name, ty))| ScopeColumn {
                name: Arc::from(*name),
                expr: Expr::Column(rel, index, Type::plain(*ty)),
                source: Some((sequence.oid, index as i16 + 1)),
            })
            .collect();
        let scope = self.scope_item(rel, &sequence.name, Some(sequence.schema), columns, alias)?;
        Ok((FromItem::Sequence { rel, sequence: sequence.clone() }, scope))
    }

    /// A view: its text, bound where nothing of this query is visible.
    fn view_item(&mut self, view: &Arc<View>, alias: Option<&Alias>) -> Result<(FromItem, ScopeItem), SqlError> {
        if self.views.contains(&view.oid) {
            let message = format!("infinite recursion detected in rules for relation \"{}\"", view.name);
            return Err(SqlError::new(SqlState::INVALID_OBJECT_DEFINITION, message));
        }
        let rewrites = self.rewrites.take();
        self.views.push(view.oid);
        let query = self.view_query(view);
        self.views.pop();
        self.rewrites = rewrites;
        let query = query.map_err(crate::position::without)?;
        let rel = self.new_rel();
        let named = query.columns.iter().zip(&view.columns).enumerate();
        let columns = named
            .map(|(index, (column, (name, _)))| ScopeColumn {
                name: name.clone(),
                expr: Expr::Column(rel, index, column.ty),
                source: Some((view.oid, index as i16 + 1)),
            })
            .collect();
        let scope = self.scope_item(rel, &view.name, Some(view.schema), columns, alias)?;
        let shown = scope.name.clone().unwrap_or_else(|| view.name.clone());
        let subquery = Box::new(Subquery { query, outer: Vec::new() });
        Ok((FromItem::Subquery { rel, subquery, lateral: false, alias: shown }, scope))
    }

    fn view_query(&mut self, view: &View) -> Result<crate::tree::Query, SqlError> {
        let parsed = crate::parse::parse_statements(&view.query)?;
        let [located] = parsed.as_slice() else { return Err(SqlError::internal("a view is one query")) };
        let crate::syntax::ast::Statement::Query(syntax) = &located.statement else {
            return Err(SqlError::internal("a view is a query"));
        };
        self.isolated(|this| this.query(syntax))
    }

    fn query_item(
        &mut self,
        query: &QuerySyntax,
        table: &TableRef,
        visible: &[ScopeItem],
    ) -> Result<(FromItem, ScopeItem), SqlError> {
        let Some(alias) = &table.alias else {
            let values = matches!(query.body, crate::syntax::ast::Body::Values(_));
            let (message, hint) = match values {
                true => ("VALUES in FROM must have an alias", "For example, FROM (VALUES ...) [AS] foo."),
                false => ("subquery in FROM must have an alias", "For example, FROM (SELECT ...) [AS] foo."),
            };
            return Err(at(SqlState::SYNTAX_ERROR, message, table.pos).hint(hint));
        };
        let subquery = self.with_siblings(visible, table.lateral, |this| this.subquery(query, QueryMode::default()))?;
        let rel = self.new_rel();
        let columns = output_scope(rel, &subquery.query.columns);
        let name: Arc<str> = Arc::from(&*alias.name.text);
        let scope = self.scope_item(rel, &name, None, columns, Some(alias))?;
        let lateral = table.lateral && !subquery.outer.is_empty();
        Ok((FromItem::Subquery { rel, subquery: Box::new(subquery), lateral, alias: name }, scope))
    }

    /// A function is always LATERAL.
    fn function_item(
        &mut self,
        call: &Syntax,
        ordinality: bool,
        table: &TableRef,
        visible: &[ScopeItem],
    ) -> Result<(FromItem, ScopeItem), SqlError> {
        let before: Vec<RelId> = visible
            .iter()
            .flat_map(|item| &item.columns)
            .flat_map(|column| column.expr.columns())
            .map(|c| c.0)
            .collect();
        let bound =
            self.with_siblings(visible, true, |this| this.in_place(Place::FromFunction, |this| this.value(call)))?;
        let lateral = bound.columns().iter().any(|(rel, _, _)| before.contains(rel));
        let rel = self.new_rel();
        let own_name: Arc<str> = Arc::from(super::target::output_name(call));
        let (mut columns, scalar) = function_columns(&bound, &own_name, table.alias.as_ref());
        if ordinality {
            columns.push((Arc::from("ordinality"), Type::plain(TypeId::INT8)));
        }
        let types: Vec<Type> = columns.iter().map(|(_, ty)| *ty).collect();
        let scope_columns = columns
            .into_iter()
            .enumerate()
            .map(|(index, (name, ty))| ScopeColumn { name, expr: Expr::Column(rel, index, ty), source: None })
            .collect();
        let mut scope = self.scope_item(rel, &own_name, None, scope_columns, table.alias.as_ref())?;
        scope.scalar_function = scalar;
        Ok((FromItem::Function { rel, call: Box::new(bound), columns: types, ordinality, lateral }, scope))
    }

    /// A WITH item in scope, innermost first.
    fn cte_item(
        &mut self,
        name: &ObjectName,
        alias: Option<&Alias>,
    ) -> Result<Option<(FromItem, ScopeItem)>, SqlError> {
        let found = self
            .levels
            .iter_mut()
            .rev()
            .find_map(|level| level.ctes.iter_mut().rev().find(|cte| *cte.name == *name.last()));
        let Some(cte) = found else { return Ok(None) };
        if cte.open == Open::Refused {
            // Without RECURSIVE the name means what it means outside; with it, this is the non-recursive term.
            return Err(self.refused_reference(name));
        }
        if cte.open == Open::Recursive {
            cte.self_references += 1;
            if cte.self_references > 1 {
                let message = format!("recursive reference to query \"{}\" must not appear more than once", cte.name);
                return Err(at(SqlState::INVALID_RECURSION, message, name.pos()));
            }
        }
        let (id, own_name, own_columns) = (cte.id, cte.name.clone(), cte.columns.clone());
        let rel = self.new_rel();
        let types = own_columns.iter().map(|(_, ty)| *ty).collect();
        let columns = own_columns
            .into_iter()
            .enumerate()
            .map(|(index, (name, ty))| ScopeColumn { name, expr: Expr::Column(rel, index, ty), source: None })
            .collect();
        let scope = self.scope_item(rel, &own_name, None, columns, alias)?;
        Ok(Some((FromItem::Cte { rel, cte: id, columns: types }, scope)))
    }

    fn refused_reference(&self, name: &ObjectName) -> SqlError {
        let message =
            format!("recursive reference to query \"{}\" must not appear within its non-recursive term", name.last());
        at(SqlState::INVALID_RECURSION, message, name.pos())
    }
}

/// Columns of a subquery in FROM.
pub(crate) fn output_scope(rel: RelId, columns: &[OutputColumn]) -> Vec<ScopeColumn> {
    let columns = columns.iter().enumerate();
    columns
        .map(|(index, column)| ScopeColumn {
            name: column.name.clone(),
            expr: Expr::Column(rel, index, column.ty),
            source: column.source,
        })
        .collect()
}

/// Names and types of a function's columns, and whether it is a single value.
fn function_columns(call: &Expr, own_name: &Arc<str>, alias: Option<&Alias>) -> (Vec<(Arc<str>, Type)>, bool) {
    let single = alias.map_or_else(|| own_name.clone(), |alias| Arc::from(&*alias.name.text));
    match call {
        Expr::SetCall { function, ty, .. } => match function.body {
            KernelBody::Set(_, columns) if columns.len() > 1 => {
                (columns.iter().map(|(name, ty)| (Arc::from(*name), Type::plain(*ty))).collect(), false)
            }
            // An output parameter with a name of its own (`value`) keeps it under any alias of the table.
            KernelBody::Set(_, [(column, _)]) if *column != function.name => (vec![(Arc::from(*column), *ty)], true),
            _ => (vec![(single, *ty)], true),
        },
        call => (vec![(single, call.ty())], true),
    }
}

/// 42712 `table name "t" specified more than once`
pub(crate) fn check_duplicates(visible: &[ScopeItem], added: &[ScopeItem]) -> Result<(), SqlError> {
    for item in added.iter().filter(|item| item.qualified && item.name.is_some()) {
        let clash = visible.iter().any(|other| {
            other.qualified
                && other.name == item.name
                && (other.schema == item.schema || other.schema.is_none() || item.schema.is_none())
        });
        if clash {
            let name = item.name.as_deref().unwrap_or_default();
            return Err(SqlError::new(
                SqlState::DUPLICATE_ALIAS,
                format!("table name \"{name}\" specified more than once"),
            ));
        }
    }
    Ok(())
}
