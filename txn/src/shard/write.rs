//! Writing into the transaction's buffer.

use cairn_base::limits::KIB;
use cairn_base::{EngineCode, SpaceId};
use cairn_engine_api::{Admit, SpaceOptions};

use super::Shard;
use crate::error::TxnError;
use crate::locks::LockMode;
use crate::mode::Access;
use crate::txn::{Admitted, State, Txn};
use crate::writeset::SpaceChange;

/// Engines are asked for this many bytes at a time.
const CREDIT_BYTES: u64 = 64 * KIB as u64;

/// How long a session that met a busy engine waits at most before it tries again, in nanoseconds.
const BUSY_RETRY_NANOS: u64 = 10_000_000;

impl Shard {
    /// Writes a row (a new one or a new version). The key must be locked in mode `NoKeyUpdate` or `Update`.
    pub fn put(&self, txn: &mut Txn, space: SpaceId, key: &[u8], value: &[u8]) -> Result<(), TxnError> {
        self.debug_check_lock(txn, space, key);
        self.write(txn.state_mut(), space, key, Some(value))
    }

    /// Writes a row whose key nobody else can know of (a fresh row id), so that it needs no lock.
    pub fn put_fresh(&self, txn: &mut Txn, space: SpaceId, key: &[u8], value: &[u8]) -> Result<(), TxnError> {
        self.write(txn.state_mut(), space, key, Some(value))
    }

    /// Deletes a row. The key must be locked in mode `NoKeyUpdate` or `Update`. Deleting what is not there is no error.
    pub fn delete(&self, txn: &mut Txn, space: SpaceId, key: &[u8]) -> Result<(), TxnError> {
        self.debug_check_lock(txn, space, key);
        self.write(txn.state_mut(), space, key, None)
    }

    /// Writes a key that a lock on another key protects: an entry of an index that ends in the locked row's key.
    pub fn put_covered(&self, txn: &mut Txn, space: SpaceId, key: &[u8], value: &[u8]) -> Result<(), TxnError> {
        self.write(txn.state_mut(), space, key, Some(value))
    }

    /// Deletes a key that a lock on another key protects; see [`Self::put_covered`].
    pub fn delete_covered(&self, txn: &mut Txn, space: SpaceId, key: &[u8]) -> Result<(), TxnError> {
        self.write(txn.state_mut(), space, key, None)
    }

    /// Creates a space at commit. Until then only this transaction can use it, without locks. The options are
    /// checked at once.
    pub fn create_space(&self, txn: &mut Txn, space: SpaceId, options: SpaceOptions) -> Result<(), TxnError> {
        self.writable(txn.state())?;
        self.engines.of(space)?.engine.validate(&options)?;
        txn.state_mut().writes.change_space(SpaceChange::Created(space, options));
        Ok(())
    }

    /// Drops a space at commit, with all that this transaction wrote to it. The caller holds the table's lock in mode
    /// `Update`, so that nobody else reads or writes there.
    pub fn drop_space(&self, txn: &mut Txn, space: SpaceId) -> Result<(), TxnError> {
        self.writable(txn.state())?;
        self.engines.of(space)?;
        txn.state_mut().writes.change_space(SpaceChange::Dropped(space));
        Ok(())
    }

    fn write(&self, state: &mut State, space: SpaceId, key: &[u8], value: Option<&[u8]>) -> Result<(), TxnError> {
        self.writable(state)?;
        let bytes = key.len() + value.map_or(0, <[u8]>::len);
        if state.writes.bytes() + bytes > self.config.batch_bytes_max {
            return Err(TxnError::TooLarge { limit: self.config.batch_bytes_max as u64 });
        }
        self.admit(state, space, bytes as u64, value.is_none())?;
        state.writes.write(space, key, value);
        Ok(())
    }

    fn writable(&self, state: &State) -> Result<(), TxnError> {
        self.check_alive()?;
        assert!(state.statements > 0, "begin_statement comes before the first write");
        match state.access {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(TxnError::ReadOnly),
        }
    }

    /// Spends admitted bytes, and asks the engine for more when they are used up. A deletion frees memory in the
    /// end, so a full engine takes it.
    fn admit(&self, state: &mut State, space: SpaceId, bytes: u64, deletes: bool) -> Result<(), TxnError> {
        let registered = self.engines.of(space)?;
        if !registered.admission {
            return Ok(());
        }
        let slot = admitted_slot(state, space.engine());
        let admitted = &mut state.admitted[slot];
        if admitted.credit < bytes {
            let more = bytes.max(CREDIT_BYTES);
            let admission = registered.engine.capabilities().admission.expect("powers do not change");
            match admission.admit(admitted.written + more) {
                Admit::Yes => admitted.credit += more,
                Admit::Full { .. } if deletes => admitted.credit = bytes,
                Admit::Full { used, limit } => {
                    return Err(TxnError::EngineFull { engine: space.engine(), used, limit });
                }
                Admit::NoSpace => return Err(TxnError::EngineNoSpace { engine: space.engine() }),
                Admit::Later => return Err(self.busy(space)),
            }
        }
        admitted.credit -= bytes;
        admitted.written += bytes;
        Ok(())
    }

    fn busy(&self, space: SpaceId) -> TxnError {
        self.apply_wanted.set(self.last.index);
        self.busy_retry.set(Some(self.clock.monotonic_nanos() + BUSY_RETRY_NANOS));
        TxnError::EngineBusy(space.engine())
    }

    fn debug_check_lock(&self, txn: &Txn, space: SpaceId, key: &[u8]) {
        debug_assert!(
            txn.created(space)
                || self.locks.mode_of(txn.id(), space, key).is_some_and(|mode| mode >= LockMode::NoKeyUpdate),
            "a write needs its row's lock"
        );
    }
}

/// Where `state` keeps what `engine` has admitted.
fn admitted_slot(state: &mut State, engine: EngineCode) -> usize {
    let found = state.admitted.iter().position(|admitted| admitted.engine == engine);
    found.unwrap_or_else(|| {
        state.admitted.push(Admitted { engine, written: 0, credit: 0 });
        state.admitted.len() - 1
    })
}
