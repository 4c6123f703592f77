//! Writer: new versions, and the nodes that new keys need.

use cairn_base::fault;
use cairn_engine_api::Timestamp;

use super::edge::{AtomicEdge, Edge, View};
use super::node::{Kind, NodeRef};
use super::pen::Pen;
use super::version::VersionRef;
use super::{Tree, common_prefix_len};

/// Versions that an update looks at when it trims in passing; a longer chain is left to the sweep.
const TRIM_HOPS_MAX: usize = 4;

/// Did a change leave something for the sweep that was not waiting for it already?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Garbage {
    /// The key has just become dirty: older versions or a tombstone. Remember it.
    New,
    /// Nothing to remember.
    None,
}

impl Tree {
    /// Puts a new version of `key` in front of the others and trims those that no snapshot at or above `watermark` sees.
    pub(crate) fn put<'g>(
        &self,
        key: &[u8],
        row: &[u8],
        at: Timestamp,
        watermark: Timestamp,
        pen: &mut Pen<'g>,
    ) -> Garbage {
        let fresh = pen.version(key, row, at);
        let old = self.insert(fresh, pen);
        if old.is_none_or(VersionRef::is_tombstone) {
            pen.counts.rows.add(1);
        }
        match old {
            None => Garbage::None,
            Some(old) => after_update(fresh, old, watermark, pen),
        }
    }

    /// Puts a tombstone in front of the key's versions; does nothing where there is no row.
    pub(crate) fn delete<'g>(&self, key: &[u8], at: Timestamp, watermark: Timestamp, pen: &mut Pen<'g>) -> Garbage {
        let Some((slot, old)) = self.locate(key, pen) else { return Garbage::None };
        if old.is_tombstone() {
            return Garbage::None;
        }
        let fresh = pen.tombstone(key, at);
        fresh.link(old);
        slot.store(Edge::leaf(fresh));
        pen.counts.rows.subtract(1);
        after_update(fresh, old, watermark, pen)
    }

    /// Puts a copy in the place of the newest version of `key`, if that is the one at `place`, which has nothing older.
    pub(crate) fn relocate(&self, key: &[u8], place: *const u8, pen: &mut Pen<'_>) {
        match self.locate(key, pen) {
            Some((slot, version)) if version.into_raw().cast_const() == place => {
                slot.store(Edge::leaf(pen.copy_version(version)));
            }
            _ => {}
        }
    }

    /// The slot that holds the newest version of `key`, and that version.
    pub(super) fn locate<'g, 't>(&'t self, key: &[u8], pen: &Pen<'g>) -> Option<(&'t AtomicEdge, VersionRef<'g>)>
    where
        'g: 't,
    {
        let mut slot = &self.root;
        let mut depth = 0;
        loop {
            match slot.load(pen.guard).view() {
                View::Empty => return None,
                View::Leaf(version) => return version.has_key(key).then_some((slot, version)),
                View::Node(node) => {
                    depth += node.prefix_len();
                    slot = match key.get(depth) {
                        Some(&byte) => node.find(byte)?,
                        None if depth == key.len() => node.terminal(),
                        None => return None,
                    };
                    depth += 1;
                }
            }
        }
    }

    /// Publishes `fresh`; returns the version that was its key's newest until now.
    fn insert<'g>(&self, fresh: VersionRef<'g>, pen: &mut Pen<'g>) -> Option<VersionRef<'g>> {
        let key = fresh.key();
        let mut slot = &self.root;
        let mut depth = 0;
        loop {
            match slot.load(pen.guard).view() {
                // The root of an empty tree, or the terminal of a node.
                View::Empty => {
                    slot.store(Edge::leaf(fresh));
                    return None;
                }
                View::Leaf(old) if old.has_key(key) => {
                    if fault!(LinkLate) {
                        slot.store(Edge::leaf(fresh));
                    }
                    fresh.link(old);
                    slot.store(Edge::leaf(fresh));
                    return Some(old);
                }
                View::Leaf(other) => {
                    slot.store(Edge::node(fork(other, fresh, depth, pen)));
                    return None;
                }
                View::Node(node) => {
                    let common = common_prefix_len(node.prefix(), &key[depth..]);
                    if common < node.prefix_len() {
                        split(slot, node, common, fresh, depth, pen);
                        return None;
                    }
                    depth += common;
                    let Some(&byte) = key.get(depth) else {
                        slot = node.terminal();
                        continue;
                    };
                    depth += 1;
                    match node.find(byte) {
                        Some(child) if !child.load(pen.guard).is_empty() => slot = child,
                        _ => {
                            add_child(slot, node, byte, fresh, pen);
                            return None;
                        }
                    }
                }
            }
        }
    }
}

/// A node that leads to two keys which agree up to `depth` and differ (or one ends) later.
fn fork<'g>(a: VersionRef<'g>, b: VersionRef<'g>, depth: usize, pen: &mut Pen<'g>) -> NodeRef<'g> {
    let common = common_prefix_len(&a.key()[depth..], &b.key()[depth..]);
    let node = pen.node(Kind::Node4, &[&a.key()[depth..depth + common]]);
    attach(node, a, depth + common);
    attach(node, b, depth + common);
    node
}

/// Hangs a leaf into a node whose prefix ends at `depth` of the leaf's key.
fn attach(node: NodeRef<'_>, leaf: VersionRef<'_>, depth: usize) {
    match leaf.key().get(depth) {
        None => node.terminal().store(Edge::leaf(leaf)),
        Some(&byte) => {
            let had_room = node.push(byte, Edge::leaf(leaf));
            debug_assert!(had_room, "a fresh node has room");
        }
    }
}

/// The new key leaves the node's prefix after `common` bytes: a node is put in front of it.
fn split<'g>(
    slot: &AtomicEdge,
    node: NodeRef<'g>,
    common: usize,
    fresh: VersionRef<'g>,
    depth: usize,
    pen: &mut Pen<'g>,
) {
    let prefix = node.prefix();
    let upper = pen.node(Kind::Node4, &[&prefix[..common]]);
    let lower = pen.copy(node, node.kind(), &[&prefix[common + 1..]]);
    let had_room = upper.push(prefix[common], Edge::node(lower));
    debug_assert!(had_room, "a fresh node has room");
    attach(upper, fresh, depth + common);
    slot.store(Edge::node(upper));
    // SAFETY: `slot` was the only slot that led to `node`, and it has just been overwritten.
    unsafe { pen.retire_node(node) };
}

/// Adds a child, in place while there is room that was never used, else in a copy with more room.
fn add_child<'g>(slot: &AtomicEdge, node: NodeRef<'g>, byte: u8, fresh: VersionRef<'g>, pen: &mut Pen<'g>) {
    if node.push(byte, Edge::leaf(fresh)) {
        return;
    }
    // A Node48 may be out of fresh room although children were taken out: then a copy of the same kind does.
    let kind = if node.count() < node.kind().capacity() { node.kind() } else { node.kind().larger() };
    let copy = pen.copy(node, kind, &[node.prefix()]);
    let had_room = copy.push(byte, Edge::leaf(fresh));
    debug_assert!(had_room, "the copy's kind was chosen to fit one more");
    slot.store(Edge::node(copy));
    // SAFETY: `slot` was the only slot that led to `node`, and it has just been overwritten.
    unsafe { pen.retire_node(node) };
}

fn after_update<'g>(fresh: VersionRef<'g>, old: VersionRef<'g>, watermark: Timestamp, pen: &mut Pen<'g>) -> Garbage {
    let waits_already = is_dirty(old);
    trim(fresh, watermark, TRIM_HOPS_MAX, pen);
    if let Some(old) = fresh.older() {
        pen.set_aside(fresh, old);
    }
    if !waits_already && is_dirty(fresh) { Garbage::New } else { Garbage::None }
}

/// Is there something behind this newest version that the sweep can take away some day?
pub(super) fn is_dirty(newest: VersionRef<'_>) -> bool {
    newest.is_tombstone() || newest.older().is_some()
}

/// Cuts off all versions older than the newest one at or below `watermark`, unless that is further than `hops_max`.
pub(super) fn trim<'g>(newest: VersionRef<'g>, watermark: Timestamp, hops_max: usize, pen: &mut Pen<'g>) {
    let mut keep = newest;
    for _ in 0..hops_max {
        if keep.at() <= watermark {
            if let Some(invisible) = keep.cut() {
                // SAFETY: `cut` has just removed the only link to `invisible` that the tree can reach.
                unsafe { pen.retire_chain(invisible) };
            }
            return;
        }
        let Some(older) = keep.older() else { return };
        keep = older;
    }
}
