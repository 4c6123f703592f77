//! Devices: who takes a batch to the medium.
//!
//! ```text
//!   log (core thread)                     device
//!     | submit(write) ---------------------> write bytes at offset, then data sync
//!     |   ... other work, append ...            |
//!     |          wake_fd becomes readable <-----+
//!     | poll() -> written: result and buffer back
//! ```
//! One write is under way at a time, because the next group is whatever has gathered by the time this one is durable.

mod choose;
mod eventfd;
mod portable;
mod sim;
mod uring;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;

use cairn_base::seam::DiskFile;

pub use choose::ChosenDevice;
pub(crate) use choose::choose;
pub use portable::PortableDevice;
pub use sim::{SimDevice, SimGate};
pub use uring::UringDevice;

/// Bytes on their way to a file.
#[derive(Debug)]
pub struct LogWrite {
    /// Where to.
    pub file: Arc<dyn DiskFile>,
    /// Position in the file of the first byte written.
    pub offset: u64,
    /// The buffer. It comes back in [`LogWritten`], to be used again.
    pub buffer: Vec<u8>,
    /// The bytes of the buffer before this position are not written.
    pub skip: usize,
    /// Is the write to be followed by a data sync of the file?
    pub sync: bool,
}

impl LogWrite {
    /// The bytes to write.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.skip..]
    }
}

/// The end of a [`LogWrite`].
#[derive(Debug)]
pub struct LogWritten {
    /// All bytes written, and synced if that was asked for; or the first failure. A sync that failed was not repeated.
    pub result: io::Result<()>,
    /// The buffer as it was given.
    pub buffer: Vec<u8>,
}

/// Writes batches. One write is under way at a time: `submit` while another one is, is a bug of the caller and panics.
pub trait LogDevice: Send + fmt::Debug {
    /// Begins to write all the bytes, and to sync if asked. Never waits for the medium. An error is as final as a failed
    /// write.
    fn submit(&mut self, write: LogWrite) -> io::Result<()>;

    /// The write under way, if it has ended. Never waits.
    fn poll(&mut self) -> Option<LogWritten>;

    /// Waits for the write under way to end. Panics if there is none.
    fn wait(&mut self) -> LogWritten;

    /// A descriptor that becomes readable when the write under way has ended, and stays so until `poll` or `wait` has
    /// taken it; `None` when only polling tells. Valid while the device lives.
    fn wake_fd(&self) -> Option<RawFd>;
}
