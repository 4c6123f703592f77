//! Statements as text, through the binder.

use cairn_sql_binder::{BindSettings, Binder, Bound, Parameter, parse};
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{SqlError, Type, TypeId};

use crate::world::{Answer, NoHost, World};

impl World {
    /// Binds one statement; `$n` have these types.
    pub fn bind(&self, text: &str, params: &[TypeId]) -> Result<Bound, SqlError> {
        let settings = BindSettings::default();
        let context = EvalContext { settings: &self.settings, host: &NoHost };
        let statements = parse(text)?;
        let params = params.iter().map(|ty| Parameter::Declared(Type::plain(*ty))).collect();
        Binder::new(&self.catalog, &settings, &context, params).bind(&statements[0])
    }

    /// Binds and runs one statement in a transaction of its own.
    pub fn sql(&mut self, text: &str) -> Result<Answer, SqlError> {
        let bound = self.bind(text, &[])?;
        self.run(&bound.statement)
    }

    /// Its rows.
    pub fn rows(&mut self, text: &str) -> Vec<String> {
        self.sql(text).unwrap_or_else(|error| panic!("{text}: {error}")).rows
    }

    /// Its error, as `SQLSTATE: message` and detail.
    pub fn error(&mut self, text: &str) -> (String, String) {
        let error = self.sql(text).expect_err(text);
        (error.to_string(), error.fields().detail.clone().unwrap_or_default())
    }

    /// EXPLAIN.
    pub fn explain(&self, text: &str) -> Vec<String> {
        let bound = self.bind(text, &[]).unwrap_or_else(|error| panic!("{text}: {error}"));
        let plan = cairn_sql_short::plan(&bound.statement, &self.catalog, self.options);
        plan.map_or_else(|reason| vec![format!("not short: {}", reason.0)], |plan| plan.explain())
    }
}
