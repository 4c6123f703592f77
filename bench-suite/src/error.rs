//! Why a measurement could not be made.

use std::io;
use std::path::Path;
use std::process::Command;

/// A measurement, or the reading of one, failed.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The operating system refused.
    #[error("cannot {context}: {source}")]
    Io {
        /// Verb and object.
        context: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("{program} failed: {output}")]
    Program {
        /// Its name.
        program: String,
        /// What it wrote.
        output: String,
    },
    /// Text that should have been there is not.
    #[error("cannot read {what} in: {text}")]
    Parse {
        /// What was looked for.
        what: String,
        /// Where.
        text: String,
    },
    /// A result file is not one of ours.
    #[error("{file} is no result of this suite: {source}")]
    Result {
        /// The file.
        file: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Something needed is not installed.
    #[error("{0} is not installed")]
    Missing(String),
}

impl BenchError {
    /// Makes an error of one of the system's: `map_err(BenchError::io("open", path))`.
    pub fn io(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let context = format!("{verb} {}", path.display());
        move |source| Self::Io { context, source }
    }

    /// Text that could not be understood, shortened.
    pub fn parse(what: &str, text: &str) -> Self {
        Self::Parse { what: what.to_owned(), text: text.chars().take(400).collect() }
    }
}

/// Runs a program to its end and returns its standard output.
///
/// # Errors
/// If it cannot be started, or ends with another code than 0.
pub fn output(command: &mut Command) -> Result<String, BenchError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => BenchError::Missing(program.clone()),
        _ => BenchError::Io { context: format!("run {program}"), source },
    })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(text),
        false => Err(BenchError::Program { program, output: text + &String::from_utf8_lossy(&output.stderr) }),
    }
}
