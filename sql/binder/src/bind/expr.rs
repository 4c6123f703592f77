//! Expressions: one arm per kind of syntax, the work in the sibling files.

use cairn_sql_types::{Datum, Numeric, SqlError, SqlState, Type, TypeId};

use super::coerce::Placed;
use super::{Binder, Place, at};
use crate::syntax::ast::{Expr as Syntax, ExprKind, Name, Subscript as SyntaxSubscript};
use crate::syntax::token::Pos;
use crate::tree::{Expr, Subscript};

impl Binder<'_> {
    /// Binds an expression; literals without type stay unknown.
    pub(crate) fn expr(&mut self, syntax: &Syntax) -> Result<Placed, SqlError> {
        self.stack.check()?;
        let expr = self.expr_kind(syntax)?;
        Ok(Placed { expr, pos: leftmost(syntax) })
    }

    /// Binds an expression; literals without type become text.
    pub(crate) fn value(&mut self, syntax: &Syntax) -> Result<Expr, SqlError> {
        let placed = self.expr(syntax)?;
        self.settle(placed)
    }

    /// Binds a condition.
    pub(crate) fn condition(&mut self, syntax: &Syntax, what: &str) -> Result<Expr, SqlError> {
        let placed = self.expr(syntax)?;
        self.boolean(placed, what)
    }

    fn expr_kind(&mut self, syntax: &Syntax) -> Result<Expr, SqlError> {
        let pos = syntax.pos;
        match &syntax.kind {
            ExprKind::Null => Ok(Expr::Const(Datum::Null, Type::plain(TypeId::UNKNOWN))),
            ExprKind::Bool(value) => Ok(Expr::Const(Datum::Bool(*value), Type::plain(TypeId::BOOL))),
            ExprKind::Integer(digits) | ExprKind::Decimal(digits) => number(digits, pos),
            ExprKind::Text(text) => Ok(Expr::Const(Datum::text(&**text), Type::plain(TypeId::UNKNOWN))),
            ExprKind::Bits => Err(SqlError::unsupported("a bit string").at(pos + 1)),
            ExprKind::Param(number) => {
                let (index, ty) = self.params.reference(*number, pos)?;
                Ok(Expr::Param(index, ty))
            }
            ExprKind::Column(parts) => self.column(parts, pos),
            ExprKind::Star(parts) => self.whole_row(parts, pos),
            ExprKind::Field(arg, name) => self.field(arg, name.as_ref(), pos),
            ExprKind::Subscript(arg, subscripts) => self.subscript(arg, subscripts),
            ExprKind::Prefix(op, arg) => self.prefix(op, arg),
            ExprKind::Binary(op, left, right) => self.binary(op, left, right),
            ExprKind::And(args) => Ok(Expr::And(self.conditions(args, "AND")?)),
            ExprKind::Or(args) => Ok(Expr::Or(self.conditions(args, "OR")?)),
            ExprKind::Not(arg) => Ok(Expr::Not(Box::new(self.condition(arg, "NOT")?))),
            ExprKind::IsNull { arg, negated } => self.is_null(arg, *negated),
            ExprKind::IsBool { arg, value, negated } => self.is_bool(arg, *value, *negated),
            ExprKind::IsDistinct { left, right, negated } => self.is_distinct(left, right, *negated, pos),
            ExprKind::Match(matching) => self.matching(matching, pos),
            ExprKind::Between(between) => self.between(between, pos),
            ExprKind::InList { arg, list, negated } => self.in_list(arg, list, *negated, pos),
            ExprKind::InQuery { arg, query, negated } => self.in_query(arg, query, *negated, pos),
            ExprKind::Quantified(quantified) => self.quantified(quantified),
            ExprKind::Exists(query) => self.exists(query),
            ExprKind::Scalar(query) => self.scalar_query(query, pos),
            ExprKind::ArrayQuery(query) => self.array_query(query, pos),
            ExprKind::Array(elements) => self.array(elements, None, pos),
            ExprKind::Row { items, .. } => self.row(items),
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), pos)
            }
            ExprKind::Coalesce(args) => self.coalesce(args),
            ExprKind::NullIf(left, right) => self.null_if(left, right, pos),
            ExprKind::Extreme { greatest, args } => self.extreme(*greatest, args),
            ExprKind::Cast(arg, name) => self.cast_expr(arg, name, pos),
            ExprKind::AtTimeZone(arg, zone) => self.system_function("timezone", &[zone, arg], pos),
            ExprKind::Collate(arg, collation) => self.collate(arg, &collation.parts, pos),
            ExprKind::Call(call) => self.call(call, pos),
            ExprKind::Keyword(word, precision) => self.keyword(word, *precision, pos),
            ExprKind::Grouping(args) => self.grouping_call(args, pos),
            ExprKind::Default => Err(at(SqlState::SYNTAX_ERROR, "DEFAULT is not allowed in this context", pos)),
            ExprKind::CurrentOf => Err(SqlError::unsupported("WHERE CURRENT OF").at(pos + 1)),
        }
    }

    fn conditions(&mut self, args: &[Syntax], what: &str) -> Result<Vec<Expr>, SqlError> {
        args.iter().map(|arg| self.condition(arg, what)).collect()
    }

    /// A column, or (no such column) a whole row by its table's name, or `table.function` notation: only columns exist here.
    fn column(&mut self, parts: &[Name], pos: Pos) -> Result<Expr, SqlError> {
        if matches!(self.place, Place::Default) {
            return Err(at(SqlState::FEATURE_NOT_SUPPORTED, "cannot use column reference in DEFAULT expression", pos));
        }
        if let [name] = parts
            && self.find_unqualified(&name.text, pos)?.is_none()
            && let Some(expr) = self.row_of_item(name, pos)?
        {
            return Ok(expr);
        }
        if let Some(name) = parts.last().filter(|name| is_system_column(&name.text))
            && self.is_system_reference(parts)?
        {
            return self.system_column(parts, name, pos);
        }
        self.column_ref(parts, pos)
    }

    /// Does a system column's name stand for one here (no user column hides it)?
    fn is_system_reference(&self, parts: &[Name]) -> Result<bool, SqlError> {
        let (name, qualifier) = parts.split_last().expect("a column has a name");
        if qualifier.is_empty() {
            return Ok(self.find_unqualified(&name.text, name.pos)?.is_none()
                && self.levels.last().is_some_and(|level| level.items.iter().any(|item| item.table.is_some())));
        }
        let (_, item) = self.find_item(qualifier, name.pos)?;
        Ok(item.table.is_some() && !item.columns.iter().any(|column| *column.name == *name.text))
    }

    /// `tableoid` is a constant per table; the other system columns tell of storage that Cairn does not have.
    fn system_column(&mut self, parts: &[Name], name: &Name, pos: Pos) -> Result<Expr, SqlError> {
        let (_, qualifier) = parts.split_last().expect("a column has a name");
        let table = match qualifier {
            [] => {
                let mut tables =
                    self.levels.last().into_iter().flat_map(|level| &level.items).filter_map(|item| item.table);
                match (tables.next(), tables.next()) {
                    (Some(_), Some(_)) => {
                        let message = format!("column reference \"{}\" is ambiguous", name.text);
                        return Err(at(SqlState::AMBIGUOUS_COLUMN, message, pos));
                    }
                    (table, _) => table,
                }
            }
            qualifier => self.find_item(qualifier, pos)?.1.table,
        };
        match (&*name.text, table) {
            ("tableoid", Some(table)) => Ok(Expr::Const(Datum::Oid(table.0), Type::plain(TypeId::OID))),
            _ => Err(SqlError::unsupported(format!("system column \"{}\"", name.text)).at(pos + 1)),
        }
    }

    fn is_null(&mut self, arg: &Syntax, negated: bool) -> Result<Expr, SqlError> {
        if let ExprKind::Row { items, .. } = &arg.kind
            && !items.is_empty()
        {
            // `(a, b) IS [NOT] NULL` asks it of every field.
            let tests = items.iter().map(|item| self.is_null(item, negated)).collect::<Result<_, SqlError>>()?;
            return Ok(all_of(tests));
        }
        let arg = self.expr(arg)?;
        let arg = self.determined(arg)?;
        Ok(match arg {
            Expr::Const(value, _) => Expr::Const(Datum::Bool(value.is_null() != negated), Type::plain(TypeId::BOOL)),
            arg => Expr::IsNull { arg: Box::new(arg), negated },
        })
    }

    /// For places that take any type: an unknown literal is text, an unknown parameter an error.
    pub(crate) fn determined(&mut self, arg: Placed) -> Result<Expr, SqlError> {
        match arg.expr {
            Expr::Param(index, ty) if ty.id == TypeId::UNKNOWN && !self.params.is_lifted(index) => {
                Err(super::params::undetermined(index))
            }
            _ => self.settle(arg),
        }
    }

    fn is_bool(&mut self, arg: &Syntax, value: Option<bool>, negated: bool) -> Result<Expr, SqlError> {
        let not = if negated { "NOT " } else { "" };
        let word = match value {
            Some(true) => "TRUE",
            Some(false) => "FALSE",
            None => "UNKNOWN",
        };
        let arg = Box::new(self.condition(arg, &format!("IS {not}{word}"))?);
        Ok(Expr::IsBool { arg, value, negated })
    }

    /// `ARRAY[...]`; `wanted` is the type of a cast around it.
    pub(crate) fn array(&mut self, elements: &[Syntax], wanted: Option<TypeId>, pos: Pos) -> Result<Expr, SqlError> {
        self.stack.check()?;
        let nested = elements.iter().any(|element| matches!(element.kind, ExprKind::Array(_)));
        let mut bound = Vec::with_capacity(elements.len());
        for element in elements {
            bound.push(match &element.kind {
                ExprKind::Array(inner) => Placed { expr: self.array(inner, wanted, element.pos)?, pos: element.pos },
                _ => self.expr(element)?,
            });
        }
        let wanted_element = wanted.and_then(TypeId::element);
        if bound.is_empty() && wanted_element.is_none() {
            return Err(at(SqlState::INDETERMINATE_DATATYPE, "cannot determine type of empty array", pos)
                .hint("Explicitly cast to the desired type, for example ARRAY[]::integer[]."));
        }
        let (elements, element) = match wanted_element {
            Some(element) if !nested => {
                let mut coerced = Vec::with_capacity(bound.len());
                for arg in bound {
                    let pos = arg.pos;
                    coerced.push(self.cast(arg, Type::plain(element), pos)?);
                }
                (coerced, Type::plain(element))
            }
            _ => self.unify("ARRAY", bound)?,
        };
        let nested = nested || element.id.element().is_some();
        let array = match element.id.element() {
            Some(_) => Some(element.id),
            None => element.id.array(),
        };
        let array = array.ok_or_else(|| {
            let shown = crate::bind::type_name(element.id);
            at(SqlState::UNDEFINED_OBJECT, format!("could not find array type for data type {shown}"), pos)
        })?;
        Ok(Expr::Array { elements, ty: Type::plain(array), nested })
    }

    fn subscript(&mut self, arg: &Syntax, subscripts: &[SyntaxSubscript]) -> Result<Expr, SqlError> {
        let array = self.value(arg)?;
        let ty = array.ty();
        let Some(element) = ty.id.element() else {
            let shown = crate::bind::type_name(ty.id);
            let message = format!("cannot subscript type {shown} because it does not support subscripting");
            return Err(at(SqlState::DATATYPE_MISMATCH, message, arg.pos));
        };
        let slices = subscripts.iter().any(|subscript| matches!(subscript, SyntaxSubscript::Slice(..)));
        let mut bound = Vec::with_capacity(subscripts.len());
        for subscript in subscripts {
            bound.push(match subscript {
                SyntaxSubscript::Index(index) => Subscript::Index(self.subscript_index(index)?),
                SyntaxSubscript::Slice(low, high) => {
                    let low = low.as_ref().map(|low| self.subscript_index(low)).transpose()?;
                    Subscript::Slice(low, high.as_ref().map(|high| self.subscript_index(high)).transpose()?)
                }
            });
        }
        let result = if slices { ty } else { Type { id: element, modifier: ty.modifier } };
        Ok(Expr::Subscript { array: Box::new(array), subscripts: bound, ty: result })
    }

    fn subscript_index(&mut self, index: &Syntax) -> Result<Expr, SqlError> {
        let arg = self.expr(index)?;
        let context = cairn_sql_types::kernel::CastContext::Assignment;
        self.try_coerce(arg, Type::plain(TypeId::INT4), context)?
            .ok_or_else(|| at(SqlState::DATATYPE_MISMATCH, "array subscript must have type integer", index.pos))
    }

    /// `arg::type`; an ARRAY[] under it takes its element type from it.
    fn cast_expr(&mut self, arg: &Syntax, name: &crate::syntax::ast::TypeName, pos: Pos) -> Result<Expr, SqlError> {
        let ty = self.type_of(name)?;
        let arg = match &arg.kind {
            ExprKind::Array(elements) if ty.id.element().is_some() => {
                Placed { expr: self.array(elements, Some(ty.id), arg.pos)?, pos: arg.pos }
            }
            // What numeric can't hold may well be a float.
            ExprKind::Integer(digits) | ExprKind::Decimal(digits)
                if matches!(ty.id, TypeId::FLOAT4 | TypeId::FLOAT8) && Numeric::parse(digits).is_err() =>
            {
                let text = Expr::Const(Datum::text(&**digits), Type::plain(TypeId::UNKNOWN));
                Placed { expr: text, pos: arg.pos }
            }
            _ => self.expr(arg)?,
        };
        self.cast(arg, ty, pos)
    }

    /// All text compares as in collation "C"; the other names for that are accepted.
    fn collate(&mut self, arg: &Syntax, collation: &[Name], pos: Pos) -> Result<Expr, SqlError> {
        let placed = self.expr(arg)?;
        let value = self.settle(placed)?;
        check_collation(collation)?;
        let info = cairn_sql_types::info::TypeInfo::of(value.ty().id);
        if info.is_none_or(|info| info.collation == 0) {
            let shown = crate::bind::type_name(value.ty().id);
            let message = format!("collations are not supported by type {shown}");
            return Err(at(SqlState::DATATYPE_MISMATCH, message, pos));
        }
        Ok(value)
    }

    /// `current_date` and its kin.
    fn keyword(&mut self, word: &'static str, precision: Option<i32>, pos: Pos) -> Result<Expr, SqlError> {
        let timed = |this: &mut Self, ty: TypeId| {
            let now = this.system_function("now", &[], pos)?;
            let value = this.cast(Placed { expr: now, pos }, Type::plain(ty), pos)?;
            Ok(match precision {
                Some(modifier) => this.length_or_constant(value, Type { id: ty, modifier }, true),
                None => value,
            })
        };
        match word {
            "current_date" => timed(self, TypeId::DATE),
            "current_timestamp" => timed(self, TypeId::TIMESTAMPTZ),
            "localtimestamp" => timed(self, TypeId::TIMESTAMP),
            "localtime" => timed(self, TypeId::TIME),
            "current_time" => Err(SqlError::unsupported("type time with time zone").at(pos + 1)),
            "current_role" | "user" => self.system_function("current_user", &[], pos),
            "current_catalog" => self.system_function("current_database", &[], pos),
            word => self.system_function(word, &[], pos),
        }
    }
}

/// Where PostgreSQL says an expression is: its first token.
pub(crate) fn leftmost(syntax: &Syntax) -> Pos {
    match &syntax.kind {
        ExprKind::Binary(_, left, _)
        | ExprKind::IsDistinct { left, .. }
        | ExprKind::AtTimeZone(left, _)
        | ExprKind::IsNull { arg: left, .. }
        | ExprKind::IsBool { arg: left, .. }
        | ExprKind::InList { arg: left, .. }
        | ExprKind::InQuery { arg: left, .. }
        | ExprKind::Collate(left, _)
        | ExprKind::Cast(left, _) => leftmost(left).min(syntax.pos),
        ExprKind::And(args) | ExprKind::Or(args) => args.first().map_or(syntax.pos, leftmost),
        ExprKind::Match(matching) => leftmost(&matching.arg).min(syntax.pos),
        ExprKind::Between(between) => leftmost(&between.arg).min(syntax.pos),
        ExprKind::Quantified(quantified) => leftmost(&quantified.left).min(syntax.pos),
        _ => syntax.pos,
    }
}

/// Only byte order exists.
pub(crate) fn check_collation(collation: &[Name]) -> Result<(), SqlError> {
    let (name, schema) = match collation {
        [name] => (name, None),
        [schema, name] => (name, Some(&*schema.text)),
        _ => return Err(SqlError::internal("a collation has one or two names")),
    };
    let system = schema.is_none_or(|schema| schema == "pg_catalog");
    match (&*name.text, system) {
        ("C" | "POSIX" | "default" | "ucs_basic", true) => Ok(()),
        _ => Err(SqlError::unsupported(format!("collation \"{}\"", name.text)).at(collation[0].pos + 1)),
    }
}

/// A numeric literal: int4, int8 or numeric, whichever holds it first.
pub(crate) fn number(digits: &str, pos: Pos) -> Result<Expr, SqlError> {
    if let Ok(value) = digits.parse::<i32>() {
        return Ok(Expr::Const(Datum::Int4(value), Type::plain(TypeId::INT4)));
    }
    if let Ok(value) = digits.parse::<i64>() {
        return Ok(Expr::Const(Datum::Int8(value), Type::plain(TypeId::INT8)));
    }
    let value = Numeric::parse(digits).map_err(|error| error.at(pos + 1))?;
    Ok(Expr::Const(Datum::Numeric(value), Type::plain(TypeId::NUMERIC)))
}

/// AND of conditions; one stands alone.
pub(crate) fn all_of(mut conditions: Vec<Expr>) -> Expr {
    match (conditions.len(), conditions.pop()) {
        (_, None) => Expr::Const(Datum::Bool(true), Type::plain(TypeId::BOOL)),
        (1, Some(only)) => only,
        (_, Some(last)) => {
            conditions.push(last);
            Expr::And(conditions)
        }
    }
}

/// OR of conditions; one stands alone.
pub(crate) fn any_of(mut conditions: Vec<Expr>) -> Expr {
    match (conditions.len(), conditions.pop()) {
        (_, None) => Expr::Const(Datum::Bool(false), Type::plain(TypeId::BOOL)),
        (1, Some(only)) => only,
        (_, Some(last)) => {
            conditions.push(last);
            Expr::Or(conditions)
        }
    }
}

/// Column names that PostgreSQL's storage owns.
pub(crate) fn is_system_column(name: &str) -> bool {
    matches!(name, "tableoid" | "ctid" | "xmin" | "xmax" | "cmin" | "cmax")
}
