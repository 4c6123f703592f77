//! What a case answers.

use std::fmt;

use cairn_engine_api::EngineError;

/// Why an engine did not pass.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure(String);

/// Passed, or why not.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A failure with its story.
    pub fn new(story: impl Into<String>) -> Self {
        Self(story.into())
    }

    /// The same failure, told with what was being done.
    pub fn during(self, doing: impl fmt::Display) -> Self {
        Self(format!("{}\n  during: {doing}", self.0))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self(format!("the engine answered an error: {error}"))
    }
}

/// Returns a [`Failure`] with the formatted story unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($story:tt)+) => {
        if !$condition {
            return Err($crate::Failure::new(format!($($story)+)));
        }
    };
}
pub(crate) use ensure;
