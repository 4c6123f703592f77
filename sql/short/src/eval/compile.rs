//! From typed expressions to [`Code`].

use cairn_sql_binder::tree::{Expr, RelId, Subquery, Subscript as TreeSubscript};
use cairn_sql_types::TypeId;
use cairn_sql_types::kernel::{Body, Function, ScalarFn};

use super::code::{Callee, Code, Subscript};
use crate::plan::{NotShort, Planner, QueryPlan};

/// Compiles the expressions of one query level. Collects the uncorrelated subqueries that it meets.
pub(crate) struct Compiler<'a> {
    planner: &'a Planner<'a>,
    /// Which relation is which source of the frame.
    scope: Vec<(RelId, u16)>,
    /// Single columns that stand elsewhere than their relation.
    moved: Vec<((RelId, usize), (u16, u16))>,
    subs: Vec<SubPlan>,
}

/// An uncorrelated subquery: run once, before the rows of the query around it.
pub(crate) struct SubPlan {
    pub(crate) plan: QueryPlan,
    pub(crate) wants: SubWants,
}

/// What the query around asks of a subquery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SubWants {
    /// One value.
    Value,
    /// Whether there is any row.
    Exists,
    /// All rows.
    Rows,
    /// An array of the first column; its element type.
    Array(TypeId),
}

type Compiled = Result<Code, NotShort>;

impl<'a> Compiler<'a> {
    /// A compiler without relations in sight.
    pub(crate) fn new(planner: &'a Planner<'a>) -> Self {
        Self { planner, scope: Vec::new(), moved: Vec::new(), subs: Vec::new() }
    }

    /// Brings a relation into sight as the frame's source `source`.
    pub(crate) fn bring(&mut self, rel: RelId, source: usize) {
        self.scope.retain(|(known, _)| *known != rel);
        self.scope.push((rel, source as u16));
    }

    /// Says that one column of a relation is `place` (source, column) of the frame.
    pub(crate) fn bring_column(&mut self, rel: RelId, column: usize, place: (usize, usize)) {
        self.moved.push(((rel, column), (place.0 as u16, place.1 as u16)));
    }

    /// The subqueries met so far.
    pub(crate) fn into_subs(self) -> Vec<SubPlan> {
        self.subs
    }

    /// Compiles several expressions.
    pub(crate) fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Result<Box<[Code]>, NotShort> {
        exprs.into_iter().map(|expr| self.expr(expr)).collect()
    }

    /// Compiles one expression.
    pub(crate) fn expr(&mut self, expr: &Expr) -> Compiled {
        Ok(match expr {
            Expr::Const(value, _) => Code::Const(value.clone()),
            Expr::Param(index, _) => Code::Param(*index),
            Expr::Column(rel, column, ty) => self.column(*rel, *column, ty.id)?,
            Expr::RowId(rel) => Code::RowId(self.source(*rel)?),
            Expr::Aggregate(index, _) => Code::Aggregate(*index),
            Expr::Call { function, args, .. } => self.call(function, args)?,
            Expr::Relabel(arg, _) => self.expr(arg)?,
            Expr::ViaText(arg, ty) => Code::ViaText { from: arg.ty(), to: *ty, arg: self.boxed(arg)? },
            Expr::Length { arg, ty, explicit } => Code::Length { arg: self.boxed(arg)?, ty: *ty, explicit: *explicit },
            Expr::ArrayCast { arg, element, ty } => {
                Code::ArrayCast { arg: self.boxed(arg)?, element: self.boxed(element)?, to: ty.id }
            }
            Expr::Element(_) => Code::Element,
            Expr::And(args) => Code::And(self.all(args)?),
            Expr::Or(args) => Code::Or(self.all(args)?),
            Expr::Not(arg) => Code::Not(self.boxed(arg)?),
            Expr::IsNull { arg, negated } => Code::IsNull { arg: self.boxed(arg)?, negated: *negated },
            Expr::IsBool { arg, value, negated } => {
                Code::IsBool { arg: self.boxed(arg)?, value: *value, negated: *negated }
            }
            Expr::Distinct { equal, left, right, negated } => Code::Distinct {
                equal: scalar(equal)?,
                args: Box::new([self.expr(left)?, self.expr(right)?]),
                negated: *negated,
            },
            Expr::InList { arg, list, equal, negated } => {
                Code::InList { arg: self.boxed(arg)?, list: self.all(list)?, equal: scalar(equal)?, negated: *negated }
            }
            Expr::Quantified { array, test, all } => {
                Code::Quantified { array: self.boxed(array)?, test: self.boxed(test)?, all: *all }
            }
            Expr::Case { branches, otherwise, .. } => {
                let branch = |(condition, result): &(Expr, Expr)| Ok((self.expr(condition)?, self.expr(result)?));
                let branches = branches.iter().map(branch).collect::<Result<_, NotShort>>()?;
                Code::Case { branches, otherwise: self.boxed(otherwise)? }
            }
            Expr::Coalesce(args, _) => Code::Coalesce(self.all(args)?),
            Expr::NullIf { value, test } => Code::NullIf { value: self.boxed(value)?, test: self.boxed(test)? },
            Expr::Extreme { greatest, args, ty } => {
                Code::Extreme { greatest: *greatest, args: self.all(args)?, ty: ty.id }
            }
            Expr::Array { elements, ty, nested } => {
                let element = ty.id.element().ok_or(NotShort("ARRAY of no array type"))?;
                Code::Array { elements: self.all(elements)?, element, nested: *nested }
            }
            Expr::Subscript { array, subscripts, .. } => {
                let subscripts =
                    subscripts.iter().map(|subscript| self.subscript(subscript)).collect::<Result<_, _>>()?;
                Code::Subscript { array: self.boxed(array)?, subscripts }
            }
            Expr::Row(args, _) => Code::Row(self.all(args)?),
            Expr::Scalar(subquery, _) => Code::SubValue(self.sub(subquery, SubWants::Value)?),
            Expr::ArraySubquery(subquery, ty) => {
                let element = ty.id.element().ok_or(NotShort("ARRAY of no array type"))?;
                Code::SubValue(self.sub(subquery, SubWants::Array(element))?)
            }
            Expr::Exists { subquery, negated } => {
                Code::SubExists { sub: self.sub(subquery, SubWants::Exists)?, negated: *negated }
            }
            Expr::QuantifiedSubquery { subquery, test, all } => {
                let sub = self.sub(subquery, SubWants::Rows)?;
                Code::SubTest { sub, test: self.boxed(test)?, all: *all }
            }
            Expr::SubColumn(column, _) => Code::SubColumn(*column),
            Expr::Group(..) | Expr::GroupingId(_) => return Err(NotShort("GROUP BY")),
            Expr::Window(..) => return Err(NotShort("window functions")),
            Expr::SetCall { .. } => return Err(NotShort("a set-returning function")),
        })
    }

    fn boxed(&mut self, expr: &Expr) -> Result<Box<Code>, NotShort> {
        self.expr(expr).map(Box::new)
    }

    fn source(&self, rel: RelId) -> Result<u16, NotShort> {
        let found = self.scope.iter().find(|(known, _)| *known == rel);
        found.map(|(_, source)| *source).ok_or(NotShort("a correlated subquery"))
    }

    fn column(&self, rel: RelId, column: usize, ty: TypeId) -> Compiled {
        let moved = self.moved.iter().find(|(of, _)| *of == (rel, column)).map(|(_, place)| *place);
        let (source, column) = match moved {
            Some(place) => place,
            None => (self.source(rel)?, column as u16),
        };
        Ok(match ty {
            TypeId::TEXT | TypeId::VARCHAR | TypeId::BPCHAR | TypeId::NAME | TypeId::JSON | TypeId::JSONB => {
                Code::TextColumn { source, column }
            }
            _ => Code::Column { source, column },
        })
    }

    fn call(&mut self, function: &'static Function, args: &[Expr]) -> Compiled {
        let codes = self.all(args)?;
        let strict = function.strict;
        let callee = match function.body {
            Body::Scalar(kernel) => {
                return Ok(match <[Code; 2]>::try_from(codes.into_vec()) {
                    Ok(pair) => Code::Binary { kernel, strict, args: Box::new(pair) },
                    Err(args) => Code::Call { callee: Callee::Scalar(kernel), strict, args: args.into() },
                });
            }
            Body::Typed(kernel) => Callee::Typed(kernel, args.iter().map(|arg| arg.ty().id).collect()),
            Body::Host => Callee::Host(function),
            Body::Set(..) => return Err(NotShort("a set-returning function")),
            Body::Window => return Err(NotShort("window functions")),
        };
        Ok(Code::Call { callee, strict, args: codes })
    }

    fn subscript(&mut self, subscript: &TreeSubscript) -> Result<Subscript, NotShort> {
        let mut bound = |expr: &Option<Expr>| expr.as_ref().map(|expr| self.expr(expr)).transpose();
        Ok(match subscript {
            TreeSubscript::Slice(low, high) => Subscript::Slice(bound(low)?, bound(high)?),
            TreeSubscript::Index(index) => Subscript::Index(self.expr(index)?),
        })
    }

    fn sub(&mut self, subquery: &Subquery, wants: SubWants) -> Result<usize, NotShort> {
        if !subquery.outer.is_empty() {
            return Err(NotShort("a correlated subquery"));
        }
        let plan = self.planner.query_for(&subquery.query, wants == SubWants::Exists)?;
        if plan.locks.is_none() && plan.subs.iter().any(|inner| inner.plan.locks.is_some()) {
            return Err(NotShort("row locks deep inside subqueries"));
        }
        self.subs.push(SubPlan { plan, wants });
        Ok(self.subs.len() - 1)
    }
}

/// A kernel that is a plain function of two values.
fn scalar(function: &'static Function) -> Result<ScalarFn, NotShort> {
    match function.body {
        Body::Scalar(kernel) => Ok(kernel),
        _ => Err(NotShort("a comparison that is no plain kernel")),
    }
}
