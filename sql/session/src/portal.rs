//! Prepared statements and portals of the extended protocol.

use std::rc::Rc;
use std::sync::Arc;

use cairn_sql_binder::tree::{OutputColumn, Statement as BoundStatement};
use cairn_sql_binder::utility::Utility;
use cairn_sql_types::{Datum, SqlError, SqlState, Type, TypeId};

use crate::client::{Format, Formats};
use crate::prepared::Prepared;
use crate::result::Held;
use crate::session::Session;

/// The columns that a statement returns; `None`: it returns no rows.
pub type Columns = Option<Arc<[OutputColumn]>>;

/// A prepared statement of a session.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) prepared: std::cell::RefCell<Rc<Prepared>>,
    /// What it returned when it was prepared: it must go on returning that.
    pub(crate) columns: Columns,
    pub(crate) params: Arc<[Type]>,
}

/// A statement with its parameters, ready to run or running.
#[derive(Debug)]
pub(crate) struct Portal {
    pub(crate) statement: Rc<Statement>,
    /// Until it runs.
    pub(crate) params: Vec<Datum>,
    pub(crate) formats: Formats,
    pub(crate) progress: Progress,
    /// WITH HOLD
    pub(crate) hold: bool,
}

impl Portal {
    /// Outlives its transaction: a cursor WITH HOLD, whose rows are computed.
    pub(crate) fn holds(&self) -> bool {
        self.hold
    }
}

/// How far a portal has come.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Not run yet.
    New,
    /// Rows that have not been asked for yet.
    Rows(Held),
    /// At its end.
    Done,
}

impl Session {
    /// Parse: prepares a statement.
    pub fn parse(&mut self, name: &str, text: &str, types: &[TypeId]) -> Result<(), SqlError> {
        if !name.is_empty() && self.statements.contains_key(name) {
            let message = format!("prepared statement \"{name}\" already exists");
            return Err(SqlError::new(SqlState::DUPLICATE_PREPARED_STATEMENT, message));
        }
        self.note_time();
        let statement = self.make_statement(text, types)?;
        self.statements.insert(name.to_owned(), Rc::new(statement));
        Ok(())
    }

    pub(crate) fn make_statement(&mut self, text: &str, types: &[TypeId]) -> Result<Statement, SqlError> {
        let prepared = self.prepare_one(text, types)?;
        self.check_not_failed(&prepared)?;
        let columns = self.columns_of(&prepared);
        Ok(Statement { params: prepared.params().into(), columns, prepared: prepared.into() })
    }

    /// What a statement returns. EXECUTE returns what its statement does, FETCH what its cursor does.
    fn columns_of(&self, prepared: &Prepared) -> Columns {
        let Some(BoundStatement::Utility(utility)) = prepared.statement() else {
            return prepared.columns().map(Arc::from);
        };
        match &**utility {
            Utility::Execute { name, .. } => self.statements.get(name)?.columns.clone(),
            Utility::Fetch { name, is_move: false, .. } => Some(self.cursors.get(name)?.columns.clone()),
            _ => prepared.columns().map(Arc::from),
        }
    }

    pub(crate) fn statement(&self, name: &str) -> Result<Rc<Statement>, SqlError> {
        self.statements.get(name).cloned().ok_or_else(|| {
            let message = match name {
                "" => "unnamed prepared statement does not exist".to_owned(),
                name => format!("prepared statement \"{name}\" does not exist"),
            };
            SqlError::new(SqlState::INVALID_SQL_STATEMENT_NAME, message)
        })
    }

    /// Bind: makes a portal of a statement and parameters. `values` yields `count` values.
    pub fn bind<'a>(
        &mut self,
        portal: &str,
        statement: &str,
        count: usize,
        values: impl Iterator<Item = Option<&'a [u8]>>,
        formats: &Formats,
        result_formats: Formats,
    ) -> Result<(), SqlError> {
        self.note_time();
        let statement_name = statement;
        let statement = self.statement(statement_name)?;
        self.check_not_failed(&statement.prepared.borrow())?;
        let wanted = statement.params.len();
        if count != wanted {
            let message = format!(
                "bind message supplies {count} parameters, but prepared statement \"{statement_name}\" requires {wanted}"
            );
            return Err(SqlError::new(SqlState::PROTOCOL_VIOLATION, message));
        }
        if !portal.is_empty() && (self.portals.contains_key(portal) || self.cursors.contains_key(portal)) {
            let message = format!("cursor \"{portal}\" already exists");
            return Err(SqlError::new(SqlState::DUPLICATE_CURSOR, message));
        }
        let returned = statement.columns.as_ref().map_or(0, |columns| columns.len());
        if let Some(given) = result_formats.count()
            && given != returned
        {
            let message = format!("bind message has {given} result formats but query has {returned} columns");
            return Err(SqlError::new(SqlState::PROTOCOL_VIOLATION, message));
        }
        let params = self.read_params(&statement.params, values, formats)?;
        let portal_state = Portal { statement, params, formats: result_formats, progress: Progress::New, hold: false };
        self.portals.insert(portal.to_owned(), portal_state);
        Ok(())
    }

    fn read_params<'a>(
        &mut self,
        types: &[Type],
        values: impl Iterator<Item = Option<&'a [u8]>>,
        formats: &Formats,
    ) -> Result<Vec<Datum>, SqlError> {
        self.with_eval(|context| {
            let mut params = Vec::with_capacity(types.len());
            for (index, (ty, value)) in types.iter().zip(values).enumerate() {
                let datum = match (value, formats.of(index)) {
                    (None, _) => Datum::Null,
                    (Some(bytes), Format::Text) => cairn_sql_types::io::input(context, *ty, text_of(bytes)?)?,
                    (Some(bytes), Format::Binary) => cairn_sql_types::io::receive(ty.id, bytes)?,
                };
                params.push(datum);
            }
            Ok(params)
        })
    }

    /// Describe of a statement: its parameters and columns.
    pub fn describe_statement(&mut self, name: &str) -> Result<(Arc<[Type]>, Columns), SqlError> {
        let statement = self.statement(name)?;
        self.check_not_failed(&statement.prepared.borrow())?;
        Ok((statement.params.clone(), statement.columns.clone()))
    }

    /// Describe of a portal: its columns and their formats. SQL's cursors are portals, too.
    pub fn describe_portal(&mut self, name: &str) -> Result<(Columns, Formats), SqlError> {
        if let Some(cursor) = self.cursors.get(name) {
            return Ok((Some(cursor.columns.clone()), Formats::default()));
        }
        let portal = self.portals.get(name).ok_or_else(|| no_portal(name))?;
        self.check_not_failed(&portal.statement.prepared.borrow())?;
        Ok((portal.statement.columns.clone(), portal.formats.clone()))
    }

    /// Close of a statement. Portals made of it stay.
    pub fn close_statement(&mut self, name: &str) {
        self.statements.remove(name);
    }

    /// Close of a portal.
    pub fn close_portal(&mut self, name: &str) {
        self.portals.remove(name);
        self.cursors.remove(name);
    }
}

pub(crate) fn no_portal(name: &str) -> SqlError {
    let message = match name {
        "" => "portal \"\" does not exist".to_owned(),
        name => format!("portal \"{name}\" does not exist"),
    };
    SqlError::new(SqlState::INVALID_CURSOR_NAME, message)
}

/// A parameter's text: UTF-8 without zero bytes.
fn text_of(bytes: &[u8]) -> Result<&str, SqlError> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0) => Ok(text),
        // The binary form of text has the same rule, and the words for what breaks it.
        _ => Err(cairn_sql_types::io::receive(TypeId::TEXT, bytes).expect_err("neither UTF-8 nor free of zero bytes")),
    }
}
