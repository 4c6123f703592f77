//! A command of the user's around each case: to keep the machine quiet while it is measured, to watch it, to drop caches.

use std::process::Command;

use crate::error::{BenchError, output};

/// `COMMAND begin` runs before each case, `COMMAND end` after it.
#[derive(Clone, Debug, Default)]
pub struct Hook(Option<String>);

impl Hook {
    /// The hook, if there is one.
    pub fn new(command: Option<String>) -> Self {
        Self(command)
    }

    /// Does `work` between the two calls. The second call comes also when the work fails.
    ///
    /// # Errors
    /// What `work` says; or the hook failed.
    pub fn around<T>(&self, work: impl FnOnce() -> Result<T, BenchError>) -> Result<T, BenchError> {
        self.call("begin")?;
        let result = work();
        self.call("end")?;
        result
    }

    fn call(&self, argument: &str) -> Result<(), BenchError> {
        match &self.0 {
            None => Ok(()),
            Some(command) => output(Command::new(command).arg(argument)).map(|_| ()),
        }
    }
}
