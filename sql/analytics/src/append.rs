//! UNION ALL: the rows of one input after those of another, in one stream.
//!
//! DataFusion's union has one partition per input, which sends everything above it through merging and exchange. A query
//! here is one stream from leaf to root, and its rows come in PostgreSQL's order.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use cairn_sql_types::SqlError;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{FieldRef, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchema, DFSchemaRef, Result, TableReference};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::EmissionType;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
};
use futures::{StreamExt, TryStreamExt};

use crate::error::wrap;
use crate::leaf::properties;

/// Inputs with the same columns under the same names.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Append {
    inputs: Vec<LogicalPlan>,
    /// The first input's, with every column nullable: another input may have NULLs where this one has none.
    schema: DFSchemaRef,
}

impl Append {
    /// Over at least one input.
    pub(crate) fn new(inputs: Vec<LogicalPlan>) -> Self {
        let first = inputs[0].schema();
        let nullable = |(table, field): (Option<&TableReference>, &FieldRef)| {
            (table.cloned(), Arc::new(field.as_ref().clone().with_nullable(true)))
        };
        let fields = first.iter().map(nullable).collect();
        let schema = DFSchema::new_with_metadata(fields, Default::default()).expect("names that were unique before");
        Self { schema: Arc::new(schema), inputs }
    }
}

impl PartialOrd for Append {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.inputs.partial_cmp(&other.inputs)
    }
}

impl UserDefinedLogicalNodeCore for Append {
    fn name(&self) -> &str {
        "Append"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        self.inputs.iter().collect()
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn prevent_predicate_push_down_columns(&self) -> std::collections::HashSet<String> {
        Default::default()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Append")
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        match inputs.is_empty() {
            true => Err(wrap(SqlError::internal("UNION ALL of nothing"))),
            false => Ok(Self::new(inputs)),
        }
    }

    fn necessary_children_exprs(&self, columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(vec![columns.to_vec(); self.inputs.len()])
    }
}

/// The physical operator.
#[derive(Debug)]
pub(crate) struct AppendExec {
    inputs: Vec<Arc<dyn ExecutionPlan>>,
    properties: Arc<PlanProperties>,
}

impl AppendExec {
    /// Over inputs with the same columns.
    pub(crate) fn new(inputs: Vec<Arc<dyn ExecutionPlan>>, schema: SchemaRef) -> Self {
        Self { inputs, properties: properties(schema, EmissionType::Incremental) }
    }
}

impl DisplayAs for AppendExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppendExec")
    }
}

impl ExecutionPlan for AppendExec {
    fn name(&self) -> &str {
        "AppendExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.inputs.iter().collect()
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(Arc::new(Self::new(children, self.schema())))
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (schema, inputs) = (self.schema(), self.inputs.clone());
        let streams = futures::stream::iter(inputs).map(move |input| input.execute(partition, context.clone()));
        let batches = streams.try_flatten().map(move |batch| {
            let batch = batch?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            Ok(RecordBatch::try_new_with_options(schema.clone(), batch.columns().to_vec(), &options)?)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }
}
