//! Cancel requests: they come on a connection of their own and name the one to stop by process id and secret.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cairn_sql_session::CancelFlag;
use rand::Rng;

/// The sessions that can be cancelled. One for the whole server.
#[derive(Clone, Debug, Default)]
pub struct Cancels(Arc<Mutex<HashMap<i32, Entry>>>);

#[derive(Debug)]
struct Entry {
    secret: [u8; 4],
    flag: CancelFlag,
}

/// A session's place in the list; leaves it when dropped.
#[derive(Debug)]
pub struct Registration {
    cancels: Cancels,
    /// The session's "process id".
    pub process: i32,
    /// What a cancel request must know.
    pub secret: [u8; 4],
    /// Raised by a cancel request.
    pub flag: CancelFlag,
}

impl Cancels {
    /// Enters a new session.
    pub fn register(&self) -> Registration {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rng = rand::rng();
        let process = loop {
            let process = rng.random_range(1..i32::MAX);
            if !entries.contains_key(&process) {
                break process;
            }
        };
        let secret = rng.random();
        let flag = CancelFlag::default();
        entries.insert(process, Entry { secret, flag: flag.clone() });
        Registration { cancels: self.clone(), process, secret, flag }
    }

    /// Carries out a cancel request. A wrong secret has no effect and gets no answer.
    pub fn cancel(&self, process: i32, secret: &[u8]) {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get(&process).filter(|entry| entry.secret == secret) {
            entry.flag.raise();
        }
    }

    /// Ends every session (the server shuts down).
    pub fn end_all(&self) {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.values().for_each(|entry| entry.flag.end_session());
    }

    /// Sessions now.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// No session at all?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.cancels.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.process);
    }
}
