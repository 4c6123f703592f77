//! What `pg_type` says about each type: width, category, delimiter, I/O function names.

use crate::ty::TypeId;

/// One row of `pg_type`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TypeInfo {
    /// `pg_type.oid`
    pub id: TypeId,
    /// `typlen`: bytes of a fixed-width type, -1 for variable length, -2 for a C string.
    pub length: i16,
    /// `typbyval`
    pub by_value: bool,
    /// `typcategory`: `N`umeric, `S`tring, `D`ate/time, `T`imespan, `B`oolean, `U`ser, `A`rray, `P`seudo, `X` unknown, `Z` internal.
    pub category: char,
    /// `typispreferred`: implicit casts prefer this type of its category.
    pub preferred: bool,
    /// `typtype`: `b`ase or `p`seudo.
    pub kind: char,
    /// `typdelim`: between array elements.
    pub delimiter: char,
    /// `typalign`: `c`, `s`, `i` or `d`.
    pub alignment: char,
    /// `typstorage`: `p`lain, `m`ain, `x` extended.
    pub storage: char,
    /// `typcollation`: 100 default, 950 C, 0 none.
    pub collation: u32,
    /// The prefix of the I/O functions: `int4` for `int4in`, `int4out`, `int4recv`, `int4send`; ends in `_` where PostgreSQL
    /// writes `date_in`.
    pub io: &'static str,
}

impl TypeInfo {
    /// The row of this type; `None` for a type that Cairn does not have.
    pub fn of(id: TypeId) -> Option<TypeInfo> {
        if let Some(info) = SCALARS.iter().find(|info| info.id == id) {
            return Some(*info);
        }
        let element = id.element()?;
        let element = SCALARS.iter().find(|info| info.id == element)?;
        let kind = if element.kind == 'p' { 'p' } else { 'b' };
        Some(TypeInfo {
            id,
            length: -1,
            by_value: false,
            category: if kind == 'p' { 'P' } else { 'A' },
            preferred: false,
            kind,
            delimiter: element.delimiter,
            alignment: if element.alignment == 'd' { 'd' } else { 'i' },
            storage: 'x',
            collation: element.collation,
            io: "array_",
        })
    }

    /// `typinput`
    pub fn input(&self) -> String {
        format!("{}in", self.io)
    }

    /// `typoutput`
    pub fn output(&self) -> String {
        format!("{}out", self.io)
    }

    /// `typreceive`; `-` for a type without a binary form.
    pub fn receive(&self) -> String {
        if self.has_binary() { format!("{}recv", self.io) } else { "-".to_owned() }
    }

    /// `typsend`; `-` for a type without a binary form.
    pub fn send(&self) -> String {
        if self.has_binary() { format!("{}send", self.io) } else { "-".to_owned() }
    }

    fn has_binary(&self) -> bool {
        !matches!(self.id, TypeId::ANY | TypeId::ANYELEMENT | TypeId::ANYNONARRAY | TypeId::ACLITEM)
    }
}

/// Every type that is no array, by `NAMED`'s order.
pub fn scalar_types() -> impl Iterator<Item = &'static TypeInfo> {
    SCALARS.iter()
}

macro_rules! scalars {
    ($($id:ident $length:literal $by_value:literal $category:literal $preferred:literal $kind:literal $align:literal
       $storage:literal $collation:literal $io:literal;)*) => {
        const SCALARS: &[TypeInfo] = &[$(TypeInfo {
            id: TypeId::$id,
            length: $length,
            by_value: $by_value,
            category: $category,
            preferred: $preferred,
            kind: $kind,
            delimiter: ',',
            alignment: $align,
            storage: $storage,
            collation: $collation,
            io: $io,
        }),*];
    };
}

scalars! {
    BOOL 1 true 'B' true 'b' 'c' 'p' 0 "bool";
    BYTEA -1 false 'U' false 'b' 'i' 'x' 0 "bytea";
    CHAR 1 true 'Z' false 'b' 'c' 'p' 0 "char";
    NAME 64 false 'S' false 'b' 'c' 'p' 950 "name";
    INT8 8 true 'N' false 'b' 'd' 'p' 0 "int8";
    INT2 2 true 'N' false 'b' 's' 'p' 0 "int2";
    INT2VECTOR -1 false 'A' false 'b' 'i' 'p' 0 "int2vector";
    INT4 4 true 'N' false 'b' 'i' 'p' 0 "int4";
    REGPROC 4 true 'N' false 'b' 'i' 'p' 0 "regproc";
    TEXT -1 false 'S' true 'b' 'i' 'x' 100 "text";
    OID 4 true 'N' true 'b' 'i' 'p' 0 "oid";
    XID 4 true 'U' false 'b' 'i' 'p' 0 "xid";
    OIDVECTOR -1 false 'A' false 'b' 'i' 'p' 0 "oidvector";
    JSON -1 false 'U' false 'b' 'i' 'x' 0 "json_";
    PG_NODE_TREE -1 false 'Z' false 'b' 'i' 'x' 100 "pg_node_tree_";
    FLOAT4 4 true 'N' false 'b' 'i' 'p' 0 "float4";
    FLOAT8 8 true 'N' true 'b' 'd' 'p' 0 "float8";
    UNKNOWN -2 false 'X' false 'p' 'c' 'p' 0 "unknown";
    ACLITEM 12 false 'U' false 'b' 'i' 'p' 0 "aclitem";
    BPCHAR -1 false 'S' false 'b' 'i' 'x' 100 "bpchar";
    VARCHAR -1 false 'S' false 'b' 'i' 'x' 100 "varchar";
    DATE 4 true 'D' false 'b' 'i' 'p' 0 "date_";
    TIME 8 true 'D' false 'b' 'd' 'p' 0 "time_";
    TIMESTAMP 8 true 'D' false 'b' 'd' 'p' 0 "timestamp_";
    TIMESTAMPTZ 8 true 'D' true 'b' 'd' 'p' 0 "timestamptz_";
    INTERVAL 16 false 'T' true 'b' 'd' 'p' 0 "interval_";
    NUMERIC -1 false 'N' false 'b' 'i' 'm' 0 "numeric_";
    REGCLASS 4 true 'N' false 'b' 'i' 'p' 0 "regclass";
    REGTYPE 4 true 'N' false 'b' 'i' 'p' 0 "regtype";
    RECORD -1 false 'P' false 'p' 'd' 'x' 0 "record_";
    ANY 4 true 'P' false 'p' 'i' 'p' 0 "any_";
    ANYARRAY -1 false 'P' false 'p' 'd' 'x' 0 "anyarray_";
    VOID 4 true 'P' false 'p' 'i' 'p' 0 "void_";
    ANYELEMENT 4 true 'P' false 'p' 'i' 'p' 0 "anyelement_";
    ANYNONARRAY 4 true 'P' false 'p' 'i' 'p' 0 "anynonarray_";
    UUID 16 false 'U' false 'b' 'c' 'p' 0 "uuid_";
    JSONB -1 false 'U' false 'b' 'i' 'x' 0 "jsonb_";
    REGNAMESPACE 4 true 'N' false 'b' 'i' 'p' 0 "regnamespace";
    REGROLE 4 true 'N' false 'b' 'i' 'p' 0 "regrole";
}
