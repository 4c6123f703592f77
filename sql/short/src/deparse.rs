//! Expressions as SQL text, for EXPLAIN.

use std::sync::OnceLock;

use cairn_sql_binder::tree::{Expr, RelId};
use cairn_sql_types::kernel::Function;
use cairn_sql_types::{Datum, TypeId, casts, operators};
use rustc_hash::FxHashMap;

/// What names the columns of a relation: (relation, its name, its columns' names).
pub(crate) struct Names {
    relations: Vec<(u32, String, Vec<String>)>,
    /// Write `t.a` instead of `a`.
    qualified: bool,
}

impl Names {
    /// Names for these relations; columns are qualified when there are several.
    pub(crate) fn new(relations: Vec<(u32, String, Vec<String>)>) -> Self {
        let qualified = relations.len() > 1;
        Self { relations, qualified }
    }

    fn column(&self, rel: RelId, column: usize) -> String {
        let known = self.relations.iter().find(|(id, ..)| *id == rel.0);
        match known.and_then(|(_, name, columns)| Some((name, columns.get(column)?))) {
            Some((name, column)) if self.qualified => format!("{name}.{column}"),
            Some((_, column)) => column.clone(),
            None => format!("?{}", column + 1),
        }
    }

    /// One expression; operators stand in parentheses, as PostgreSQL prints them.
    pub(crate) fn expr(&self, expr: &Expr) -> String {
        match expr {
            Expr::Const(value, ty) => constant(value, ty.id),
            Expr::Param(index, _) => format!("${}", index + 1),
            Expr::Column(rel, column, _) => self.column(*rel, *column),
            Expr::RowId(_) => "rowid".to_owned(),
            Expr::Call { function, args, .. } => self.call(function, args),
            Expr::Relabel(arg, ty) | Expr::ViaText(arg, ty) => format!("({})::{}", self.expr(arg), ty.id.sql_name()),
            Expr::Length { arg, .. } => self.expr(arg),
            Expr::And(args) => format!("({})", self.list(args, " AND ")),
            Expr::Or(args) => format!("({})", self.list(args, " OR ")),
            Expr::Not(arg) => format!("(NOT {})", self.expr(arg)),
            Expr::IsNull { arg, negated } => format!("({} IS {}NULL)", self.expr(arg), not(*negated)),
            Expr::IsBool { arg, value, negated } => {
                let value = value.map_or("UNKNOWN", |value| if value { "TRUE" } else { "FALSE" });
                format!("({} IS {}{value})", self.expr(arg), not(*negated))
            }
            Expr::Distinct { left, right, negated, .. } => {
                format!("({} IS {}DISTINCT FROM {})", self.expr(left), not(*negated), self.expr(right))
            }
            Expr::InList { arg, list, negated, .. } => {
                let (operator, word) = if *negated { ("<>", "ALL") } else { ("=", "ANY") };
                format!("({} {operator} {word} ({{{}}}))", self.expr(arg), self.list(list, ","))
            }
            Expr::Quantified { array, test, all } => {
                let word = if *all { "ALL" } else { "ANY" };
                format!("{} {word} ({})", self.expr(test).trim_end_matches(" element)").to_owned(), self.expr(array))
            }
            Expr::Element(_) => "element".to_owned(),
            Expr::Case { branches, otherwise, .. } => {
                let branch = |(condition, result): &(Expr, Expr)| {
                    format!(" WHEN {} THEN {}", self.expr(condition), self.expr(result))
                };
                let branches: String = branches.iter().map(branch).collect();
                format!("CASE{branches} ELSE {} END", self.expr(otherwise))
            }
            Expr::Coalesce(args, _) => format!("COALESCE({})", self.list(args, ", ")),
            Expr::Extreme { greatest, args, .. } => {
                format!("{}({})", if *greatest { "GREATEST" } else { "LEAST" }, self.list(args, ", "))
            }
            Expr::NullIf { value, .. } => format!("NULLIF({}, ...)", self.expr(value)),
            Expr::Array { elements, .. } => format!("ARRAY[{}]", self.list(elements, ", ")),
            Expr::Row(args, _) => format!("ROW({})", self.list(args, ", ")),
            Expr::Scalar(..) | Expr::ArraySubquery(..) => "(InitPlan)".to_owned(),
            Expr::Exists { negated, .. } => format!("({}EXISTS(InitPlan))", if *negated { "NOT " } else { "" }),
            Expr::QuantifiedSubquery { .. } => "(hashed SubPlan)".to_owned(),
            Expr::ArrayCast { arg, ty, .. } => format!("({})::{}", self.expr(arg), ty.id.sql_name()),
            Expr::Subscript { array, .. } => format!("{}[...]", self.expr(array)),
            Expr::SubColumn(column, _) => format!("column{}", column + 1),
            Expr::Aggregate(..) | Expr::Group(..) | Expr::GroupingId(_) | Expr::Window(..) | Expr::SetCall { .. } => {
                "...".to_owned()
            }
        }
    }

    fn list(&self, exprs: &[Expr], between: &str) -> String {
        exprs.iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join(between)
    }

    fn call(&self, function: &'static Function, args: &[Expr]) -> String {
        match (operator(function), args) {
            (Some(name), [left, right]) => format!("({} {name} {})", self.expr(left), self.expr(right)),
            (Some(name), [arg]) => format!("({name} {})", self.expr(arg)),
            (_, [arg]) if is_cast(function) => format!("({})::{}", self.expr(arg), function.result.sql_name()),
            _ => format!("{}({})", function.name, self.list(args, ", ")),
        }
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

fn constant(value: &Datum, ty: TypeId) -> String {
    let quoted = |text: &str| format!("'{}'::{}", text.replace('\'', "''"), ty.sql_name());
    match value {
        Datum::Null => "NULL".to_owned(),
        Datum::Bool(value) => value.to_string(),
        Datum::Int2(value) => value.to_string(),
        Datum::Int4(value) => value.to_string(),
        Datum::Int8(value) => format!("'{value}'::bigint"),
        Datum::Numeric(value) => format!("'{value}'::numeric"),
        Datum::Text(text) => quoted(text),
        _ => format!("'...'::{}", ty.sql_name()),
    }
}

/// The operator that a function computes.
fn operator(function: &'static Function) -> Option<&'static str> {
    static NAMES: OnceLock<FxHashMap<u32, &'static str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| operators::all().map(|operator| (operator.function.oid, operator.name)).collect());
    names.get(&function.oid).copied()
}

fn is_cast(function: &'static Function) -> bool {
    let own = |from: &TypeId| casts::find(*from, function.result).and_then(|cast| cast.function);
    function.args.first().and_then(own).is_some_and(|cast| cast.oid == function.oid)
}
