//! Set-returning functions, in FROM and in select lists.

use std::sync::Arc;

use cairn_sql_binder::tree::{Expr as Tree, RelId};
use cairn_sql_types::kernel::{Body, Function};
use cairn_sql_types::{Datum, SqlError, Type, TypeId};
use datafusion::arrow::datatypes::Field;
use datafusion::common::DFSchema;
use datafusion::logical_expr::{Extension, LogicalPlan, lit};

use super::scope::{Name, Plan, Slot};
use super::{Lowerer, window};
use crate::context::Run;
use crate::error;
use crate::transform::{RowTransform, Transform};
use crate::value::arrow_type;

/// One call: its arguments' places in the row, its number of columns.
#[derive(Debug)]
struct SetCall {
    function: &'static Function,
    args: Vec<usize>,
    /// Columns in the output.
    width: usize,
    /// The function's columns become one, a record.
    record: bool,
}

/// Puts the rows of set-returning calls beside every input row, all calls in step; the shorter ones are filled with NULL.
#[derive(Debug)]
struct ProjectSet {
    calls: Vec<SetCall>,
    /// A last column counts the rows from 1.
    ordinality: bool,
    /// Rows for which no call gives anything stay, filled with NULL.
    keep: bool,
    run: Arc<Run>,
}

impl RowTransform for ProjectSet {
    fn name(&self) -> &'static str {
        "ProjectSet"
    }

    fn blocking(&self) -> bool {
        false
    }

    fn apply(&self, rows: Vec<Vec<Datum>>) -> Result<Vec<Vec<Datum>>, SqlError> {
        let mut out = Vec::new();
        for row in rows {
            self.run.check_cancel()?;
            let sets = self.calls.iter().map(|call| self.call(call, &row)).collect::<Result<Vec<_>, _>>()?;
            let longest = sets.iter().map(Vec::len).max().unwrap_or(0);
            for number in 0..longest.max(usize::from(self.keep)) {
                let mut wide = row.clone();
                for (call, set) in self.calls.iter().zip(&sets) {
                    match set.get(number) {
                        Some(values) => wide.extend(values.iter().cloned()),
                        None => wide.extend(std::iter::repeat_n(Datum::Null, call.width)),
                    }
                }
                if self.ordinality {
                    wide.push(if number < longest { Datum::Int8(number as i64 + 1) } else { Datum::Null });
                }
                out.push(wide);
            }
        }
        Ok(out)
    }
}

impl ProjectSet {
    fn call(&self, call: &SetCall, row: &[Datum]) -> Result<Vec<Vec<Datum>>, SqlError> {
        let Body::Set(kernel, _) = call.function.body else {
            return Err(SqlError::internal("a function that returns no set"));
        };
        let args: Vec<Datum> = call.args.iter().map(|arg| row[*arg].clone()).collect();
        if call.function.strict && args.iter().any(Datum::is_null) {
            return Ok(Vec::new());
        }
        let mut rows = kernel(&self.run.eval(), &args)?;
        if call.record {
            for row in &mut rows {
                *row = vec![Datum::Record(std::mem::take(row).into())];
            }
        }
        Ok(rows)
    }
}

impl Lowerer {
    /// Appends the columns of a transform to a plan; returns their slots.
    pub(super) fn transformed(
        &mut self,
        plan: &mut Plan,
        types: &[Type],
        transform: impl FnOnce(&dyn Fn(&Slot) -> Result<usize, SqlError>) -> Result<Arc<dyn RowTransform>, SqlError>,
    ) -> Result<Vec<Slot>, SqlError> {
        // The transform sees the columns that have a meaning, and those that it asks for.
        let schema = plan.plan.schema().clone();
        let place = |slot: &Slot| {
            let index = schema.index_of_column(&slot.column);
            index.map_err(error::unwrap)
        };
        let transform = transform(&place)?;
        let mut inputs = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            inputs.push(window::raw_type(field.data_type()));
        }
        let mut outputs = inputs.clone();
        let mut fields: Vec<_> = schema.iter().map(|(table, field)| (table.cloned(), field.clone())).collect();
        let mut slots = Vec::with_capacity(types.len());
        for ty in types {
            let column = self.fresh_column();
            fields.push((None, Arc::new(Field::new(&column.name, arrow_type(ty.id), true))));
            outputs.push(ty.id);
            slots.push(Slot { column, ty: *ty, nullable: true });
        }
        for slot in plan.scope.values() {
            let index = place(slot)?;
            inputs[index] = slot.ty.id;
            outputs[index] = slot.ty.id;
        }
        let schema = DFSchema::new_with_metadata(fields, Default::default()).map_err(error::unwrap)?;
        let node = Transform {
            input: plan.plan.clone(),
            transform,
            inputs: inputs.into(),
            outputs: outputs.into(),
            schema: Arc::new(schema),
        };
        plan.plan = LogicalPlan::Extension(Extension { node: Arc::new(node) });
        Ok(slots)
    }

    /// A function in FROM, for every row of `plan`.
    pub(super) fn function(
        &mut self,
        plan: Plan,
        rel: RelId,
        call: &Tree,
        columns: &[Type],
        ordinality: bool,
    ) -> Result<Plan, SqlError> {
        self.function_rows(plan, rel, call, columns, ordinality, false)
    }

    /// LEFT JOIN LATERAL function(...) ON true.
    pub(super) fn function_beside(
        &mut self,
        plan: Plan,
        rel: RelId,
        call: &Tree,
        columns: &[Type],
        ordinality: bool,
        on: &[Tree],
    ) -> Result<Plan, SqlError> {
        let is_true = |condition: &Tree| matches!(condition, Tree::Const(Datum::Bool(true), _));
        match on.iter().all(is_true) {
            true => self.function_rows(plan, rel, call, columns, ordinality, true),
            false => Err(SqlError::unsupported("LEFT JOIN LATERAL of a function with a condition")),
        }
    }

    fn function_rows(
        &mut self,
        mut plan: Plan,
        rel: RelId,
        call: &Tree,
        columns: &[Type],
        ordinality: bool,
        keep: bool,
    ) -> Result<Plan, SqlError> {
        let mut slots = match call {
            Tree::SetCall { function, args, .. } => {
                let mut width = columns.len();
                width -= usize::from(ordinality);
                let args = args.iter().map(|arg| self.set_argument(&mut plan, arg)).collect::<Result<Vec<_>, _>>()?;
                let run = self.run.clone();
                self.transformed(&mut plan, columns, |place| {
                    let args = args.iter().map(place).collect::<Result<_, _>>()?;
                    let calls = vec![SetCall { function, args, width, record: false }];
                    Ok(Arc::new(ProjectSet { calls, ordinality, keep, run }))
                })?
            }
            plain => {
                // One row, one column.
                let plain = self.without_subqueries(&mut plan, plain.clone())?;
                let mut slots = vec![self.column_of(&mut plan, &plain)?];
                if ordinality {
                    let column = self.with_column(&mut plan, lit(1_i64))?;
                    slots.push(Slot { column, ty: Type::plain(TypeId::INT8), nullable: false });
                }
                slots
            }
        };
        for (number, slot) in slots.drain(..).enumerate() {
            plan.scope.insert(Name::Column(rel, number), slot);
        }
        Ok(plan)
    }

    pub(super) fn set_argument(&mut self, plan: &mut Plan, arg: &Tree) -> Result<Slot, SqlError> {
        let arg = self.without_subqueries(plan, arg.clone())?;
        if arg.any(|part| matches!(part, Tree::SetCall { .. })) {
            return Err(SqlError::unsupported("a set-returning function as an argument of another"));
        }
        let slot = self.column_of(plan, &arg)?;
        // Named, so that the transform knows its type.
        let rel = self.fresh_rel();
        plan.scope.insert(Name::Column(rel, 0), slot.clone());
        Ok(slot)
    }

    /// Set-returning calls in a select list: the targets over their rows.
    pub(super) fn set_calls(&mut self, plan: &mut Plan, targets: Vec<Tree>) -> Result<Vec<Tree>, SqlError> {
        let rel = self.fresh_rel();
        let mut calls: Vec<(&'static Function, Vec<Slot>, Type)> = Vec::new();
        let mut rewritten = Vec::with_capacity(targets.len());
        for target in targets {
            rewritten.push(self.take_set_calls(plan, target, rel, &mut calls)?);
        }
        let types: Vec<Type> = calls.iter().map(|(.., ty)| *ty).collect();
        let run = self.run.clone();
        let slots = self.transformed(plan, &types, |place| {
            let call = |(function, args, _): &(&'static Function, Vec<Slot>, Type)| {
                let Body::Set(_, columns) = function.body else {
                    return Err(SqlError::internal("a function that returns no set"));
                };
                let args = args.iter().map(place).collect::<Result<_, _>>()?;
                Ok(SetCall { function, args, width: 1, record: columns.len() > 1 })
            };
            let calls = calls.iter().map(call).collect::<Result<_, _>>()?;
            Ok(Arc::new(ProjectSet { calls, ordinality: false, keep: false, run }))
        })?;
        for (number, slot) in slots.into_iter().enumerate() {
            plan.scope.insert(Name::Column(rel, number), slot);
        }
        Ok(rewritten)
    }

    fn take_set_calls(
        &mut self,
        plan: &mut Plan,
        expr: Tree,
        rel: RelId,
        calls: &mut Vec<(&'static Function, Vec<Slot>, Type)>,
    ) -> Result<Tree, SqlError> {
        match expr {
            Tree::SetCall { function, args, ty } => {
                let args = args.iter().map(|arg| self.set_argument(plan, arg)).collect::<Result<Vec<_>, _>>()?;
                calls.push((function, args, ty));
                Ok(Tree::Column(rel, calls.len() - 1, ty))
            }
            other => other.map_children(&mut |child| self.take_set_calls(plan, child, rel, calls)),
        }
    }
}
