//! `min` and `max`.

use std::cmp::Ordering;

use crate::compare::compare;
use crate::datum::Datum;
use crate::error::SqlError;
use crate::kernel::EvalContext;
use crate::ty::TypeId;

use super::declare::aggregates;
use super::state::{Accumulator, boxed, datum_heap_bytes};

struct Extreme {
    ty: TypeId,
    /// How a new value must compare with the old one to take its place.
    wins: Ordering,
    best: Datum,
}

impl Extreme {
    fn new(ty: TypeId, wins: Ordering) -> Self {
        Self { ty, wins, best: Datum::Null }
    }

    fn offer(&mut self, value: &Datum) {
        if !value.is_null() && (self.best.is_null() || compare(self.ty, value, &self.best) == self.wins) {
            self.best = value.clone();
        }
    }
}

impl Accumulator for Extreme {
    fn update(&mut self, _: &EvalContext<'_>, args: &[Datum]) -> Result<(), SqlError> {
        if let Some(value) = args.first() {
            self.offer(value);
        }
        Ok(())
    }

    fn merge(&mut self, other: Self) -> Result<(), SqlError> {
        self.offer(&other.best);
        Ok(())
    }

    fn finish(&self, _: &EvalContext<'_>) -> Result<Datum, SqlError> {
        Ok(self.best.clone())
    }

    fn heap_bytes(&self) -> usize {
        datum_heap_bytes(&self.best)
    }
}

aggregates! {
    2050 max(ANYARRAY) -> ANYARRAY = |_| boxed(Extreme::new(TypeId::ANYARRAY, Ordering::Greater));
    2115 max(INT8) -> INT8 = |_| boxed(Extreme::new(TypeId::INT8, Ordering::Greater));
    2116 max(INT4) -> INT4 = |_| boxed(Extreme::new(TypeId::INT4, Ordering::Greater));
    2117 max(INT2) -> INT2 = |_| boxed(Extreme::new(TypeId::INT2, Ordering::Greater));
    2118 max(OID) -> OID = |_| boxed(Extreme::new(TypeId::OID, Ordering::Greater));
    2119 max(FLOAT4) -> FLOAT4 = |_| boxed(Extreme::new(TypeId::FLOAT4, Ordering::Greater));
    2120 max(FLOAT8) -> FLOAT8 = |_| boxed(Extreme::new(TypeId::FLOAT8, Ordering::Greater));
    2122 max(DATE) -> DATE = |_| boxed(Extreme::new(TypeId::DATE, Ordering::Greater));
    2123 max(TIME) -> TIME = |_| boxed(Extreme::new(TypeId::TIME, Ordering::Greater));
    2126 max(TIMESTAMP) -> TIMESTAMP = |_| boxed(Extreme::new(TypeId::TIMESTAMP, Ordering::Greater));
    2127 max(TIMESTAMPTZ) -> TIMESTAMPTZ = |_| boxed(Extreme::new(TypeId::TIMESTAMPTZ, Ordering::Greater));
    2128 max(INTERVAL) -> INTERVAL = |_| boxed(Extreme::new(TypeId::INTERVAL, Ordering::Greater));
    2129 max(TEXT) -> TEXT = |_| boxed(Extreme::new(TypeId::TEXT, Ordering::Greater));
    2130 max(NUMERIC) -> NUMERIC = |_| boxed(Extreme::new(TypeId::NUMERIC, Ordering::Greater));
    2244 max(BPCHAR) -> BPCHAR = |_| boxed(Extreme::new(TypeId::BPCHAR, Ordering::Greater));
    2051 min(ANYARRAY) -> ANYARRAY = |_| boxed(Extreme::new(TypeId::ANYARRAY, Ordering::Less));
    2131 min(INT8) -> INT8 = |_| boxed(Extreme::new(TypeId::INT8, Ordering::Less));
    2132 min(INT4) -> INT4 = |_| boxed(Extreme::new(TypeId::INT4, Ordering::Less));
    2133 min(INT2) -> INT2 = |_| boxed(Extreme::new(TypeId::INT2, Ordering::Less));
    2134 min(OID) -> OID = |_| boxed(Extreme::new(TypeId::OID, Ordering::Less));
    2135 min(FLOAT4) -> FLOAT4 = |_| boxed(Extreme::new(TypeId::FLOAT4, Ordering::Less));
    2136 min(FLOAT8) -> FLOAT8 = |_| boxed(Extreme::new(TypeId::FLOAT8, Ordering::Less));
    2138 min(DATE) -> DATE = |_| boxed(Extreme::new(TypeId::DATE, Ordering::Less));
    2139 min(TIME) -> TIME = |_| boxed(Extreme::new(TypeId::TIME, Ordering::Less));
    2142 min(TIMESTAMP) -> TIMESTAMP = |_| boxed(Extreme::new(TypeId::TIMESTAMP, Ordering::Less));
    2143 min(TIMESTAMPTZ) -> TIMESTAMPTZ = |_| boxed(Extreme::new(TypeId::TIMESTAMPTZ, Ordering::Less));
    2144 min(INTERVAL) -> INTERVAL = |_| boxed(Extreme::new(TypeId::INTERVAL, Ordering::Less));
    2145 min(TEXT) -> TEXT = |_| boxed(Extreme::new(TypeId::TEXT, Ordering::Less));
    2146 min(NUMERIC) -> NUMERIC = |_| boxed(Extreme::new(TypeId::NUMERIC, Ordering::Less));
    2245 min(BPCHAR) -> BPCHAR = |_| boxed(Extreme::new(TypeId::BPCHAR, Ordering::Less));
}
