//! COPY's text and CSV formats. PostgreSQL documentation, COPY, "File Formats".

mod read;
mod write;

pub use read::{Field, LineReader};
pub use write::write_line;
