//! Plans as text for EXPLAIN, in PostgreSQL's form.

use cairn_sql_binder::tree::Expr as Tree;
use cairn_sql_catalog::schema::{Table, TableKey};
use cairn_sql_types::operators;
use datafusion::common::JoinType;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{LogicalPlan, TableScan};

use crate::leaf::Leaf;
use crate::leaf::key::Access;
use crate::leaf::source::Source;

/// The lines of a plan.
pub(crate) fn lines(plan: &LogicalPlan) -> Vec<String> {
    let mut lines = vec!["Executor: analytics".to_owned()];
    node(plan, 0, &mut lines);
    lines
}

fn node(plan: &LogicalPlan, depth: usize, lines: &mut Vec<String>) {
    let Some((title, details)) = describe(plan) else {
        // Projections and the like are no nodes in PostgreSQL.
        return plan.inputs().into_iter().for_each(|input| node(input, depth, lines));
    };
    let (indent, arrow) = match depth {
        0 => (0, ""),
        depth => (6 * depth - 4, "->  "),
    };
    lines.push(format!("{:indent$}{arrow}{title}", ""));
    let indent = 6 * depth + 2;
    lines.extend(details.into_iter().map(|detail| format!("{:indent$}{detail}", "")));
    plan.inputs().into_iter().for_each(|input| node(input, depth + 1, lines));
}

fn describe(plan: &LogicalPlan) -> Option<(String, Vec<String>)> {
    let plain = |title: &str| Some((title.to_owned(), Vec::new()));
    match plan {
        LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) => None,
        LogicalPlan::TableScan(scan) => Some(leaf(scan)),
        LogicalPlan::Filter(_) => plain("Filter"),
        LogicalPlan::Sort(_) => plain("Sort"),
        LogicalPlan::Limit(_) => plain("Limit"),
        LogicalPlan::EmptyRelation(_) => plain("Result"),
        LogicalPlan::RecursiveQuery(_) => plain("Recursive Union"),
        LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => plain("Aggregate"),
        LogicalPlan::Aggregate(_) => plain("HashAggregate"),
        LogicalPlan::Extension(extension) => plain(extension.node.name()),
        LogicalPlan::Join(join) => {
            let method = if join.on.is_empty() { "Nested Loop" } else { "Hash" };
            let kind = match join.join_type {
                JoinType::Inner => "",
                JoinType::Left => " Left",
                JoinType::Right => " Right",
                JoinType::Full => " Full",
                JoinType::LeftSemi | JoinType::RightSemi => " Semi",
                JoinType::LeftAnti | JoinType::RightAnti => " Anti",
                JoinType::LeftMark | JoinType::RightMark => " Mark",
            };
            Some((
                format!("{method}{kind}{}", if join.on.is_empty() && kind.is_empty() { "" } else { " Join" }),
                Vec::new(),
            ))
        }
        other => Some((other.display().to_string(), Vec::new())),
    }
}

fn leaf(scan: &TableScan) -> (String, Vec<String>) {
    let unknown = || ("Scan".to_owned(), Vec::new());
    let Ok(provider) = source_as_provider(&scan.source) else { return unknown() };
    let any: &dyn std::any::Any = &*provider;
    let Some(leaf) = any.downcast_ref::<Leaf>() else { return ("WorkTable Scan".to_owned(), Vec::new()) };
    let Ok((conditions, access)) = leaf.plan(&scan.filters) else { return unknown() };
    let (title, table) = match (&leaf.source, &access) {
        (Source::Table(table), Some(access)) => (access_title(table, access), Some(&**table)),
        (Source::System(relation), _) => (format!("Seq Scan on {}", relation.name), None),
        (Source::Values(_), _) | (Source::Table(_), None) => ("Values Scan".to_owned(), None),
    };
    let filters: Vec<String> = conditions.iter().map(|condition| text(&condition.tree, table)).collect();
    let details = match filters.len() {
        0 => Vec::new(),
        1 => vec![format!("Filter: {}", filters[0])],
        _ => vec![format!("Filter: ({})", filters.join(" AND "))],
    };
    (title, details)
}

fn access_title(table: &Table, access: &Access) -> String {
    let narrowed = access.equal > 0 || access.ranged;
    match (&access.index, &table.key) {
        (Some(index), _) => format!("Index Scan using {} on {}", index.name, table.name),
        (None, TableKey::Primary { name, .. }) if narrowed => format!("Index Scan using {name} on {}", table.name),
        _ => format!("Seq Scan on {}", table.name),
    }
}

/// A condition, roughly as it was written.
fn text(tree: &Tree, table: Option<&Table>) -> String {
    let list =
        |args: &[Tree], separator: &str| args.iter().map(|arg| text(arg, table)).collect::<Vec<_>>().join(separator);
    match tree {
        Tree::Column(_, column, _) => match table.and_then(|table| table.columns.get(*column)) {
            Some(column) => column.name.to_string(),
            None => format!("column {}", column + 1),
        },
        Tree::Const(value, _) => format!("{value:?}"),
        Tree::Relabel(arg, _) => text(arg, table),
        Tree::And(args) => format!("({})", list(args, " AND ")),
        Tree::Or(args) => format!("({})", list(args, " OR ")),
        Tree::Not(arg) => format!("(NOT {})", text(arg, table)),
        Tree::IsNull { arg, negated } => {
            format!("({} IS {}NULL)", text(arg, table), if *negated { "NOT " } else { "" })
        }
        Tree::Call { function, args, .. } => {
            let operator = operators::all().find(|operator| operator.function.oid == function.oid);
            match (operator, args.as_slice()) {
                (Some(operator), [left, right]) => {
                    format!("({} {} {})", text(left, table), operator.name, text(right, table))
                }
                _ => format!("{}({})", function.name, list(args, ", ")),
            }
        }
        Tree::InList { arg, list: values, negated, .. } => {
            format!("({} {}IN ({}))", text(arg, table), if *negated { "NOT " } else { "" }, list(values, ", "))
        }
        other => {
            let columns: Vec<String> = other
                .columns()
                .into_iter()
                .map(|(rel, column, ty)| text(&Tree::Column(rel, column, ty), table))
                .collect();
            format!("condition on {}", columns.join(", "))
        }
    }
}
