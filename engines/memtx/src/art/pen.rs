//! What a writer needs in its hand: allocation with accounting, and a bin for what readers may still look at.

use std::collections::VecDeque;

use cairn_base::fault;
use cairn_engine_api::Timestamp;

use super::edge::{Edge, View};
use super::history::History;
use super::node::{Kind, NodeRef};
use super::version::VersionRef;
use crate::ledger::{Ledger, SpaceCounts};
use crate::sync::{Arc, AtomicBool, Guard, Ordering, pin, unprotected};

/// Retired targets to gather before they are handed to the epoch collector in one go.
const BIN_ITEMS_MAX: usize = 128;
/// The same in bytes, so that few large rows do not linger.
const BIN_BYTES_MAX: usize = 1 << 20;

/// The right to change one tree: there is one pen per tree at a time, its holder is *the* writer.
pub(crate) struct Pen<'g> {
    /// Pinned for as long as references from the tree are in use.
    pub(crate) guard: &'g Guard,
    /// The space's counters.
    pub(crate) counts: &'g SpaceCounts,
    /// Where retired memory goes.
    pub(crate) bin: &'g mut Bin,
    /// Where superseded versions go while an old snapshot is open; else they stay where they are, for a short time.
    pub(crate) history: Option<&'g mut History>,
}

impl<'g> Pen<'g> {
    /// A new row, known to nobody yet.
    pub(crate) fn version(&mut self, key: &[u8], row: &[u8], at: Timestamp) -> VersionRef<'g> {
        self.counted(VersionRef::allocate(key, Some(row), at), true)
    }

    /// A new tombstone, known to nobody yet: in the history while an old snapshot is open, for it has to wait until that
    /// ends, and nobody needs it then.
    pub(crate) fn tombstone(&mut self, key: &[u8], at: Timestamp) -> VersionRef<'g> {
        match self.history.as_mut().and_then(|history| VersionRef::bury(key, at, history)) {
            // The history counts its chunks whole.
            Some(tombstone) => self.counted(tombstone, false),
            None => self.counted(VersionRef::allocate(key, None, at), true),
        }
    }

    fn counted(&mut self, version: VersionRef<'g>, in_ledger: bool) -> VersionRef<'g> {
        if in_ledger {
            self.bin.ledger.take(version.bytes());
        }
        self.counts.versions.add(1);
        self.counts.version_bytes.add(version.bytes() as u64);
        version
    }

    /// A new empty node, known to nobody yet.
    pub(crate) fn node(&mut self, kind: Kind, prefix_parts: &[&[u8]]) -> NodeRef<'g> {
        let node = NodeRef::allocate(kind, prefix_parts);
        self.bin.ledger.take(node.bytes());
        self.counts.node_bytes.add(node.bytes() as u64);
        node
    }

    /// A new node of `kind` with the terminal and the children of `original`, which stays as it is.
    pub(crate) fn copy(&mut self, original: NodeRef<'g>, kind: Kind, prefix_parts: &[&[u8]]) -> NodeRef<'g> {
        let copy = self.node(kind, prefix_parts);
        copy.terminal().store(original.terminal().load(self.guard));
        original.for_each_child(self.guard, |byte, edge| {
            let had_room = copy.push(byte, edge);
            debug_assert!(had_room, "the copy's kind was chosen to fit");
        });
        copy
    }

    /// Moves `old`, which `newest` has just superseded, to the history, if an old snapshot is open.
    pub(crate) fn set_aside(&mut self, newest: VersionRef<'g>, old: VersionRef<'g>) {
        let Some(copy) = self.history.as_mut().and_then(|history| old.copy_to(history)) else { return };
        newest.link(copy);
        // Readers may still be at `old`; it leads on to the same older versions.
        self.bin.push(Edge::leaf(old).into_raw(), old.bytes());
    }

    /// A copy of a version that has nothing older, to take its place; the original is freed once no reader can be at it.
    pub(crate) fn copy_version(&mut self, original: VersionRef<'g>) -> VersionRef<'g> {
        debug_assert!(original.older().is_none(), "older versions would be lost");
        let copy = VersionRef::allocate(original.key(), original.row(), original.at());
        self.bin.ledger.take(copy.bytes());
        self.bin.push(Edge::leaf(original).into_raw(), original.bytes());
        copy
    }

    /// Frees a node (not what it leads to) once no reader can be in it.
    ///
    /// # Safety
    /// It is in no slot of the tree any more and was not retired before.
    pub(crate) unsafe fn retire_node(&mut self, node: NodeRef<'_>) {
        self.counts.node_bytes.subtract(node.bytes() as u64);
        self.bin.push(Edge::node(node).into_raw(), node.bytes());
    }

    /// Frees a version and all older ones once no reader can be at them.
    ///
    /// # Safety
    /// No slot and no newer version that stays leads to it any more, and it was not retired before.
    pub(crate) unsafe fn retire_chain(&mut self, newest: VersionRef<'_>) {
        let mut next = Some(newest);
        while let Some(version) = next {
            next = version.older();
            self.counts.versions.subtract(1);
            self.counts.version_bytes.subtract(version.bytes() as u64);
            self.bin.push(Edge::leaf(version).into_raw(), version.bytes());
        }
    }
}

/// Memory taken out of trees that readers may still be looking at.
///
/// ```text
///   retire --> retired --empty--> waiting: [batch][batch][batch] --free_some--> allocator
///                 |                          the epoch raises a batch's flag when no reader of its time is left
///              one Vec
/// ```
/// The epoch collector runs what it was given on whichever thread comes along, readers included. It is given flags to
/// raise, nothing more: the freeing itself is done by the writer, in steps of its choice.
#[derive(Debug)]
pub(crate) struct Bin {
    retired: Vec<Retired>,
    bytes: usize,
    waiting: VecDeque<Batch>,
    ledger: Arc<Ledger>,
}

/// Things that were retired before one moment.
#[derive(Debug)]
struct Batch {
    retired: Vec<Retired>,
    /// Raised when every reader that was pinned at that moment is gone.
    unreachable: Arc<AtomicBool>,
}

/// An edge whose target is out of its tree.
#[derive(Debug)]
struct Retired(*mut u8);

// SAFETY: the bin owns the target alone, as far as freeing goes; whoever holds the value may free it on any thread.
unsafe impl Send for Retired {}

impl Bin {
    /// An empty bin that reports to `ledger`.
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        Self { retired: Vec::new(), bytes: 0, waiting: VecDeque::new(), ledger }
    }

    fn push(&mut self, raw: *mut u8, bytes: usize) {
        self.retired.push(Retired(raw));
        self.bytes += bytes;
    }

    /// Lets the content wait for its readers when enough has come together.
    pub(crate) fn empty_when_full(&mut self, guard: &Guard) {
        if self.retired.len() >= BIN_ITEMS_MAX || self.bytes >= BIN_BYTES_MAX {
            self.empty(guard);
        }
    }

    /// Lets the content wait for its readers.
    pub(crate) fn empty(&mut self, guard: &Guard) {
        if self.retired.is_empty() {
            return;
        }
        let unreachable = Arc::new(AtomicBool::new(fault!(FreeAtOnce)));
        let flag = Arc::clone(&unreachable);
        guard.defer(move || flag.store(true, Ordering::Release));
        guard.flush();
        self.waiting.push_back(Batch { retired: std::mem::take(&mut self.retired), unreachable });
        self.bytes = 0;
    }

    /// Frees up to about `steps` things that no reader can see any more. Returns whether it could go on at once.
    pub(crate) fn free_some(&mut self, steps: usize) -> bool {
        let mut steps = steps;
        let mut bytes = 0;
        while let Some(batch) = self.waiting.front_mut().filter(|batch| batch.unreachable.load(Ordering::Acquire)) {
            let keep = batch.retired.len().saturating_sub(steps);
            steps -= batch.retired.len() - keep;
            // SAFETY: everything here was unlinked before it was retired (contract of `retire_node` and
            // `retire_chain`), and the flag says that all readers pinned then are gone: nobody can reach it.
            bytes += batch.retired.drain(keep..).map(|Retired(raw)| unsafe { free(raw) }).sum::<usize>();
            if keep > 0 {
                break;
            }
            self.waiting.pop_front();
        }
        self.ledger.give_back(bytes);
        self.waiting.front().is_some_and(|batch| batch.unreachable.load(Ordering::Acquire))
    }
}

impl Drop for Bin {
    fn drop(&mut self) {
        let waiting = self.waiting.drain(..).flat_map(|batch| batch.retired);
        let retired: Vec<Retired> = waiting.chain(std::mem::take(&mut self.retired)).collect();
        let ledger = Arc::clone(&self.ledger);
        // SAFETY: the closure owns all that it touches, so it may run on any thread at any later time; and by then every
        // reader that was pinned when these things were unlinked is gone.
        unsafe {
            pin().defer_unchecked(move || {
                ledger.give_back(retired.into_iter().map(|Retired(raw)| free(raw)).sum());
            });
        }
    }
}

/// Frees the target of an edge, not what that leads to, and says how many bytes it was.
///
/// # Safety
/// Nobody else can reach the target any more.
unsafe fn free(raw: *mut u8) -> usize {
    // SAFETY: the caller is the last one to know the target, so it lives until the free below.
    unsafe {
        match Edge::from_raw(raw).view() {
            View::Empty => 0,
            View::Leaf(version) if fault!(LoseMemory) => version.bytes(),
            View::Leaf(version) => version.free(),
            View::Node(node) => node.free(),
        }
    }
}

/// Takes a whole tree down, a bounded number of allocations at a time.
#[derive(Debug)]
pub(crate) struct Demolition {
    stack: Vec<Retired>,
    ledger: Arc<Ledger>,
}

impl Demolition {
    /// Prepares to free everything that `root` leads to.
    ///
    /// # Safety
    /// Nobody reads or writes the tree any more, nor ever will.
    pub(crate) unsafe fn new(root: Edge<'_>, ledger: Arc<Ledger>) -> Self {
        Self { stack: vec![Retired(root.into_raw())], ledger }
    }

    /// Frees up to about `steps` allocations. Returns whether something is left.
    pub(crate) fn step(&mut self, steps: usize) -> bool {
        let mut bytes = 0;
        for _ in 0..steps {
            let Some(Retired(raw)) = self.stack.pop() else { break };
            // SAFETY: by the contract of `new` this demolition alone knows the tree, and each target is on the stack
            // once: a tree's slots and links lead to distinct targets. The same makes the unprotected guard right.
            bytes += unsafe {
                match Edge::from_raw(raw).view() {
                    View::Empty => {}
                    View::Leaf(version) => self.stack.extend(version.older().map(|v| Retired(v.into_raw()))),
                    View::Node(node) => {
                        let guard = unprotected();
                        self.stack.push(Retired(node.terminal().load(guard).into_raw()));
                        node.for_each_child(guard, |_, edge| self.stack.push(Retired(edge.into_raw())));
                    }
                }
                free(raw)
            };
        }
        self.ledger.give_back(bytes);
        !self.stack.is_empty()
    }
}

impl Drop for Demolition {
    fn drop(&mut self) {
        while self.step(usize::MAX) {}
    }
}
