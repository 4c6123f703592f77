//! Walking over expressions: visit the children, rebuild with other children, compare.

use cairn_sql_types::{SqlError, Type};

use crate::tree::{Expr, RelId, Subscript};

/// Rebuilds one child.
type Rebuild<'a> = &'a mut dyn FnMut(Expr) -> Result<Expr, SqlError>;

impl Expr {
    /// Calls `visit` for every direct child. Queries of subqueries are not entered; the columns that they use from outside
    /// are in [`crate::tree::Subquery::outer`].
    pub fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match self {
            Expr::Const(..)
            | Expr::Param(..)
            | Expr::Column(..)
            | Expr::Group(..)
            | Expr::Aggregate(..)
            | Expr::GroupingId(_)
            | Expr::Window(..)
            | Expr::Element(_)
            | Expr::Scalar(..)
            | Expr::ArraySubquery(..)
            | Expr::Exists { .. }
            | Expr::SubColumn(..)
            | Expr::RowId(_) => {}
            Expr::Relabel(arg, _)
            | Expr::ViaText(arg, _)
            | Expr::Length { arg, .. }
            | Expr::Not(arg)
            | Expr::IsNull { arg, .. }
            | Expr::IsBool { arg, .. }
            | Expr::QuantifiedSubquery { test: arg, .. } => visit(arg),
            Expr::Call { args, .. }
            | Expr::SetCall { args, .. }
            | Expr::And(args)
            | Expr::Or(args)
            | Expr::Coalesce(args, _)
            | Expr::Extreme { args, .. }
            | Expr::Array { elements: args, .. }
            | Expr::Row(args, _) => args.iter().for_each(visit),
            Expr::ArrayCast { arg: left, element: right, .. }
            | Expr::Distinct { left, right, .. }
            | Expr::Quantified { array: left, test: right, .. }
            | Expr::NullIf { value: left, test: right } => {
                visit(left);
                visit(right);
            }
            Expr::InList { arg, list, .. } => {
                visit(arg);
                list.iter().for_each(visit);
            }
            Expr::Case { branches, otherwise, .. } => {
                for (condition, result) in branches {
                    visit(condition);
                    visit(result);
                }
                visit(otherwise);
            }
            Expr::Subscript { array, subscripts, .. } => {
                visit(array);
                for subscript in subscripts {
                    match subscript {
                        Subscript::Index(index) => visit(index),
                        Subscript::Slice(low, high) => low.iter().chain(high).for_each(&mut *visit),
                    }
                }
            }
        }
    }

    /// Calls `visit` for this expression and everything below it, as far as [`Expr::for_each_child`] goes.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        self.for_each_child(&mut |child| child.walk(visit));
    }

    /// Does anything in this expression satisfy `test`?
    pub fn any(&self, mut test: impl FnMut(&Expr) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |expr| found = found || test(expr));
        found
    }

    /// The columns this expression uses, those that its subqueries take from outside included.
    pub fn columns(&self) -> Vec<(RelId, usize, Type)> {
        let mut columns = Vec::new();
        self.walk(&mut |expr| match expr {
            Expr::Column(rel, column, ty) => columns.push((*rel, *column, *ty)),
            Expr::Scalar(subquery, _)
            | Expr::ArraySubquery(subquery, _)
            | Expr::Exists { subquery, .. }
            | Expr::QuantifiedSubquery { subquery, .. } => columns.extend(subquery.outer.iter().copied()),
            _ => {}
        });
        columns
    }

    /// Do both compute the same by the same means? Subqueries never equal each other.
    pub fn is_same(&self, other: &Expr) -> bool {
        same(self, other)
    }

    /// The same expression with every direct child rebuilt.
    pub fn map_children(self, rebuild: Rebuild<'_>) -> Result<Expr, SqlError> {
        Ok(match self {
            leaf @ (Expr::Const(..)
            | Expr::Param(..)
            | Expr::Column(..)
            | Expr::Group(..)
            | Expr::Aggregate(..)
            | Expr::GroupingId(_)
            | Expr::Window(..)
            | Expr::Element(_)
            | Expr::Scalar(..)
            | Expr::ArraySubquery(..)
            | Expr::Exists { .. }
            | Expr::SubColumn(..)
            | Expr::RowId(_)) => leaf,
            Expr::Relabel(arg, ty) => Expr::Relabel(boxed(*arg, rebuild)?, ty),
            Expr::ViaText(arg, ty) => Expr::ViaText(boxed(*arg, rebuild)?, ty),
            Expr::Length { arg, ty, explicit } => Expr::Length { arg: boxed(*arg, rebuild)?, ty, explicit },
            Expr::Not(arg) => Expr::Not(boxed(*arg, rebuild)?),
            Expr::IsNull { arg, negated } => Expr::IsNull { arg: boxed(*arg, rebuild)?, negated },
            Expr::IsBool { arg, value, negated } => Expr::IsBool { arg: boxed(*arg, rebuild)?, value, negated },
            Expr::QuantifiedSubquery { subquery, test, all } => {
                Expr::QuantifiedSubquery { subquery, test: boxed(*test, rebuild)?, all }
            }
            Expr::Call { function, args, ty } => Expr::Call { function, args: list(args, rebuild)?, ty },
            Expr::SetCall { function, args, ty } => Expr::SetCall { function, args: list(args, rebuild)?, ty },
            Expr::And(args) => Expr::And(list(args, rebuild)?),
            Expr::Or(args) => Expr::Or(list(args, rebuild)?),
            Expr::Coalesce(args, ty) => Expr::Coalesce(list(args, rebuild)?, ty),
            Expr::Extreme { greatest, args, ty } => Expr::Extreme { greatest, args: list(args, rebuild)?, ty },
            Expr::Array { elements, ty, nested } => Expr::Array { elements: list(elements, rebuild)?, ty, nested },
            Expr::Row(args, ty) => Expr::Row(list(args, rebuild)?, ty),
            Expr::ArrayCast { arg, element, ty } => {
                Expr::ArrayCast { arg: boxed(*arg, rebuild)?, element: boxed(*element, rebuild)?, ty }
            }
            Expr::Distinct { equal, left, right, negated } => {
                Expr::Distinct { equal, left: boxed(*left, rebuild)?, right: boxed(*right, rebuild)?, negated }
            }
            Expr::Quantified { array, test, all } => {
                Expr::Quantified { array: boxed(*array, rebuild)?, test: boxed(*test, rebuild)?, all }
            }
            Expr::NullIf { value, test } => {
                Expr::NullIf { value: boxed(*value, rebuild)?, test: boxed(*test, rebuild)? }
            }
            Expr::InList { arg, list: items, equal, negated } => {
                Expr::InList { arg: boxed(*arg, rebuild)?, list: list(items, rebuild)?, equal, negated }
            }
            Expr::Case { branches, otherwise, ty } => {
                let branch = |(condition, result): (Expr, Expr)| Ok((rebuild(condition)?, rebuild(result)?));
                let branches = branches.into_iter().map(branch).collect::<Result<_, SqlError>>()?;
                Expr::Case { branches, otherwise: boxed(*otherwise, rebuild)?, ty }
            }
            Expr::Subscript { array, subscripts, ty } => {
                let array = boxed(*array, rebuild)?;
                let subscript = |subscript| map_subscript(subscript, rebuild);
                let subscripts = subscripts.into_iter().map(subscript).collect::<Result<_, SqlError>>()?;
                Expr::Subscript { array, subscripts, ty }
            }
        })
    }
}

fn boxed(child: Expr, rebuild: Rebuild<'_>) -> Result<Box<Expr>, SqlError> {
    rebuild(child).map(Box::new)
}

fn list(children: Vec<Expr>, rebuild: Rebuild<'_>) -> Result<Vec<Expr>, SqlError> {
    children.into_iter().map(rebuild).collect()
}

fn map_subscript(subscript: Subscript, rebuild: Rebuild<'_>) -> Result<Subscript, SqlError> {
    Ok(match subscript {
        Subscript::Index(index) => Subscript::Index(rebuild(index)?),
        Subscript::Slice(low, high) => {
            let low = low.map(&mut *rebuild).transpose()?;
            Subscript::Slice(low, high.map(rebuild).transpose()?)
        }
    })
}

/// Do both expressions compute the same by the same means? Subqueries never equal each other.
pub(crate) fn same(left: &Expr, right: &Expr) -> bool {
    if has_subquery(left) || has_subquery(right) {
        return false;
    }
    same_node(left, right) && {
        let (mut a, mut b) = (Vec::new(), Vec::new());
        left.for_each_child(&mut |child| a.push(child));
        right.for_each_child(&mut |child| b.push(child));
        a.len() == b.len() && a.into_iter().zip(b).all(|(a, b)| same(a, b))
    }
}

fn has_subquery(expr: &Expr) -> bool {
    matches!(expr, Expr::Scalar(..) | Expr::ArraySubquery(..) | Expr::Exists { .. } | Expr::QuantifiedSubquery { .. })
}

/// Are the nodes themselves alike, children aside?
fn same_node(left: &Expr, right: &Expr) -> bool {
    if std::mem::discriminant(left) != std::mem::discriminant(right) || left.ty() != right.ty() {
        return false;
    }
    match (left, right) {
        (Expr::Const(a, ty), Expr::Const(b, _)) => same_constant(a, b, *ty),
        (Expr::Param(a, _), Expr::Param(b, _))
        | (Expr::Group(a, _), Expr::Group(b, _))
        | (Expr::Aggregate(a, _), Expr::Aggregate(b, _))
        | (Expr::Window(a, _), Expr::Window(b, _))
        | (Expr::SubColumn(a, _), Expr::SubColumn(b, _)) => a == b,
        (Expr::Column(rel, column, _), Expr::Column(other, other_column, _)) => rel == other && column == other_column,
        (Expr::RowId(a), Expr::RowId(b)) => a == b,
        (Expr::GroupingId(a), Expr::GroupingId(b)) => a == b,
        (Expr::Call { function: a, .. }, Expr::Call { function: b, .. })
        | (Expr::SetCall { function: a, .. }, Expr::SetCall { function: b, .. }) => std::ptr::eq(*a, *b),
        (Expr::Length { explicit: a, .. }, Expr::Length { explicit: b, .. })
        | (Expr::IsNull { negated: a, .. }, Expr::IsNull { negated: b, .. })
        | (Expr::Extreme { greatest: a, .. }, Expr::Extreme { greatest: b, .. })
        | (Expr::Array { nested: a, .. }, Expr::Array { nested: b, .. })
        | (Expr::Quantified { all: a, .. }, Expr::Quantified { all: b, .. }) => a == b,
        (Expr::IsBool { value: a, negated: n, .. }, Expr::IsBool { value: b, negated: m, .. }) => a == b && n == m,
        (Expr::Distinct { equal: a, negated: n, .. }, Expr::Distinct { equal: b, negated: m, .. })
        | (Expr::InList { equal: a, negated: n, .. }, Expr::InList { equal: b, negated: m, .. }) => {
            std::ptr::eq(*a, *b) && n == m
        }
        (Expr::Subscript { subscripts: a, .. }, Expr::Subscript { subscripts: b, .. }) => {
            let shape = |subscript: &Subscript| match subscript {
                Subscript::Index(_) => (false, true, true),
                Subscript::Slice(low, high) => (true, low.is_some(), high.is_some()),
            };
            a.iter().map(shape).eq(b.iter().map(shape))
        }
        _ => true,
    }
}

/// Constants are alike when they print alike: `1.0` and `1.00` are different constants.
fn same_constant(left: &cairn_sql_types::Datum, right: &cairn_sql_types::Datum, _: Type) -> bool {
    format!("{left:?}") == format!("{right:?}")
}
