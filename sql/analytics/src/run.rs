//! Running a plan: the DataFusion session, the stream of rows, what stops it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cairn_sql_binder::tree::Query;
use cairn_sql_types::{Datum, SqlError, TypeId};
use datafusion::catalog::Session;
use datafusion::common::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::OptimizerRule;
use datafusion::optimizer::extract_equijoin_predicate::ExtractEquijoinPredicate;
use datafusion::optimizer::optimize_projections::OptimizeProjections;
use datafusion::optimizer::push_down_filter::PushDownFilter;
use datafusion::optimizer::push_down_limit::PushDownLimit;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::combine_partial_final_agg::CombinePartialFinalAggregate;
use datafusion::physical_optimizer::ensure_coop::EnsureCooperative;
use datafusion::physical_optimizer::join_selection::JoinSelection;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner};
use datafusion::prelude::SessionConfig;
use futures::StreamExt;
use tokio::sync::mpsc;

use crate::context::Run;
use crate::error::unwrap;
use crate::leaf::BATCH;
use crate::lower::lower;
use crate::transform::TransformPlanner;
use crate::value;

/// How often a waiting query looks whether it shall stop.
const TICK: Duration = Duration::from_millis(50);

/// Rows, or why there are no more.
pub(crate) type Batch = Result<Vec<Vec<Datum>>, SqlError>;

/// What a running query sends: batches, then `None`. A channel that closes before was cut off.
pub(crate) type Message = Option<Batch>;

/// Plans our own operators beside DataFusion's.
#[derive(Debug)]
struct Planner;

#[async_trait::async_trait]
impl QueryPlanner for Planner {
    async fn create_physical_plan(&self, plan: &LogicalPlan, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(TransformPlanner)]);
        planner.create_physical_plan(plan, session).await
    }
}

/// A session of one query: its own memory, one partition, and only the rules that we rely on. Names, types and
/// constants are ours, so nothing that interprets SQL is among them.
pub(crate) fn session(memory_bytes_max: usize) -> Result<SessionState, SqlError> {
    let mut config = SessionConfig::new().with_target_partitions(1).with_batch_size(BATCH);
    let options = config.options_mut();
    // Filters that a join hands to its other side while it runs: the leaves do not take them yet.
    options.optimizer.enable_dynamic_filter_pushdown = false;
    options.optimizer.enable_join_dynamic_filter_pushdown = false;
    options.optimizer.enable_topk_dynamic_filter_pushdown = false;
    options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    options.optimizer.skip_failed_rules = false;
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(FairSpillPool::new(memory_bytes_max)));
    let rules: Vec<Arc<dyn OptimizerRule + Send + Sync>> = vec![
        Arc::new(ExtractEquijoinPredicate::new()),
        Arc::new(PushDownLimit::new()),
        Arc::new(PushDownFilter::new()),
        Arc::new(OptimizeProjections::new()),
    ];
    // Every query is one stream, and its sorts are where they were put: no rule may move or merge them. (One that does lost
    // rows of ORDER BY .. LIMIT .. OFFSET below another ORDER BY.)
    let physical: Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> = vec![
        Arc::new(JoinSelection::new()),
        Arc::new(CombinePartialFinalAggregate::new()),
        Arc::new(EnsureCooperative::new()),
    ];
    Ok(SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime.build_arc().map_err(unwrap)?)
        .with_analyzer_rules(Vec::new())
        .with_optimizer_rules(rules)
        .with_physical_optimizer_rules(physical)
        .with_query_planner(Arc::new(Planner))
        .build())
}

/// The optimized logical plan of a query and its columns' types.
pub(crate) fn plan(
    query: &Query,
    run: &Arc<Run>,
    session: &SessionState,
) -> Result<(LogicalPlan, Vec<TypeId>), SqlError> {
    let (plan, types) = lower(query, run)?;
    Ok((session.optimize(&plan).map_err(unwrap)?, types))
}

/// Runs a query and sends its rows. Ends early when the receiver is gone.
pub(crate) async fn execute(query: Arc<Query>, run: Arc<Run>, memory_bytes_max: usize, out: mpsc::Sender<Message>) {
    if let Err(error) = produce(&query, &run, memory_bytes_max, &out).await {
        // Nobody may be listening any more.
        let _ = out.send(Some(Err(error))).await;
    }
    let _ = out.send(None).await;
}

async fn produce(
    query: &Query,
    run: &Arc<Run>,
    memory_bytes_max: usize,
    out: &mpsc::Sender<Message>,
) -> Result<(), SqlError> {
    run.check_cancel()?;
    let session = session(memory_bytes_max)?;
    let (plan, types) = plan(query, run, &session)?;
    let physical = session.create_physical_plan(&plan).await.map_err(unwrap)?;
    let mut stream = execute_stream(physical, session.task_ctx()).map_err(unwrap)?;
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            batch = stream.next() => match batch {
                None => return Ok(()),
                Some(batch) => {
                    let batch = batch.map_err(unwrap)?;
                    let rows = value::rows(batch.columns(), &types, batch.num_rows())?;
                    if !rows.is_empty() && out.send(Some(Ok(rows))).await.is_err() {
                        return Ok(());
                    }
                }
            },
            () = out.closed() => return Ok(()),
            _ = tick.tick() => run.check_cancel()?,
        }
    }
}

/// Stops the query when it is dropped, wherever it is.
#[derive(Debug)]
pub(crate) struct StopOnDrop(pub(crate) Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
