//! SELECT: the stages in their order.

use cairn_sql_binder::tree::{Distinct, Expr as Tree, Select};
use cairn_sql_types::SqlError;

use super::condition::conjuncts;
use super::scope::{Name, Slot};
use super::{Domain, Lowered, Lowerer};

impl Lowerer {
    pub(super) fn select(&mut self, select: &Select, domain: Option<&Domain>) -> Result<Lowered, SqlError> {
        let mut conditions = Vec::new();
        if let Some(filter) = &select.filter {
            conjuncts(filter, &self.run, &mut conditions);
        }
        let (mut plan, late) = self.from(&select.from, conditions, domain)?;
        for condition in late {
            self.condition(&mut plan, condition)?;
        }
        if let Some(grouping) = &select.grouping {
            plan = self.group(plan, grouping, &grouping_ids(select), domain)?;
        }
        if let Some(having) = &select.having {
            let mut conditions = Vec::new();
            conjuncts(having, &self.run, &mut conditions);
            for condition in conditions {
                self.condition(&mut plan, condition)?;
            }
        }
        let mut targets = Vec::with_capacity(select.targets.len());
        if !select.windows.is_empty() {
            self.windows(&mut plan, &select.windows, domain)?;
        }
        for target in &select.targets {
            targets.push(self.without_subqueries(&mut plan, target.expr.clone())?);
        }
        let sets = targets.iter().any(|target| target.any(|part| matches!(part, Tree::SetCall { .. })));
        if sets {
            targets = self.set_calls(&mut plan, targets)?;
        }
        let mut columns = Vec::with_capacity(targets.len());
        let mut exprs = Vec::with_capacity(targets.len());
        for target in &targets {
            let nullable = plan.is_nullable(target);
            plan.volatile |= super::scope::is_volatile(target);
            let column = self.fresh_column();
            exprs.push(plan.scalar(target, &self.run)?.alias(&column.name));
            columns.push(Slot { column, ty: target.ty(), nullable });
        }
        let mut own_domain = Vec::new();
        for ((rel, number), slot) in domain.iter().flat_map(|domain| &domain.columns) {
            let column = self.fresh_column();
            exprs.push(plan.slot(&Name::Column(*rel, *number))?.expr().alias(&column.name));
            own_domain.push(Slot { column, ..slot.clone() });
        }
        let single = !sets
            && select.having.is_none()
            && match &select.grouping {
                Some(grouping) => grouping.sets.len() == 1 && grouping.sets[0].is_empty() && grouping.keys.is_empty(),
                None => select.from.is_empty() && select.filter.is_none(),
            };
        let lowered = Lowered {
            plan: super::build::project(plan.plan, exprs)?,
            columns,
            domain: own_domain,
            order: Vec::new(),
            single,
            volatile: plan.volatile,
        };
        match &select.distinct {
            Distinct::All => self.distinct_rows(lowered),
            Distinct::No | Distinct::On(_) => Ok(lowered),
        }
    }
}

/// The calls of GROUPING() behind the grouping stage.
fn grouping_ids(select: &Select) -> Vec<Vec<usize>> {
    let windows = select.windows.iter().flat_map(|call| {
        let sorts = call.order_by.iter().map(|sort| &sort.expr);
        call.args.iter().chain(&call.partition_by).chain(&call.filter).chain(sorts)
    });
    let mut ids = Vec::new();
    for expr in select.having.iter().chain(windows).chain(select.targets.iter().map(|target| &target.expr)) {
        expr.walk(&mut |part| {
            if let Tree::GroupingId(keys) = part
                && !ids.contains(keys)
            {
                ids.push(keys.clone());
            }
        });
    }
    ids
}
