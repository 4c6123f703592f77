//! Functions that need the session: sequences, settings, identity; and the catalog's own functions.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use cairn_sql_catalog::functions::{self as catalog_functions, Facts};
use cairn_sql_catalog::schema::{Relation, Sequence};
use cairn_sql_catalog::sequence::{Exhausted, Position, Sequences};
use cairn_sql_catalog::system::session::{SETTINGS, Setting};
use cairn_sql_catalog::{Catalog, Oid};
use cairn_sql_types::kernel::{EvalContext, Function, Host};
use cairn_sql_types::{Datum, SqlError, SqlState, TypeId};
use rustc_hash::FxHashMap;

use crate::core::Core;
use crate::facts::LazyFacts;
use crate::settings::{Definition, definitions};

/// What a session remembers of the sequences it used, for `currval` and `lastval`.
#[derive(Debug, Default)]
pub(crate) struct SequenceMemory {
    last_of: FxHashMap<Oid, i64>,
    last_used: Option<Oid>,
    /// Values that the present attempt of the statement has drawn: sequence, position before and after.
    drawn: Vec<(Oid, Position, Position)>,
}

impl SequenceMemory {
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The statement has ended: what it drew is gone.
    pub(crate) fn keep_drawn(&mut self) {
        self.drawn.clear();
    }

    /// The statement starts again: it shall find the values that it drew, unless others drew meanwhile.
    pub(crate) fn take_back_drawn(&mut self, sequences: &mut Sequences) {
        for (sequence, before, after) in self.drawn.drain(..).rev() {
            sequences.take_back(sequence, before, after);
        }
    }
}

/// The host on the core's thread.
pub(crate) struct SessionHost<'a> {
    pub(crate) core: &'a Core,
    pub(crate) catalog: &'a Catalog,
    pub(crate) facts: LazyFacts<'a>,
    pub(crate) memory: &'a RefCell<SequenceMemory>,
    /// `set_config` calls of this statement, carried out when it ends: (name, value, local).
    pub(crate) set_config: &'a RefCell<Vec<(String, String, bool)>>,
    /// `pg_sleep` calls of this statement in microseconds, slept when it ends.
    pub(crate) sleep: &'a Cell<u64>,
}

impl SessionHost<'_> {
    fn sequence(&self, arg: Option<&Datum>) -> Result<Arc<Sequence>, SqlError> {
        let oid = match arg {
            Some(Datum::Oid(oid)) => Oid(*oid),
            _ => return Err(SqlError::internal("a sequence function was called without a regclass")),
        };
        match self.catalog.relation_by_oid(oid) {
            Some(Relation::Sequence(sequence)) => Ok(sequence.clone()),
            Some(other) => {
                Err(SqlError::new(SqlState::WRONG_OBJECT_TYPE, format!("\"{}\" is not a sequence", other.identity().1)))
            }
            None => {
                Err(SqlError::new(SqlState::UNDEFINED_TABLE, format!("relation with OID {} does not exist", oid.0)))
            }
        }
    }

    fn next_value(&self, args: &[Datum]) -> Result<Datum, SqlError> {
        let sequence = self.sequence(args.first())?;
        let mut sequences = self.core.sequences.borrow_mut();
        let before = sequences.position(&sequence);
        let value = sequences.next(&sequence).map_err(|end| exhausted(&sequence, end))?;
        let mut memory = self.memory.borrow_mut();
        memory.drawn.push((sequence.oid, before, sequences.position(&sequence)));
        memory.last_of.insert(sequence.oid, value);
        memory.last_used = Some(sequence.oid);
        Ok(Datum::Int8(value))
    }

    fn current_value(&self, args: &[Datum]) -> Result<Datum, SqlError> {
        let sequence = self.sequence(args.first())?;
        let memory = self.memory.borrow();
        memory.last_of.get(&sequence.oid).map(|value| Datum::Int8(*value)).ok_or_else(|| {
            let message = format!("currval of sequence \"{}\" is not yet defined in this session", sequence.name);
            SqlError::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message)
        })
    }

    fn last_value(&self) -> Result<Datum, SqlError> {
        let memory = self.memory.borrow();
        memory.last_used.and_then(|oid| memory.last_of.get(&oid)).map(|value| Datum::Int8(*value)).ok_or_else(|| {
            SqlError::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, "lastval is not yet defined in this session")
        })
    }

    fn set_value(&self, args: &[Datum]) -> Result<Datum, SqlError> {
        let sequence = self.sequence(args.first())?;
        let (value, called) = match args {
            [_, Datum::Int8(value)] => (*value, true),
            [_, Datum::Int8(value), Datum::Bool(called)] => (*value, *called),
            _ => return Err(SqlError::internal("setval was called with other types")),
        };
        if !(sequence.min..=sequence.max).contains(&value) {
            let message = format!(
                "setval: value {value} is out of bounds for sequence \"{}\" ({}..{})",
                sequence.name, sequence.min, sequence.max
            );
            return Err(SqlError::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, message));
        }
        self.core.sequences.borrow_mut().set(sequence.oid, Position { last: value, called });
        if called {
            self.memory.borrow_mut().last_of.insert(sequence.oid, value);
        }
        Ok(Datum::Int8(value))
    }

    fn set_config(&self, args: &[Datum]) -> Result<Datum, SqlError> {
        let [Datum::Text(name), value, local] = args else {
            return Err(SqlError::new(SqlState::NULL_VALUE_NOT_ALLOWED, "SET requires parameter name"));
        };
        let value = match value {
            Datum::Text(value) => value.clone(),
            _ => "".into(),
        };
        let local = matches!(local, Datum::Bool(true));
        self.set_config.borrow_mut().push((name.to_string(), value.to_string(), local));
        Ok(Datum::Text(value))
    }

    fn sleep(&self, args: &[Datum]) -> Result<Datum, SqlError> {
        let seconds = match args.first() {
            Some(Datum::Float8(seconds)) => seconds.max(0.0),
            _ => 0.0,
        };
        self.sleep.set(self.sleep.get().saturating_add((seconds * 1e6) as u64));
        Ok(Datum::text(""))
    }
}

pub(crate) fn exhausted(sequence: &Sequence, end: Exhausted) -> SqlError {
    let which = if end.maximum { "maximum" } else { "minimum" };
    SqlError::new(
        SqlState::of(b"2200H"),
        format!("nextval: reached {which} value of sequence \"{}\" ({})", sequence.name, end.bound),
    )
}

impl Host for SessionHost<'_> {
    fn call(&self, function: &'static Function, context: &EvalContext<'_>, args: &[Datum]) -> Result<Datum, SqlError> {
        match function.name {
            "nextval" => self.next_value(args),
            "currval" => self.current_value(args),
            "lastval" => self.last_value(),
            "setval" => self.set_value(args),
            "set_config" => self.set_config(args),
            "pg_sleep" => self.sleep(args),
            _ => catalog_functions::call(self.catalog, self.facts.get(), function, context, args),
        }
    }

    fn reg_out(&self, ty: TypeId, oid: u32) -> Option<String> {
        catalog_functions::reg_out(self.catalog, self.facts.get(), ty, oid)
    }

    fn reg_in(&self, ty: TypeId, name: &str) -> Result<u32, SqlError> {
        catalog_functions::reg_in(self.catalog, self.facts.get(), ty, name)
    }

    fn clock(&self) -> i64 {
        self.core.now()
    }

    fn random(&self) -> u64 {
        self.core.next_random()
    }
}

/// The host on the analytics pool: catalog functions, but nothing that changes the session.
#[derive(Debug)]
pub(crate) struct PoolHost {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) facts: Arc<Facts>,
    /// Wall clock when the statement began, and since.
    pub(crate) clock: i64,
    pub(crate) seed: std::sync::atomic::AtomicU64,
}

impl Host for PoolHost {
    fn call(&self, function: &'static Function, context: &EvalContext<'_>, args: &[Datum]) -> Result<Datum, SqlError> {
        match function.name {
            "nextval" | "currval" | "lastval" | "setval" | "set_config" | "pg_sleep" => {
                let what = format!("{}() in a query that needs the analytics executor", function.name);
                Err(SqlError::unsupported(what).hint("Compute it in a statement of its own, or as a column's default."))
            }
            _ => catalog_functions::call(&self.catalog, &self.facts, function, context, args),
        }
    }

    fn reg_out(&self, ty: TypeId, oid: u32) -> Option<String> {
        catalog_functions::reg_out(&self.catalog, &self.facts, ty, oid)
    }

    fn reg_in(&self, ty: TypeId, name: &str) -> Result<u32, SqlError> {
        catalog_functions::reg_in(&self.catalog, &self.facts, ty, name)
    }

    fn session_rows(&self, relation: &str) -> Vec<Vec<Datum>> {
        match relation {
            SETTINGS => setting_rows(&self.facts.settings),
            _ => Vec::new(),
        }
    }

    fn clock(&self) -> i64 {
        self.clock
    }

    fn random(&self) -> u64 {
        // SplitMix64 (Steele et al., 2014): a counter and a hash, so that threads need not agree on anything else.
        let counter = self.seed.fetch_add(0x9E37_79B9_7F4A_7C15, std::sync::atomic::Ordering::Relaxed);
        let mixed = (counter ^ (counter >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

fn setting_rows(values: &FxHashMap<String, String>) -> Vec<Vec<Datum>> {
    let row = |definition: &Definition| {
        let (kind, words) = definition.shape();
        let value = values.get(definition.name).map_or("", String::as_str);
        let Definition { name, default, description, .. } = *definition;
        Setting { name, value, default, description, kind, words, fixed: definition.writable().is_err() }.row()
    };
    definitions().map(row).collect()
}
