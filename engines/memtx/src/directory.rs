//! From space ids to spaces, wait-free: two loads.
//!
//! ```text
//!  number:  23        12 11         0
//!          +------------+------------+
//!          |    page    |    slot    |      pages[page] --> slots[slot] --> Space
//!          +------------+------------+
//! ```
//! Pages come into being with their first space and stay. The writer alone stores; a removed space stays allocated while
//! a reader is pinned that may have loaded it, and as long as somebody holds a counted reference.

use cairn_engine_api::SpaceId;

use crate::space::Space;
use crate::sync::{Arc, AtomicPtr, Guard, OnceLock, Ordering, unprotected};

const SLOT_BITS: u32 = 12;
const SLOTS: usize = 1 << SLOT_BITS;
const PAGES: usize = (SpaceId::NUMBER_MAX as usize + 1) >> SLOT_BITS;

/// The spaces of one engine.
pub(crate) struct Directory {
    pages: Box<[OnceLock<Box<Page>>]>,
}

/// Each slot is null or holds one counted reference ([`Arc::into_raw`]).
struct Page {
    slots: [AtomicPtr<Space>; SLOTS],
}

impl Directory {
    /// Bytes that one page of space numbers takes.
    pub(crate) const PAGE_BYTES: usize = size_of::<Page>();

    /// A directory without spaces.
    pub(crate) fn new() -> Self {
        Self { pages: (0..PAGES).map(|_| OnceLock::new()).collect() }
    }

    /// The space with this id, for as long as the guard is held. Wait-free.
    #[inline]
    pub(crate) fn find<'g>(&self, id: SpaceId, _guard: &'g Guard) -> Option<&'g Space> {
        let raw = self.slot(id)?.load(Ordering::Acquire);
        // SAFETY: null or from `Arc::into_raw`; the reference that the slot counts is released only after all guards
        // pinned at the removal are gone, so the space outlives `'g`.
        let space = unsafe { raw.as_ref() }?;
        (space.id == id).then_some(space)
    }

    /// A counted reference to the space, to be kept without a guard.
    pub(crate) fn share(&self, id: SpaceId, guard: &Guard) -> Option<Arc<Space>> {
        let raw: *const Space = self.find(id, guard)?;
        // SAFETY: `raw` came out of `Arc::into_raw` by way of the slot, and the slot's own count is still held while the
        // guard is, so the counter is alive and above zero.
        unsafe {
            Arc::increment_strong_count(raw);
            Some(Arc::from_raw(raw))
        }
    }

    /// Writer only: makes a space findable. Its number must be free. Returns whether a page was allocated for it.
    pub(crate) fn insert(&self, space: Arc<Space>) -> bool {
        let cell = &self.pages[page_number(space.id)];
        let is_new_page = cell.get().is_none();
        let page = cell.get_or_init(Page::empty);
        let slot = &page.slots[slot_number(space.id)];
        debug_assert!(slot.load(Ordering::Relaxed).is_null(), "the caller looked before");
        slot.store(Arc::into_raw(space).cast_mut(), Ordering::Release);
        is_new_page
    }

    /// Writer only: makes a space unfindable. It is freed later; see the head of this file.
    pub(crate) fn remove(&self, id: SpaceId, guard: &Guard) {
        let Some(slot) = self.slot(id) else { return };
        let raw = slot.load(Ordering::Relaxed).cast_const();
        slot.store(std::ptr::null_mut(), Ordering::Release);
        if raw.is_null() {
            return;
        }
        let count = SlotCount(raw);
        // SAFETY: the closure owns the slot's counted reference and may drop it on any thread (Space is Send and Sync).
        // Whoever still uses the space without a count of its own was pinned before this call.
        unsafe { guard.defer_unchecked(move || count.release()) };
    }

    /// All spaces, by id.
    pub(crate) fn share_all(&self, guard: &Guard) -> Vec<Arc<Space>> {
        let pages = self.pages.iter().filter_map(OnceLock::get);
        let raws = pages.flat_map(|page| &page.slots).map(|slot| slot.load(Ordering::Acquire));
        // SAFETY: as in `find`.
        let ids = raws.filter_map(|raw| unsafe { raw.as_ref() }).map(|space| space.id);
        ids.filter_map(|id| self.share(id, guard)).collect()
    }

    #[inline]
    fn slot(&self, id: SpaceId) -> Option<&AtomicPtr<Space>> {
        Some(&self.pages[page_number(id)].get()?.slots[slot_number(id)])
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // SAFETY: `&mut self`: no reader and no writer is left.
        let guard = unsafe { unprotected() };
        for space in self.share_all(guard) {
            self.remove(space.id, guard);
        }
    }
}

impl Page {
    fn empty() -> Box<Self> {
        Box::new(Self { slots: std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut())) })
    }
}

/// The counted reference that a slot held.
struct SlotCount(*const Space);

// SAFETY: it stands for an `Arc<Space>`, and Space is Send and Sync.
unsafe impl Send for SlotCount {}

impl SlotCount {
    fn release(self) {
        // SAFETY: the pointer came from `Arc::into_raw` in `insert`, and the slot forgot it when this value was made.
        drop(unsafe { Arc::from_raw(self.0) });
    }
}

fn page_number(id: SpaceId) -> usize {
    (id.number() >> SLOT_BITS) as usize
}

fn slot_number(id: SpaceId) -> usize {
    id.number() as usize % SLOTS
}
