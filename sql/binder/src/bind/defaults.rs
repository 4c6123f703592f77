//! Column defaults and checks: kept as text, bound again for every statement that needs them.

use std::sync::Arc;

use cairn_sql_catalog::schema::{Check, Oid, Relation, Table};
use cairn_sql_types::resolve::{Callable, FunctionMatch, function};
use cairn_sql_types::{Datum, SqlError, Type, TypeId};

use super::coerce::Placed;
use super::scope::ScopeItem;
use super::{Binder, Place};
use crate::syntax::ast::Expr as Syntax;
use crate::tree::{BoundCheck, Expr, RelId};

impl Binder<'_> {
    /// The default of a column, coerced to it; `None` means NULL.
    pub(crate) fn column_default(&mut self, table: &Table, column: usize) -> Result<Option<Expr>, SqlError> {
        let definition = &table.columns[column];
        if let Some(text) = &definition.default {
            let syntax = crate::parse::parse_expression(text).map_err(crate::position::without)?;
            let bound = self.default_value(&syntax, definition.ty, &definition.name);
            return bound.map(Some).map_err(crate::position::without);
        }
        if definition.identity.is_none() {
            return Ok(None);
        }
        let owner = self.catalog.relations().find_map(|relation| match relation {
            Relation::Sequence(sequence) if sequence.owned_by == Some((table.oid, column)) => Some(sequence.oid),
            _ => None,
        });
        let sequence = owner.ok_or_else(|| SqlError::internal("an identity column has a sequence"))?;
        let next = self.next_value(sequence)?;
        self.assign(Placed { expr: next, pos: 0 }, definition.ty, &definition.name).map(Some)
    }

    /// Binds a default's syntax for a column of this type.
    pub(crate) fn default_value(&mut self, syntax: &Syntax, ty: Type, column: &str) -> Result<Expr, SqlError> {
        self.isolated(|this| {
            this.in_place(Place::Default, |this| {
                let placed = this.expr(syntax)?;
                let from = placed.ty();
                this.try_coerce(placed, ty, cairn_sql_types::kernel::CastContext::Assignment)?.ok_or_else(|| {
                    let message = format!(
                        "column \"{column}\" is of type {} but default expression is of type {}",
                        crate::bind::type_name(ty.id),
                        crate::bind::type_name(from)
                    );
                    SqlError::new(cairn_sql_types::SqlState::DATATYPE_MISMATCH, message)
                        .hint("You will need to rewrite or cast the expression.")
                })
            })
        })
    }

    /// `nextval(sequence)`
    fn next_value(&mut self, sequence: Oid) -> Result<Expr, SqlError> {
        let resolved = match function("nextval", &[TypeId::REGCLASS], false)? {
            FunctionMatch::Call(resolved) => resolved,
            FunctionMatch::Cast(_) => return Err(SqlError::internal("nextval is a function")),
        };
        let Callable::Function(found) = resolved.callable else {
            return Err(SqlError::internal("nextval is a function"));
        };
        let argument = Expr::Const(Datum::Oid(sequence.0), Type::plain(TypeId::REGCLASS));
        Ok(self.call_or_constant(found, vec![argument], Type::plain(resolved.result)))
    }

    /// The table's checks over its new row.
    pub(crate) fn checks(&mut self, table: &Arc<Table>, rel: RelId) -> Result<Vec<BoundCheck>, SqlError> {
        table.checks.iter().map(|check| self.check(table, check, rel)).collect()
    }

    pub(super) fn check(&mut self, table: &Arc<Table>, check: &Check, rel: RelId) -> Result<BoundCheck, SqlError> {
        let syntax = crate::parse::parse_expression(&check.expression).map_err(crate::position::without)?;
        let scope = self.own_scope(table, rel)?;
        let expr = self.check_condition(&syntax, scope).map_err(crate::position::without)?;
        Ok(BoundCheck { name: check.name.clone(), expr })
    }

    /// A table under its own name.
    pub(crate) fn own_scope(&self, table: &Arc<Table>, rel: RelId) -> Result<ScopeItem, SqlError> {
        self.table_scope(table, rel, None)
    }

    /// A condition over one row.
    pub(crate) fn check_condition(&mut self, syntax: &Syntax, scope: ScopeItem) -> Result<Expr, SqlError> {
        self.isolated(|this| {
            this.level().items = vec![scope];
            this.in_place(Place::Check, |this| this.condition(syntax, "CHECK"))
        })
    }
}
