//! Redis: a row is a string under its number. One thread, and no isolation to choose: commands run one after the other.

use std::path::Path;

use super::workload::{ACCOUNTS, BALANCE, Operation, Workload, body};
use super::{Options, Outcome, Session, Store};
use crate::duty::{Change, PAIRS};
use crate::error::BenchError;
use crate::server::resp::{Reply, Resp};
use crate::server::{Keeps, Redis};

const SKEWS: &[u8] = b"local s = tonumber(redis.call('GET', 'seen') or 0) for i = 1, ARGV[1] do \
    if redis.call('GET', 'duty' .. i .. ':0') + redis.call('GET', 'duty' .. i .. ':1') == 0 then s = s + 1 end end return s";
const SUM: &[u8] = b"local s = 0 for i = 0, ARGV[1] - 1 do s = s + redis.call('GET', 'bank' .. i) end return s";

/// Starts and fills Redis.
pub(super) fn start(directory: &Path, options: &Options) -> Result<Redis, BenchError> {
    let server = Redis::start(directory, Keeps::Log)?;
    let mut connection = Resp::connect(server.port())?;
    connection.call(&[b"SET", b"hot", b"0"])?;
    let text = body(0);
    connection.set_all(options.rows, |id| (id.to_string(), text.clone()))?;
    connection.set_all(ACCOUNTS, |id| (account(id), BALANCE.to_string()))?;
    connection.set_all(2 * u64::from(PAIRS), |person| (on_duty(1 + person / 2, person % 2), "1".to_owned()))?;
    Ok(server)
}

fn account(id: u64) -> String {
    format!("bank{id}")
}

fn on_duty(pair: u64, side: u64) -> String {
    format!("duty{pair}:{side}")
}

impl Store for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    /// Keys have no order, and there are no snapshots.
    fn takes(&self, workload: Workload) -> bool {
        !matches!(workload, Workload::YcsbE | Workload::LongReaders)
    }

    fn process(&self) -> Option<u32> {
        Some(Redis::process(self))
    }

    fn connect(&self) -> Result<Box<dyn Session>, BenchError> {
        Ok(Box::new(Resp::connect(self.port())?))
    }

    fn witness(&self, workload: Workload) -> Result<Option<i64>, BenchError> {
        let mut connection = Resp::connect(self.port())?;
        let reply = match workload {
            Workload::HotRow => connection.call(&[b"INCRBY", b"hot", b"0"])?,
            Workload::WriteSkew => connection.call(&[b"EVAL", SKEWS, b"0", PAIRS.to_string().as_bytes()])?,
            Workload::Bank => connection.call(&[b"EVAL", SUM, b"0", ACCOUNTS.to_string().as_bytes()])?,
            _ => return Ok(None),
        };
        match reply {
            Reply::Number(number) => Ok(Some(number)),
            reply => Err(BenchError::parse("a number", &format!("{reply:?}"))),
        }
    }
}

impl Session for Resp {
    fn perform(&mut self, operation: Operation<'_>) -> Result<Outcome, BenchError> {
        match operation {
            Operation::Get(id) => {
                if self.call(&[b"GET", id.to_string().as_bytes()])? == Reply::Nil {
                    return Err(BenchError::parse("a row", &id.to_string()));
                }
            }
            Operation::Put(id, body) | Operation::Insert(id, body) => {
                self.call(&[b"SET", id.to_string().as_bytes(), body.as_bytes()])?;
            }
            Operation::Modify(id, body) => {
                let id = id.to_string();
                self.push(&[b"WATCH", id.as_bytes()]);
                self.push(&[b"GET", id.as_bytes()]);
                self.send(2)?.into_iter().try_for_each(Reply::accepted)?;
                return unless_changed(self, &[&[b"SET", id.as_bytes(), body.as_bytes()]]);
            }
            Operation::Duty { pair, side } => return change_duty(self, pair, side),
            Operation::Scan { .. } | Operation::Hold(_) => {
                return Err(BenchError::Missing("this workload in Redis".to_owned()));
            }
            Operation::Increment => drop(self.call(&[b"INCR", b"hot"])?),
            Operation::Transfer { from, to, amount } => {
                let amount = amount.to_string();
                let pay: [&[u8]; 3] = [b"DECRBY", &account(from).into_bytes(), amount.as_bytes()];
                let take: [&[u8]; 3] = [b"INCRBY", &account(to).into_bytes(), amount.as_bytes()];
                return unless_changed(self, &[&pay, &take]);
            }
        }
        Ok(Outcome::Done)
    }
}

/// Commands in one transaction, unless somebody has changed what this connection watches.
fn unless_changed(connection: &mut Resp, commands: &[&[&[u8]]]) -> Result<Outcome, BenchError> {
    connection.push(&[b"MULTI"]);
    commands.iter().for_each(|command| connection.push(command));
    connection.push(&[b"EXEC"]);
    // MULTI, commands that are queued, then an array of their answers.
    let mut answers = connection.send(commands.len() + 2)?;
    let executed = answers.pop();
    answers.into_iter().try_for_each(Reply::accepted)?;
    match executed {
        Some(Reply::Several(-1)) => Ok(Outcome::Conflict),
        Some(Reply::Several(_)) => {
            connection.send(commands.len())?.into_iter().try_for_each(Reply::accepted)?;
            Ok(Outcome::Done)
        }
        other => Err(BenchError::parse("the answers of a transaction", &format!("{other:?}"))),
    }
}

/// Reads who is on duty, and watches both while it decides.
fn change_duty(connection: &mut Resp, pair: u64, side: u64) -> Result<Outcome, BenchError> {
    let [first, second] = [0, 1].map(|side| on_duty(pair, side));
    connection.push(&[b"WATCH", first.as_bytes(), second.as_bytes()]);
    connection.push(&[b"GET", first.as_bytes()]);
    connection.push(&[b"GET", second.as_bytes()]);
    let there = connection.send(3)?.iter().filter(|answer| **answer == Reply::Text(b"1".to_vec())).count();
    let own = if side == 0 { first } else { second };
    match Change::decide(there as i64) {
        Change::GoOff => unless_changed(connection, &[&[b"SET", own.as_bytes(), b"0"]]),
        Change::ComeOn => unless_changed(connection, &[&[b"SET", own.as_bytes(), b"1"]]),
        Change::ComeOnAlone => unless_changed(connection, &[&[b"SET", own.as_bytes(), b"1"], &[b"INCR", b"seen"]]),
    }
}
