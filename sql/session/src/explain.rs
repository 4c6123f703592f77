//! EXPLAIN: which back end, which index; with ANALYZE the rows and the time.

use std::rc::Rc;
use std::time::Instant;

use cairn_sql_binder::tree::{OutputColumn, Statement};
use cairn_sql_binder::utility::Utility;
use cairn_sql_types::{Datum, SqlError};

use crate::client::Client;
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::query::Route;
use crate::run::{Completed, Wish};
use crate::session::Session;
use crate::write::execute;

impl Session {
    pub(crate) async fn run_explain(
        &mut self,
        prepared: &Rc<Prepared>,
        params: &[Datum],
        wish: Wish<'_>,
        deadline: Option<Instant>,
        client: &mut impl Client,
    ) -> Result<Completed, Failure> {
        self.ensure_transaction(None)?;
        self.begin_statement()?;
        let prepared = self.claim(prepared.clone(), deadline).await?;
        let Some(Statement::Utility(utility)) = prepared.statement() else { unreachable!("called for EXPLAIN") };
        let Utility::Explain { analyze, json, statement, .. } = &**utility else { unreachable!("called for EXPLAIN") };
        if *json {
            return Err(SqlError::unsupported("EXPLAIN (FORMAT JSON)").into());
        }
        let inner = Rc::new(self.explained(&prepared, statement)?);
        let mut lines = self.plan_lines(&inner, deadline).await?;
        if *analyze {
            let began = Instant::now();
            let rows = self.run_explained(&inner, params, deadline).await?;
            let micros = began.elapsed().as_secs_f64() * 1e3;
            lines.push(format!("Actual Rows: {rows}"));
            lines.push(format!("Execution Time: {micros:.3} ms"));
        }
        let rows: Vec<Vec<Datum>> = lines.into_iter().map(|line| vec![Datum::text(line)]).collect();
        let columns: Vec<OutputColumn> = prepared.columns().unwrap_or(&[]).to_vec();
        self.answer(&columns, &rows, wish, client)?;
        Ok(Completed::tag("EXPLAIN"))
    }

    /// The statement inside, as if it had been bound by itself.
    fn explained(&self, prepared: &Prepared, statement: &Statement) -> Result<Prepared, SqlError> {
        let mut bound = prepared.bound.clone().ok_or_else(|| SqlError::internal("EXPLAIN was not bound"))?;
        bound.statement = statement.clone();
        bound.columns = match statement {
            Statement::Query(query) => Some(query.columns.clone()),
            _ => None,
        };
        Ok(Prepared::new(prepared.text.clone(), Some(bound), prepared.catalog_version))
    }

    async fn plan_lines(&mut self, prepared: &Prepared, deadline: Option<Instant>) -> Result<Vec<String>, Failure> {
        match prepared.statement() {
            Some(Statement::Query(_)) => match self.route(prepared)? {
                Route::Short(plan) => Ok(plan.explain()),
                Route::Analytics => self.analytics_lines(prepared, deadline).await,
            },
            Some(Statement::Insert(_) | Statement::Update(_) | Statement::Delete(_)) => {
                let plan = self.short_plan(prepared, false).map_err(|reason| SqlError::unsupported(reason.0))?;
                Ok(plan.explain())
            }
            _ => Err(SqlError::unsupported("EXPLAIN of this statement").into()),
        }
    }

    async fn analytics_lines(
        &mut self,
        prepared: &Prepared,
        deadline: Option<Instant>,
    ) -> Result<Vec<String>, Failure> {
        let query = prepared.query().ok_or_else(|| SqlError::internal("no query to explain"))?;
        let core = self.core.clone();
        let planning = core.analytics.prepare(std::sync::Arc::new(query.clone()), prepared.params().to_vec());
        let planned = self.interruptible(deadline, planning).await??;
        Ok(core.analytics.explain(&planned))
    }

    async fn run_explained(
        &mut self,
        prepared: &Rc<Prepared>,
        params: &[Datum],
        deadline: Option<Instant>,
    ) -> Result<u64, Failure> {
        if prepared.query().is_some() {
            return Ok(self.collect_query(prepared, params, deadline).await?.rows.len() as u64);
        }
        let plan = self.short_plan(prepared, false).map_err(|reason| SqlError::unsupported(reason.0))?;
        self.carry_out(&plan, prepared, params, deadline, |session, rows| {
            session.on_core(
                |exec, _| execute(&plan, exec, rows, &mut crate::result::CollectSink::default()).map(|done| done.rows),
                params,
            )
        })
        .await
    }
}
