//! Rows that stay where the image's file has them: mapped, not read.
//!
//! After a start nearly all rows are those of the image. To copy them would take new memory for each, and time with it; the
//! system's cache of the file has them already. So a window of the file is mapped, for reading only, and *locked*: its pages
//! are in memory before its first row is used, and neither go to the disk nor come back from it. Where the system does
//! not let a process lock memory there are no windows, and rows are copied.
//!
//! ```text
//!   slab   +------------------+----------+----------+----------+---- ... ----+
//!          | head             | window 1 | window 2 |    -     |  window 4   |     1 GiB of addresses, at a multiple of it
//!          +------------------+----------+----------+----------+---- ... ----+
//!            holders of each     ^ a piece of the file, 256 KiB
//! ```
//! A version in a window is never changed: it has nothing older (an image has one version of a key), and only `older` ever
//! changes. When it is freed, its window has one holder less; the last one gives the window back to the system, and
//! the last window its slab. A row that never changes keeps its neighbours' room, as in the [`History`](super::History).

use std::os::fd::RawFd;
use std::ptr::NonNull;

use cairn_engine_api::Timestamp;

use super::laid_out::{self, Versions};
use super::leaves::Leaves;
use super::version::VersionRef;
use crate::sync::{AtomicU64, Layout, Ordering, map_file, map_over, reserve, unmap, withdraw};

/// Bytes of a window.
pub(crate) const WINDOW_BYTES: usize = 256 << 10;
/// Bytes of a slab, and what its address is a multiple of.
const SLAB_BYTES: usize = 1 << 30;
/// Windows of a slab; the head takes the place of one.
const WINDOWS: usize = SLAB_BYTES / WINDOW_BYTES - 1;

/// The front of a slab.
#[repr(C)]
struct Head {
    /// Windows that are there, and one more while [`Slabs`] hands them out.
    windows: AtomicU64,
    /// Of each window: its versions that are alive, and one more while a [`Window`] is there. The first is the head's own
    /// place and stays 0.
    holders: [AtomicU64; WINDOWS + 1],
}

const HEAD_BYTES: usize = size_of::<Head>().next_multiple_of(4096);
const _: () = assert!(HEAD_BYTES <= WINDOW_BYTES && align_of::<Head>() <= SLAB_BYTES);

/// Slabs for the windows of one file. What is in use stays when this is dropped.
#[derive(Debug)]
pub(crate) struct Slabs {
    heads: Vec<NonNull<Head>>,
}

// SAFETY: a slab belongs to nobody's thread; its counts are atomic.
unsafe impl Send for Slabs {}
// SAFETY: as above.
unsafe impl Sync for Slabs {}

impl Slabs {
    /// Addresses for so many windows, or for fewer where the system has no more.
    pub(crate) fn reserve(windows: usize) -> Self {
        Self { heads: (0..windows.div_ceil(WINDOWS)).map_while(|_| new_slab()).collect() }
    }

    /// Maps window number `number` from a file; each number once. `None`: no address is left for it, the number is taken, or
    /// the system does not map or lock it.
    ///
    /// # Safety
    /// The file has the window from `offset` on, and nobody changes it there as long as a version in it lives.
    pub(crate) unsafe fn map(&self, number: usize, file: RawFd, offset: u64) -> Option<Window> {
        let slab = *self.heads.get(number / WINDOWS)?;
        let place = 1 + number % WINDOWS;
        // SAFETY: the hold of `self` keeps the slab there. Whoever is first to count itself a holder owns the window's
        // addresses, with nothing behind them; nobody gives a window up before it has a holder.
        unsafe {
            let head = slab.as_ref();
            head.holders[place].compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed).ok()?;
            head.windows.fetch_add(1, Ordering::Relaxed);
            let start = slab.cast::<u8>().add(place * WINDOW_BYTES);
            // From here on it is given back by being dropped.
            let window = Window { start };
            map_file(start, WINDOW_BYTES, file, offset).then_some(window)
        }
    }

    /// Window number `number` and how many versions in it are alive; `None` when it is gone or was never mapped.
    pub(crate) fn look(&self, number: usize) -> Option<(Window, u64)> {
        let slab = *self.heads.get(number / WINDOWS)?;
        let place = 1 + number % WINDOWS;
        // SAFETY: the hold of `self` keeps the slab there. A window that has a holder is mapped, and stays so with one more.
        unsafe {
            let one_more = |holders: u64| (holders > 0).then_some(holders + 1);
            let alive =
                slab.as_ref().holders[place].fetch_update(Ordering::AcqRel, Ordering::Relaxed, one_more).ok()?;
            Some((Window { start: slab.cast::<u8>().add(place * WINDOW_BYTES) }, alive))
        }
    }
}

impl Drop for Slabs {
    fn drop(&mut self) {
        for slab in self.heads.drain(..) {
            // SAFETY: the hold of `self`, once.
            unsafe { let_slab_go(slab) };
        }
    }
}

fn new_slab() -> Option<NonNull<Head>> {
    let raw = reserve(layout())?;
    // SAFETY: the addresses were just reserved, a head fits before the first window and zeros are one; on failure nobody
    // else knows them.
    unsafe {
        if !map_over(raw, HEAD_BYTES) {
            unmap(raw, layout());
            return None;
        }
        let slab = raw.cast::<Head>();
        slab.as_ref().windows.store(1, Ordering::Relaxed);
        Some(slab)
    }
}

/// A piece of a file in memory, kept there by this value and by the versions taken from it.
pub(crate) struct Window {
    start: NonNull<u8>,
}

// SAFETY: it belongs to nobody's thread, and nobody changes what is in it.
unsafe impl Send for Window {}

impl Window {
    /// What is in it.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: a window is mapped whole for as long as it has a holder, and this is one; the file does not change
        // (contract of `Slabs::map`).
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), WINDOW_BYTES) }
    }

    /// All versions that were laid out from byte `from` on, also those that were freed since.
    pub(crate) fn laid_out(&self, from: usize, at: Timestamp) -> Versions<'_> {
        Versions::of(&self.bytes()[from.next_multiple_of(laid_out::ALIGN)..], at)
    }

    /// The `count` versions, committed at `at`, that stand from byte `from` on, with nothing but zeros behind. `None`: other
    /// bytes stand there.
    pub(crate) fn leaves(&self, from: usize, count: u32, at: Timestamp) -> Option<Leaves> {
        let mut versions = self.laid_out(from, at);
        let mut place = from.next_multiple_of(laid_out::ALIGN);
        let mut leaves = Leaves::in_window(count as usize);
        for _ in 0..count {
            let version = versions.next()?;
            // SAFETY: a version stands there (laid out as in memory, at a multiple of its alignment), which the new holder
            // keeps there until it is freed; each is taken once, for `place` only grows.
            unsafe {
                let (slab, number) = slab_of(self.start);
                slab.as_ref().holders[number].fetch_add(1, Ordering::Relaxed);
                leaves.add(VersionRef::from_raw(self.start.as_ptr().add(place)));
            }
            place += version.whole.len();
        }
        versions.are_all().then_some(leaves)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: this value is a holder, once.
        unsafe { release(self.start) };
    }
}

/// Gives up one hold of the window around an address. Returns the bytes that went back to the system: the whole window, or
/// none.
///
/// # Safety
/// `raw` is where a window or a version in it begins, whose hold the caller has and does not use again.
pub(super) unsafe fn release(raw: NonNull<u8>) -> usize {
    // SAFETY: the hold keeps window and slab there until here; the last to let go takes the window away, after all others.
    unsafe {
        let (slab, number) = slab_of(raw);
        if slab.as_ref().holders[number].fetch_sub(1, Ordering::AcqRel) > 1 {
            return 0;
        }
        withdraw(slab.cast::<u8>().add(number * WINDOW_BYTES), WINDOW_BYTES);
        let_slab_go(slab);
    }
    WINDOW_BYTES
}

/// The slab around an address, and the number of the window there.
///
/// # Safety
/// The address is in a window of a slab.
unsafe fn slab_of(raw: NonNull<u8>) -> (NonNull<Head>, usize) {
    let inside = raw.as_ptr().addr() % SLAB_BYTES;
    // SAFETY: a slab begins at a multiple of its size, so it does so many bytes before.
    (unsafe { raw.sub(inside) }.cast(), inside / WINDOW_BYTES)
}

/// # Safety
/// The caller has a hold of the slab and does not use it again.
unsafe fn let_slab_go(slab: NonNull<Head>) {
    // SAFETY: the hold keeps the slab there until here; the last to let go takes it away, after all others.
    unsafe {
        if slab.as_ref().windows.fetch_sub(1, Ordering::AcqRel) == 1 {
            unmap(slab.cast(), layout());
        }
    }
}

fn layout() -> Layout {
    Layout::from_size_align(SLAB_BYTES, SLAB_BYTES).expect("a slab is a layout")
}

#[cfg(all(test, not(cairn_loom)))]
mod tests {
    use std::fs::File;
    use std::io::Write;
    use std::os::fd::AsRawFd;

    use super::*;

    const AT: Timestamp = Timestamp(7);

    /// A file of `windows` windows, each with 1,000 versions of 100 bytes from byte 64 on.
    fn file(windows: usize) -> File {
        let mut file = tempfile::tempfile().expect("a temporary file");
        for window in 0..windows {
            let mut bytes = vec![0; 64];
            for n in 0..1000u64 {
                laid_out::lay_out(&(window as u64 * 1000 + n).to_be_bytes(), &[window as u8; 68], AT, &mut bytes);
            }
            bytes.resize(WINDOW_BYTES, 0);
            file.write_all(&bytes).expect("the disk takes it");
        }
        file
    }

    fn map(slabs: &Slabs, file: &File, number: usize, offset: usize) -> Option<Window> {
        // SAFETY: nobody writes to the file any more.
        unsafe { slabs.map(number, file.as_raw_fd(), offset as u64) }
    }

    /// Windows in the first slab, with the one that `slabs` counts as.
    fn windows(slabs: &Slabs) -> u64 {
        // SAFETY: the hold of `slabs` keeps the slab there.
        unsafe { slabs.heads[0].as_ref() }.windows.load(Ordering::Relaxed)
    }

    #[test]
    fn a_window_stays_while_a_version_in_it_lives() {
        let file = file(3);
        let slabs = Slabs::reserve(3);
        let window = map(&slabs, &file, 1, WINDOW_BYTES).expect("this process may lock memory");
        assert!(map(&slabs, &file, 1, 0).is_none(), "each number once");
        let holders = || slabs.look(1).map(|(_, holders)| holders);
        let leaves = window.leaves(64, 1000, AT).expect("versions stand there");
        assert_eq!(holders(), Some(1001));
        drop(window);
        assert_eq!(leaves.first_key(), Some(&1000u64.to_be_bytes()[..]));
        assert_eq!((holders(), windows(&slabs)), (Some(1000), 2));
        let other = map(&slabs, &file, 2, 2 * WINDOW_BYTES).expect("as above");
        drop(leaves);
        assert_eq!((holders(), windows(&slabs)), (None, 2));
        drop(slabs);
        assert_eq!(other.bytes()[64..72], [0; 8]);
    }

    #[test]
    fn windows_go_to_as_many_slabs_as_they_need() {
        let slabs = Slabs::reserve(WINDOWS + 1);
        assert_eq!(slabs.heads.len(), 2);
        let file = file(1);
        let last = map(&slabs, &file, WINDOWS, 0).expect("this process may lock memory");
        assert_eq!((windows(&slabs), slabs.look(WINDOWS).map(|(_, holders)| holders)), (1, Some(1)));
        assert!(map(&slabs, &file, 2 * WINDOWS, 0).is_none());
        drop(last);
        assert!(slabs.look(WINDOWS).is_none());
    }

    #[test]
    fn other_bytes_are_no_versions() {
        let file = file(1);
        let slabs = Slabs::reserve(1);
        let window = map(&slabs, &file, 0, 0).expect("this process may lock memory");
        assert!(window.leaves(64, 1001, AT).is_none(), "fewer than that");
        assert!(window.leaves(64, 999, AT).is_none(), "more than that");
        assert!(window.leaves(64, 1000, Timestamp(8)).is_none(), "of another snapshot");
        assert!(window.leaves(72, 1000, AT).is_none(), "elsewhere");
        assert!(window.leaves(64, 1000, AT).is_some());
    }
}
