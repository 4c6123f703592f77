//! Resolution rules that expressions alone do not show. Overloads of operators and functions are compared with PostgreSQL
//! in `tests/expressions`.

use super::*;
use crate::Type;
use crate::kernel::CastContext::{Assignment, Explicit, Implicit};

const INT4_ARRAY: TypeId = TypeId(1007);
const TEXT_ARRAY: TypeId = TypeId(1009);

fn call(name: &str, types: &[TypeId], variadic: bool) -> ResolvedCall {
    match function(name, types, variadic) {
        Ok(FunctionMatch::Call(call)) => call,
        other => panic!("{name}{types:?}: {other:?}"),
    }
}

#[test]
fn common_types_follow_the_manual() {
    let cases: &[(&[TypeId], TypeId)] = &[
        (&[TypeId::INT4, TypeId::INT4], TypeId::INT4),
        (&[TypeId::INT4, TypeId::NUMERIC], TypeId::NUMERIC),
        (&[TypeId::NUMERIC, TypeId::INT4], TypeId::NUMERIC),
        (&[TypeId::INT2, TypeId::INT8, TypeId::FLOAT4], TypeId::FLOAT4),
        (&[TypeId::FLOAT8, TypeId::NUMERIC], TypeId::FLOAT8),
        (&[TypeId::UNKNOWN, TypeId::INT4], TypeId::INT4),
        (&[TypeId::UNKNOWN, TypeId::UNKNOWN], TypeId::TEXT),
        (&[TypeId::VARCHAR, TypeId::TEXT], TypeId::VARCHAR),
        (&[TypeId::BPCHAR, TypeId::VARCHAR], TypeId::BPCHAR),
        (&[TypeId::DATE, TypeId::TIMESTAMP], TypeId::TIMESTAMP),
        (&[TypeId::TIMESTAMP, TypeId::TIMESTAMPTZ], TypeId::TIMESTAMPTZ),
        (&[], TypeId::TEXT),
    ];
    for (types, expected) in cases {
        assert_eq!(common_type("CASE", types).expect("a common type"), *expected, "{types:?}");
    }
}

#[test]
fn types_without_a_common_one_are_named() {
    let (at, error) = common_type("UNION", &[TypeId::UNKNOWN, TypeId::INT4, TypeId::TEXT]).expect_err("no common type");
    assert_eq!(at, 2);
    assert_eq!(error.state(), crate::SqlState::DATATYPE_MISMATCH);
    assert_eq!(error.fields().message, "UNION types integer and text cannot be matched");
}

#[test]
fn coercions_depend_on_the_context() {
    let exists = |from, to, context| coercion(from, to, context).is_some();
    assert!(exists(TypeId::INT4, TypeId::INT8, Implicit));
    assert!(!exists(TypeId::INT8, TypeId::INT4, Implicit));
    assert!(exists(TypeId::INT8, TypeId::INT4, Assignment));
    assert!(!exists(TypeId::INT4, TypeId::TEXT, Implicit));
    assert!(exists(TypeId::INT4, TypeId::TEXT, Assignment));
    assert!(!exists(TypeId::TEXT, TypeId::INT4, Assignment));
    assert!(exists(TypeId::TEXT, TypeId::INT4, Explicit));
    assert!(!exists(TypeId::BOOL, TypeId::DATE, Explicit));
    assert!(exists(INT4_ARRAY, TEXT_ARRAY, Assignment));
    assert!(matches!(coercion(TypeId::VARCHAR, TypeId::TEXT, Implicit), Some(Coercion::Relabel)));
    assert!(matches!(coercion(TypeId::UNKNOWN, TypeId::DATE, Implicit), Some(Coercion::ViaText)));
}

#[test]
fn lengths_are_enforced_once() {
    let varchar = |modifier| Type { id: TypeId::VARCHAR, modifier };
    assert!(length_needed(varchar(-1), varchar(7)));
    assert!(length_needed(varchar(9), varchar(7)));
    assert!(!length_needed(varchar(7), varchar(7)));
    assert!(!length_needed(varchar(7), varchar(-1)));
}

#[test]
fn variadic_arrays_are_gathered() {
    let resolved = call("json_extract_path", &[TypeId::JSON, TypeId::UNKNOWN, TypeId::UNKNOWN], false);
    assert_eq!(resolved.args, [TypeId::JSON, TypeId::TEXT, TypeId::TEXT]);
    assert_eq!(resolved.gather, Some(Gather { from: 1, element: TypeId::TEXT }));
    let resolved = call("json_extract_path", &[TypeId::JSON, TEXT_ARRAY], true);
    assert_eq!((resolved.args.as_slice(), resolved.gather), ([TypeId::JSON, TEXT_ARRAY].as_slice(), None));
}

#[test]
fn any_arguments_keep_their_type() {
    let resolved = call("concat", &[TypeId::INT4, TypeId::UNKNOWN], false);
    assert_eq!(resolved.args, [TypeId::INT4, TypeId::UNKNOWN]);
    assert_eq!(resolved.gather, None);
}

#[test]
fn placeholders_take_the_types_of_the_arguments() {
    let resolved = call("array_append", &[INT4_ARRAY, TypeId::NUMERIC], false);
    assert_eq!(resolved.args, [TypeId(1231), TypeId::NUMERIC]);
    assert_eq!(resolved.result, TypeId(1231));
    assert_eq!(call("array_agg", &[TypeId::DATE], false).result, TypeId(1182));
    assert_eq!(call("unnest", &[TEXT_ARRAY], false).result, TypeId::TEXT);
    let error = function("unnest", &[TypeId::UNKNOWN], false).expect_err("nothing tells the type");
    assert_eq!(error.fields().message, "could not determine polymorphic type because input has type unknown");
}

#[test]
fn optional_arguments_may_be_left_out() {
    let three = call("jsonb_set", &[TypeId::JSONB, TypeId::UNKNOWN, TypeId::UNKNOWN], false);
    assert_eq!(three.args, [TypeId::JSONB, TEXT_ARRAY, TypeId::JSONB]);
    assert!(function("jsonb_set", &[TypeId::JSONB], false).is_err());
}

#[test]
fn a_type_name_is_a_cast() {
    assert!(matches!(function("text", &[TypeId::INT4], false), Ok(FunctionMatch::Cast(TypeId::TEXT))));
    assert!(matches!(function("int4", &[TypeId::NUMERIC], false), Ok(FunctionMatch::Call(_))));
    assert!(matches!(function("regclass", &[TypeId::INT4], false), Ok(FunctionMatch::Cast(TypeId::REGCLASS))));
    assert!(function("any", &[TypeId::INT4], false).is_err());
}

#[test]
fn errors_are_postgresqls() {
    let error = operator("+", Some(TypeId::INT4), TypeId::BOOL).expect_err("no such operator");
    assert_eq!(error.state(), crate::SqlState::UNDEFINED_FUNCTION);
    assert_eq!(error.fields().message, "operator does not exist: integer + boolean");
    let hint = "No operator matches the given name and argument types. You might need to add explicit type casts.";
    assert_eq!(error.fields().hint.as_deref(), Some(hint));
    let error = operator("+", Some(TypeId::UNKNOWN), TypeId::UNKNOWN).expect_err("many operators");
    assert_eq!(error.state(), crate::SqlState::AMBIGUOUS_FUNCTION);
    assert_eq!(error.fields().message, "operator is not unique: unknown + unknown");
    let error = function("lower", &[TypeId::INT4], false).expect_err("no such function");
    assert_eq!(error.fields().message, "function lower(integer) does not exist");
    assert_eq!(cannot_cast(TypeId::BOOL, TypeId::DATE).fields().message, "cannot cast type boolean to date");
}

#[test]
fn the_hidden_aggregates_cannot_be_called() {
    for aggregate in [&crate::aggregates::SINGLE_ROW, &crate::aggregates::ANY_FIRST] {
        assert!(crate::aggregates::by_name(aggregate.name).is_empty());
    }
}
