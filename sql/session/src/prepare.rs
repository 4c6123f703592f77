//! From text to a prepared statement: the plan cache, the parser, the binder. The only file that talks to the binder.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use cairn_sql_binder::{BindSettings, Binder, Parameter, ParsedStatement, parse};
use cairn_sql_short::{NotShort, PlanOptions, ShortPlan};
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
        self.prepare_one(&text, &types)
    }

    /// A simple query's text from the cache, if it is one statement that was seen before.
    pub(crate) fn ready_from_cache(&mut self, text: &str) -> Option<Ready> {
        if self.is_failed() {
            return None;
        }
        let prepared = self.cached(&self.key(text, &[], "simple"))?;
        Some(Ready { prepared, params: Vec::new() })
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
        let catalog = self.catalog();
        let settings = self.bind_settings();
        let parameter = |id: &TypeId| match id.0 {
            0 => Parameter::Infer,
            _ => Parameter::Declared(Type::plain(*id)),
        };
        let params = types.iter().map(parameter).collect();
        let bound = self.with_eval(|context| Binder::new(&catalog, &settings, context, params).bind(statement))?;
        Ok(Rc::new(Prepared::new(text.into(), Some(bound), catalog.version)))
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
        prepared.short(|bound| cairn_sql_short::plan(&bound.statement, &catalog, PlanOptions { force: forced })).cloned()
    }

    fn key(&self, text: &str, types: &[TypeId], literals: &str) -> PlanKey {
        PlanKey {
            text: text.into(),
            types: types.to_vec(),
            literals: literals.into(),
            settings: self.fingerprint(),
        }
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
        if !self.has_private_catalog() {
            self.core.plans.borrow_mut().insert(key, prepared.clone());
        }
    }
}
