//! io_uring: a write and its data sync as one linked submission, without a thread of ours.
//!
//! ```text
//!   WRITE --link--> FSYNC(DATASYNC)      a short write breaks the link: the sync answers ECANCELED, and the rest is
//!                                        submitted again with a sync behind it
//! ```
//! Interrupted and short writes are continued; a sync that ran and failed is final.

use std::io;
use std::os::fd::RawFd;

use io_uring::squeue::Flags;
use io_uring::{IoUring, opcode, types};

use super::eventfd::EventFd;
use super::{LogDevice, LogWrite, LogWritten};

/// Entries of the submission queue: a write and a sync, with room to spare.
const QUEUE_ENTRIES: u32 = 4;
/// Most bytes of one submission: the kernel writes at most 2^31 - 4096 at once anyway.
const SUBMISSION_BYTES_MAX: usize = 1 << 30;

const TAG_WRITE: u64 = 1;
const TAG_SYNC: u64 = 2;

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
    /// Completions that have not come.
    awaited: u32,
    write_result: i32,
    sync_result: i32,
}

/// What to do when the completions of one submission have come.
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
        let write = &under_way.write;
        let fd = types::Fd(write.file.raw_fd().ok_or_else(|| io::Error::other("io_uring needs a real file"))?);
        let left = &write.bytes()[under_way.done_bytes..];
        let length = left.len().min(SUBMISSION_BYTES_MAX);
        let offset = write.offset + under_way.done_bytes as u64;
        let write_entry = opcode::Write::new(fd, left.as_ptr(), length as u32).offset(offset).build();
        let sync_entry = opcode::Fsync::new(fd).flags(types::FsyncFlags::DATASYNC).build().user_data(TAG_SYNC);
        // A sync behind anything but the last piece would be in vain.
        let sync = write.sync && length == left.len();
        let link = if sync { Flags::IO_LINK } else { Flags::empty() };
        let entries = [write_entry.user_data(TAG_WRITE).flags(link), sync_entry];
        let count = if sync { 2 } else { 1 };
        under_way.awaited = count;
        under_way.sync_result = 0;
        // SAFETY: the entries point into `under_way.write.buffer` and name the descriptor of `under_way.write.file`. Both
        // are owned by `self.under_way` and neither touched nor dropped before all `awaited` completions have come:
        // `advance` gives them up only then, and `drop` waits for it or leaks them. A moved device moves the Vec's
        // handle, not its heap bytes.
        unsafe { self.ring.submission().push_multiple(&entries[..count as usize]) }.map_err(io::Error::other)?;
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

    /// Takes the completions that have come. The descriptor is made unreadable first: a completion that comes after
    /// that makes it readable again, so that no wake-up is lost.
    fn reap(&mut self) {
        let Some(under_way) = &mut self.under_way else { return };
        if self.ring.completion().is_empty() {
            return;
        }
        self.wake.drain();
        for completion in self.ring.completion() {
            under_way.awaited -= 1;
            match completion.user_data() {
                TAG_WRITE => under_way.write_result = completion.result(),
                _ => under_way.sync_result = completion.result(),
            }
        }
    }

    /// The write's end, if all its completions have come and nothing is left to be submitted.
    fn advance(&mut self) -> Option<LogWritten> {
        self.reap();
        let under_way = self.under_way.as_mut().filter(|under_way| under_way.awaited == 0)?;
        match under_way.outcome() {
            Outcome::Ended(result) => self.end(result),
            Outcome::Continue => match self.start() {
                Ok(()) => None,
                Err(error) => self.end(Err(error)),
            },
        }
    }

    fn end(&mut self, result: io::Result<()>) -> Option<LogWritten> {
        self.wake.drain();
        let under_way = self.under_way.take()?;
        if under_way.awaited > 0 {
            // The kernel may still read the buffer: it is never freed.
            std::mem::forget(under_way.write);
            return Some(LogWritten { result, buffer: Vec::new() });
        }
        Some(LogWritten { result, buffer: under_way.write.buffer })
    }
}

impl UnderWay {
    fn outcome(&mut self) -> Outcome {
        match self.write_result {
            n if n > 0 => self.done_bytes += n as usize,
            n if n == -libc::EINTR || n == -libc::EAGAIN => {}
            0 => return Outcome::Ended(Err(io::ErrorKind::WriteZero.into())),
            n => return Outcome::Ended(Err(io::Error::from_raw_os_error(-n))),
        }
        if self.done_bytes < self.write.bytes().len() {
            return Outcome::Continue;
        }
        match self.sync_result {
            n if n >= 0 => Outcome::Ended(Ok(())),
            n => Outcome::Ended(Err(io::Error::from_raw_os_error(-n))),
        }
    }
}

impl LogDevice for UringDevice {
    fn submit(&mut self, write: LogWrite) -> io::Result<()> {
        assert!(self.under_way.is_none(), "one write at a time");
        assert!(!write.bytes().is_empty(), "there is something to write");
        self.under_way = Some(UnderWay { write, done_bytes: 0, awaited: 0, write_result: 0, sync_result: 0 });
        self.start()?;
        // A write into the page cache usually completes at once: taking that completion here spares the caller a
        // wake-up for half of the work.
        self.reap();
        if self.under_way.as_ref().is_some_and(|under_way| under_way.awaited == 0) {
            self.wake.signal();
        }
        Ok(())
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
    use cairn_base::seam::sim::SimDisk;
    use cairn_base::seam::{Disk, OpenMode};

    use super::*;

    /// What follows from these results of a write of ten bytes, of which some were done before.
    fn outcome(done_bytes: usize, write_result: i32, sync_result: i32) -> (Outcome, usize) {
        let file = SimDisk::new().open(std::path::Path::new("/x"), OpenMode::Create).expect("create");
        let write = LogWrite { file, offset: 0, buffer: vec![0; 10], skip: 0, sync: true };
        let mut under_way = UnderWay { write, done_bytes, awaited: 0, write_result, sync_result };
        (under_way.outcome(), under_way.done_bytes)
    }

    #[test]
    fn short_and_interrupted_writes_go_on() {
        assert!(matches!(outcome(0, 4, -libc::ECANCELED), (Outcome::Continue, 4)));
        assert!(matches!(outcome(4, 5, -libc::ECANCELED), (Outcome::Continue, 9)));
        assert!(matches!(outcome(4, -libc::EINTR, -libc::ECANCELED), (Outcome::Continue, 4)));
        assert!(matches!(outcome(4, -libc::EAGAIN, -libc::ECANCELED), (Outcome::Continue, 4)));
        assert!(matches!(outcome(4, 6, 0), (Outcome::Ended(Ok(())), 10)));
    }

    #[test]
    fn failures_are_final() {
        let error = |done_bytes, write_result, sync_result| match outcome(done_bytes, write_result, sync_result).0 {
            Outcome::Ended(Err(error)) => error,
            other => panic!("{other:?}"),
        };
        assert_eq!(error(0, 0, -libc::ECANCELED).kind(), io::ErrorKind::WriteZero);
        assert_eq!(error(0, -libc::ENOSPC, -libc::ECANCELED).kind(), io::ErrorKind::StorageFull);
        assert_eq!(error(0, 10, -libc::EIO).raw_os_error(), Some(libc::EIO));
        // A sync is never repeated, not even an interrupted one.
        assert_eq!(error(0, 10, -libc::EINTR).raw_os_error(), Some(libc::EINTR));
    }

    #[test]
    fn a_simulated_file_is_refused() {
        let Ok(mut device) = UringDevice::new() else { return };
        let file = SimDisk::new().open(std::path::Path::new("/x"), OpenMode::Create).expect("create");
        device
            .submit(LogWrite { file, offset: 0, buffer: vec![0; 10], skip: 0, sync: true })
            .expect_err("no descriptor");
    }
}
