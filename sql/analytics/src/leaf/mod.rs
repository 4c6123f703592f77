//! Leaves of a plan: tables at a snapshot, system relations, rows at hand.
//!
//! ```text
//!  conditions pushed down (calls of ours over the leaf's columns)
//!      |-- key.rs: ranges of the best index          narrows what is read
//!      '-- source.rs: checked again on every row     decides what is returned; columns are decoded when needed
//! ```
//! A batch is read with blocking reads on the pool's thread; between two batches no cursor is held, the scan seeks behind
//! its last key again. What was read is remembered by the view itself, row by row, as it is pulled.

pub(crate) mod condition;
pub(crate) mod estimate;
pub(crate) mod key;
pub(crate) mod source;

use std::fmt;
use std::sync::Arc;

use cairn_sql_types::{Datum, TypeId};
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, Statistics};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, SendableRecordBatchStream,
    StatisticsArgs,
};

use self::condition::{Condition, is_ours};
use self::key::Access;
use self::source::{Scan, Source, Wanted};
use crate::context::Run;
use crate::error::wrap;
use crate::value::{Writer, arrow_type};

/// Rows of one batch.
pub(crate) const BATCH: usize = 8192;

/// A relation that DataFusion can scan. Its columns have names that are unique in the query.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) source: Source,
    types: Vec<TypeId>,
    names: Vec<String>,
    schema: SchemaRef,
    run: Arc<Run>,
}

impl Leaf {
    /// A leaf with these columns.
    pub(crate) fn new(source: Source, columns: Vec<(String, TypeId)>, run: &Arc<Run>) -> Self {
        let field = |(name, ty): &(String, TypeId)| Field::new(name, arrow_type(*ty), true);
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let (names, types) = columns.into_iter().unzip();
        Self { source, types, names, schema, run: run.clone() }
    }

    /// Conditions over the leaf's columns, and the way to the rows that fulfil them.
    pub(crate) fn plan(&self, filters: &[Expr]) -> Result<(Vec<Condition>, Option<Access>)> {
        let conditions = filters.iter().map(|filter| Condition::new(filter, &self.names).map_err(wrap));
        let conditions = conditions.collect::<Result<Vec<_>>>()?;
        let access = match &self.source {
            Source::Table(table) => Some(key::choose(table, &conditions, &self.run).map_err(wrap)?),
            _ => None,
        };
        Ok((conditions, access))
    }
}

#[async_trait::async_trait]
impl TableProvider for Leaf {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = |filter: &&Expr| match is_ours(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(answer).collect())
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.source.check(&self.run).map_err(wrap)?;
        let columns = projection.cloned().unwrap_or_else(|| (0..self.types.len()).collect());
        let (conditions, access) = self.plan(filters)?;
        let schema = Arc::new(self.schema.project(&columns)?);
        let types = columns.iter().map(|column| self.types[*column]).collect();
        let wanted = Wanted::new(columns, &conditions, limit).map_err(wrap)?;
        let all = estimate::rows(&self.source, &self.run);
        let estimate = estimate::passing(all, access.as_ref(), &conditions);
        Ok(Arc::new(LeafExec::new(self.source.clone(), access, wanted, schema, types, estimate, self.run.clone())))
    }
}

/// The physical scan.
#[derive(Debug)]
struct LeafExec {
    source: Source,
    access: Option<Access>,
    wanted: Wanted,
    types: Vec<TypeId>,
    estimate: usize,
    properties: Arc<PlanProperties>,
    run: Arc<Run>,
}

impl LeafExec {
    fn new(
        source: Source,
        access: Option<Access>,
        wanted: Wanted,
        schema: SchemaRef,
        types: Vec<TypeId>,
        estimate: usize,
        run: Arc<Run>,
    ) -> Self {
        Self { source, access, wanted, types, estimate, properties: properties(schema, EmissionType::Incremental), run }
    }
}

/// One partition, no order.
pub(crate) fn properties(schema: SchemaRef, emission: EmissionType) -> Arc<PlanProperties> {
    let equivalences = EquivalenceProperties::new(schema);
    Arc::new(PlanProperties::new(equivalences, Partitioning::UnknownPartitioning(1), emission, Boundedness::Bounded))
}

impl DisplayAs for LeafExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeafExec")
    }
}

impl ExecutionPlan for LeafExec {
    fn name(&self) -> &str {
        "LeafExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let scan = Scan::new(self.source.clone(), self.access.clone(), self.wanted.clone(), self.run.clone());
        let (schema, types) = (self.schema(), self.types.clone());
        let stream = futures::stream::try_unfold(scan, move |mut scan| {
            let (schema, types) = (schema.clone(), types.clone());
            async move { Ok(next(&mut scan, &schema, &types)?.map(|batch| (batch, scan))) }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), stream)))
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        // Never exact: DataFusion would answer count(*) from it.
        statistics.num_rows = Precision::Inexact(self.estimate);
        statistics.total_byte_size = Precision::Inexact(self.estimate.saturating_mul(16 * self.types.len().max(1)));
        Ok(Arc::new(statistics))
    }
}

fn next(scan: &mut Scan, schema: &SchemaRef, types: &[TypeId]) -> Result<Option<RecordBatch>> {
    let mut writers: Vec<Writer> = types.iter().map(|ty| Writer::new(*ty, 1024)).collect();
    let mut count = 0;
    let more = scan.batch(BATCH, &mut |row| {
        count += 1;
        writers.iter_mut().zip(row).try_for_each(|(writer, value)| writer.push(value))
    });
    match more.map_err(wrap)? {
        true => Ok(Some(batch(writers, count, schema)?)),
        false => Ok(None),
    }
}

/// Finished columns as a batch; `count` matters where there are none.
pub(crate) fn batch(writers: Vec<Writer>, count: usize, schema: &SchemaRef) -> Result<RecordBatch> {
    let arrays = writers.into_iter().map(Writer::finish).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(count));
    Ok(RecordBatch::try_new_with_options(schema.clone(), arrays, &options)?)
}

/// Rows as a batch.
pub(crate) fn batch_of(rows: &[Vec<Datum>], types: &[TypeId], schema: &SchemaRef) -> Result<RecordBatch> {
    let mut writers: Vec<Writer> = types.iter().map(|ty| Writer::new(*ty, rows.len())).collect();
    for row in rows {
        writers.iter_mut().zip(row).try_for_each(|(writer, value)| writer.push(value)).map_err(wrap)?;
    }
    batch(writers, rows.len(), schema)
}
