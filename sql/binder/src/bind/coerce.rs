//! Values to types: implicit, in assignments, and by casts.

use crate::bind::type_name;
use cairn_sql_types::kernel::CastContext;
use cairn_sql_types::resolve::{Coercion, cannot_cast, coercion, common_type, length_needed};
use cairn_sql_types::{Datum, SqlError, SqlState, Type, TypeId};

use super::{Binder, at};
use crate::syntax::token::Pos;
use crate::tree::Expr;

/// An expression with the place of its first token, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) expr: Expr,
    pub(crate) pos: Pos,
}

impl Placed {
    pub(crate) fn ty(&self) -> TypeId {
        self.expr.ty().id
    }
}

impl Binder<'_> {
    /// Coerces to a type, modifier included; `None` when there is no way.
    pub(crate) fn try_coerce(&mut self, arg: Placed, to: Type, context: CastContext) -> Result<Option<Expr>, SqlError> {
        let from = arg.expr.ty();
        if to.id == TypeId::ANY || from == to {
            return Ok(Some(arg.expr));
        }
        if from.id == TypeId::UNKNOWN {
            return self.unknown_to(arg, to, context).map(Some);
        }
        let Some(way) = coercion(from.id, to.id, context) else { return Ok(None) };
        let explicit = context == CastContext::Explicit;
        let plain = Type::plain(to.id);
        let same_id = matches!(way, Coercion::Same);
        let keeps = same_id && !length_needed(from, to);
        let value = self.apply(arg.expr, &way, plain)?;
        if keeps {
            return Ok(Some(value));
        }
        Ok(Some(if length_needed(from, to) { self.length_or_constant(value, to, explicit) } else { value }))
    }

    /// Coerces implicitly or says what PostgreSQL says.
    pub(crate) fn coerce(&mut self, arg: Placed, to: TypeId) -> Result<Expr, SqlError> {
        let (from, pos) = (arg.ty(), arg.pos);
        self.try_coerce(arg, Type::plain(to), CastContext::Implicit)?.ok_or_else(|| cannot_cast(from, to).at(pos + 1))
    }

    /// A written cast. 42846 `cannot cast type a to b`.
    pub(crate) fn cast(&mut self, arg: Placed, to: Type, pos: Pos) -> Result<Expr, SqlError> {
        let from = arg.ty();
        self.try_coerce(arg, to, CastContext::Explicit)?.ok_or_else(|| cannot_cast(from, to.id).at(pos + 1))
    }

    /// The value under another type.
    fn apply(&mut self, value: Expr, way: &Coercion, to: Type) -> Result<Expr, SqlError> {
        Ok(match way {
            Coercion::Same => value,
            Coercion::Relabel => match value {
                Expr::Const(datum, _) => Expr::Const(datum, to),
                value => Expr::Relabel(Box::new(value), to),
            },
            Coercion::Function(function) => self.call_or_constant(function, vec![value], to),
            Coercion::ViaText => match value {
                Expr::Const(Datum::Null, _) => Expr::Const(Datum::Null, to),
                value => Expr::ViaText(Box::new(value), to),
            },
            Coercion::Array(element_way) => {
                let element = |ty: Type| ty.id.element().map(|id| Type { id, ..ty }).unwrap_or(ty);
                let inner = Expr::Element(element(value.ty()));
                let cast = self.apply(inner, element_way, element(to))?;
                Expr::ArrayCast { arg: Box::new(value), element: Box::new(cast), ty: to }
            }
        })
    }

    /// A literal or parameter without type takes the type that is wanted.
    fn unknown_to(&mut self, arg: Placed, to: Type, context: CastContext) -> Result<Expr, SqlError> {
        let explicit = context == CastContext::Explicit;
        let plain = Type::plain(to.id);
        let value = match arg.expr {
            Expr::Const(Datum::Null, _) => return Ok(Expr::Const(Datum::Null, to)),
            Expr::Const(Datum::Text(text), _) => self.literal(&text, to, arg.pos)?,
            Expr::Param(index, _) => {
                if to.id == TypeId::UNKNOWN {
                    return Ok(arg.expr);
                }
                self.params.resolve(index, to.id, arg.pos)?;
                Expr::Param(index, plain)
            }
            other => Expr::ViaText(Box::new(other), plain),
        };
        Ok(if to.modifier >= 0 { self.length_or_constant(value, to, explicit) } else { value })
    }

    /// The value of a literal's text, read by the type's input. Errors point at the literal.
    fn literal(&mut self, text: &std::sync::Arc<str>, to: Type, pos: Pos) -> Result<Expr, SqlError> {
        let plain = Type::plain(to.id);
        if matches!(to.id, TypeId::TEXT | TypeId::VARCHAR | TypeId::UNKNOWN) {
            return Ok(Expr::Const(Datum::Text(text.clone()), plain));
        }
        self.flags.session |= super::input::depends_on_session(to.id, text);
        let value = super::input::literal(self.context, text, to).map_err(|error| error.at(pos + 1))?;
        Ok(Expr::Const(value, plain))
    }

    /// What is still unknown at the end of a select list is text.
    pub(crate) fn settle(&mut self, arg: Placed) -> Result<Expr, SqlError> {
        match arg.ty() {
            TypeId::UNKNOWN => self.coerce(arg, TypeId::TEXT),
            _ => Ok(arg.expr),
        }
    }

    /// bool, or 42804 `argument of WHERE must be type boolean, not type integer`.
    pub(crate) fn boolean(&mut self, arg: Placed, what: &str) -> Result<Expr, SqlError> {
        let (from, pos) = (arg.ty(), arg.pos);
        self.try_coerce(arg, Type::plain(TypeId::BOOL), CastContext::Assignment)?.ok_or_else(|| {
            let message = format!("argument of {what} must be type boolean, not type {}", type_name(from));
            at(SqlState::DATATYPE_MISMATCH, message, pos)
        })
    }

    /// int8, or 42804 `argument of LIMIT must be type bigint, not type text`.
    pub(crate) fn bigint(&mut self, arg: Placed, what: &str) -> Result<Expr, SqlError> {
        let (from, pos) = (arg.ty(), arg.pos);
        self.try_coerce(arg, Type::plain(TypeId::INT8), CastContext::Assignment)?.ok_or_else(|| {
            let message = format!("argument of {what} must be type bigint, not type {}", type_name(from));
            at(SqlState::DATATYPE_MISMATCH, message, pos)
        })
    }

    /// Coerces all to their common type. The modifier stays where all have the same.
    pub(crate) fn unify(&mut self, context: &str, args: Vec<Placed>) -> Result<(Vec<Expr>, Type), SqlError> {
        let types: Vec<TypeId> = args.iter().map(Placed::ty).collect();
        let id = common_type(context, &types).map_err(|(index, error)| error.at(args[index].pos + 1))?;
        let ty = Type { id, modifier: common_modifier(args.iter().map(|arg| &arg.expr), id) };
        let mut coerced = Vec::with_capacity(args.len());
        for arg in args {
            coerced.push(self.common(context, arg, ty.id)?);
        }
        Ok((coerced, ty))
    }

    /// One of several expressions to their common type.
    pub(crate) fn common(&mut self, context: &str, arg: Placed, id: TypeId) -> Result<Expr, SqlError> {
        let (from, pos) = (arg.ty(), arg.pos);
        if from == id {
            return Ok(arg.expr);
        }
        self.try_coerce(arg, Type::plain(id), CastContext::Implicit)?.ok_or_else(|| {
            let message = format!("{context} could not convert type {} to {}", type_name(from), type_name(id));
            at(SqlState::CANNOT_COERCE, message, pos)
        })
    }

    /// Coerces for a column of a table. 42804 `column "a" is of type integer but expression is of type text`.
    pub(crate) fn assign(&mut self, arg: Placed, to: Type, column: &str) -> Result<Expr, SqlError> {
        let (from, pos) = (arg.ty(), arg.pos);
        self.try_coerce(arg, to, CastContext::Assignment)?.ok_or_else(|| {
            let message = format!(
                "column \"{column}\" is of type {} but expression is of type {}",
                type_name(to.id),
                type_name(from)
            );
            at(SqlState::DATATYPE_MISMATCH, message, pos).hint("You will need to rewrite or cast the expression.")
        })
    }
}

/// The modifier that all expressions of type `id` share, else none.
pub(crate) fn common_modifier<'a>(mut exprs: impl Iterator<Item = &'a Expr>, id: TypeId) -> i32 {
    let Some(first) = exprs.next().map(Expr::ty) else { return -1 };
    let alike = first.id == id && exprs.all(|expr| expr.ty() == first);
    if alike { first.modifier } else { -1 }
}
