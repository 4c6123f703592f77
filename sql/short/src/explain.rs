//! EXPLAIN, in PostgreSQL's layout as far as the plans have something in common.

use cairn_sql_binder::tree::Expr;
use cairn_sql_catalog::schema::Table;

use crate::deparse::Names;
use crate::plan::{
    DeletePlan, Find, InsertPlan, InsertRows, Kind, Ordering, QueryPlan, ShortPlan, Step, StepKind, UpdatePlan,
};
use crate::shape::Which;

impl ShortPlan {
    /// The plan as lines, the last of which names the executor.
    pub fn explain(&self) -> Vec<String> {
        let mut out = Lines::default();
        match &self.kind {
            Kind::Query(plan) => out.query(plan, 0),
            Kind::Insert(plan) => out.insert(plan),
            Kind::Update(UpdatePlan { schema, find, .. }) => {
                out.change("Update", &schema.tables[0].shape.table, find);
            }
            Kind::Delete(DeletePlan { schema, find, .. }) => {
                out.change("Delete", &schema.tables[0].shape.table, find);
            }
        }
        out.lines.push("Executor: short".to_owned());
        out.lines
    }
}

#[derive(Default)]
struct Lines {
    lines: Vec<String>,
}

impl Lines {
    /// A node: the first stands at the margin, those below behind an arrow.
    fn node(&mut self, depth: usize, text: &str) {
        self.lines.push(match depth {
            0 => text.to_owned(),
            depth => format!("{:indent$}->  {text}", "", indent = depth * 6 - 4),
        });
    }

    /// A property of the node above.
    fn property(&mut self, depth: usize, text: &str) {
        self.lines.push(format!("{:indent$}{text}", "", indent = depth * 6 + 2));
    }

    fn query(&mut self, plan: &QueryPlan, mut depth: usize) {
        if plan.limit.is_some() || plan.offset.is_some() {
            self.node(depth, "Limit");
            depth += 1;
        }
        if plan.locks.is_some() {
            self.node(depth, "LockRows");
            depth += 1;
        }
        if let Ordering::Sort(_) = plan.ordering {
            self.node(depth, "Sort");
            depth += 1;
        }
        if plan.aggregates.is_some() {
            self.node(depth, "Aggregate");
            depth += 1;
        }
        match (&plan.values, plan.steps.as_slice()) {
            (Some(_), _) => self.node(depth, "Values Scan on \"*VALUES*\""),
            (None, []) => self.node(depth, "Result"),
            (None, steps) => self.steps(steps, depth),
        }
        for (number, sub) in plan.subs.iter().enumerate() {
            self.property(depth, &format!("InitPlan {}", number + 1));
            self.query(&sub.plan, depth + 1);
        }
    }

    fn steps(&mut self, steps: &[Step], depth: usize) {
        let names = Names::new(steps.iter().map(named).collect());
        let mut depth = depth;
        // The last table is the innermost loop: nest from the left.
        for step in steps.iter().skip(1).rev() {
            let kind = if step.kind == StepKind::Left { "Nested Loop Left Join" } else { "Nested Loop" };
            self.node(depth, kind);
            depth += 1;
        }
        for (at, step) in steps.iter().enumerate() {
            let depth = if at == 0 { depth } else { depth - at + 1 };
            self.scan(step, &names, depth);
        }
    }

    fn scan(&mut self, step: &Step, names: &Names, depth: usize) {
        let table = &step.shape.table;
        let alias = if *step.alias == *table.name { String::new() } else { format!(" {}", step.alias) };
        let access = &step.access;
        let whole = access.equal.is_empty() && access.range.is_none();
        let backward = if access.backward { " Backward" } else { "" };
        let how = match access.which {
            Which::Primary if step.shape.has_row_id() => format!("Seq Scan{backward} on"),
            Which::Primary if whole && !access.backward => "Seq Scan on".to_owned(),
            which => {
                let only = if access.covering { " Only" } else { "" };
                format!("Index{only} Scan{backward} using {} on", step.shape.name(which))
            }
        };
        self.node(depth, &format!("{how} {}{alias}", table.name));
        if !step.shown.index.is_empty() {
            self.property(depth, &format!("Index Cond: {}", conditions(&step.shown.index, names)));
        }
        if !step.shown.filter.is_empty() {
            self.property(depth, &format!("Filter: {}", conditions(&step.shown.filter, names)));
        }
    }

    fn insert(&mut self, plan: &InsertPlan) {
        self.node(0, &format!("Insert on {}", plan.schema.tables[0].shape.table.name));
        if plan.conflict.is_some() {
            self.property(0, "Conflict Resolution");
        }
        match &plan.rows {
            InsertRows::Values(rows) if rows.len() == 1 => self.node(1, "Result"),
            InsertRows::Values(_) => self.node(1, "Values Scan on \"*VALUES*\""),
            InsertRows::Query(query) => self.query(query, 1),
            InsertRows::Given => self.node(1, "Rows from analytics"),
        }
    }

    fn change(&mut self, verb: &str, table: &Table, find: &Find) {
        self.node(0, &format!("{verb} on {}", table.name));
        match find {
            Find::Here { step, .. } => self.steps(std::slice::from_ref(step), 1),
            Find::Given => self.node(1, "Rows from analytics"),
        }
    }
}

fn named(step: &Step) -> (u32, String, Vec<String>) {
    let columns = step.shape.table.columns.iter().map(|column| column.name.to_string()).collect();
    (step.shown.rel, step.alias.to_string(), columns)
}

fn conditions(exprs: &[Expr], names: &Names) -> String {
    match exprs {
        [one] => names.expr(one),
        several => {
            format!("({})", several.iter().map(|expr| names.expr(expr)).collect::<Vec<_>>().join(" AND "))
        }
    }
}
