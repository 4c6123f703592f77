//! Rows as values: ROW(...), a table's whole row, fields.

use cairn_sql_types::functions::record;
use cairn_sql_types::{Datum, SqlError, SqlState, Type, TypeId};

use super::{Binder, at};
use crate::syntax::ast::{Expr as Syntax, ExprKind, Name};
use crate::syntax::token::Pos;
use crate::tree::Expr;

impl Binder<'_> {
    /// `ROW(a, t.*, b)`
    pub(crate) fn row(&mut self, items: &[Syntax]) -> Result<Expr, SqlError> {
        let mut fields = Vec::with_capacity(items.len());
        for item in items {
            match &item.kind {
                ExprKind::Star(parts) if !parts.is_empty() => {
                    let columns = self.star_columns(parts, item.pos)?;
                    fields.extend(columns.into_iter().map(|(_, expr, _)| expr));
                }
                _ => fields.push(self.value(item)?),
            }
        }
        Ok(Expr::Row(fields, Type::plain(TypeId::RECORD)))
    }

    /// `t.*` where one value is wanted: the row.
    pub(crate) fn whole_row(&mut self, parts: &[Name], pos: Pos) -> Result<Expr, SqlError> {
        if parts.is_empty() {
            return Err(at(SqlState::SYNTAX_ERROR, "row expansion via \"*\" is not supported here", pos));
        }
        let columns = self.star_columns(parts, pos)?;
        Ok(Expr::Row(columns.into_iter().map(|(_, expr, _)| expr).collect(), Type::plain(TypeId::RECORD)))
    }

    /// A name that is no column may be a FROM item: its row, or the value of a function.
    pub(crate) fn row_of_item(&mut self, name: &Name, pos: Pos) -> Result<Option<Expr>, SqlError> {
        let known = self
            .levels
            .iter()
            .any(|level| level.items.iter().any(|item| item.qualified && item.name.as_deref() == Some(&*name.text)));
        if !known {
            return Ok(None);
        }
        self.whole_row(std::slice::from_ref(name), pos).map(Some)
    }

    /// `(expr).field`: rows of FROM items and of functions with several columns have named fields.
    pub(crate) fn field(&mut self, arg: &Syntax, name: Option<&Name>, pos: Pos) -> Result<Expr, SqlError> {
        let Some(name) = name else {
            return Err(at(SqlState::SYNTAX_ERROR, "row expansion via \"*\" is not supported here", pos));
        };
        if let ExprKind::Column(parts) = &arg.kind
            && let [item] = parts.as_slice()
            && self.find_unqualified(&item.text, arg.pos)?.is_none()
        {
            return self.column_ref(&[item.clone(), name.clone()], pos);
        }
        if let ExprKind::Star(parts) = &arg.kind {
            let column: Vec<Name> = parts.iter().chain([name]).cloned().collect();
            return self.column_ref(&column, pos);
        }
        let pos = arg.pos;
        let arg = self.value(arg)?;
        if arg.ty().id != TypeId::RECORD {
            let message = format!(
                "column notation .{} applied to type {}, which is not a composite type",
                name.text,
                crate::bind::type_name(arg.ty().id)
            );
            return Err(at(SqlState::WRONG_OBJECT_TYPE, message, pos));
        }
        let fields = record::fields(arg.ty()).unwrap_or_default();
        if let Some(at) = fields.iter().position(|(field, _)| **field == *name.text) {
            let place = Expr::Const(Datum::Int4(at as i32), Type::plain(TypeId::INT4));
            let ty = Type::plain(fields[at].1);
            return Ok(Expr::Call { function: &record::FIELD, args: vec![arg, place], ty });
        }
        if let Expr::Row(mut fields, _) = arg {
            // The fields of ROW(...) are called f1, f2, ...
            let number: Option<usize> = name.text.strip_prefix('f').and_then(|digits| digits.parse().ok());
            if let Some(at) = number.filter(|number| (1..=fields.len()).contains(number)) {
                return Ok(fields.swap_remove(at - 1));
            }
        }
        let message = format!("could not identify column \"{}\" in record data type", name.text);
        Err(at(SqlState::UNDEFINED_COLUMN, message, pos))
    }
}
