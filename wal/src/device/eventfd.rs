//! A descriptor that one side makes readable and the other side watches.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Linux's eventfd(2), non-blocking.
#[derive(Debug)]
pub(super) struct EventFd(OwnedFd);

impl EventFd {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: eventfd takes two integers and touches no memory of ours.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made, is valid, and nobody else owns it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    pub(super) fn raw(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Makes the descriptor readable. It cannot fail but for an overflow after 2^64 - 2 unread signals.
    pub(super) fn signal(&self) {
        let one = 1u64;
        // SAFETY: the descriptor is open, and the eight bytes of `one` are readable for the length given.
        let _ = unsafe { libc::write(self.raw(), (&raw const one).cast(), size_of::<u64>()) };
    }

    /// Makes the descriptor unreadable until the next signal. Nothing to take is no error.
    pub(super) fn drain(&self) {
        let mut count = 0u64;
        // SAFETY: the descriptor is open, and the eight bytes of `count` are writable for the length given.
        let _ = unsafe { libc::read(self.raw(), (&raw mut count).cast(), size_of::<u64>()) };
    }
}

#[cfg(test)]
pub(super) fn is_readable(fd: RawFd) -> bool {
    let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    // SAFETY: one valid pollfd is passed with a count of one.
    unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readable_from_signal_to_drain() {
        let event = EventFd::new().expect("eventfd");
        assert!(!is_readable(event.raw()));
        event.drain();
        event.signal();
        event.signal();
        assert!(is_readable(event.raw()));
        event.drain();
        assert!(!is_readable(event.raw()));
    }
}
