//! The tables that scripts need, and what has to hold in them afterwards.

use super::{Case, Options, Script, invariants, ycsb};
use crate::error::{BenchError, output};
use crate::run::Run;
use crate::server::{Subject, Way, query};

/// Tables that several scripts share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tables {
    /// pgbench's four.
    Pgbench,
    /// YCSB's one.
    Ycsb,
    /// Those of [`invariants`].
    Invariants,
}

/// Makes and fills the tables that the scripts need, unless another subject has done so on the same server.
pub(super) fn load(subject: &Subject, options: &Options) -> Result<(), BenchError> {
    let needs = |tables| !subject.shared && options.scripts.iter().any(|script| script.tables() == tables);
    if needs(Tables::Ycsb) {
        ycsb::load(subject.server.as_ref(), options.scale)?;
    }
    if needs(Tables::Invariants) {
        invariants::load(subject, options.scale)?;
    }
    if needs(Tables::Pgbench) {
        output(subject.program("pgbench", Way::Tcp).args(["-i", "-q", "-s", &options.scale.to_string()]))?;
    }
    Ok(())
}

/// Levels of isolation matter where something is written.
pub(super) fn runs(subject: &Subject, case: Case) -> bool {
    !subject.chooses_a_level() || !case.script.only_reads()
}

/// tpcb-like adds the same amounts to four tables: are the sums equal after everything? Notes it.
pub(super) fn check(subject: &Subject, options: &Options, run: &mut Run) -> Result<(), BenchError> {
    if subject.shared || !options.scripts.contains(&Script::TpcbLike) {
        return Ok(());
    }
    let sums = query(
        subject.server.as_ref(),
        "select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history) \
         and (select sum(tbalance) from pgbench_tellers) = (select sum(bbalance) from pgbench_branches)",
    )?;
    let verdict = if sums == "t" || sums.is_empty() { "equal" } else { "NOT EQUAL" };
    run.notes.push(format!("{}: sums of the four tables afterwards are {verdict}", subject.name));
    Ok(())
}
