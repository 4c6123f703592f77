//! Results for people: a table for the terminal, a page with plots for the browser, tables in documents.

mod figures;
mod html;
mod markdown;
mod svg;
mod table;

pub use html::page;
pub use markdown::refresh;
pub use table::table;
