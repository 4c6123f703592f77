//! The tables as a whole.

use std::collections::HashSet;

use crate::kernel::Body;
use crate::ty::TypeId;

#[test]
fn oids_and_signatures_are_unique() {
    let mut oids = HashSet::new();
    let mut signatures = HashSet::new();
    for function in super::registry::families().flatten() {
        assert!(oids.insert(function.oid), "{function:?} shares its oid");
        assert!(signatures.insert((function.name, function.args)), "{function:?} is declared twice");
    }
    for aggregate in crate::aggregates::all() {
        assert!(oids.insert(aggregate.oid), "{aggregate:?} shares its oid");
    }
    assert!(oids.len() > 1000, "{} kernels", oids.len());
}

#[test]
fn declarations_make_sense() {
    for function in super::all() {
        assert!(function.optional <= function.args.len(), "{function:?}");
        if function.variadic {
            let last = *function.args.last().expect("a variadic function has arguments");
            assert!(last == TypeId::ANY || last.element().is_some(), "{function:?}");
        }
        if let Body::Set(_, columns) = function.body {
            assert!(!columns.is_empty(), "{function:?}");
            assert!(columns.len() > 1 || columns[0].1 == function.result, "{function:?}");
        }
    }
}

#[test]
fn every_operator_and_cast_has_its_kernel() {
    for operator in crate::operators::all() {
        let operands = usize::from(operator.left.is_some()) + 1;
        assert_eq!(operator.function.args.len(), operands, "{operator:?}");
        if let Some(commutator) = operator.commutator {
            let left = operator.left.expect("a prefix operator has no commutator");
            assert!(crate::operators::exact(commutator, Some(operator.right), left).is_some(), "{operator:?}");
        }
        if let Some(negator) = operator.negator {
            assert!(crate::operators::exact(negator, operator.left, operator.right).is_some(), "{operator:?}");
        }
    }
    for cast in crate::casts::all() {
        let result = cast.function.map(|function| function.result);
        let same_representation =
            result.is_none_or(|result| result == cast.to || crate::resolve::binary_coercible(result, cast.to));
        assert!(same_representation, "{cast:?}");
    }
}
