//! Which kernels are comparisons, and how a value of one type is looked for in an index on another.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::kernel::Function;
use crate::{Datum, TypeId, operators};

/// A comparison that an ordered index can answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `=`
    Equal,
    /// `>=`
    GreaterEqual,
    /// `>`
    Greater,
}

impl Comparison {
    /// `a op b` as `b op' a`.
    #[must_use]
    pub fn commuted(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Equal => Self::Equal,
            Self::GreaterEqual => Self::LessEqual,
            Self::Greater => Self::Less,
        }
    }

    /// The comparison that this kernel computes.
    pub fn of(function: &'static Function) -> Option<Self> {
        static BY_FUNCTION: OnceLock<FxHashMap<u32, Comparison>> = OnceLock::new();
        let by_function = BY_FUNCTION.get_or_init(|| {
            let named = |name| match name {
                "<" => Some(Self::Less),
                "<=" => Some(Self::LessEqual),
                "=" => Some(Self::Equal),
                ">=" => Some(Self::GreaterEqual),
                ">" => Some(Self::Greater),
                _ => None,
            };
            operators::all().filter_map(|operator| Some((operator.function.oid, named(operator.name)?))).collect()
        });
        by_function.get(&function.oid).copied()
    }
}

/// Types whose comparisons agree with each other's keys.
fn family(ty: TypeId) -> TypeId {
    match ty {
        TypeId::INT2 | TypeId::INT4 | TypeId::INT8 => TypeId::INT8,
        TypeId::VARCHAR => TypeId::TEXT,
        other => other,
    }
}

/// Can a value of type `operand` be looked for in an index on a column of type `column`?
pub fn comparable(column: TypeId, operand: TypeId) -> bool {
    family(column) == family(operand)
}

/// A value on its way into a key.
#[derive(Clone, Debug)]
pub enum KeyValue {
    /// NULL: no comparison is true.
    Null,
    /// The column's own representation.
    Exact(Datum),
    /// Below every value of the column's type.
    Below,
    /// Above every value of the column's type.
    Above,
}

impl KeyValue {
    /// Brings a value to the column's representation.
    pub fn of(value: Datum, column: TypeId) -> Self {
        let wide = match (&value, column) {
            (Datum::Null, _) => return KeyValue::Null,
            (Datum::Int2(_), TypeId::INT2) | (Datum::Int4(_), TypeId::INT4) | (Datum::Int8(_), TypeId::INT8) => {
                return KeyValue::Exact(value);
            }
            (Datum::Int2(value), _) => i64::from(*value),
            (Datum::Int4(value), _) => i64::from(*value),
            (Datum::Int8(value), _) => *value,
            _ => return KeyValue::Exact(value),
        };
        let narrow = match column {
            TypeId::INT2 => i16::try_from(wide).ok().map(Datum::Int2),
            TypeId::INT4 => i32::try_from(wide).ok().map(Datum::Int4),
            _ => Some(Datum::Int8(wide)),
        };
        match narrow {
            Some(value) => KeyValue::Exact(value),
            None if wide < 0 => KeyValue::Below,
            None => KeyValue::Above,
        }
    }
}
