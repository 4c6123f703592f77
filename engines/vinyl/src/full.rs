//! A full disk, and how RocksDB gets over it.
//!
//! After a flush that found no space RocksDB stops. A thread of its own looks for space at once and then every five seconds, and
//! goes on when a flush of its own has succeeded. Before that it waits until no other flush is running or in line, and one
//! that is asked for meanwhile stays in line for a second, only to be refused
//! (`DBImpl::ResumeImpl`, `DBImpl::BackgroundCallFlush`). Whoever asks once a second keeps it from ever recovering. So after a
//! failure nobody asks for a while.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cairn_engine_api::EngineError;

/// Long enough for what is in line to be refused and for the recovery to begin.
const PAUSE: Duration = Duration::from_secs(3);

/// Whether flushes may be asked for.
#[derive(Debug, Default)]
pub(crate) struct Full {
    refused: Mutex<Option<Refusal>>,
}

#[derive(Clone, Debug)]
struct Refusal {
    until: Instant,
    context: String,
    message: String,
}

impl Full {
    /// Runs `flush`, unless one found no space a moment ago: then the answer is the same.
    pub(crate) fn guard(&self, flush: impl FnOnce() -> Result<(), EngineError>) -> Result<(), EngineError> {
        if let Some(Refusal { context, message, .. }) = self.refusal() {
            return Err(EngineError::NoSpace { context, message });
        }
        let done = flush();
        let refused = match &done {
            Err(EngineError::NoSpace { context, message }) => {
                Some(Refusal { until: Instant::now() + PAUSE, context: context.clone(), message: message.clone() })
            }
            _ => None,
        };
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = refused;
        done
    }

    fn refusal(&self) -> Option<Refusal> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.clone().filter(|refusal| Instant::now() < refusal.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_that_found_no_space_is_not_repeated_at_once() {
        let full = Full::default();
        let no_space = || EngineError::NoSpace { context: "flush vinyl".to_owned(), message: "no space".to_owned() };
        full.guard(|| Err(no_space())).expect_err("no space");
        let again = full.guard(|| panic!("asked again")).expect_err("still none");
        assert!(matches!(again, EngineError::NoSpace { message, .. } if message == "no space"));
        full.refused.lock().expect("nobody panics").as_mut().expect("refused").until = Instant::now();
        full.guard(|| Ok(())).expect("the pause is over");
        full.guard(|| Ok(())).expect("and forgotten");
    }

    #[test]
    fn other_errors_do_not_count() {
        let full = Full::default();
        full.guard(|| Err(EngineError::Corrupt("a block".to_owned()))).expect_err("damage");
        full.guard(|| Ok(())).expect("asked again");
    }
}
