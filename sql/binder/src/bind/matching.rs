//! LIKE, ILIKE and SIMILAR TO: operators over patterns; other escape characters go through `like_escape` and
//! `similar_to_escape`, as in PostgreSQL.

use cairn_sql_types::SqlError;

use super::Binder;
use super::coerce::Placed;
use crate::syntax::ast::{Match, MatchKind};
use crate::syntax::token::Pos;
use crate::tree::Expr;

impl Binder<'_> {
    pub(crate) fn matching(&mut self, matching: &Match, pos: Pos) -> Result<Expr, SqlError> {
        let arg = self.expr(&matching.arg)?;
        let pattern = match (matching.kind, &matching.escape) {
            (MatchKind::Similar, None) => self.system_function("similar_to_escape", &[&matching.pattern], pos)?,
            (MatchKind::Similar, Some(escape)) => {
                self.system_function("similar_to_escape", &[&matching.pattern, escape], pos)?
            }
            (_, None) => return self.match_operator(matching, arg, None, pos),
            (_, Some(escape)) => self.system_function("like_escape", &[&matching.pattern, escape], pos)?,
        };
        self.match_operator(matching, arg, Some(pattern), pos)
    }

    fn match_operator(
        &mut self,
        matching: &Match,
        arg: Placed,
        pattern: Option<Expr>,
        pos: Pos,
    ) -> Result<Expr, SqlError> {
        let symbol = match (matching.kind, matching.negated) {
            (MatchKind::Like, false) => "~~",
            (MatchKind::Like, true) => "!~~",
            (MatchKind::ILike, false) => "~~*",
            (MatchKind::ILike, true) => "!~~*",
            (MatchKind::Similar, false) => "~",
            (MatchKind::Similar, true) => "!~",
        };
        let pattern = match pattern {
            Some(expr) => Placed { expr, pos: matching.pattern.pos },
            None => self.expr(&matching.pattern)?,
        };
        self.operator(symbol, arg, pattern, pos)
    }
}
