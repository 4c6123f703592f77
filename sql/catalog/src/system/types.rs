//! pg_type, pg_proc, pg_operator, pg_cast, pg_aggregate: what kernels and types there are.

use cairn_sql_types::info::{TypeInfo, scalar_types};
use cairn_sql_types::io::functions as io_functions;
use cairn_sql_types::kernel::{Body, CastContext, Volatility};
use cairn_sql_types::{
    Datum, TypeId, aggregates as kernel_aggregates, casts as kernel_casts, functions as kernel_functions,
    operators as kernel_operators,
};

use super::columns::{PG_AGGREGATE, PG_CAST, PG_OPERATOR, PG_PROC, PG_TYPE};
use super::row::{Row, array};
use crate::functions::{OWNER, function_schema};
use crate::schema::Oid;
use crate::snapshot::Catalog;

/// pg_type
pub(super) fn types(_: &Catalog) -> Vec<Vec<Datum>> {
    let mut rows = Vec::new();
    for info in scalar_types() {
        rows.push(type_row(info.id));
        rows.extend(info.id.array().map(type_row));
    }
    rows
}

fn type_row(ty: TypeId) -> Vec<Datum> {
    let info = TypeInfo::of(ty).expect("a type of the table");
    let element = ty.element().filter(|_| ty.array().is_none() || ty == TypeId::INT2VECTOR || ty == TypeId::OIDVECTOR);
    let procedure = |name: String| Oid(io_functions::by_name(&name).map_or(0, |function| function.oid));
    Row::of(&PG_TYPE)
        .set("oid", ty)
        .set("typname", ty.internal_name().unwrap_or_default())
        .set("typnamespace", Oid::PG_CATALOG)
        .set("typowner", OWNER)
        .set("typlen", i32::from(info.length))
        .set("typbyval", info.by_value)
        .set("typtype", info.kind.to_string())
        .set("typcategory", info.category.to_string())
        .set("typispreferred", info.preferred)
        .set("typisdefined", true)
        .set("typdelim", info.delimiter.to_string())
        .set("typelem", element.map_or(Oid(0), |element| Oid(element.0)))
        .set("typarray", ty.array().map_or(Oid(0), |array| Oid(array.0)))
        .set("typinput", procedure(info.input()))
        .set("typoutput", procedure(info.output()))
        .set("typreceive", procedure(info.receive()))
        .set("typsend", procedure(info.send()))
        .set("typalign", info.alignment.to_string())
        .set("typstorage", info.storage.to_string())
        .set("typtypmod", -1)
        .set("typcollation", Oid(info.collation))
        .done()
}

/// pg_proc
pub(super) fn functions(_: &Catalog) -> Vec<Vec<Datum>> {
    let scalar = kernel_functions::all().map(|function| {
        let volatility = match function.volatility {
            Volatility::Immutable => "i",
            Volatility::Stable => "s",
            Volatility::Volatile => "v",
        };
        let kind = if matches!(function.body, Body::Window) { "w" } else { "f" };
        procedure(function.oid, function.name, function.args, function.result, kind)
            .set("proisstrict", function.strict)
            .set("provolatile", volatility)
            .set("proretset", matches!(function.body, Body::Set(..)))
            .done()
    });
    let aggregate = kernel_aggregates::all().map(|aggregate| {
        let row = procedure(aggregate.oid, aggregate.name, aggregate.args, aggregate.result, "a");
        row.set("provolatile", "i").done()
    });
    let io = io_functions::all().map(|function| {
        let args: Vec<TypeId> = function.args.iter().map(|oid| TypeId(*oid)).collect();
        let row = procedure(function.oid, function.name, &args, TypeId(function.result), "f");
        row.set("proisstrict", true).set("provolatile", "i").done()
    });
    scalar.chain(aggregate).chain(io).collect()
}

fn procedure(oid: u32, name: &str, args: &[TypeId], result: TypeId, kind: &str) -> Row {
    let types = args.iter().map(|ty| Datum::Oid(ty.0)).collect();
    Row::of(&PG_PROC)
        .set("oid", Oid(oid))
        .set("proname", name)
        .set("pronamespace", function_schema(name))
        .set("proowner", OWNER)
        .set("prolang", Oid(12))
        .set("procost", 1)
        .set("prokind", kind)
        .set("proparallel", "s")
        .set("pronargs", args.len() as i32)
        .set("prorettype", result)
        .set("proargtypes", array(TypeId::OID, 0, types))
        .set("prosrc", name)
}

/// pg_operator
pub(super) fn operators(_: &Catalog) -> Vec<Vec<Datum>> {
    let row = |operator: &cairn_sql_types::kernel::Operator| {
        Row::of(&PG_OPERATOR)
            .set("oid", Oid(operator.oid))
            .set("oprname", operator.name)
            .set("oprnamespace", Oid::PG_CATALOG)
            .set("oprowner", OWNER)
            .set("oprkind", if operator.left.is_some() { "b" } else { "l" })
            .set("oprleft", operator.left.map_or(Oid(0), |ty| Oid(ty.0)))
            .set("oprright", operator.right)
            .set("oprresult", operator.function.result)
            .set("oprcode", Oid(operator.function.oid))
            .done()
    };
    kernel_operators::all().map(row).collect()
}

/// pg_cast
pub(super) fn casts(_: &Catalog) -> Vec<Vec<Datum>> {
    let row = |(number, cast): (usize, &'static cairn_sql_types::kernel::Cast)| {
        let context = match cast.context {
            CastContext::Implicit => "i",
            CastContext::Assignment => "a",
            CastContext::Explicit => "e",
        };
        Row::of(&PG_CAST)
            .set("oid", Oid(10_000 + number as u32))
            .set("castsource", cast.from)
            .set("casttarget", cast.to)
            .set("castfunc", Oid(cast.function.map_or(0, |function| function.oid)))
            .set("castcontext", context)
            .set("castmethod", if cast.function.is_some() { "f" } else { "b" })
            .done()
    };
    kernel_casts::all().enumerate().map(row).collect()
}

/// pg_aggregate
pub(super) fn aggregates(_: &Catalog) -> Vec<Vec<Datum>> {
    let row = |aggregate: &cairn_sql_types::kernel::Aggregate| {
        let kind = if aggregate.ordered_set.is_some() { "o" } else { "n" };
        Row::of(&PG_AGGREGATE)
            .set("aggfnoid", Oid(aggregate.oid))
            .set("aggkind", kind)
            .set("aggnumdirectargs", aggregate.ordered_set.unwrap_or(0) as i32)
            .done()
    };
    kernel_aggregates::all().map(row).collect()
}
