//! Operators of our own between DataFusion's: rows of datums in, rows of datums out.
//!
//! Window functions, set-returning functions and the like have PostgreSQL's semantics down to the last frame bound, which
//! no rewriting reaches. They are a logical node ([`Transform`]) that becomes one physical operator. A transform either
//! works batch by batch or needs all rows at once; then they are counted against the query's memory.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use cairn_sql_types::{Datum, SqlError, TypeId};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DFSchemaRef, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNode, UserDefinedLogicalNodeCore};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::execution_plan::EmissionType;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
};
use datafusion::physical_planner::{ExtensionPlanner, PhysicalPlanner};
use futures::{Stream, StreamExt, TryStreamExt};

use crate::aggregate::size_of_datum;
use crate::append::{Append, AppendExec};
use crate::error::wrap;
use crate::leaf::{BATCH, batch_of, properties};
use crate::value;

/// What a transform does.
pub(crate) trait RowTransform: fmt::Debug + Send + Sync {
    /// Name for EXPLAIN.
    fn name(&self) -> &'static str;
    /// Needs all rows at once.
    fn blocking(&self) -> bool;
    /// Rows for rows.
    fn apply(&self, rows: Vec<Vec<Datum>>) -> Result<Vec<Vec<Datum>>, SqlError>;
}

/// A transform over an input, all of whose columns it sees.
#[derive(Clone, Debug)]
pub(crate) struct Transform {
    pub(crate) input: LogicalPlan,
    pub(crate) transform: Arc<dyn RowTransform>,
    /// Types of the input's columns.
    pub(crate) inputs: Arc<[TypeId]>,
    /// Types of its own columns.
    pub(crate) outputs: Arc<[TypeId]>,
    pub(crate) schema: DFSchemaRef,
}

impl PartialEq for Transform {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.transform, &other.transform) && self.input == other.input
    }
}

impl Eq for Transform {}

impl PartialOrd for Transform {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.input.partial_cmp(&other.input)
    }
}

impl Hash for Transform {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.transform).cast::<()>().hash(state);
        self.input.hash(state);
    }
}

impl UserDefinedLogicalNodeCore for Transform {
    fn name(&self) -> &str {
        self.transform.name()
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        Vec::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.transform.name())
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let input = inputs.into_iter().next().ok_or_else(|| wrap(SqlError::internal("a transform without input")))?;
        Ok(Self { input, ..self.clone() })
    }
}

/// Plans our own nodes.
#[derive(Debug)]
pub(crate) struct TransformPlanner;

#[async_trait::async_trait]
impl ExtensionPlanner for TransformPlanner {
    async fn plan_extension(
        &self,
        _: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _: &[&LogicalPlan],
        inputs: &[Arc<dyn ExecutionPlan>],
        _: &dyn datafusion::catalog::Session,
        _: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        if let Some(append) = node.as_any().downcast_ref::<Append>() {
            let schema = UserDefinedLogicalNodeCore::schema(append).inner().clone();
            return Ok(Some(Arc::new(AppendExec::new(inputs.to_vec(), schema))));
        }
        let (Some(node), [input]) = (node.as_any().downcast_ref::<Transform>(), inputs) else { return Ok(None) };
        if input.schema().fields().len() != node.inputs.len() {
            return Err(wrap(SqlError::internal("columns of an operator's input were lost in planning")));
        }
        let schema = node.schema.inner().clone();
        let emission = if node.transform.blocking() { EmissionType::Final } else { EmissionType::Incremental };
        Ok(Some(Arc::new(TransformExec {
            input: input.clone(),
            transform: node.transform.clone(),
            inputs: node.inputs.clone(),
            outputs: node.outputs.clone(),
            properties: properties(schema, emission),
        })))
    }
}

/// The physical operator.
#[derive(Debug)]
struct TransformExec {
    input: Arc<dyn ExecutionPlan>,
    transform: Arc<dyn RowTransform>,
    inputs: Arc<[TypeId]>,
    outputs: Arc<[TypeId]>,
    properties: Arc<PlanProperties>,
}

impl DisplayAs for TransformExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.transform.name())
    }
}

impl ExecutionPlan for TransformExec {
    fn name(&self) -> &str {
        self.transform.name()
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn required_input_distribution(&self) -> Vec<datafusion::physical_plan::Distribution> {
        vec![datafusion::physical_plan::Distribution::SinglePartition]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.into_iter().next().unwrap_or_else(|| self.input.clone());
        Ok(Arc::new(Self {
            input,
            transform: self.transform.clone(),
            inputs: self.inputs.clone(),
            outputs: self.outputs.clone(),
            properties: self.properties.clone(),
        }))
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let reservation = MemoryConsumer::new(self.transform.name()).register(context.memory_pool());
        let input = self.input.execute(partition, context)?;
        let step = Step {
            transform: self.transform.clone(),
            inputs: self.inputs.clone(),
            outputs: self.outputs.clone(),
            schema: self.schema(),
        };
        let stream = match self.transform.blocking() {
            true => step.all(input, reservation).boxed(),
            false => input
                .and_then(move |batch| {
                    let result = step.batch(&batch);
                    async move { result }
                })
                .map_ok(|batches| futures::stream::iter(batches.into_iter().map(Ok)))
                .try_flatten()
                .boxed(),
        };
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), stream)))
    }
}

/// A transform at work.
struct Step {
    transform: Arc<dyn RowTransform>,
    inputs: Arc<[TypeId]>,
    outputs: Arc<[TypeId]>,
    schema: SchemaRef,
}

impl Step {
    fn batch(&self, batch: &RecordBatch) -> Result<Vec<RecordBatch>> {
        let rows = value::rows(batch.columns(), &self.inputs, batch.num_rows()).map_err(wrap)?;
        self.emit(self.transform.apply(rows).map_err(wrap)?)
    }

    fn emit(&self, rows: Vec<Vec<Datum>>) -> Result<Vec<RecordBatch>> {
        rows.chunks(BATCH).map(|rows| batch_of(rows, &self.outputs, &self.schema)).collect()
    }

    fn all(
        self,
        mut input: SendableRecordBatchStream,
        reservation: MemoryReservation,
    ) -> impl Stream<Item = Result<RecordBatch>> + Send {
        let work = async move {
            let mut rows = Vec::new();
            while let Some(batch) = input.next().await {
                let batch = batch?;
                let more = value::rows(batch.columns(), &self.inputs, batch.num_rows()).map_err(wrap)?;
                // Twice: the transform's output holds the rows again.
                let bytes = more.iter().flatten().map(size_of_datum).sum::<usize>() + more.len() * 48;
                reservation.try_grow(2 * bytes)?;
                rows.extend(more);
            }
            let batches = self.emit(self.transform.apply(rows).map_err(wrap)?)?;
            Ok::<_, datafusion::error::DataFusionError>(futures::stream::iter(batches.into_iter().map(Ok)).map(
                move |batch| {
                    let _held = &reservation;
                    batch
                },
            ))
        };
        futures::stream::once(work).try_flatten()
    }
}
