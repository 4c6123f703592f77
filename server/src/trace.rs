//! The server's own log, on standard error.

use cairn_config::{Config, TraceFormat};
use tracing_subscriber::EnvFilter;

/// Starts logging.
pub(crate) fn start(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.trace_level)
        .map_err(|error| format!("bad value \"{}\" for instance.log.level: {error}", config.trace_level))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A line that cannot be written is lost: complaining about it in the same place would end the process.
    let builder = builder.log_internal_errors(false);
    let started = match config.trace_format {
        TraceFormat::Plain => builder.with_ansi(false).try_init(),
        TraceFormat::Json => builder.json().try_init(),
    };
    started.map_err(|error| error.to_string())
}
