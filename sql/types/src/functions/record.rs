//! Records whose fields have names: what a set-returning function of several columns gives in a select list.
//!
//! As in PostgreSQL, where such a row type is registered for the session and known by its type modifier, the modifier of the
//! `record` says which row type it is: here the function's OID, whose columns are its fields. Modifier -1 is a row of which
//! nobody knows the fields' names (`ROW(1, 2)`).

use crate::datum::Datum;
use crate::error::SqlError;
use crate::functions::by_oid;
use crate::kernel::{Body, EvalContext, Function, Volatility};
use crate::ty::{Type, TypeId};

/// The type of a row of this function in a select list: its own for one column, a record for several.
pub fn row_type(function: &Function, single: TypeId) -> Type {
    match function.body {
        Body::Set(_, columns) if columns.len() > 1 => Type { id: TypeId::RECORD, modifier: function.oid as i32 },
        _ => Type::plain(single),
    }
}

/// Names and types of a record's fields; `None` when the type does not tell.
pub fn fields(ty: Type) -> Option<&'static [(&'static str, TypeId)]> {
    if ty.id != TypeId::RECORD {
        return None;
    }
    match by_oid(u32::try_from(ty.modifier).ok()?)?.body {
        Body::Set(_, columns) if columns.len() > 1 => Some(columns),
        _ => None,
    }
}

/// `(record).field`: arguments are the record and the field's position from 0. The binder knows the result's type.
pub static FIELD: Function = Function {
    oid: 0,
    name: "record_field",
    args: &[TypeId::RECORD, TypeId::INT4],
    optional: 0,
    variadic: false,
    result: TypeId::ANYELEMENT,
    strict: true,
    volatility: Volatility::Immutable,
    body: Body::Scalar(field),
};

fn field(_: &EvalContext<'_>, args: &[Datum]) -> Result<Datum, SqlError> {
    match args {
        [Datum::Record(fields), Datum::Int4(at)] => {
            let field = usize::try_from(*at).ok().and_then(|at| fields.get(at));
            field.cloned().ok_or_else(|| SqlError::internal("a record without this field"))
        }
        _ => Err(SqlError::internal("a field is taken of a record")),
    }
}
