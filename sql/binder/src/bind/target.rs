//! Select lists: `*`, names of output columns.

use std::sync::Arc;

use cairn_sql_catalog::schema::Oid;
use cairn_sql_types::functions::quote_ident;
use cairn_sql_types::{SqlError, SqlState};

use super::query::QueryMode;
use super::scope::{Found, ScopeColumn};
use super::select::WorkTarget;
use super::{Binder, at};
use crate::syntax::ast::{Expr as Syntax, ExprKind, Name, Target as SyntaxTarget};
use crate::syntax::token::Pos;
use crate::tree::Expr;

/// A column of `*`: name, value, table column.
pub(crate) type StarColumn = (Arc<str>, Expr, Option<(Oid, i16)>);

/// A column of a FROM item, with the item's name.
type Offered = (Option<Arc<str>>, ScopeColumn);

impl Binder<'_> {
    pub(crate) fn targets(&mut self, syntax: &[SyntaxTarget], mode: QueryMode) -> Result<Vec<WorkTarget>, SqlError> {
        let mut targets = Vec::with_capacity(syntax.len());
        for target in syntax {
            let pos = target.expr.pos;
            if let Some(columns) = self.star_target(target)? {
                let column = |(name, expr, source)| WorkTarget { expr, name, source, hidden: false, pos };
                targets.extend(columns.into_iter().map(column));
                continue;
            }
            let placed = self.expr(&target.expr)?;
            let source = self.source_of(&placed.expr);
            let expr = if mode.keep_unknown { placed.expr } else { self.settle(placed)? };
            let name = match &target.alias {
                Some(alias) => Arc::from(&*alias.text),
                None => Arc::from(output_name(&target.expr)),
            };
            targets.push(WorkTarget { expr, name, source, hidden: false, pos });
        }
        const TARGETS_MAX: usize = 1664;
        if targets.len() > TARGETS_MAX {
            let message = format!("target lists can have at most {TARGETS_MAX} entries");
            return Err(SqlError::new(SqlState::TOO_MANY_COLUMNS, message));
        }
        Ok(targets)
    }

    /// The columns of `*`, `t.*` or `(t).*`.
    fn star_target(&mut self, target: &SyntaxTarget) -> Result<Option<Vec<StarColumn>>, SqlError> {
        match &target.expr.kind {
            ExprKind::Star(parts) => self.star_columns(parts, target.expr.pos).map(Some),
            ExprKind::Field(arg, None) => match &arg.kind {
                ExprKind::Column(parts) => self.star_columns(parts, target.expr.pos).map(Some),
                _ => Err(SqlError::unsupported("expansion of a row value").at(target.expr.pos + 1)),
            },
            _ => Ok(None),
        }
    }

    /// The columns that a star stands for, marked as used.
    pub(crate) fn star_columns(&mut self, parts: &[Name], pos: Pos) -> Result<Vec<StarColumn>, SqlError> {
        let (level, columns): (usize, Vec<Offered>) = if parts.is_empty() {
            let level = self.levels.len().saturating_sub(1);
            let items = self.levels.last().map_or(&[][..], |level| &level.items);
            if items.is_empty() {
                return Err(at(SqlState::SYNTAX_ERROR, "SELECT * with no tables specified is not valid", pos));
            }
            let visible = items.iter().filter(|item| item.unqualified);
            (
                level,
                visible
                    .flat_map(|item| item.columns.iter().map(|column| (item.name.clone(), column.clone())))
                    .collect(),
            )
        } else {
            let (level, item) = self.find_item(parts, pos)?;
            (level, item.columns.iter().map(|column| (item.name.clone(), column.clone())).collect())
        };
        self.rewrite_star(parts, &columns, pos);
        let mut stars = Vec::with_capacity(columns.len());
        for (_, column) in columns {
            let found = Found { level, column };
            self.note_use(&found, pos);
            stars.push((found.column.name, found.column.expr, found.column.source));
        }
        Ok(stars)
    }

    /// In a view's text a star is written out, so that columns added later do not appear in it.
    fn rewrite_star(&mut self, parts: &[Name], columns: &[Offered], pos: Pos) {
        let Some(rewrites) = &mut self.rewrites else { return };
        let rest = self.source.get(pos as usize..).unwrap_or_default();
        let Some(length) = rest.find('*') else { return };
        let one = |(item, column): &Offered| match (parts.last(), item) {
            (Some(part), _) => format!("{}.{}", quote_ident(&part.text), quote_ident(&column.name)),
            (None, Some(item)) => format!("{}.{}", quote_ident(item), quote_ident(&column.name)),
            (None, None) => quote_ident(&column.name),
        };
        let list = columns.iter().map(one).collect::<Vec<_>>().join(", ");
        rewrites.push((pos, pos + length as u32 + 1, list));
    }

    /// The table column that an expression is, for RowDescription.
    fn source_of(&self, expr: &Expr) -> Option<(Oid, i16)> {
        let Expr::Column(rel, column, _) = expr else { return None };
        let mut columns = self.levels.iter().flat_map(|level| &level.items).flat_map(|item| &item.columns);
        columns
            .find(|known| matches!(&known.expr, Expr::Column(r, c, _) if r == rel && c == column))
            .and_then(|known| known.source)
    }
}

/// PostgreSQL's `FigureColname`.
pub(crate) fn output_name(syntax: &Syntax) -> String {
    guess(syntax).map_or_else(|| "?column?".to_owned(), |(name, _)| name)
}

/// A name and whether it is a strong guess (a weak one loses to a type's name).
fn guess(syntax: &Syntax) -> Option<(String, bool)> {
    let strong = |name: &str| Some((name.to_owned(), true));
    match &syntax.kind {
        ExprKind::Column(parts) => strong(&parts.last()?.text),
        ExprKind::Field(_, Some(name)) => strong(&name.text),
        ExprKind::Subscript(arg, _) | ExprKind::Collate(arg, _) => guess(arg),
        ExprKind::Call(call) => strong(call.name.last()),
        ExprKind::AtTimeZone(..) => strong("timezone"),
        ExprKind::Cast(arg, ty) => match guess(arg) {
            Some((name, true)) => strong(&name),
            _ => Some((ty.name.last().to_owned(), false)),
        },
        ExprKind::Case { otherwise, .. } => match otherwise.as_deref().and_then(guess) {
            Some((name, true)) => strong(&name),
            _ => Some(("case".to_owned(), false)),
        },
        ExprKind::NullIf(..) => strong("nullif"),
        ExprKind::Coalesce(_) => strong("coalesce"),
        ExprKind::Extreme { greatest: true, .. } => strong("greatest"),
        ExprKind::Extreme { greatest: false, .. } => strong("least"),
        ExprKind::Array(_) | ExprKind::ArrayQuery(_) => strong("array"),
        ExprKind::Row { .. } => strong("row"),
        ExprKind::Exists(_) => strong("exists"),
        ExprKind::Grouping(_) => strong("grouping"),
        ExprKind::Keyword(word, _) => strong(word),
        ExprKind::Scalar(query) => match &query.body {
            crate::syntax::ast::Body::Select(select) => {
                let target = select.targets.first()?;
                match &target.alias {
                    Some(alias) => strong(&alias.text),
                    None => guess(&target.expr),
                }
            }
            crate::syntax::ast::Body::Values(_) => strong("column1"),
            crate::syntax::ast::Body::SetOperation { .. } => None,
        },
        _ => None,
    }
}
