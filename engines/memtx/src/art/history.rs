//! Versions that only an old snapshot still needs, apart from those that are live.
//!
//! While an old snapshot is open, every update leaves a version behind, and all of them go at once when it ends. If they lay
//! among live rows they would leave holes everywhere, which no allocator can give back: memory would stay at its
//! peak for ever. So such a version moves here when it is superseded, one behind the other in large chunks that nothing
//! live is in. A chunk goes back whole, to the system, when the last version in it is freed.
//!
//! ```text
//!   chunk   +---------+-------+---------+-------+---------+---- ... ----+
//!           | holders | chunk | version | chunk | version |  not used   |     256 KiB
//!           +---------+-------+---------+-------+---------+---- ... ----+
//!                         ^ address of the chunk, in front of every version
//! ```

use std::ptr::NonNull;

use crate::ledger::Ledger;
use crate::sync::{Arc, AtomicU64, Layout, Ordering, map, unmap};

/// Bytes of a chunk: the system lets a process have some ten thousands of mappings.
const CHUNK_BYTES: usize = 256 << 10;
/// A larger version stays where it is: it leaves a hole that is worth something by itself.
const VERSION_BYTES_MAX: usize = CHUNK_BYTES / 32;
/// Every version and every address of a chunk begins at a multiple of this.
const ALIGN: usize = 8;

/// The front of a chunk.
#[repr(C)]
struct Head {
    /// Versions alive in it, and one more while it is being filled.
    holders: AtomicU64,
}

/// Where superseded versions go. One writer fills it; they may be freed on any thread.
#[derive(Debug)]
pub(crate) struct History {
    filling: Option<NonNull<Head>>,
    /// Bytes used of the chunk that is being filled.
    used: usize,
    ledger: Arc<Ledger>,
}

// SAFETY: a chunk belongs to nobody's thread; its count is atomic.
unsafe impl Send for History {}

impl History {
    /// Without a chunk, reporting to `ledger` what chunks take.
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self { filling: None, used: 0, ledger }
    }

    /// Room for a version of so many bytes, aligned for it; `None` when it is too large, or the system has no chunk.
    /// The room is to be given back by [`release`].
    pub(super) fn place(&mut self, bytes: usize) -> Option<NonNull<u8>> {
        if bytes > VERSION_BYTES_MAX {
            return None;
        }
        let need = size_of::<NonNull<Head>>() + bytes.next_multiple_of(ALIGN);
        let chunk = match self.filling {
            Some(chunk) if self.used + need <= CHUNK_BYTES => chunk,
            _ => self.next_chunk()?,
        };
        // SAFETY: `need` bytes behind `used` are inside the chunk and given to nobody; `used` stays a multiple of ALIGN.
        let raw = unsafe {
            chunk.as_ref().holders.fetch_add(1, Ordering::Relaxed);
            let address = chunk.cast::<u8>().add(self.used).cast::<NonNull<Head>>();
            address.write(chunk);
            address.add(1).cast()
        };
        self.used += need;
        Some(raw)
    }

    fn next_chunk(&mut self) -> Option<NonNull<Head>> {
        self.let_go();
        let chunk = map(layout())?.cast::<Head>();
        // SAFETY: fresh memory with room for a Head, aligned for it.
        unsafe { chunk.write(Head { holders: AtomicU64::new(1) }) };
        self.ledger.take(CHUNK_BYTES);
        self.filling = Some(chunk);
        self.used = size_of::<Head>().next_multiple_of(ALIGN);
        Some(chunk)
    }

    /// Fills the chunk no further.
    fn let_go(&mut self) {
        if let Some(chunk) = self.filling.take() {
            // SAFETY: the hold of the one who fills it is given up, once.
            self.ledger.give_back(unsafe { drop_hold(chunk) });
        }
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Gives back the room of a version. Returns the bytes that went back to the system: a whole chunk, or none.
///
/// # Safety
/// `raw` came from [`History::place`], and nobody can reach the version there any more.
pub(super) unsafe fn release(raw: NonNull<u8>) -> usize {
    // SAFETY: the chunk's address is right in front, and the chunk is there because this version holds it.
    unsafe { drop_hold(raw.cast::<NonNull<Head>>().sub(1).read()) }
}

/// # Safety
/// The caller has a hold of the chunk and does not use it again.
unsafe fn drop_hold(chunk: NonNull<Head>) -> usize {
    // SAFETY: the hold keeps the chunk there until here; the last one to let go frees it, after all others.
    unsafe {
        if chunk.as_ref().holders.fetch_sub(1, Ordering::AcqRel) > 1 {
            return 0;
        }
        unmap(chunk.cast(), layout());
    }
    CHUNK_BYTES
}

fn layout() -> Layout {
    Layout::from_size_align(CHUNK_BYTES, ALIGN).expect("a chunk is a layout")
}

#[cfg(all(test, not(cairn_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_goes_when_its_last_version_is_gone() {
        let ledger = Arc::new(Ledger::default());
        let mut history = History::new(Arc::clone(&ledger));
        assert!(history.place(VERSION_BYTES_MAX + 1).is_none());
        let mut placed: Vec<_> = (0..400).map(|_| history.place(2001).expect("it is small enough")).collect();
        assert_eq!(ledger.used(), 4 * CHUNK_BYTES as u64, "130 of 2,016 bytes fit a chunk");
        let last = placed.pop().expect("there are 400");
        // SAFETY: each place is given back once, and nothing is in it.
        let freed: usize = placed.into_iter().map(|raw| unsafe { release(raw) }).sum();
        assert_eq!(freed, 3 * CHUNK_BYTES);
        drop(history);
        // SAFETY: as above.
        assert_eq!(unsafe { release(last) }, CHUNK_BYTES);
    }
}
