//! The four ways out of the process: time, chance, storage and messages.
//!
//! Production code takes these as values and never reaches for the operating system itself, so that a simulator can put
//! another world underneath without one changed line:
//!
//! | seam      | real world       | simulated world        |
//! |-----------|------------------|------------------------|
//! | [`Clock`] | [`SystemClock`]  | [`sim::SimClock`]      |
//! | [`Rng`]   | [`OsRng`]        | [`sim::SimRng`]        |
//! | [`Disk`]  | [`RealDisk`]     | [`sim::SimDisk`]       |
//! | [`Net`]   | with replication | [`loopback::Loopback`] |

mod clock;
mod disk;
pub mod loopback;
mod net;
mod real_disk;
mod rng;
pub mod sim;

pub use clock::{Clock, SystemClock};
pub use disk::{Disk, DiskFile, DiskLock, OpenMode};
pub use net::{Address, Envelope, Net};
pub use real_disk::RealDisk;
pub use rng::{OsRng, Rng};
