//! Operators, comparisons of rows, BETWEEN, IN lists, ANY and ALL over arrays.

use crate::bind::type_name;
use cairn_sql_types::kernel::Function;
use cairn_sql_types::resolve::{self, common_type};
use cairn_sql_types::{SqlError, SqlState, Type, TypeId};

use super::coerce::Placed;
use super::expr::{all_of, any_of};
use super::{Binder, at};
use crate::syntax::ast::{Between, Expr as Syntax, ExprKind, OperatorName, Quantified, QuantifiedRight};
use crate::syntax::token::Pos;
use crate::tree::Expr;

impl Binder<'_> {
    pub(crate) fn prefix(&mut self, op: &OperatorName, arg: &Syntax) -> Result<Expr, SqlError> {
        check_schema(self.catalog, op)?;
        let arg = self.expr(arg)?;
        let resolved = resolve::operator(&op.symbol, None, arg.ty()).map_err(|error| error.at(op.pos + 1))?;
        let arg = self.coerce(arg, resolved.right)?;
        Ok(self.call_or_constant(resolved.operator.function, vec![arg], Type::plain(resolved.result)))
    }

    pub(crate) fn binary(&mut self, op: &OperatorName, left: &Syntax, right: &Syntax) -> Result<Expr, SqlError> {
        check_schema(self.catalog, op)?;
        if let (ExprKind::Row { items: left, .. }, ExprKind::Row { items: right, .. }) = (&left.kind, &right.kind) {
            let left = left.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>, _>>()?;
            let right = right.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>, _>>()?;
            return self.compare_rows(op, left, right);
        }
        if let (ExprKind::Row { items, .. }, ExprKind::Scalar(query)) = (&left.kind, &right.kind) {
            return self.row_and_query(op, items, query);
        }
        let left = self.expr(left)?;
        let right = self.expr(right)?;
        self.operator(&op.symbol, left, right, op.pos)
    }

    /// `left symbol right`, overload chosen, operands coerced.
    pub(crate) fn operator(&mut self, symbol: &str, left: Placed, right: Placed, pos: Pos) -> Result<Expr, SqlError> {
        let resolved = resolve::operator(symbol, Some(left.ty()), right.ty()).map_err(|error| error.at(pos + 1))?;
        let left = self.coerce(left, resolved.left.unwrap_or(resolved.right))?;
        let right = self.coerce(right, resolved.right)?;
        Ok(self.call_or_constant(resolved.operator.function, vec![left, right], Type::plain(resolved.result)))
    }

    /// `(a, b) op (c, d)` written out, NULLs as PostgreSQL treats them.
    pub(crate) fn compare_rows(
        &mut self,
        op: &OperatorName,
        left: Vec<Placed>,
        right: Vec<Placed>,
    ) -> Result<Expr, SqlError> {
        if left.len() != right.len() {
            return Err(at(SqlState::SYNTAX_ERROR, "unequal number of entries in row expressions", op.pos));
        }
        if left.is_empty() {
            return Err(at(SqlState::FEATURE_NOT_SUPPORTED, "cannot compare rows of zero length", op.pos));
        }
        let symbol = &*op.symbol;
        let mut pairs: Vec<(Placed, Placed)> = left.into_iter().zip(right).collect();
        match symbol {
            "=" | "<>" => {
                let tests = pairs
                    .into_iter()
                    .map(|(left, right)| self.operator(symbol, left, right, op.pos))
                    .collect::<Result<Vec<_>, _>>()?;
                Ok(if symbol == "=" { all_of(tests) } else { any_of(tests) })
            }
            "<" | "<=" | ">" | ">=" => {
                let strict = &symbol[..1];
                let Some((left, right)) = pairs.pop() else { return Err(SqlError::internal("a row has fields")) };
                let mut result = self.operator(symbol, left, right, op.pos)?;
                for (left, right) in pairs.into_iter().rev() {
                    let less = self.operator(strict, left.clone(), right.clone(), op.pos)?;
                    let equal = self.operator("=", left, right, op.pos)?;
                    result = Expr::Or(vec![less, Expr::And(vec![equal, result])]);
                }
                Ok(result)
            }
            _ => {
                let message = format!("could not determine interpretation of row comparison operator {symbol}");
                Err(at(SqlState::FEATURE_NOT_SUPPORTED, message, op.pos)
                    .hint("Row comparison operators must be associated with btree operator families."))
            }
        }
    }

    /// Resolves `=` for two types and coerces both sides: for constructs that keep the kernel.
    pub(crate) fn equality(
        &mut self,
        left: Placed,
        right: Placed,
        pos: Pos,
    ) -> Result<(&'static Function, Expr, Expr), SqlError> {
        let resolved = resolve::operator("=", Some(left.ty()), right.ty()).map_err(|error| error.at(pos + 1))?;
        let left = self.coerce(left, resolved.left.unwrap_or(resolved.right))?;
        let right = self.coerce(right, resolved.right)?;
        Ok((resolved.operator.function, left, right))
    }

    pub(crate) fn is_distinct(
        &mut self,
        left: &Syntax,
        right: &Syntax,
        negated: bool,
        pos: Pos,
    ) -> Result<Expr, SqlError> {
        if let (ExprKind::Row { items: a, .. }, ExprKind::Row { items: b, .. }) = (&left.kind, &right.kind) {
            if a.len() != b.len() {
                return Err(at(SqlState::SYNTAX_ERROR, "unequal number of entries in row expressions", pos));
            }
            let tests = a.iter().zip(b).map(|(a, b)| self.is_distinct(a, b, negated, pos));
            let tests = tests.collect::<Result<Vec<_>, _>>()?;
            return Ok(if negated { all_of(tests) } else { any_of(tests) });
        }
        let left = self.expr(left)?;
        let right = self.expr(right)?;
        // A NULL literal on either side makes it a NULL test.
        if super::fold::is_null_constant(&right.expr) {
            let arg = self.determined(left)?;
            return Ok(Expr::IsNull { arg: Box::new(arg), negated: !negated });
        }
        if super::fold::is_null_constant(&left.expr) {
            let arg = self.determined(right)?;
            return Ok(Expr::IsNull { arg: Box::new(arg), negated: !negated });
        }
        let (equal, left, right) = self.equality(left, right, pos)?;
        Ok(Expr::Distinct { equal, left: Box::new(left), right: Box::new(right), negated })
    }

    /// `arg >= low AND arg <= high`, and what SYMMETRIC and NOT make of it.
    pub(crate) fn between(&mut self, between: &Between, pos: Pos) -> Result<Expr, SqlError> {
        let rows =
            [&between.arg, &between.low, &between.high].iter().any(|expr| matches!(expr.kind, ExprKind::Row { .. }));
        if rows {
            return Err(SqlError::unsupported("BETWEEN over rows").at(pos + 1));
        }
        let arg = self.expr(&between.arg)?;
        let low = self.expr(&between.low)?;
        let high = self.expr(&between.high)?;
        let one = |this: &mut Self, low: Placed, high: Placed| -> Result<Expr, SqlError> {
            let (from, to) = if between.negated { ("<", ">") } else { (">=", "<=") };
            let tests = vec![this.operator(from, arg.clone(), low, pos)?, this.operator(to, arg.clone(), high, pos)?];
            Ok(if between.negated { Expr::Or(tests) } else { Expr::And(tests) })
        };
        let straight = one(self, low.clone(), high.clone())?;
        if !between.symmetric {
            return Ok(straight);
        }
        let swapped = one(self, high, low)?;
        Ok(if between.negated { Expr::And(vec![straight, swapped]) } else { Expr::Or(vec![straight, swapped]) })
    }

    pub(crate) fn in_list(&mut self, arg: &Syntax, list: &[Syntax], negated: bool, pos: Pos) -> Result<Expr, SqlError> {
        let op = OperatorName { schema: None, symbol: if negated { "<>" } else { "=" }.into(), pos };
        if matches!(arg.kind, ExprKind::Row { .. }) {
            let tests = list.iter().map(|item| self.binary(&op, arg, item)).collect::<Result<Vec<_>, _>>()?;
            return Ok(if negated { all_of(tests) } else { any_of(tests) });
        }
        let arg = self.expr(arg)?;
        let mut items = list.iter().map(|item| self.expr(item)).collect::<Result<Vec<_>, _>>()?;
        if items.len() == 1
            && let Some(item) = items.pop()
        {
            return self.operator(&op.symbol, arg, item, pos);
        }
        let types: Vec<TypeId> = std::iter::once(arg.ty()).chain(items.iter().map(Placed::ty)).collect();
        let Ok(common) = common_type("IN", &types) else {
            let tests = items.into_iter().map(|item| self.operator(&op.symbol, arg.clone(), item, pos));
            let tests = tests.collect::<Result<Vec<_>, _>>()?;
            return Ok(if negated { all_of(tests) } else { any_of(tests) });
        };
        let resolved = resolve::operator("=", Some(arg.ty()), common).map_err(|error| error.at(pos + 1))?;
        let arg = self.coerce(arg, resolved.left.unwrap_or(resolved.right))?;
        let list = items.into_iter().map(|item| self.coerce(item, resolved.right)).collect::<Result<Vec<_>, _>>()?;
        Ok(Expr::InList { arg: Box::new(arg), list, equal: resolved.operator.function, negated })
    }

    /// `left op ANY|ALL (array or query)`
    pub(crate) fn quantified(&mut self, quantified: &Quantified) -> Result<Expr, SqlError> {
        check_schema(self.catalog, &quantified.op)?;
        let array = match &quantified.right {
            QuantifiedRight::Query(query) => return self.quantified_query(quantified, query),
            QuantifiedRight::Array(array) => array,
        };
        let op = &quantified.op;
        let left = self.expr(&quantified.left)?;
        let array = self.expr(array)?;
        let refuse = |message: &str| Err(at(SqlState::WRONG_OBJECT_TYPE, message, op.pos));
        let element = match array.ty() {
            TypeId::UNKNOWN => TypeId::UNKNOWN,
            ty => match ty.element() {
                Some(element) => element,
                None => return refuse("op ANY/ALL (array) requires array on right side"),
            },
        };
        let resolved = resolve::operator(&op.symbol, Some(left.ty()), element).map_err(|error| error.at(op.pos + 1))?;
        if resolved.result != TypeId::BOOL {
            return refuse("op ANY/ALL (array) requires operator to yield boolean");
        }
        let left = self.coerce(left, resolved.left.unwrap_or(resolved.right))?;
        let Some(array_type) = resolved.right.array() else {
            let message = format!("could not find array type for data type {}", type_name(resolved.right));
            return Err(at(SqlState::UNDEFINED_OBJECT, message, op.pos));
        };
        let array = self.coerce(array, array_type)?;
        let function = resolved.operator.function;
        self.note_volatility(function.volatility);
        let args = vec![left, Expr::Element(Type::plain(resolved.right))];
        let test = Expr::Call { function, args, ty: Type::plain(TypeId::BOOL) };
        Ok(Expr::Quantified { array: Box::new(array), test: Box::new(test), all: quantified.all })
    }
}

/// Operators live in pg_catalog only.
pub(crate) fn check_schema(catalog: &cairn_sql_catalog::Catalog, op: &OperatorName) -> Result<(), SqlError> {
    match &op.schema {
        Some(schema) if catalog.schema(&schema.text).is_none() => {
            let message = format!("schema \"{}\" does not exist", schema.text);
            Err(at(SqlState::INVALID_SCHEMA_NAME, message, op.pos))
        }
        Some(schema) if &*schema.text != "pg_catalog" => {
            let message = format!("operator does not exist: {}.{}", schema.text, op.symbol);
            Err(at(SqlState::UNDEFINED_FUNCTION, message, op.pos))
        }
        _ => Ok(()),
    }
}
