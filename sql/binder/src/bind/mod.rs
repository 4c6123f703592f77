//! Syntax to typed tree: names, types, coercions, and PostgreSQL's rules about what may stand where.

mod call;
mod case;
mod changed;
mod coerce;
mod conflict;
mod copy;
mod cte;
mod ddl;
mod defaults;
mod delete;
mod expr;
mod fold;
mod from;
mod group;
mod input;
mod insert;
mod join;
mod json_row;
mod matching;
mod names;
mod operator;
mod order;
mod params;
mod parts;
mod query;
mod row;
mod scope;
mod select;
mod setop;
mod subquery;
mod target;
mod types;
mod update;
mod utility;
mod values;
mod window;

use std::sync::Arc;

use cairn_sql_catalog::Catalog;
use cairn_sql_catalog::schema::Oid;
use cairn_sql_types::kernel::{EvalContext, Volatility};
use cairn_sql_types::{SqlError, SqlState};

use crate::ParsedStatement;
use crate::notice::Notice;
use crate::settings::{BindSettings, Bound, Flags, Parameter, TableUse};
use crate::stack::StackGuard;
use crate::syntax::ast;
use crate::syntax::token::Pos;
use crate::tree::{CteId, OutputColumn, RelId, Statement, Utility};

pub(crate) use input::output;
pub(crate) use params::Params;

/// Binds statements against one catalog snapshot.
pub struct Binder<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) settings: &'a BindSettings,
    /// For literals and constant folding.
    pub(crate) context: &'a EvalContext<'a>,
    pub(crate) params: Params,
    pub(crate) levels: Vec<scope::Level>,
    pub(crate) tables: Vec<TableUse>,
    pub(crate) flags: Flags,
    pub(crate) notices: Vec<Notice>,
    pub(crate) stack: StackGuard,
    /// The text being bound.
    pub(crate) source: Arc<str>,
    pub(crate) place: Place,
    /// Constants are computed; not while a definition is kept as text.
    pub(crate) folding: bool,
    next_rel: u32,
    next_cte: u32,
    /// Views being expanded.
    views: Vec<Oid>,
    /// Table names and stars met while a view's text is bound: what to write instead.
    pub(crate) rewrites: Option<Vec<(Pos, Pos, String)>>,
}

/// Where an expression stands: decides whether aggregates, windows and sets are allowed, and how errors name the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Targets,
    Where,
    Having,
    GroupBy,
    OrderBy,
    DistinctOn,
    JoinOn,
    FromFunction,
    Values,
    Limit,
    Offset,
    Filter,
    AggregateArgument,
    WindowPartition,
    WindowOrder,
    WindowFrame,
    UpdateSet,
    Returning,
    Check,
    Default,
    Execute,
}

/// An error at a place in the text.
pub(crate) fn at(state: SqlState, message: impl Into<String>, pos: Pos) -> SqlError {
    SqlError::new(state, message).at(pos + 1)
}

impl<'a> Binder<'a> {
    /// A binder for statements with these parameters. `context` reads literals and folds constants.
    pub fn new(
        catalog: &'a Catalog,
        settings: &'a BindSettings,
        context: &'a EvalContext<'a>,
        params: Vec<Parameter>,
    ) -> Self {
        Self {
            catalog,
            settings,
            context,
            params: Params::new(params),
            levels: Vec::new(),
            tables: Vec::new(),
            flags: Flags { read_only: true, ..Flags::default() },
            notices: Vec::new(),
            stack: StackGuard::new(),
            source: Arc::from(""),
            place: Place::Targets,
            folding: true,
            next_rel: 0,
            next_cte: 0,
            views: Vec::new(),
            rewrites: None,
        }
    }

    /// Takes no other parameters than those that were given: a simple query has none. 42P02 for others.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.params.closed = true;
        self
    }

    /// A binder for a text whose literals were lifted out.
    pub fn with_literals(
        catalog: &'a Catalog,
        settings: &'a BindSettings,
        context: &'a EvalContext<'a>,
        lifted: &crate::Lifted,
    ) -> Self {
        Self::new(catalog, settings, context, lifted.parameters())
    }

    /// Binds one statement.
    ///
    /// Errors are PostgreSQL's, with the position in characters of the whole text.
    pub fn bind(&mut self, statement: &ParsedStatement) -> Result<Bound, SqlError> {
        self.stack = StackGuard::new();
        self.source = statement.source.clone();
        self.notices.extend(statement.notices.iter().cloned());
        let tree = self
            .statement(&statement.tree)
            .map_err(|error| crate::position::in_characters(error, &statement.source))?;
        let params = self.params.finish().map_err(|error| crate::position::in_characters(error, &statement.source))?;
        let columns = columns_of(&tree);
        Ok(Bound {
            statement: tree,
            params,
            columns,
            tables: std::mem::take(&mut self.tables),
            flags: self.flags,
            notices: std::mem::take(&mut self.notices),
        })
    }

    pub(crate) fn statement(&mut self, statement: &ast::Statement) -> Result<Statement, SqlError> {
        Ok(match statement {
            ast::Statement::Query(query) => {
                if let Some(ddl) = self.select_into(query)? {
                    return Ok(Statement::Ddl(Box::new(ddl)));
                }
                Statement::Query(Box::new(self.query(query)?))
            }
            ast::Statement::Insert(insert) => Statement::Insert(Box::new(self.insert(insert)?)),
            ast::Statement::Update(update) => Statement::Update(Box::new(self.update(update)?)),
            ast::Statement::Delete(delete) => Statement::Delete(Box::new(self.delete(delete)?)),
            ast::Statement::Ddl(ddl) => {
                self.flags.read_only = false;
                Statement::Ddl(Box::new(self.ddl(ddl)?))
            }
            ast::Statement::Utility(utility) => Statement::Utility(Box::new(self.utility(utility)?)),
        })
    }

    pub(crate) fn new_rel(&mut self) -> RelId {
        self.next_rel += 1;
        RelId(self.next_rel - 1)
    }

    pub(crate) fn new_cte(&mut self) -> CteId {
        self.next_cte += 1;
        CteId(self.next_cte - 1)
    }

    /// Notes that a table is read or written.
    pub(crate) fn touch(&mut self, table: Oid, write: bool) {
        match self.tables.iter_mut().find(|known| known.table == table) {
            Some(known) => known.write |= write,
            None => self.tables.push(TableUse { table, write }),
        }
    }

    pub(crate) fn note_volatility(&mut self, volatility: Volatility) {
        match volatility {
            Volatility::Immutable => {}
            Volatility::Stable => self.flags.stable = true,
            Volatility::Volatile => self.flags.volatile = true,
        }
    }

    pub(crate) fn notice(&mut self, message: impl Into<String>) {
        self.notices.push(Notice::new(SqlState::SUCCESSFUL_COMPLETION, message));
    }

    /// Binds something that will be kept as text, as it is written.
    pub(crate) fn as_written<T>(&mut self, bind: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.folding, false);
        let result = bind(self);
        self.folding = outer;
        result
    }

    /// Binds something in another place.
    pub(crate) fn in_place<T>(&mut self, place: Place, bind: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.place, place);
        let result = bind(self);
        self.place = outer;
        result
    }
}

/// What a statement returns.
fn columns_of(statement: &Statement) -> Option<Vec<OutputColumn>> {
    let returned = |columns: &Vec<OutputColumn>| (!columns.is_empty()).then(|| columns.clone());
    match statement {
        Statement::Query(query) => Some(query.columns.clone()),
        Statement::Insert(insert) => returned(&insert.returning_columns),
        Statement::Update(update) => returned(&update.returning_columns),
        Statement::Delete(delete) => returned(&delete.returning_columns),
        Statement::Utility(utility) => utility_columns(utility),
        Statement::Ddl(_) => None,
    }
}

/// SHOW and EXPLAIN return rows; FETCH and EXECUTE return what their cursor or statement does, which the session knows.
fn utility_columns(utility: &Utility) -> Option<Vec<OutputColumn>> {
    use cairn_sql_types::TypeId;
    let text = |name: &str, ty| OutputColumn { name: name.into(), ty: cairn_sql_types::Type::plain(ty), source: None };
    Some(match utility {
        Utility::Show(Some(name)) => vec![text(utility::shown_as(name), TypeId::TEXT)],
        Utility::Show(None) => ["name", "setting", "description"].iter().map(|name| text(name, TypeId::TEXT)).collect(),
        Utility::Explain { json: true, .. } => vec![text("QUERY PLAN", TypeId::JSON)],
        Utility::Explain { .. } => vec![text("QUERY PLAN", TypeId::TEXT)],
        _ => return None,
    })
}

/// Levenshtein distance in characters, for hints.
pub(crate) fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replace = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

/// A type as messages show it.
pub(crate) fn type_name(id: cairn_sql_types::TypeId) -> String {
    id.sql_name()
}
