//! The log device: a write goes to the disk in two steps, each when the scheduler says so.
//!
//! ```text
//!   submit ---- queued ----step----> written ----step----> ended ---- poll
//!                 a crash here           a crash here
//!                 leaves nothing         may tear the write
//! ```

use std::io;
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cairn_wal::device::{LogDevice, LogWrite, LogWritten};

/// The device as the log holds it.
#[derive(Debug)]
pub struct StepDevice(DeviceSteps);

/// The device as the scheduler holds it. Clones are the same device.
#[derive(Clone, Debug, Default)]
pub struct DeviceSteps(Arc<Mutex<Phase>>);

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Idle,
    Queued(LogWrite),
    Written(LogWrite),
    Ended(LogWritten),
}

/// What the device can be asked to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pending {
    /// Nothing is under way.
    Nothing,
    /// The write.
    Write,
    /// The sync after it.
    Sync,
    /// It is over and waits to be fetched.
    Ended,
}

impl Phase {
    /// Goes one step further. Answers false when there is none.
    fn step(&mut self) -> bool {
        *self = match std::mem::take(self) {
            Phase::Queued(write) => match write.file.write_at(write.bytes(), write.offset) {
                Ok(()) if write.sync => Phase::Written(write),
                result => Phase::Ended(LogWritten { result, buffer: write.buffer }),
            },
            Phase::Written(write) => {
                let result = write.file.sync_data();
                Phase::Ended(LogWritten { result, buffer: write.buffer })
            }
            other => {
                *self = other;
                return false;
            }
        };
        true
    }
}

impl DeviceSteps {
    /// The device for the log.
    pub fn device(&self) -> StepDevice {
        StepDevice(self.clone())
    }

    /// What is next?
    pub fn pending(&self) -> Pending {
        match &*self.locked() {
            Phase::Idle => Pending::Nothing,
            Phase::Queued(_) => Pending::Write,
            Phase::Written(_) => Pending::Sync,
            Phase::Ended(_) => Pending::Ended,
        }
    }

    /// Does what is next, if it is the device's.
    pub fn step(&self) {
        self.locked().step();
    }

    fn locked(&self) -> MutexGuard<'_, Phase> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetch(&self) -> Option<LogWritten> {
        let mut phase = self.locked();
        match std::mem::take(&mut *phase) {
            Phase::Ended(written) => Some(written),
            other => {
                *phase = other;
                None
            }
        }
    }
}

impl LogDevice for StepDevice {
    fn submit(&mut self, write: LogWrite) -> io::Result<()> {
        let mut phase = self.0.locked();
        assert!(matches!(*phase, Phase::Idle), "one write at a time");
        *phase = Phase::Queued(write);
        Ok(())
    }

    fn poll(&mut self) -> Option<LogWritten> {
        self.0.fetch()
    }

    fn wait(&mut self) -> LogWritten {
        while self.0.locked().step() {}
        self.0.fetch().expect("no write to wait for")
    }

    fn wake_fd(&self) -> Option<RawFd> {
        None
    }
}
