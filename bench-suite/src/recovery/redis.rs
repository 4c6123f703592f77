//! Redis: an image by `SAVE`, or the append-only file.

use std::path::Path;

use super::State;
use super::rows::bodies;
use super::subject::Survivor;
use crate::error::BenchError;
use crate::server::Redis;
use crate::server::resp::{Reply, Resp};

impl Survivor for Redis {
    fn process(&self) -> u32 {
        Redis::process(self)
    }

    fn prepare(&self, _state: State) -> Result<(), BenchError> {
        Ok(())
    }

    fn load(&self, rows: u64, seed: u64, _directory: &Path) -> Result<(), BenchError> {
        let mut bodies = bodies(seed);
        Resp::connect(self.port())?.set_all(rows, |id| (id.to_string(), bodies.next().unwrap_or_default()))
    }

    fn checkpoint(&self) -> Result<(), BenchError> {
        Resp::connect(self.port())?.call(&[b"SAVE"]).map(drop)
    }

    fn ask(&self, id: u64) -> Result<(), BenchError> {
        match Resp::connect(self.port())?.call(&[b"GET", id.to_string().as_bytes()])? {
            Reply::Text(_) => Ok(()),
            reply => Err(BenchError::parse("a row", &format!("{reply:?}"))),
        }
    }

    fn warm(&self) -> Result<bool, BenchError> {
        Ok(true)
    }

    fn count(&self) -> Result<u64, BenchError> {
        match Resp::connect(self.port())?.call(&[b"DBSIZE"])? {
            Reply::Number(count) => Ok(count.unsigned_abs()),
            reply => Err(BenchError::parse("a count", &format!("{reply:?}"))),
        }
    }
}
