//! CREATE and ALTER SEQUENCE.

use std::sync::Arc;

use cairn_sql_catalog::schema::{Oid, Relation, Sequence};
use cairn_sql_types::{SqlError, SqlState, TypeId};

use crate::bind::names::not_a;
use crate::bind::{Binder, at};
use crate::ddl::Ddl;
use crate::syntax::ast::ObjectName;
use crate::syntax::ddl::SequenceOption;

/// A sequence with PostgreSQL's defaults for its type.
pub(crate) fn fresh(schema: Oid, name: &str, ty: TypeId) -> Sequence {
    Sequence {
        oid: Oid(0),
        schema,
        name: Arc::from(name),
        ty,
        start: 1,
        increment: 1,
        min: 1,
        max: bounds(ty).1,
        cache: 1,
        cycle: false,
        owned_by: None,
    }
}

fn bounds(ty: TypeId) -> (i64, i64) {
    match ty {
        TypeId::INT2 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        TypeId::INT4 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

fn invalid(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

impl Binder<'_> {
    pub(crate) fn create_sequence(
        &mut self,
        name: &ObjectName,
        if_not_exists: bool,
        options: &[SequenceOption],
    ) -> Result<Ddl, SqlError> {
        let schema = self.creation_schema(name)?;
        self.check_writable_schema(schema)?;
        let exists = self.check_free(schema, name.last(), if_not_exists)?;
        let base = fresh(schema, name.last(), TypeId::INT8);
        let (sequence, _) = self.with_options(base, options, true)?;
        Ok(Ddl::CreateSequence { sequence, exists })
    }

    pub(crate) fn alter_sequence(
        &mut self,
        name: &ObjectName,
        if_exists: bool,
        options: &[SequenceOption],
    ) -> Result<Ddl, SqlError> {
        let sequence = match self.find_relation(name)? {
            Some(Relation::Sequence(sequence)) => sequence.clone(),
            Some(_) => return Err(not_a("sequence", name)),
            None if if_exists => {
                let notice = format!("relation \"{}\" does not exist, skipping", name.last());
                let notice = crate::Notice::new(SqlState::SUCCESSFUL_COMPLETION, notice);
                return Ok(Ddl::Nothing { notice, tag: "ALTER SEQUENCE" });
            }
            None => return Err(crate::position::without(crate::bind::names::missing_relation(name))),
        };
        let (sequence, restart) = self.with_options((*sequence).clone(), options, false)?;
        Ok(Ddl::AlterSequence { sequence, restart })
    }

    /// Applies options and checks the result; `new`: unset bounds follow type and direction. Also RESTART's value.
    pub(crate) fn with_options(
        &mut self,
        mut sequence: Sequence,
        options: &[SequenceOption],
        new: bool,
    ) -> Result<(Sequence, Option<i64>), SqlError> {
        let mut seen = Seen::default();
        for option in options {
            self.apply_option(&mut sequence, option, new, &mut seen)?;
        }
        let (type_min, type_max) = bounds(sequence.ty);
        let ascending = sequence.increment > 0;
        match seen.min {
            Some(Some(min)) => sequence.min = min,
            Some(None) => sequence.min = if ascending { 1 } else { type_min },
            None if new || seen.ty => sequence.min = if ascending { 1 } else { type_min },
            None => {}
        }
        match seen.max {
            Some(Some(max)) => sequence.max = max,
            Some(None) => sequence.max = if ascending { type_max } else { -1 },
            None if new || seen.ty => sequence.max = if ascending { type_max } else { -1 },
            None => {}
        }
        match seen.start {
            Some(start) => sequence.start = start,
            None if new => sequence.start = if ascending { sequence.min } else { sequence.max },
            None => {}
        }
        check(&sequence, seen.restart.flatten())?;
        let restart = seen.restart.map(|value| value.unwrap_or(sequence.start));
        Ok((sequence, restart))
    }

    fn apply_option(
        &mut self,
        sequence: &mut Sequence,
        option: &SequenceOption,
        new: bool,
        seen: &mut Seen,
    ) -> Result<(), SqlError> {
        let twice = |pos: u32| Err(at(SqlState::SYNTAX_ERROR, "conflicting or redundant options", pos));
        match option {
            SequenceOption::As(ty) => {
                let pos = ty.pos;
                let ty = self.type_of(ty)?;
                if !matches!(ty.id, TypeId::INT2 | TypeId::INT4 | TypeId::INT8) {
                    return Err(invalid("sequence type must be smallint, integer, or bigint"));
                }
                if std::mem::replace(&mut seen.ty, true) {
                    return twice(pos);
                }
                sequence.ty = ty.id;
            }
            SequenceOption::Increment(step, pos) => {
                if *step == 0 {
                    return Err(invalid("INCREMENT must not be zero"));
                }
                if std::mem::replace(&mut seen.increment, true) {
                    return twice(*pos);
                }
                sequence.increment = *step;
            }
            SequenceOption::Min(min, pos) => {
                if seen.min.replace(*min).is_some() {
                    return twice(*pos);
                }
            }
            SequenceOption::Max(max, pos) => {
                if seen.max.replace(*max).is_some() {
                    return twice(*pos);
                }
            }
            SequenceOption::Start(start, pos) => {
                if seen.start.replace(*start).is_some() {
                    return twice(*pos);
                }
            }
            SequenceOption::Restart(value, pos) => {
                if new {
                    return Err(at(SqlState::SYNTAX_ERROR, "syntax error at or near \"RESTART\"", *pos));
                }
                if seen.restart.replace(*value).is_some() {
                    return twice(*pos);
                }
            }
            SequenceOption::Cache(cache, pos) => {
                if *cache <= 0 {
                    return Err(invalid(format!("CACHE ({cache}) must be greater than zero")));
                }
                if std::mem::replace(&mut seen.cache, true) {
                    return twice(*pos);
                }
                sequence.cache = *cache;
            }
            SequenceOption::Cycle(cycle, pos) => {
                if std::mem::replace(&mut seen.cycle, true) {
                    return twice(*pos);
                }
                sequence.cycle = *cycle;
            }
            SequenceOption::OwnedBy(owner, pos) => {
                if std::mem::replace(&mut seen.owner, true) {
                    return twice(*pos);
                }
                sequence.owned_by = self.owner(sequence, owner.as_ref())?;
            }
        }
        Ok(())
    }

    /// `OWNED BY table.column`
    fn owner(&self, sequence: &Sequence, owner: Option<&ObjectName>) -> Result<Option<(Oid, usize)>, SqlError> {
        let Some(owner) = owner else { return Ok(None) };
        let Some((column, table)) = owner.parts.split_last().filter(|(_, table)| !table.is_empty()) else {
            return Err(SqlError::new(SqlState::SYNTAX_ERROR, "invalid OWNED BY option")
                .hint("Specify OWNED BY table.column or OWNED BY NONE."));
        };
        let table = self.table(&ObjectName { parts: table.to_vec() }).map_err(crate::position::without)?;
        if table.schema != sequence.schema {
            let message = "sequence must be in same schema as table it is linked to";
            return Err(SqlError::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, message));
        }
        let column = crate::bind::insert::table_column(&table, column).map_err(crate::position::without)?;
        Ok(Some((table.oid, column)))
    }
}

/// Options met so far.
#[derive(Default)]
struct Seen {
    ty: bool,
    increment: bool,
    min: Option<Option<i64>>,
    max: Option<Option<i64>>,
    start: Option<i64>,
    restart: Option<Option<i64>>,
    cache: bool,
    cycle: bool,
    owner: bool,
}

/// PostgreSQL's checks of a sequence's numbers.
fn check(sequence: &Sequence, restart: Option<i64>) -> Result<(), SqlError> {
    let (type_min, type_max) = bounds(sequence.ty);
    let ty = crate::bind::type_name(sequence.ty);
    if sequence.max > type_max || sequence.max < type_min {
        return Err(invalid(format!("MAXVALUE ({}) is out of range for sequence data type {ty}", sequence.max)));
    }
    if sequence.min < type_min || sequence.min > type_max {
        return Err(invalid(format!("MINVALUE ({}) is out of range for sequence data type {ty}", sequence.min)));
    }
    if sequence.min >= sequence.max {
        return Err(invalid(format!("MINVALUE ({}) must be less than MAXVALUE ({})", sequence.min, sequence.max)));
    }
    for (word, value) in [("START", Some(sequence.start)), ("RESTART", restart)] {
        let Some(value) = value else { continue };
        if value < sequence.min {
            return Err(invalid(format!("{word} value ({value}) cannot be less than MINVALUE ({})", sequence.min)));
        }
        if value > sequence.max {
            return Err(invalid(format!("{word} value ({value}) cannot be greater than MAXVALUE ({})", sequence.max)));
        }
    }
    Ok(())
}
