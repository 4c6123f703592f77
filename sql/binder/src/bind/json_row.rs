//! Rows that become JSON objects: `row_to_json(t)`, `json_agg(t)`, `to_jsonb(ROW(1, 2))`. A row as a value has no names, so the object
//! is put together here, where the names are known.

use cairn_sql_types::{Datum, SqlError, Type, TypeId, functions};

use super::coerce::Placed;
use super::{Binder, at};
use crate::syntax::ast::{Expr as Syntax, ExprKind, Name};
use crate::tree::Expr;
use cairn_sql_types::SqlState;

/// The names and values of a row.
type Fields = Vec<(String, Expr)>;

/// Does this function write its arguments as JSON?
pub(crate) fn writes_json(function: &str) -> bool {
    matches!(
        function,
        "row_to_json"
            | "to_json"
            | "to_jsonb"
            | "json_agg"
            | "jsonb_agg"
            | "json_object_agg"
            | "jsonb_object_agg"
            | "json_build_object"
            | "jsonb_build_object"
            | "json_build_array"
            | "jsonb_build_array"
    )
}

impl Binder<'_> {
    /// An argument of a function that writes JSON: a row as its object, anything else as it is. `true`: it was a row.
    pub(crate) fn json_argument(&mut self, syntax: &Syntax) -> Result<(Placed, bool), SqlError> {
        let fields = match &syntax.kind {
            ExprKind::Row { items, .. } => Some(self.row_fields(items)?),
            ExprKind::Star(parts) if !parts.is_empty() => Some(self.item_fields(parts, syntax)?),
            ExprKind::Column(parts) if self.is_item(parts, syntax)? => Some(self.item_fields(parts, syntax)?),
            _ => None,
        };
        let Some(fields) = fields else { return Ok((self.expr(syntax)?, false)) };
        Ok((Placed { expr: json_object(fields)?, pos: syntax.pos }, true))
    }

    /// `row_to_json(row)`. 42883 for anything else.
    pub(crate) fn row_to_json(&mut self, args: &[Syntax], pos: u32) -> Result<Expr, SqlError> {
        let mut types = Vec::with_capacity(args.len());
        for (index, arg) in args.iter().enumerate() {
            let (placed, is_row) = self.json_argument(arg)?;
            match (is_row, index, args.len()) {
                (true, 0, 1) => return Ok(placed.expr),
                (true, ..) => return Err(SqlError::unsupported("row_to_json() with line feeds").at(pos + 1)),
                _ => types.push(placed.ty()),
            }
        }
        let signature = cairn_sql_types::resolve::call_signature("row_to_json", &types);
        Err(at(SqlState::UNDEFINED_FUNCTION, format!("function {signature} does not exist"), pos)
            .hint("No function matches the given name and argument types. You might need to add explicit type casts."))
    }

    /// Is it the name of a FROM item, and of no column?
    fn is_item(&self, parts: &[Name], syntax: &Syntax) -> Result<bool, SqlError> {
        let [name] = parts else { return Ok(false) };
        if self.find_unqualified(&name.text, syntax.pos)?.is_some() {
            return Ok(false);
        }
        let named = |item: &super::scope::ScopeItem| item.qualified && item.name.as_deref() == Some(&*name.text);
        Ok(self.levels.iter().any(|level| level.items.iter().any(named)))
    }

    fn item_fields(&mut self, parts: &[Name], syntax: &Syntax) -> Result<Fields, SqlError> {
        if self.levels.last().is_some_and(|level| level.outer_join) {
            // The missing side's row would be NULL, not an object of NULLs.
            return Err(SqlError::unsupported("a row of an outer join as JSON").at(syntax.pos + 1));
        }
        let columns = self.star_columns(parts, syntax.pos)?;
        Ok(columns.into_iter().map(|(name, expr, _)| (name.to_string(), expr)).collect())
    }

    /// Fields of ROW(...) are called f1, f2, ...
    fn row_fields(&mut self, items: &[Syntax]) -> Result<Fields, SqlError> {
        let mut fields = Fields::with_capacity(items.len());
        for item in items {
            let values = match &item.kind {
                ExprKind::Star(parts) if !parts.is_empty() => {
                    self.star_columns(parts, item.pos)?.into_iter().map(|(_, expr, _)| expr).collect()
                }
                _ => vec![self.value(item)?],
            };
            for value in values {
                fields.push((format!("f{}", fields.len() + 1), value));
            }
        }
        Ok(fields)
    }
}

fn json_object(fields: Fields) -> Result<Expr, SqlError> {
    let function = functions::by_name("cairn_row_to_json")
        .first()
        .ok_or_else(|| SqlError::internal("the function that writes rows as JSON is declared"))?;
    let name = |name: String| Expr::Const(Datum::text(name), Type::plain(TypeId::TEXT));
    let args = fields.into_iter().flat_map(|(field, value)| [name(field), value]).collect();
    Ok(Expr::Call { function, args, ty: Type::plain(TypeId::JSON) })
}
