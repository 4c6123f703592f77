//! Tarantool: a row is a tuple of a space. Once by its own requests, once by its SQL.

use std::path::Path;
use std::rc::Rc;

use super::workload::{ACCOUNTS, BALANCE, BODY_BYTES, Operation, Workload};
use super::{Options, Outcome, Session, Store};
use crate::duty::PAIRS;
use crate::error::BenchError;
use crate::server::Tarantool;
use crate::server::iproto::{Field, Iproto, Prepared};

const ROWS: u64 = 600;
const HOT: u64 = 601;

/// The spaces, their rows, and the functions that clients call.
const SCRIPT: &str = "
    assert(box.execute('CREATE TABLE sql_rows (id INTEGER PRIMARY KEY, body TEXT)'))
    local function space(name, id)
        local made = box.schema.space.create(name, {id = id})
        made:create_index('primary', {parts = {{1, 'unsigned'}}})
        return made
    end
    local rows, hot, bank = space('rows', 600), space('hot', 601), space('bank', 602)
    local body = string.rep('x', BODY_BYTES)
    for id = 0, ROWS - 1 do rows:insert{id, body} end
    for id = 0, ACCOUNTS - 1 do bank:insert{id, BALANCE} end
    hot:insert{1, 0}
    for id = 0, ROWS - 1 do box.space.SQL_ROWS:insert{id, body} end
    local function stored(name, body) box.schema.func.create(name, {body = body}) end
    stored('hot', 'function() return box.space.hot:get(1)[2] end')
    stored('sum', 'function() local s = 0 for _, t in box.space.bank:pairs() do s = s + t[2] end return s end')
    local duty = box.schema.space.create('duty', {id = 603})
    duty:create_index('primary', {parts = {{1, 'unsigned'}, {2, 'unsigned'}}})
    for pair = 1, PAIRS do duty:insert{pair, 0, 1, 0} duty:insert{pair, 1, 1, 0} end
    stored('skews', [[function()
        local s, on_duty = 0, {}
        for _, t in box.space.duty:pairs() do
            local pair, on = t[1], t[3]
            s, on_duty[pair] = s + t[4], (on_duty[pair] or 0) + on
        end
        for _, on in pairs(on_duty) do if on == 0 then s = s + 1 end end
        return s
    end]])
    stored('modify', [[function(id, body)
        box.begin()
        local there = box.space.rows:get(id) ~= nil
        box.space.rows:replace{id, body}
        box.commit()
        return there and 1 or 0
    end]])
    stored('duty', [[function(pair, side)
        box.begin()
        local duty = box.space.duty
        local on = duty:get{pair, 0}[3] + duty:get{pair, 1}[3]
        duty:update({pair, side}, {{'=', 3, on > 1 and 0 or 1}, {'+', 4, on == 0 and 1 or 0}})
        box.commit()
        return on
    end]])
    stored('move', [[function(from, to, amount)
        box.begin()
        box.space.bank:update(from, {{'-', 2, amount}})
        box.space.bank:update(to, {{'+', 2, amount}})
        box.commit()
        return 0
    end]])
";

/// How a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// By Tarantool's own requests, and by stored functions for what is more than one of them.
    Requests,
    /// By prepared statements.
    Sql,
}

/// A server, asked in one way.
pub(super) struct Asked {
    pub(super) server: Rc<Tarantool>,
    pub(super) language: Language,
}

/// Starts and fills Tarantool.
pub(super) fn start(directory: &Path, options: &Options) -> Result<Tarantool, BenchError> {
    let script = SCRIPT
        .replace("ROWS - 1", &format!("{}", options.rows - 1))
        .replace("ACCOUNTS - 1", &format!("{}", ACCOUNTS - 1))
        .replace("PAIRS", &PAIRS.to_string())
        .replace("BODY_BYTES", &BODY_BYTES.to_string())
        .replace("BALANCE", &BALANCE.to_string());
    Tarantool::start(directory, &script)
}

impl Store for Asked {
    fn name(&self) -> &'static str {
        match self.language {
            Language::Requests => "tarantool",
            Language::Sql => "tarantool SQL",
        }
    }

    fn takes(&self, workload: Workload) -> bool {
        match self.language {
            Language::Requests => workload != Workload::LongReaders,
            Language::Sql => !workload.has_transactions() && workload != Workload::HotRow,
        }
    }

    fn process(&self) -> Option<u32> {
        Some(self.server.process())
    }

    fn connect(&self) -> Result<Box<dyn Session>, BenchError> {
        let mut connection = Iproto::connect(self.server.port())?;
        Ok(match self.language {
            Language::Requests => Box::new(connection),
            Language::Sql => {
                let get = connection.prepare("SELECT body FROM sql_rows WHERE id = ?")?;
                let put = connection.prepare("UPDATE sql_rows SET body = ? WHERE id = ?")?;
                let insert = connection.prepare("INSERT INTO sql_rows VALUES (?, ?)")?;
                let scan = connection.prepare("SELECT body FROM sql_rows WHERE id >= ? ORDER BY id LIMIT ?")?;
                Box::new(Sql { connection, get, put, insert, scan })
            }
        })
    }

    fn witness(&self, workload: Workload) -> Result<Option<i64>, BenchError> {
        let function = match workload {
            Workload::HotRow => "hot",
            Workload::Bank => "sum",
            Workload::WriteSkew => "skews",
            _ => return Ok(None),
        };
        Iproto::connect(self.server.port())?.call(function, &[]).map(Some)
    }
}

impl Session for Iproto {
    fn perform(&mut self, operation: Operation<'_>) -> Result<Outcome, BenchError> {
        match operation {
            Operation::Get(id) => found(self.has(ROWS, id)?, id)?,
            Operation::Put(id, body) | Operation::Insert(id, body) => {
                self.replace(ROWS, &[Field::Number(id), Field::Text(body)])?;
            }
            Operation::Scan { from, rows } => found(self.scan(ROWS, from, rows)? > 0, from)?,
            Operation::Modify(id, body) => {
                found(self.call("modify", &[Field::Number(id), Field::Text(body)])? == 1, id)?
            }
            Operation::Duty { pair, side } => drop(self.call("duty", &[pair, side].map(Field::Number))?),
            Operation::Increment => self.increment(HOT, 1)?,
            Operation::Transfer { from, to, amount } => {
                self.call("move", &[from, to, amount].map(Field::Number))?;
            }
            Operation::Hold(_) => return Err(BenchError::Missing("this workload in Tarantool".to_owned())),
        }
        Ok(Outcome::Done)
    }
}

/// A connection with its prepared statements.
struct Sql {
    connection: Iproto,
    get: Prepared,
    put: Prepared,
    insert: Prepared,
    scan: Prepared,
}

impl Session for Sql {
    fn perform(&mut self, operation: Operation<'_>) -> Result<Outcome, BenchError> {
        match operation {
            Operation::Get(id) => found(self.connection.execute(self.get, &[Field::Number(id)])? == 1, id)?,
            Operation::Put(id, body) => {
                self.connection.execute(self.put, &[Field::Text(body), Field::Number(id)])?;
            }
            Operation::Insert(id, body) => {
                self.connection.execute(self.insert, &[Field::Number(id), Field::Text(body)])?;
            }
            Operation::Scan { from, rows } => {
                found(self.connection.execute(self.scan, &[from, rows].map(Field::Number))? > 0, from)?;
            }
            Operation::Increment
            | Operation::Transfer { .. }
            | Operation::Modify(..)
            | Operation::Hold(_)
            | Operation::Duty { .. } => {
                return Err(BenchError::Missing("this workload in Tarantool's SQL".to_owned()));
            }
        }
        Ok(Outcome::Done)
    }
}

fn found(found: bool, id: u64) -> Result<(), BenchError> {
    if found { Ok(()) } else { Err(BenchError::parse("a row", &id.to_string())) }
}
