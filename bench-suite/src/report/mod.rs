//! Results for people: a table for the terminal, a page with plots for the browser.

mod figures;
mod html;
mod svg;
mod table;

pub use html::page;
pub use table::table;
