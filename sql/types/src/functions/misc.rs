//! What fits nowhere else: `pg_typeof`, sizes, uuids, counting NULLs.

use crate::datum::Datum;
use crate::error::SqlError;
use crate::functions::args::{Answer, Oid};
use crate::functions::declare::{f, functions, raw, typed};
use crate::kernel::EvalContext;
use crate::numeric::Numeric;
use crate::ty::TypeId;

fn pg_typeof(_: &EvalContext<'_>, types: &[TypeId], _: &[Datum]) -> Result<Datum, SqlError> {
    Oid(types.first().map_or(0, |ty| ty.0)).answer()
}

/// A version 4 UUID.
fn random_uuid(context: &EvalContext<'_>) -> [u8; 16] {
    let bits = u128::from(context.host.random()) << 64 | u128::from(context.host.random());
    let mut bytes = bits.to_be_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}

fn nulls(args: &[Datum]) -> i32 {
    args.iter().filter(|value| value.is_null()).count() as i32
}

fn num_nulls(_: &EvalContext<'_>, args: &[Datum]) -> Result<Datum, SqlError> {
    nulls(args).answer()
}

fn num_nonnulls(_: &EvalContext<'_>, args: &[Datum]) -> Result<Datum, SqlError> {
    (args.len() as i32 - nulls(args)).answer()
}

/// A unit of sizes: shown while the size, in halves of the unit where `halves`, is below the limit.
struct Unit {
    name: &'static str,
    limit: i64,
    /// log2 of its bytes.
    bits: u32,
    /// Sizes are kept doubled here, so that they can be rounded at the end.
    halves: bool,
}

const UNITS: [Unit; 6] = [
    Unit { name: "bytes", limit: 10 * 1024, bits: 0, halves: false },
    Unit { name: "kB", limit: 20 * 1024 - 1, bits: 10, halves: true },
    Unit { name: "MB", limit: 20 * 1024 - 1, bits: 20, halves: true },
    Unit { name: "GB", limit: 20 * 1024 - 1, bits: 30, halves: true },
    Unit { name: "TB", limit: 20 * 1024 - 1, bits: 40, halves: true },
    Unit { name: "PB", limit: 20 * 1024 - 1, bits: 50, halves: true },
];

/// Bits by which sizes shrink from one unit to the next, halves counted.
fn step(from: &Unit, to: &Unit) -> u32 {
    to.bits - from.bits - u32::from(to.halves) + u32::from(from.halves)
}

fn size_pretty(mut size: i64) -> String {
    for (at, unit) in UNITS.iter().enumerate() {
        let next = UNITS.get(at + 1);
        if let Some(next) = next.filter(|_| size.unsigned_abs() >= unit.limit as u64) {
            size /= 1_i64 << step(unit, next);
            continue;
        }
        let rounded = if unit.halves { (size + if size < 0 { -1 } else { 1 }) / 2 } else { size };
        return format!("{rounded} {}", unit.name);
    }
    unreachable!("the last unit has no next one")
}

fn size_pretty_numeric(mut size: Numeric) -> Result<String, SqlError> {
    for (at, unit) in UNITS.iter().enumerate() {
        let next = UNITS.get(at + 1);
        if let Some(next) = next.filter(|_| size.abs() >= Numeric::integer(unit.limit)) {
            size = size.div_trunc(Numeric::integer(1_i64 << step(unit, next)))?;
            continue;
        }
        let away = Numeric::integer(if size.is_negative() { -1 } else { 1 });
        let rounded = if unit.halves { size.checked_add(away)?.div_trunc(Numeric::integer(2))? } else { size };
        return Ok(format!("{rounded} {}", unit.name));
    }
    unreachable!("the last unit has no next one")
}

functions! {
    1619 pg_typeof(ANY) -> REGTYPE [stable, lax] = typed(pg_typeof);
    3432 gen_random_uuid() -> UUID [volatile] = f!(context, || random_uuid(context));
    438 num_nulls(ANY) -> INT4 [lax, variadic] = raw(num_nulls);
    440 num_nonnulls(ANY) -> INT4 [lax, variadic] = raw(num_nonnulls);
    2288 pg_size_pretty(INT8) -> TEXT = f!(|size: i64| size_pretty(size));
    3166 pg_size_pretty(NUMERIC) -> TEXT = f!(|size: Numeric| size_pretty_numeric(size));
}
