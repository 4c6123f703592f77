//! PostgreSQL types by their object identifiers.

use std::fmt;

/// A type's OID, equal to PostgreSQL's for every built-in type, because drivers know these numbers by heart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// A type with its modifier: `numeric(10,2)`, `varchar(20)`, `timestamp(3)`. The modifier is PostgreSQL's `atttypmod`
/// (-1: none; varchar and char: length + 4; numeric: ((precision << 16) | (scale & 0x7ff)) + 4; times: digits).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Type {
    /// Which type.
    pub id: TypeId,
    /// Its modifier, -1 for none.
    pub modifier: i32,
}

impl Type {
    /// A type without modifier.
    pub const fn plain(id: TypeId) -> Self {
        Self { id, modifier: -1 }
    }
}

impl From<TypeId> for Type {
    fn from(id: TypeId) -> Self {
        Self::plain(id)
    }
}

macro_rules! type_ids {
    ($($constant:ident = $oid:literal, $array:literal, $name:literal;)*) => {
        impl TypeId {
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $constant: TypeId = TypeId($oid);
            )*
        }
        /// (type, its array type or 0, internal name as in `pg_type.typname`)
        pub(crate) const NAMED: &[(TypeId, TypeId, &str)] =
            &[$((TypeId($oid), TypeId($array), $name)),*];
    };
}

type_ids! {
    BOOL = 16, 1000, "bool";
    BYTEA = 17, 1001, "bytea";
    CHAR = 18, 1002, "char";
    NAME = 19, 1003, "name";
    INT8 = 20, 1016, "int8";
    INT2 = 21, 1005, "int2";
    INT2VECTOR = 22, 1006, "int2vector";
    INT4 = 23, 1007, "int4";
    REGPROC = 24, 1008, "regproc";
    TEXT = 25, 1009, "text";
    OID = 26, 1028, "oid";
    XID = 28, 1011, "xid";
    OIDVECTOR = 30, 1013, "oidvector";
    JSON = 114, 199, "json";
    PG_NODE_TREE = 194, 0, "pg_node_tree";
    FLOAT4 = 700, 1021, "float4";
    FLOAT8 = 701, 1022, "float8";
    UNKNOWN = 705, 0, "unknown";
    BPCHAR = 1042, 1014, "bpchar";
    VARCHAR = 1043, 1015, "varchar";
    DATE = 1082, 1182, "date";
    TIME = 1083, 1183, "time";
    TIMESTAMP = 1114, 1115, "timestamp";
    TIMESTAMPTZ = 1184, 1185, "timestamptz";
    INTERVAL = 1186, 1187, "interval";
    NUMERIC = 1700, 1231, "numeric";
    REGCLASS = 2205, 2210, "regclass";
    REGTYPE = 2206, 2211, "regtype";
    REGNAMESPACE = 4089, 4090, "regnamespace";
    REGROLE = 4096, 4097, "regrole";
    ACLITEM = 1033, 1034, "aclitem";
    RECORD = 2249, 2287, "record";
    ANY = 2276, 0, "any";
    ANYARRAY = 2277, 0, "anyarray";
    VOID = 2278, 0, "void";
    ANYELEMENT = 2283, 0, "anyelement";
    ANYNONARRAY = 2776, 0, "anynonarray";
    ANYCOMPATIBLE = 5077, 0, "anycompatible";
    ANYCOMPATIBLEARRAY = 5078, 0, "anycompatiblearray";
    UUID = 2950, 2951, "uuid";
    JSONB = 3802, 3807, "jsonb";
}

impl TypeId {
    /// `pg_type.typname`; arrays are `_element`.
    pub fn internal_name(self) -> Option<String> {
        NAMED.iter().find_map(|&(id, array, name)| match self {
            _ if self == id => Some(name.to_owned()),
            _ if self == array => Some(format!("_{name}")),
            _ => None,
        })
    }

    /// The array type whose elements are this type.
    pub fn array(self) -> Option<TypeId> {
        NAMED.iter().find(|(id, array, _)| *id == self && array.0 != 0).map(|(_, array, _)| *array)
    }

    /// The type of this array's elements; `None` when it is no array.
    pub fn element(self) -> Option<TypeId> {
        match self {
            TypeId::INT2VECTOR => Some(TypeId::INT2),
            TypeId::OIDVECTOR => Some(TypeId::OID),
            _ => NAMED.iter().find(|(_, array, _)| array.0 != 0 && *array == self).map(|(id, _, _)| *id),
        }
    }
}

impl fmt::Debug for TypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.internal_name() {
            Some(name) => f.write_str(&name),
            None => write!(f, "type {}", self.0),
        }
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.modifier {
            -1 => write!(f, "{:?}", self.id),
            modifier => write!(f, "{:?}[{modifier}]", self.id),
        }
    }
}
