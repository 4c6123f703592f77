//! io_uring: a write that is durable when it completes, without a thread of ours.
//!
//! The write carries `RWF_DSYNC`, which is the write followed by the data sync of what it wrote, in one operation. The
//! obvious alternative, a write linked to an fsync, costs a second operation and measured no better latency and more CPU:
//! see `docs/decisions/wal-device.md`. Short writes are continued; a sync that may have run and failed is final.

use std::io;
use std::os::fd::RawFd;

use io_uring::{IoUring, opcode, types};

use super::eventfd::EventFd;
use super::{LogDevice, LogWrite, LogWritten};

/// Entries of the submission queue: one write, with room to spare.
const QUEUE_ENTRIES: u32 = 4;
/// Most bytes of one submission: the kernel writes at most 2^31 - 4096 at once anyway.
const SUBMISSION_BYTES_MAX: usize = 1 << 30;

/// Writes through io_uring.
pub struct UringDevice {
    ring: IoUring,
    wake: EventFd,
    under_way: Option<UnderWay>,
}

/// A write that the kernel knows of. The buffer and the file must outlive it: see [`UringDevice::start`].
#[derive(Debug)]
struct UnderWay {
    write: LogWrite,
    done_bytes: usize,
    state: State,
}

/// Where the piece that was submitted last stands.
#[derive(Clone, Copy, Debug)]
enum State {
    /// The kernel has it, or may have it.
    Submitted,
    /// It completed with this result.
    Completed(i32),
    /// It never got to the kernel.
    Unsubmitted,
}

/// What to do when a piece has completed.
#[derive(Debug)]
enum Outcome {
    Ended(io::Result<()>),
    /// Submit what is left.
    Continue,
}

impl UringDevice {
    /// Sets up a ring; an error means that the kernel (or a sandbox) does not allow it.
    pub fn new() -> io::Result<Self> {
        let ring = IoUring::new(QUEUE_ENTRIES)?;
        let wake = EventFd::new()?;
        ring.submitter().register_eventfd(wake.raw())?;
        Ok(Self { ring, wake, under_way: None })
    }

    /// Hands what is left of the write under way to the kernel.
    fn start(&mut self) -> io::Result<()> {
        let Some(under_way) = &mut self.under_way else { return Ok(()) };
        under_way.state = State::Unsubmitted;
        let write = &under_way.write;
        let fd = write.file.raw_fd().ok_or_else(|| io::Error::other("io_uring needs a real file"))?;
        let left = &write.bytes()[under_way.done_bytes..];
        let length = left.len().min(SUBMISSION_BYTES_MAX);
        let entry = opcode::Write::new(types::Fd(fd), left.as_ptr(), length as u32)
            .offset(write.offset + under_way.done_bytes as u64)
            .rw_flags(if write.sync { libc::RWF_DSYNC } else { 0 })
            .build();
        // SAFETY: the entry points into `under_way.write.buffer` and names the descriptor of `under_way.write.file`. Both
        // are owned by `self.under_way` and neither touched nor dropped while its state is `Submitted`: `advance` gives
        // them up only after the completion, `drop` waits for it, and `end` leaks them if waiting fails. A moved device
        // moves the Vec's handle, not its heap bytes.
        unsafe { self.ring.submission().push(&entry) }.map_err(io::Error::other)?;
        under_way.state = State::Submitted;
        self.enter(0)
    }

    /// Lets the kernel take what is queued, and waits for `want` completions.
    fn enter(&self, want: usize) -> io::Result<()> {
        loop {
            match self.ring.submit_and_wait(want) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes the completion if it has come.
    fn reap(&mut self) {
        if let (Some(under_way), Some(completion)) = (&mut self.under_way, self.ring.completion().next()) {
            under_way.state = State::Completed(completion.result());
            // Nothing else is on its way, so no later signal can be lost here.
            self.wake.drain();
        }
    }

    /// The write's end, if the piece submitted last has completed and nothing is left to be submitted.
    fn advance(&mut self) -> Option<LogWritten> {
        self.reap();
        match self.under_way.as_mut()?.outcome()? {
            Outcome::Ended(result) => self.end(result),
            Outcome::Continue => match self.start() {
                Ok(()) => None,
                Err(error) => self.end(Err(error)),
            },
        }
    }

    fn end(&mut self, result: io::Result<()>) -> Option<LogWritten> {
        let under_way = self.under_way.take()?;
        if let State::Submitted = under_way.state {
            // The kernel may still read the buffer: it is never freed.
            std::mem::forget(under_way.write);
            return Some(LogWritten { result, buffer: Vec::new() });
        }
        Some(LogWritten { result, buffer: under_way.write.buffer })
    }
}

impl UnderWay {
    /// What follows from the last piece's completion; `None` while there is none.
    fn outcome(&mut self) -> Option<Outcome> {
        let ended = |error| Some(Outcome::Ended(Err(error)));
        match self.state {
            State::Submitted => return None,
            State::Unsubmitted => return ended(io::Error::other("the write was never submitted")),
            State::Completed(0) => return ended(io::ErrorKind::WriteZero.into()),
            State::Completed(n) if n > 0 => self.done_bytes += n as usize,
            // Nothing was written, and so nothing synced: trying again is no retry of a sync.
            State::Completed(n) if n == -libc::EAGAIN => {}
            // The write, or the sync behind it.
            State::Completed(n) if n == -libc::EINTR && !self.write.sync => {}
            State::Completed(n) => return ended(io::Error::from_raw_os_error(-n)),
        }
        let all = self.done_bytes == self.write.bytes().len();
        Some(if all { Outcome::Ended(Ok(())) } else { Outcome::Continue })
    }
}

impl LogDevice for UringDevice {
    fn submit(&mut self, write: LogWrite) -> io::Result<()> {
        assert!(self.under_way.is_none(), "one write at a time");
        assert!(!write.bytes().is_empty(), "there is something to write");
        self.under_way = Some(UnderWay { write, done_bytes: 0, state: State::Unsubmitted });
        self.start()
    }

    fn poll(&mut self) -> Option<LogWritten> {
        self.advance()
    }

    fn wait(&mut self) -> LogWritten {
        assert!(self.under_way.is_some(), "no write to wait for");
        loop {
            if let Some(written) = self.advance() {
                return written;
            }
            if let Err(error) = self.enter(1)
                && let Some(written) = self.end(Err(error))
            {
                return written;
            }
        }
    }

    fn wake_fd(&self) -> Option<RawFd> {
        Some(self.wake.raw())
    }
}

impl Drop for UringDevice {
    /// Lets the write under way end: the kernel reads its buffer until then.
    fn drop(&mut self) {
        if self.under_way.is_some() {
            self.wait();
        }
    }
}

impl std::fmt::Debug for UringDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UringDevice").field("under_way", &self.under_way).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cairn_base::seam::sim::SimDisk;
    use cairn_base::seam::{Disk, DiskFile, OpenMode};

    use super::*;

    fn simulated_file() -> Arc<dyn DiskFile> {
        SimDisk::new().open(std::path::Path::new("/x"), OpenMode::Create).expect("create")
    }

    /// What follows from this result of a write of ten bytes, of which some were done before.
    fn outcome(sync: bool, done_bytes: usize, result: i32) -> (Outcome, usize) {
        let write = LogWrite { file: simulated_file(), offset: 0, buffer: vec![0; 10], skip: 0, sync };
        let mut under_way = UnderWay { write, done_bytes, state: State::Completed(result) };
        (under_way.outcome().expect("it completed"), under_way.done_bytes)
    }

    #[test]
    fn short_and_interrupted_writes_go_on() {
        for sync in [false, true] {
            assert!(matches!(outcome(sync, 0, 4), (Outcome::Continue, 4)));
            assert!(matches!(outcome(sync, 4, 5), (Outcome::Continue, 9)));
            assert!(matches!(outcome(sync, 4, -libc::EAGAIN), (Outcome::Continue, 4)));
            assert!(matches!(outcome(sync, 4, 6), (Outcome::Ended(Ok(())), 10)));
        }
        assert!(matches!(outcome(false, 4, -libc::EINTR), (Outcome::Continue, 4)));
    }

    #[test]
    fn failures_are_final() {
        let error = |result| match outcome(true, 0, result).0 {
            Outcome::Ended(Err(error)) => error,
            other => panic!("{other:?}"),
        };
        assert_eq!(error(0).kind(), io::ErrorKind::WriteZero);
        assert_eq!(error(-libc::ENOSPC).kind(), io::ErrorKind::StorageFull);
        assert_eq!(error(-libc::EIO).raw_os_error(), Some(libc::EIO));
        // It may have been the sync that was interrupted.
        assert_eq!(error(-libc::EINTR).raw_os_error(), Some(libc::EINTR));
    }

    #[test]
    fn a_simulated_file_is_refused() {
        let Ok(mut device) = UringDevice::new() else { return };
        let write = LogWrite { file: simulated_file(), offset: 0, buffer: vec![0; 10], skip: 0, sync: true };
        device.submit(write).expect_err("no descriptor");
    }
}
