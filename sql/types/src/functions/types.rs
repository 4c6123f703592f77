//! Type names for the declaration tables, so that a row reads like `pg_proc`: `int4pl(INT4, INT4) -> INT4`.

use crate::ty::TypeId;

macro_rules! names {
    ($($name:ident)*) => { $(pub(crate) const $name: TypeId = TypeId::$name;)* };
}

names! {
    BOOL BYTEA CHAR NAME INT8 INT2 INT4 REGPROC TEXT OID XID OIDVECTOR JSON PG_NODE_TREE FLOAT4 FLOAT8
    BPCHAR INT2VECTOR VARCHAR DATE TIME TIMESTAMP TIMESTAMPTZ INTERVAL NUMERIC REGCLASS REGTYPE REGNAMESPACE REGROLE RECORD
    ANY ANYARRAY VOID ANYELEMENT ANYNONARRAY ANYCOMPATIBLE ANYCOMPATIBLEARRAY UUID JSONB
}

/// `name[]`
pub(crate) const NAME_ARRAY: TypeId = TypeId(1003);
/// `integer[]`
pub(crate) const INT4_ARRAY: TypeId = TypeId(1007);
/// `text[]`
pub(crate) const TEXT_ARRAY: TypeId = TypeId(1009);
/// `float8[]`
pub(crate) const FLOAT8_ARRAY: TypeId = TypeId(1022);
/// `interval[]`
pub(crate) const INTERVAL_ARRAY: TypeId = TypeId(1187);
