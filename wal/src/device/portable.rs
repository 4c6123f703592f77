//! A thread that writes and syncs: works with every disk and kernel.

use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::eventfd::EventFd;
use super::{LogDevice, LogWrite, LogWritten};

/// `pwrite` and `fdatasync` on a thread of their own. Costs two thread switches a group.
#[derive(Debug)]
pub struct PortableDevice {
    writes: Option<SyncSender<LogWrite>>,
    written: Receiver<LogWritten>,
    wake: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
    busy: bool,
}

impl PortableDevice {
    /// Starts the thread.
    pub fn new() -> io::Result<Self> {
        let (writes, inbox) = sync_channel::<LogWrite>(1);
        let (outbox, written) = sync_channel(1);
        let wake = Arc::new(EventFd::new()?);
        let signal = wake.clone();
        let thread = std::thread::Builder::new().name("log-device".to_owned()).spawn(move || {
            for write in inbox {
                let result = write_and_sync(&write);
                if outbox.send(LogWritten { result, buffer: write.buffer }).is_err() {
                    return;
                }
                signal.signal();
            }
        })?;
        Ok(Self { writes: Some(writes), written, wake, thread: Some(thread), busy: false })
    }

    fn ended(&mut self, written: LogWritten) -> LogWritten {
        self.busy = false;
        self.wake.drain();
        written
    }
}

/// Does the whole of a write on the calling thread.
pub(super) fn write_and_sync(write: &LogWrite) -> io::Result<()> {
    write.file.write_at(write.bytes(), write.offset)?;
    if write.sync { write.file.sync_data() } else { Ok(()) }
}

fn thread_is_gone() -> io::Error {
    io::Error::other("the log device's thread is gone")
}

impl LogDevice for PortableDevice {
    fn submit(&mut self, write: LogWrite) -> io::Result<()> {
        assert!(!self.busy, "one write at a time");
        let writes = self.writes.as_ref().ok_or_else(thread_is_gone)?;
        writes.send(write).map_err(|_| thread_is_gone())?;
        self.busy = true;
        Ok(())
    }

    fn poll(&mut self) -> Option<LogWritten> {
        let written = self.written.try_recv().ok()?;
        Some(self.ended(written))
    }

    fn wait(&mut self) -> LogWritten {
        assert!(self.busy, "no write to wait for");
        let written =
            self.written.recv().unwrap_or_else(|_| LogWritten { result: Err(thread_is_gone()), buffer: Vec::new() });
        self.ended(written)
    }

    fn wake_fd(&self) -> Option<RawFd> {
        Some(self.wake.raw())
    }
}

impl Drop for PortableDevice {
    /// Lets the write under way end.
    fn drop(&mut self) {
        self.writes = None;
        // A panic of the thread has been printed already; there is nobody to tell it to here.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
