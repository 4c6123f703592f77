//! Redis: a row is a string under its number. One thread, and no isolation to choose: commands run one after the other.

use std::path::Path;

use super::workload::{ACCOUNTS, BALANCE, Operation, Workload, body};
use super::{Options, Outcome, Session, Store};
use crate::error::BenchError;
use crate::server::resp::{Reply, Resp};
use crate::server::{Keeps, Redis};

const SUM: &[u8] = b"local s = 0 for i = 0, ARGV[1] - 1 do s = s + redis.call('GET', 'bank' .. i) end return s";

/// Starts and fills Redis.
pub(super) fn start(directory: &Path, options: &Options) -> Result<Redis, BenchError> {
    let server = Redis::start(directory, Keeps::Log)?;
    let mut connection = Resp::connect(server.port())?;
    connection.call(&[b"SET", b"hot", b"0"])?;
    let text = body(0);
    connection.set_all(options.rows, |id| (id.to_string(), text.clone()))?;
    connection.set_all(ACCOUNTS, |id| (account(id), BALANCE.to_string()))?;
    Ok(server)
}

fn account(id: u64) -> String {
    format!("bank{id}")
}

impl Store for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn takes(&self, _workload: Workload) -> bool {
        true
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
            Operation::Put(id, body) => drop(self.call(&[b"SET", id.to_string().as_bytes(), body.as_bytes()])?),
            Operation::Increment => drop(self.call(&[b"INCR", b"hot"])?),
            Operation::Transfer { from, to, amount } => {
                let amount = amount.to_string();
                self.push(&[b"MULTI"]);
                self.push(&[b"DECRBY", account(from).as_bytes(), amount.as_bytes()]);
                self.push(&[b"INCRBY", account(to).as_bytes(), amount.as_bytes()]);
                self.push(&[b"EXEC"]);
                // MULTI, two commands that are queued, then an array of their two answers.
                self.send(4)?.into_iter().try_for_each(Reply::accepted)?;
                self.send(2)?.into_iter().try_for_each(Reply::accepted)?;
            }
        }
        Ok(Outcome::Done)
    }
}
