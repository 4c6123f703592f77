//! A device on the calling thread, for simulated disks: at once, or when the test opens a gate.

use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::{LogDevice, LogWrite, LogWritten};

/// Writes through the disk seam on the calling thread. The write reaches the file at `submit`; while the gate is shut the
/// sync has not happened and the write has not ended, so that a crash in between may tear it.
#[derive(Debug, Default)]
pub struct SimDevice {
    gate: SimGate,
    under_way: Option<(io::Result<()>, LogWrite)>,
}

/// Holds the syncs of a [`SimDevice`] back. Clones are the same gate. Open at first.
#[derive(Clone, Debug, Default)]
pub struct SimGate {
    shut: Arc<AtomicBool>,
}

impl SimGate {
    /// From now on no write ends until the gate is opened (or somebody waits for it).
    pub fn shut(&self) {
        self.shut.store(true, Relaxed);
    }

    /// Writes end again.
    pub fn open(&self) {
        self.shut.store(false, Relaxed);
    }
}

impl SimDevice {
    /// A device whose writes end at the next poll.
    pub fn new() -> Self {
        Self::default()
    }

    /// The gate in front of this device's syncs.
    pub fn gate(&self) -> SimGate {
        self.gate.clone()
    }

    fn end(&mut self) -> Option<LogWritten> {
        let (written, write) = self.under_way.take()?;
        let result = written.and_then(|()| if write.sync { write.file.sync_data() } else { Ok(()) });
        Some(LogWritten { result, buffer: write.buffer })
    }
}

impl LogDevice for SimDevice {
    fn submit(&mut self, write: LogWrite) -> io::Result<()> {
        assert!(self.under_way.is_none(), "one write at a time");
        self.under_way = Some((write.file.write_at(write.bytes(), write.offset), write));
        Ok(())
    }

    fn poll(&mut self) -> Option<LogWritten> {
        if self.gate.shut.load(Relaxed) { None } else { self.end() }
    }

    fn wait(&mut self) -> LogWritten {
        self.end().expect("no write to wait for")
    }

    fn wake_fd(&self) -> Option<RawFd> {
        None
    }
}
