//! The simulated world: a clock that moves when told, chance from a seed, and a disk that crashes.

mod clock;
mod disk;
mod image;
mod rng;

pub use clock::SimClock;
pub use disk::{SimDisk, SyncFault};
pub use image::SECTOR_BYTES;
pub use rng::SimRng;
