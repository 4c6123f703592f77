//! The sessions of the server: how many there may be, and who can stop one. Cancel requests come on a connection of their
//! own and name the session by process id and secret.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cairn_sql_session::CancelFlag;
use rand::Rng;

/// The sessions that can be cancelled, those that still authenticate included. One for the whole server.
#[derive(Clone, Debug)]
pub struct Cancels {
    entries: Arc<Mutex<HashMap<i32, Entry>>>,
    sessions_max: usize,
}

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
    /// Room for this many sessions at a time.
    pub fn new(sessions_max: usize) -> Self {
        Self { entries: Arc::default(), sessions_max }
    }

    /// Enters a new session; `None` when there is no room.
    pub fn register(&self) -> Option<Registration> {
        let mut entries = self.lock();
        if entries.len() >= self.sessions_max {
            return None;
        }
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
        Some(Registration { cancels: self.clone(), process, secret, flag })
    }

    /// Carries out a cancel request. A wrong secret has no effect and gets no answer.
    pub fn cancel(&self, process: i32, secret: &[u8]) {
        let entries = self.lock();
        if let Some(entry) = entries.get(&process).filter(|entry| entry.secret == secret) {
            entry.flag.raise();
        }
    }

    /// Ends every session (the server shuts down).
    pub fn end_all(&self) {
        let entries = self.lock();
        entries.values().for_each(|entry| entry.flag.end_session());
    }

    /// Sessions now.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// No session at all?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i32, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.cancels.lock().remove(&self.process);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_session_ends() {
        let cancels = Cancels::new(2);
        let (one, two) = (cancels.register().unwrap(), cancels.register().unwrap());
        assert!(cancels.register().is_none());
        drop(one);
        assert_ne!(cancels.register().unwrap().process, two.process);
        assert_eq!(cancels.len(), 1);
    }

    #[test]
    fn only_the_right_secret_cancels() {
        let cancels = Cancels::new(1);
        let session = cancels.register().unwrap();
        let wrong = session.secret.map(|byte| !byte);
        cancels.cancel(session.process, &wrong);
        assert!(!session.flag.is_raised());
        cancels.cancel(session.process, &session.secret);
        assert!(session.flag.is_raised());
    }
}
