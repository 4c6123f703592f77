//! From text to a prepared statement: the plan cache, the parser, the binder. The only file that talks to the binder.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use cairn_sql_binder::{BindSettings, Binder, Lifted, ParsedStatement, lift, parse};
use cairn_sql_short::{NotShort, PlanOptions, ShortPlan};
use cairn_sql_types::{Datum, SqlError, SqlState, TypeId};

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

    /// A simple query's text from the cache, if it is one statement that was seen before but for its literals.
    pub(crate) fn ready_from_cache(&mut self, text: &str) -> Result<Option<Ready>, SqlError> {
        let Some(lifted) = lift(text) else { return Ok(None) };
        if self.is_failed() || self.has_private_catalog() {
            return Ok(None);
        }
        let prepared = match self.prepare_lifted(&lifted) {
            Ok(prepared) => prepared,
            // The message shall speak of the text as it was written: bind it as it stands.
            Err(_) => return Ok(None),
        };
        let params = self.literal_params(&lifted, &prepared);
        Ok(params.ok().map(|params| Ready { prepared, params }))
    }

    fn prepare_lifted(&mut self, lifted: &Lifted) -> Result<Rc<Prepared>, SqlError> {
        let key = self.key(&lifted.text, &[], &lifted.kinds());
        if let Some(prepared) = self.cached(&key) {
            return Ok(prepared);
        }
        let statements = parse(&lifted.text)?;
        let [statement] = statements.as_slice() else {
            return Err(SqlError::internal("a lifted text is not one statement"));
        };
        let catalog = self.catalog();
        let settings = self.bind_settings();
        let bound = Binder::with_literals(&catalog, &settings, lifted).bind(statement)?;
        let mut prepared = Prepared::new(key.text.clone(), Some(bound), catalog.version);
        prepared.lifted = Some(Rc::new(lifted.clone()));
        let prepared = Rc::new(prepared);
        self.keep(key, &prepared);
        Ok(prepared)
    }

    fn literal_params(&mut self, lifted: &Lifted, prepared: &Prepared) -> Result<Vec<Datum>, SqlError> {
        let types = prepared.params();
        self.with_eval(|context| {
            let values = lifted.literals.iter().zip(types);
            values.map(|(literal, ty)| literal.to_datum(context, *ty)).collect()
        })
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
        let bound = Binder::new(&catalog, &settings, types).bind(statement)?;
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
        prepared.short(|bound| cairn_sql_short::plan(bound, &catalog, PlanOptions { force: forced })).cloned()
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
