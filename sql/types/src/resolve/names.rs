//! Types as error messages show them.

use crate::ty::TypeId;

/// PostgreSQL's `format_type` without modifier: `integer`, `character varying[]`, `"char"`.
pub fn type_name(ty: TypeId) -> String {
    if !matches!(ty, TypeId::INT2VECTOR | TypeId::OIDVECTOR)
        && let Some(element) = ty.element()
    {
        return type_name(element) + "[]";
    }
    let name = match ty {
        TypeId::BOOL => "boolean",
        TypeId::CHAR => "\"char\"",
        TypeId::INT2 => "smallint",
        TypeId::INT4 => "integer",
        TypeId::INT8 => "bigint",
        TypeId::FLOAT4 => "real",
        TypeId::FLOAT8 => "double precision",
        TypeId::BPCHAR => "character",
        TypeId::VARCHAR => "character varying",
        TypeId::TIME => "time without time zone",
        TypeId::TIMESTAMP => "timestamp without time zone",
        TypeId::TIMESTAMPTZ => "timestamp with time zone",
        TypeId::ANY => "\"any\"",
        _ => return ty.internal_name().unwrap_or_else(|| "???".to_owned()),
    };
    name.to_owned()
}

/// `integer, text`
pub(super) fn type_names(types: &[TypeId]) -> String {
    types.iter().map(|ty| type_name(*ty)).collect::<Vec<_>>().join(", ")
}
