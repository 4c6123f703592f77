//! Operators: names and operand types in front of functions. The tables are PostgreSQL's `pg_operator`, restricted to
//! Cairn's types; what an operator computes is its function's business.

mod table;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::functions;
use crate::kernel::Operator;
use crate::ty::TypeId;

/// One row of the table: an operator whose function is still an OID.
struct Row {
    oid: u32,
    left: Option<TypeId>,
    name: &'static str,
    right: TypeId,
    function: u32,
    commutator: Option<&'static str>,
    negator: Option<&'static str>,
}

struct Registry {
    by_name: FxHashMap<&'static str, Vec<&'static Operator>>,
    by_oid: FxHashMap<u32, &'static Operator>,
}

fn build(row: &Row) -> Operator {
    Operator {
        oid: row.oid,
        name: row.name,
        left: row.left,
        right: row.right,
        function: functions::by_oid(row.function).expect("every operator's function is declared"),
        commutator: row.commutator,
        negator: row.negator,
    }
}

fn registry() -> &'static Registry {
    static OPERATORS: OnceLock<Vec<Operator>> = OnceLock::new();
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let operators = OPERATORS.get_or_init(|| table::ROWS.iter().map(build).collect());
        let mut by_name = FxHashMap::<_, Vec<_>>::default();
        for operator in operators {
            by_name.entry(operator.name).or_default().push(operator);
        }
        Registry { by_name, by_oid: operators.iter().map(|operator| (operator.oid, operator)).collect() }
    })
}

/// Every operator, in no particular order; what `pg_operator` shows.
pub fn all() -> impl Iterator<Item = &'static Operator> {
    registry().by_oid.values().copied()
}

/// The overloads of `name`, prefix and infix.
pub fn by_name(name: &str) -> &'static [&'static Operator] {
    registry().by_name.get(name).map_or(&[], Vec::as_slice)
}

/// The operator with this `pg_operator.oid`.
pub fn by_oid(oid: u32) -> Option<&'static Operator> {
    registry().by_oid.get(&oid).copied()
}

/// The overload with exactly these operand types.
pub fn exact(name: &str, left: Option<TypeId>, right: TypeId) -> Option<&'static Operator> {
    by_name(name).iter().copied().find(|operator| operator.left == left && operator.right == right)
}
