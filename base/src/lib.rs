//! # cairn-base: the words that every layer shares (being written)
pub mod fate;
pub mod ids;

pub use fate::Fate;
pub use ids::{EngineCode, LogIndex, SpaceId, Timestamp};
