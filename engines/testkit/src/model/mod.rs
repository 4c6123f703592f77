//! The model: what every engine must be equal to, written so plainly that it can be checked by reading.
//!
//! [`Store`] is the data alone: a map of maps of version lists, no locks, no files. [`ModelEngine`] puts it behind a
//! lock and gives it an image file, which makes it a complete (slow) engine.

mod engine;
mod image;
mod store;

pub use engine::ModelEngine;
pub use store::{Store, Version};

#[cfg(test)]
mod tests;
