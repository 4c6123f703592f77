//! Transaction control.

use super::{Parsed, Parser};
use crate::syntax::ddl::Utility;
use crate::utility::{IsolationLevel, TransactionModes, Utility as Bound};

impl Parser<'_> {
    /// BEGIN, START TRANSACTION
    pub(super) fn begin(&mut self) -> Parsed<Utility> {
        let start = self.eat_word("start");
        if start {
            self.expect_word("transaction")?;
        } else {
            self.skip(1);
            self.transaction_word();
        }
        let modes = self.transaction_modes(false)?;
        Ok(Utility::Begin { modes, start })
    }

    fn transaction_word(&mut self) {
        let _ = self.eat_word("work") || self.eat_word("transaction");
    }

    /// Modes separated by commas or blanks; `required`: at least one.
    pub(super) fn transaction_modes(&mut self, required: bool) -> Parsed<TransactionModes> {
        let mut modes = TransactionModes::default();
        let mut any = false;
        loop {
            if self.eat_words(&["isolation", "level"]) {
                modes.isolation = Some(self.isolation_level()?);
            } else if self.eat_words(&["read", "only"]) {
                modes.read_only = Some(true);
            } else if self.eat_words(&["read", "write"]) {
                modes.read_only = Some(false);
            } else if self.eat_words(&["not", "deferrable"]) {
                modes.deferrable = Some(false);
            } else if self.eat_word("deferrable") {
                modes.deferrable = Some(true);
            } else if required && !any {
                return Err(self.unexpected());
            } else {
                return Ok(modes);
            }
            any = true;
            if self.is(',') {
                self.skip(1);
                if !matches!(self.word_ahead(0), Some("isolation" | "read" | "not" | "deferrable")) {
                    return Err(self.unexpected());
                }
            }
        }
    }

    fn isolation_level(&mut self) -> Parsed<IsolationLevel> {
        if self.eat_words(&["read", "uncommitted"]) {
            return Ok(IsolationLevel::ReadUncommitted);
        }
        if self.eat_words(&["read", "committed"]) {
            return Ok(IsolationLevel::ReadCommitted);
        }
        if self.eat_words(&["repeatable", "read"]) {
            return Ok(IsolationLevel::RepeatableRead);
        }
        self.expect_word("serializable")?;
        Ok(IsolationLevel::Serializable)
    }

    /// COMMIT, END, ROLLBACK, ABORT, ROLLBACK TO
    pub(super) fn commit_or_rollback(&mut self) -> Parsed<Utility> {
        let commit = self.is_word("commit") || self.is_word("end");
        let pos = self.pos();
        self.skip(1);
        if self.is_word("prepared") {
            return self.unsupported("two-phase commit by name", pos);
        }
        self.transaction_word();
        if !commit && self.eat_word("to") {
            self.eat_word("savepoint");
            return Ok(Utility::RollbackTo(self.name()?));
        }
        let mut chain = false;
        if self.eat_word("and") {
            chain = !self.eat_word("no");
            self.expect_word("chain")?;
        }
        Ok(Utility::Plain(if commit { Bound::Commit { chain } } else { Bound::Rollback { chain } }))
    }
}
