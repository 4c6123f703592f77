//! From text to a prepared statement: the plan cache, the parser, the binder. The only file that talks to the binder.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use cairn_sql_binder::tree::Expr;
use cairn_sql_binder::{BindSettings, Binder, Lifted, Parameter, ParsedStatement, lift, parse};
use cairn_sql_catalog::Catalog;
use cairn_sql_catalog::schema::Table;
use cairn_sql_short::{NotShort, PlanOptions, ShortPlan};
use cairn_sql_types::kernel::EvalContext;
use cairn_sql_types::{Datum, SqlError, SqlState, Type, TypeId};

use crate::plan_cache::PlanKey;
use crate::prepared::Prepared;
use crate::session::Session;

/// A statement of a simple query, ready to run with the literals that were lifted out of it.
pub(crate) struct Ready {
    pub(crate) prepared: Rc<Prepared>,
    pub(crate) params: Vec<Datum>,
}

impl Session {
    /// The one statement of a Parse message or of PREPARE.
    pub(crate) fn prepare_one(&mut self, text: &str, types: &[TypeId]) -> Result<Rc<Prepared>, SqlError> {
        let key = self.key(text, types, "");
        if let Some(prepared) = self.cached(&key) {
            return Ok(prepared);
        }
        let mut statements = parse(text)?;
        if statements.len() > 1 {
            let message = "cannot insert multiple commands into a prepared statement";
            return Err(SqlError::new(SqlState::SYNTAX_ERROR, message));
        }
        let prepared = match statements.pop() {
            None => Rc::new(Prepared::new(text.into(), None, self.catalog().version)),
            Some(statement) => self.bind_statement(&statement, text, types)?,
        };
        self.keep(key, &prepared);
        Ok(prepared)
    }

    /// The same text again, against a newer catalog.
    pub(crate) fn prepare_again(&mut self, prepared: &Prepared) -> Result<Rc<Prepared>, SqlError> {
        let text = prepared.text.clone();
        let types: Vec<TypeId> = prepared.params().iter().map(|ty| ty.id).collect();
        match prepared.lifted.clone() {
            Some(lifted) => self.prepare_lifted(&lifted),
            None => self.prepare_one(&text, &types),
        }
    }

    /// A simple query that was seen before, but for its literals, or as it stands.
    pub(crate) fn ready_from_cache(&mut self, text: &str) -> Option<Ready> {
        if self.is_failed() {
            return None;
        }
        match lift(text) {
            Some(lifted) => self.ready_lifted(&lifted),
            None => {
                let prepared = self.cached(&self.key(text, &[], "simple"))?;
                Some(Ready { prepared, params: Vec::new() })
            }
        }
    }

    /// A text without its literals. `None` on any error: the caller then binds the text as it was written, and the error
    /// speaks of that.
    fn ready_lifted(&mut self, lifted: &Lifted) -> Option<Ready> {
        let prepared = self.prepare_lifted(lifted).ok()?;
        let literals = lifted.literals.iter().zip(prepared.params());
        let params = self.with_eval(|context| literals.map(|(literal, ty)| literal.to_datum(context, *ty)).collect());
        Some(Ready { prepared: prepared.clone(), params: params.ok()? })
    }

    fn prepare_lifted(&mut self, lifted: &Lifted) -> Result<Rc<Prepared>, SqlError> {
        let key = self.key(&lifted.text, &[], &lifted.kinds());
        if let Some(prepared) = self.cached(&key) {
            return Ok(prepared);
        }
        let statements = parse(&lifted.text)?;
        let [statement] = statements.as_slice() else {
            return Err(SqlError::internal("a lifted text is one statement"));
        };
        let mut prepared = self.bind_with(statement, &lifted.text, lifted.parameters())?;
        prepared.lifted = Some(Rc::new(lifted.clone()));
        let prepared = Rc::new(prepared);
        self.keep(key, &prepared);
        Ok(prepared)
    }

    /// Keeps a simple query that was one statement for the next time.
    pub(crate) fn keep_simple(&self, text: &str, prepared: &Rc<Prepared>) {
        self.keep(self.key(text, &[], "simple"), prepared);
    }

    /// Binds one parsed statement.
    pub(crate) fn bind_statement(
        &mut self,
        statement: &ParsedStatement,
        text: &str,
        types: &[TypeId],
    ) -> Result<Rc<Prepared>, SqlError> {
        let parameter = |id: &TypeId| match id.0 {
            0 => Parameter::Infer,
            _ => Parameter::Declared(Type::plain(*id)),
        };
        self.bind_with(statement, text, types.iter().map(parameter).collect()).map(Rc::new)
    }

    fn bind_with(
        &mut self,
        statement: &ParsedStatement,
        text: &str,
        params: Vec<Parameter>,
    ) -> Result<Prepared, SqlError> {
        let catalog = self.catalog();
        let settings = self.bind_settings();
        let bound = self.with_eval(|context| Binder::new(&catalog, &settings, context, params).bind(statement))?;
        Ok(Prepared::new(text.into(), Some(bound), catalog.version))
    }

    /// Binds one statement of a simple query, which has no parameters.
    pub(crate) fn bind_simple(&mut self, statement: &ParsedStatement) -> Result<Rc<Prepared>, SqlError> {
        let catalog = self.catalog();
        let settings = self.bind_settings();
        let bound =
            self.with_eval(|context| Binder::new(&catalog, &settings, context, Vec::new()).closed().bind(statement))?;
        Ok(Rc::new(Prepared::new(statement.text().into(), Some(bound), catalog.version)))
    }

    pub(crate) fn bind_settings(&self) -> BindSettings {
        let decoded = self.settings.decoded();
        BindSettings {
            search_path: decoded.search_path.clone(),
            user: self.user.clone(),
            database: self.core.config.database.clone(),
            default_engine: decoded.engine.clone(),
            engines: self.core.config.engines.iter().map(|engine| engine.name.to_string()).collect(),
            tiers: self.core.config.tiers.clone(),
        }
    }

    /// The short plan of a statement.
    pub(crate) fn short_plan(&self, prepared: &Prepared, forced: bool) -> Result<Rc<ShortPlan>, NotShort> {
        let catalog = self.catalog();
        prepared
            .short(|bound| cairn_sql_short::plan(&bound.statement, &catalog, PlanOptions { force: forced }))
            .cloned()
    }

    fn key(&self, text: &str, types: &[TypeId], literals: &str) -> PlanKey {
        PlanKey { text: text.into(), types: types.to_vec(), literals: literals.into(), settings: self.fingerprint() }
    }

    /// Settings that change what a text means.
    fn fingerprint(&self) -> u64 {
        let decoded = self.settings.decoded();
        let mut hasher = rustc_hash::FxHasher::default();
        (&decoded.search_path, &decoded.engine, decoded.executor as u8).hash(&mut hasher);
        if decoded.search_path.iter().any(|name| name == "$user") {
            self.user.hash(&mut hasher);
        }
        hasher.finish()
    }

    fn cached(&self, key: &PlanKey) -> Option<Rc<Prepared>> {
        if self.has_private_catalog() {
            return None;
        }
        self.core.plans.borrow_mut().get(key, self.core.catalog.borrow().version)
    }

    fn keep(&self, key: PlanKey, prepared: &Rc<Prepared>) {
        // Constants that were read under this session's settings, or at this time, mean something else elsewhere.
        let shareable = prepared.bound.as_ref().is_none_or(|bound| !bound.flags.session);
        if shareable && !self.has_private_catalog() {
            self.core.plans.borrow_mut().insert(key, prepared.clone());
        }
    }
}

/// The default of a column that has one, as a statement would bind it.
pub(crate) fn default_of(
    catalog: &Catalog,
    settings: &BindSettings,
    eval: &EvalContext<'_>,
    table: &Table,
    column: usize,
) -> Result<Expr, SqlError> {
    let default = Binder::new(catalog, settings, eval, Vec::new()).table_default(table, column)?;
    default.ok_or_else(|| SqlError::internal("a column with a sequence has a default"))
}

/// Can a stored query (its own text, without parameters) still be bound?
pub(crate) fn binds(catalog: &Catalog, settings: &BindSettings, eval: &EvalContext<'_>, query: &str) -> bool {
    let Ok(statements) = parse(query) else { return false };
    statements.iter().all(|statement| Binder::new(catalog, settings, eval, Vec::new()).bind(statement).is_ok())
}
