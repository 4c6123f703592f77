//! CASE, COALESCE, NULLIF, GREATEST and LEAST.

use cairn_sql_types::{Datum, SqlError, SqlState, Type, TypeId};

use super::coerce::Placed;
use super::{Binder, at};
use crate::syntax::ast::Expr as Syntax;
use crate::syntax::token::Pos;
use crate::tree::Expr;

impl Binder<'_> {
    pub(crate) fn case(
        &mut self,
        operand: Option<&Syntax>,
        branches: &[(Syntax, Syntax)],
        otherwise: Option<&Syntax>,
        pos: Pos,
    ) -> Result<Expr, SqlError> {
        self.conditional("CASE", |this| this.case_parts(operand, branches, otherwise, pos))
    }

    /// Binds a conditional expression: what is inside may not return sets.
    fn conditional<T>(&mut self, what: &'static str, bind: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.level().conditional.replace(what);
        let bound = bind(self);
        self.level().conditional = outer;
        bound
    }

    fn case_parts(
        &mut self,
        operand: Option<&Syntax>,
        branches: &[(Syntax, Syntax)],
        otherwise: Option<&Syntax>,
        pos: Pos,
    ) -> Result<Expr, SqlError> {
        let operand = match operand {
            None => None,
            // Literals without type are text before they are compared.
            Some(operand) => Some(Placed { expr: self.value(operand)?, pos: operand.pos }),
        };
        let mut conditions = Vec::with_capacity(branches.len());
        // PostgreSQL asks ELSE first for the common type.
        let mut results = vec![match otherwise {
            Some(otherwise) => self.expr(otherwise)?,
            None => Placed { expr: Expr::Const(Datum::Null, Type::plain(TypeId::UNKNOWN)), pos },
        }];
        for (when, then) in branches {
            conditions.push(match &operand {
                None => self.condition(when, "CASE/WHEN")?,
                Some(operand) => {
                    let when_value = self.expr(when)?;
                    let test = self.operator("=", operand.clone(), when_value, when.pos)?;
                    self.boolean(Placed { expr: test, pos: when.pos }, "CASE/WHEN")?
                }
            });
            results.push(self.expr(then)?);
        }
        let (results, ty) = self.unify("CASE", results)?;
        let mut results = results.into_iter();
        let otherwise = Box::new(results.next().ok_or_else(|| SqlError::internal("CASE has an ELSE"))?);
        Ok(Expr::Case { branches: conditions.into_iter().zip(results).collect(), otherwise, ty })
    }

    pub(crate) fn coalesce(&mut self, args: &[Syntax]) -> Result<Expr, SqlError> {
        let args =
            self.conditional("COALESCE", |this| args.iter().map(|arg| this.expr(arg)).collect::<Result<Vec<_>, _>>())?;
        let (mut args, ty) = self.unify("COALESCE", args)?;
        Ok(match args.len() {
            1 => args.remove(0),
            _ => Expr::Coalesce(args, ty),
        })
    }

    /// The result is the left value as the comparison sees it.
    pub(crate) fn null_if(&mut self, left: &Syntax, right: &Syntax, pos: Pos) -> Result<Expr, SqlError> {
        let left = self.expr(left)?;
        let right = self.expr(right)?;
        let value_pos = left.pos;
        let original = left.expr.ty();
        let (equal, left, right) = self.equality(left, right, pos)?;
        if equal.result != TypeId::BOOL {
            return Err(at(SqlState::DATATYPE_MISMATCH, "NULLIF requires = operator to yield boolean", value_pos));
        }
        let ty = Type::plain(TypeId::BOOL);
        let value = match &left {
            // The value keeps its own type where the comparison only relabelled it.
            Expr::Relabel(inner, _) if inner.ty() == original => (**inner).clone(),
            left => left.clone(),
        };
        let test = Expr::Call { function: equal, args: vec![left, right], ty };
        Ok(Expr::NullIf { value: Box::new(value), test: Box::new(test) })
    }

    pub(crate) fn extreme(&mut self, greatest: bool, args: &[Syntax]) -> Result<Expr, SqlError> {
        let args = args.iter().map(|arg| self.expr(arg)).collect::<Result<Vec<_>, _>>()?;
        let (args, ty) = self.unify(if greatest { "GREATEST" } else { "LEAST" }, args)?;
        Ok(Expr::Extreme { greatest, args, ty })
    }
}
