//! Inner nodes: their memory layout and the operations that all kinds share.
//!
//! ```text
//!             header (16)          kind's own part                              tail
//!          +-------------------+------------------------------------------+--------------+
//! Node4    | terminal, prefix_ | keys   8      | 4 edges   32             | prefix bytes |
//! Node16   | len, count, used  | keys  16      | 16 edges 128             |   of any     |
//! Node48   |                   | index 256     | 48 edges 384             |    length    |
//! Node256  |                   |               | 256 edges 2048           |              |
//!          +-------------------+------------------------------------------+--------------+
//! ```
//! `terminal` holds the key that ends exactly behind the prefix, so keys may be prefixes of other keys. The prefix is
//! stored whole (no "optimistic" cut-off), so seeks and splits never have to look into a leaf.
//!
//! **What may change in place.** Edges; and new children may appear in room never used before: Node4 and Node16 append
//! (their keys are not sorted) and publish by `used`, Node48 publishes by its index, Node256 by the edge. A child goes in
//! place only in Node48 and Node256. Room is never reused and prefix and kind are constant: all else is done by
//! replacing the node with a copy. So a reader that stays in a node sees every key of its snapshot once, whatever
//! happens meanwhile.

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::bytes::{ByteSet, find_in_4, find_in_16};
use super::edge::{AtomicEdge, Edge};
use crate::sync::{AtomicU16, AtomicU64, Guard, Layout, Ordering, Witness, alloc, dealloc, handle_alloc_error};

/// The four sizes of inner nodes. The numbers are the tags in edges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Up to 4 children.
    Node4 = 1,
    /// Up to 16 children.
    Node16 = 2,
    /// Up to 48 children.
    Node48 = 3,
    /// Up to 256 children.
    Node256 = 4,
}

impl Kind {
    /// The smallest kind with room for this many children.
    pub(crate) fn for_children(count: usize) -> Self {
        match count {
            0..=4 => Self::Node4,
            5..=16 => Self::Node16,
            17..=48 => Self::Node48,
            _ => Self::Node256,
        }
    }

    /// The kind to copy a full node of this kind into.
    pub(crate) fn larger(self) -> Self {
        match self {
            Self::Node4 => Self::Node16,
            Self::Node16 => Self::Node48,
            Self::Node48 | Self::Node256 => Self::Node256,
        }
    }

    /// Children that fit.
    pub(crate) fn capacity(self) -> usize {
        match self {
            Self::Node4 => 4,
            Self::Node16 => 16,
            Self::Node48 => 48,
            Self::Node256 => 256,
        }
    }

    const fn size(self) -> usize {
        match self {
            Self::Node4 => size_of::<Node4>(),
            Self::Node16 => size_of::<Node16>(),
            Self::Node48 => size_of::<Node48>(),
            Self::Node256 => size_of::<Node256>(),
        }
    }

    fn layout(self, prefix_len: usize) -> Layout {
        Layout::from_size_align(self.size() + prefix_len, align_of::<Node256>()).expect("keys are at most 1 GiB")
    }
}

#[repr(C)]
struct Header {
    terminal: AtomicEdge,
    prefix_len: u32,
    /// Children alive. Writer only.
    count: AtomicU16,
    /// Slots filled since the node was made (Node4, Node16, Node48).
    used: AtomicU16,
    witness: Witness,
}

#[repr(C)]
struct Node4 {
    header: Header,
    keys: AtomicU64,
    edges: [AtomicEdge; 4],
}

#[repr(C)]
struct Node16 {
    header: Header,
    keys: [AtomicU64; 2],
    edges: [AtomicEdge; 16],
}

#[repr(C)]
struct Node48 {
    header: Header,
    /// For each byte the slot number plus one, or 0; eight bytes to a word, lowest byte first.
    index: [AtomicU64; 32],
    /// One bit for each byte with a slot, for walks.
    present: [AtomicU64; 4],
    edges: [AtomicEdge; 48],
}

#[repr(C)]
struct Node256 {
    header: Header,
    edges: [AtomicEdge; 256],
}

#[cfg(not(cairn_loom))]
const _: () = assert!(size_of::<Node4>() == 16 + 8 + 32 && size_of::<Node16>() == 16 + 16 + 128);
#[cfg(not(cairn_loom))]
const _: () = assert!(size_of::<Node48>() == 16 + 256 + 32 + 384 && size_of::<Node256>() == 16 + 2048);

impl Header {
    fn empty(prefix_len: u32) -> Self {
        let (count, used) = (AtomicU16::new(0), AtomicU16::new(0));
        Self { terminal: AtomicEdge::empty(), prefix_len, count, used, witness: Witness::new() }
    }
}

impl Node4 {
    fn empty(header: Header) -> Self {
        Self { header, keys: AtomicU64::new(0), edges: no_edges() }
    }
}

impl Node16 {
    fn empty(header: Header) -> Self {
        Self { header, keys: no_words(), edges: no_edges() }
    }
}

impl Node48 {
    fn empty(header: Header) -> Self {
        Self { header, index: no_words(), present: no_words(), edges: no_edges() }
    }
}

impl Node256 {
    fn empty(header: Header) -> Self {
        Self { header, edges: no_edges() }
    }
}

fn no_edges<const N: usize>() -> [AtomicEdge; N] {
    std::array::from_fn(|_| AtomicEdge::empty())
}

fn no_words<const N: usize>() -> [AtomicU64; N] {
    std::array::from_fn(|_| AtomicU64::new(0))
}

/// An inner node that stays allocated for `'g`.
#[derive(Clone, Copy)]
pub(crate) struct NodeRef<'g> {
    raw: NonNull<u8>,
    kind: Kind,
    life: PhantomData<&'g Guard>,
}

/// A reference to the kind's own struct.
enum Body<'g> {
    Four(&'g Node4),
    Sixteen(&'g Node16),
    FortyEight(&'g Node48),
    Full(&'g Node256),
}

impl<'g> NodeRef<'g> {
    /// Allocates an empty node whose prefix is the concatenation of `parts`.
    ///
    /// The result lives until [`Self::free`]: the caller picks `'g` and hands the node to a tree or frees it.
    pub(crate) fn allocate(kind: Kind, parts: &[&[u8]]) -> Self {
        let prefix_len = parts.iter().map(|part| part.len()).sum::<usize>();
        let layout = kind.layout(prefix_len);
        // SAFETY: the layout is never empty, it holds at least a Node4.
        let raw = NonNull::new(unsafe { alloc(layout) }).unwrap_or_else(|| handle_alloc_error(layout));
        let header = Header::empty(prefix_len as u32);
        // SAFETY: fresh memory of `layout`, aligned for every kind, with room for the kind's struct and the prefix behind it.
        unsafe {
            match kind {
                Kind::Node4 => raw.cast().write(Node4::empty(header)),
                Kind::Node16 => raw.cast().write(Node16::empty(header)),
                Kind::Node48 => raw.cast().write(Node48::empty(header)),
                Kind::Node256 => raw.cast().write(Node256::empty(header)),
            }
            let mut tail = raw.add(kind.size());
            for part in parts {
                tail.copy_from_nonoverlapping(NonNull::from(*part).cast(), part.len());
                tail = tail.add(part.len());
            }
        }
        Self { raw, kind, life: PhantomData }
    }

    /// The node behind an address that [`Self::into_raw`] gave.
    ///
    /// # Safety
    /// It was allocated with this kind and is not freed during `'g`.
    #[inline]
    pub(crate) unsafe fn from_raw(raw: *mut u8, kind: Kind) -> Self {
        // SAFETY: `into_raw` never gives null.
        Self { raw: unsafe { NonNull::new_unchecked(raw) }, kind, life: PhantomData }
    }

    /// The address; its three low bits are zero.
    #[inline]
    pub(crate) fn into_raw(self) -> *mut u8 {
        self.raw.as_ptr()
    }

    /// Which of the four sizes it has.
    #[inline]
    pub(crate) fn kind(self) -> Kind {
        self.kind
    }

    #[inline]
    fn header(self) -> &'g Header {
        // SAFETY: every kind starts with a Header; the node lives for `'g` and only its atomic fields change.
        let header = unsafe { self.raw.cast::<Header>().as_ref() };
        header.witness.look();
        header
    }

    #[inline]
    fn body(self) -> Body<'g> {
        self.header();
        // SAFETY: `kind` is the kind that the node was allocated with (type invariant); the node lives for `'g` and only
        // its atomic fields change.
        unsafe {
            match self.kind {
                Kind::Node4 => Body::Four(self.raw.cast().as_ref()),
                Kind::Node16 => Body::Sixteen(self.raw.cast().as_ref()),
                Kind::Node48 => Body::FortyEight(self.raw.cast().as_ref()),
                Kind::Node256 => Body::Full(self.raw.cast().as_ref()),
            }
        }
    }

    /// Length of the prefix in bytes.
    #[inline]
    pub(crate) fn prefix_len(self) -> usize {
        self.header().prefix_len as usize
    }

    /// The bytes that all keys below share behind those on the way here.
    #[inline]
    pub(crate) fn prefix(self) -> &'g [u8] {
        // SAFETY: `allocate` put `prefix_len` initialized bytes behind the kind's struct; they never change.
        unsafe { std::slice::from_raw_parts(self.raw.add(self.kind.size()).as_ptr(), self.prefix_len()) }
    }

    /// The slot of the key that ends behind the prefix.
    #[inline]
    pub(crate) fn terminal(self) -> &'g AtomicEdge {
        &self.header().terminal
    }

    /// Children alive. Writer only.
    pub(crate) fn count(self) -> usize {
        self.header().count.load(Ordering::Relaxed) as usize
    }

    /// The slot of the child for this byte. The slot may hold nothing: then there is no such child.
    #[inline]
    pub(crate) fn find(self, byte: u8) -> Option<&'g AtomicEdge> {
        match self.body() {
            Body::Four(node) => {
                let used = node.header.used.load(Ordering::Acquire);
                find_in_4(node.keys.load(Ordering::Relaxed), used, byte).map(|slot| &node.edges[slot])
            }
            Body::Sixteen(node) => {
                let used = node.header.used.load(Ordering::Acquire);
                let keys = [node.keys[0].load(Ordering::Relaxed), node.keys[1].load(Ordering::Relaxed)];
                find_in_16(keys, used, byte).map(|slot| &node.edges[slot])
            }
            Body::FortyEight(node) => {
                let word = node.index[byte as usize / 8].load(Ordering::Acquire);
                let slot = (word >> (byte % 8 * 8)) as u8;
                (slot != 0).then(|| &node.edges[slot as usize - 1])
            }
            Body::Full(node) => Some(&node.edges[byte as usize]),
        }
    }

    /// The bytes that may have a child now; a Node256 answers all of them. Children that appear later are left out.
    pub(crate) fn bytes_present(self) -> ByteSet {
        match self.body() {
            Body::Four(node) => {
                let used = node.header.used.load(Ordering::Acquire) as usize;
                let word = node.keys.load(Ordering::Relaxed);
                word.to_le_bytes()[..used].iter().copied().collect()
            }
            Body::Sixteen(node) => {
                let used = node.header.used.load(Ordering::Acquire) as usize;
                let words = node.keys.each_ref().map(|word| word.load(Ordering::Relaxed).to_le_bytes());
                words.as_flattened()[..used].iter().copied().collect()
            }
            Body::FortyEight(node) => {
                ByteSet::from_words(node.present.each_ref().map(|word| word.load(Ordering::Acquire)))
            }
            Body::Full(_) => ByteSet::ALL,
        }
    }

    /// Calls `visit` with every child, in byte order. Writer only (or the only owner).
    pub(crate) fn for_each_child(self, guard: &'g Guard, mut visit: impl FnMut(u8, Edge<'g>)) {
        for byte in self.bytes_present() {
            let edge = self.find(byte).map_or(Edge::EMPTY, |slot| slot.load(guard));
            if !edge.is_empty() {
                visit(byte, edge);
            }
        }
    }

    /// Writer only: publishes a child under a byte that has none. `false`: there is no unused room.
    #[must_use]
    pub(crate) fn push(self, byte: u8, edge: Edge<'_>) -> bool {
        let header = self.header();
        let used = header.used.load(Ordering::Relaxed) as usize;
        match self.body() {
            Body::Four(node) => {
                let Some(slot) = node.edges.get(used) else { return false };
                slot.store(edge);
                put_byte(&node.keys, used, byte);
            }
            Body::Sixteen(node) => {
                let Some(slot) = node.edges.get(used) else { return false };
                slot.store(edge);
                put_byte(&node.keys[used / 8], used % 8, byte);
            }
            Body::FortyEight(node) => {
                let Some(slot) = node.edges.get(used) else { return false };
                slot.store(edge);
                put_byte(&node.index[byte as usize / 8], byte as usize % 8, used as u8 + 1);
                let present = &node.present[byte as usize / 64];
                present.store(present.load(Ordering::Relaxed) | 1 << (byte % 64), Ordering::Release);
            }
            Body::Full(node) => node.edges[byte as usize].store(edge),
        }
        if self.kind != Kind::Node256 {
            header.used.store(used as u16 + 1, Ordering::Release);
        }
        header.count.store(header.count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        true
    }

    /// Writer only: takes a child out in place. `false`: this kind must be copied instead (Node4, Node16).
    #[must_use]
    pub(crate) fn take_out(self, byte: u8) -> bool {
        match self.body() {
            Body::Four(_) | Body::Sixteen(_) => return false,
            Body::FortyEight(node) => {
                let word = &node.index[byte as usize / 8];
                let slot = (word.load(Ordering::Relaxed) >> (byte % 8 * 8)) as u8;
                debug_assert!(slot != 0, "the child to take out is there");
                let present = &node.present[byte as usize / 64];
                present.store(present.load(Ordering::Relaxed) & !(1 << (byte % 64)), Ordering::Release);
                put_byte(word, byte as usize % 8, 0);
                node.edges[slot as usize - 1].store(Edge::EMPTY);
            }
            Body::Full(node) => node.edges[byte as usize].store(Edge::EMPTY),
        }
        let count = &self.header().count;
        count.store(count.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
        true
    }

    /// Bytes allocated for this node.
    pub(crate) fn bytes(self) -> usize {
        self.kind.size() + self.prefix_len()
    }

    /// Gives the memory back and says how many bytes it was. The children are not touched.
    ///
    /// # Safety
    /// Nobody can reach this node any more, by this reference or another one.
    pub(crate) unsafe fn free(self) -> usize {
        let layout = self.kind.layout(self.prefix_len());
        self.header().witness.end();
        // SAFETY: allocated by `allocate` with this layout; the caller vouches for exclusiveness.
        unsafe { dealloc(self.raw.as_ptr(), layout) };
        layout.size()
    }
}

/// Writer only: replaces one byte of a word and publishes what was written before.
fn put_byte(word: &AtomicU64, position: usize, byte: u8) {
    let shift = position * 8;
    let others = word.load(Ordering::Relaxed) & !(0xff << shift);
    word.store(others | (u64::from(byte) << shift), Ordering::Release);
}
