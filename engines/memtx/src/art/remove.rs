//! Writer: garbage leaves the tree, and nodes shrink.

use cairn_engine_api::Timestamp;

use super::edge::{AtomicEdge, Edge, View};
use super::insert::{is_dirty, trim};
use super::node::{Kind, NodeRef};
use super::pen::Pen;
use super::{Tree, common_prefix_len};

/// A Node48 with this many children becomes a Node16: some less than 16, so that a key coming and going does not copy.
const NODE48_CHILDREN_MIN: usize = 12;
/// A Node256 with this many children becomes a Node48.
const NODE256_CHILDREN_MIN: usize = 40;

impl Tree {
    /// Trims one key's versions by `watermark`, and takes the key out of the tree when all that is left is a tombstone.
    /// Returns the newest version's timestamp when more can be taken away later.
    pub(crate) fn sweep(&self, key: &[u8], watermark: Timestamp, pen: &mut Pen<'_>) -> Option<Timestamp> {
        let (_, newest) = self.locate(key, pen)?;
        trim(newest, watermark, usize::MAX, pen);
        if newest.is_tombstone() && newest.at() <= watermark {
            self.remove(key, pen);
            return None;
        }
        is_dirty(newest).then_some(newest.at())
    }

    /// Takes a key and all its versions out of the tree.
    fn remove(&self, key: &[u8], pen: &mut Pen<'_>) {
        let mut slot = &self.root;
        let mut depth = 0;
        let leaf = loop {
            let node = match slot.load(pen.guard).view() {
                View::Empty => return,
                View::Leaf(leaf) => {
                    // Only a leaf right under the root gets here: others are handled at their node.
                    slot.store(Edge::EMPTY);
                    break leaf;
                }
                View::Node(node) => node,
            };
            depth += node.prefix_len();
            let byte = key.get(depth).copied();
            let Some(child) = byte.map_or(Some(node.terminal()), |byte| node.find(byte)) else { return };
            if let View::Leaf(leaf) = child.load(pen.guard).view() {
                take_child_out(slot, node, byte, pen);
                break leaf;
            }
            slot = child;
            depth += 1;
        };
        debug_assert_eq!(common_prefix_len(leaf.key(), key), key.len(), "the caller located this very key");
        // SAFETY: the leaf was in one slot only, and that slot (or its node) is out of the tree now.
        unsafe { pen.retire_chain(leaf) };
    }
}

/// Takes a leaf (under `byte`, or the terminal) out of `node`, which `slot` leads to.
fn take_child_out<'g>(slot: &AtomicEdge, node: NodeRef<'g>, byte: Option<u8>, pen: &mut Pen<'g>) {
    let in_place = match byte {
        None => {
            node.terminal().store(Edge::EMPTY);
            true
        }
        Some(byte) => node.take_out(byte),
    };
    let left = node.count() - usize::from(!in_place);
    let smaller = match node.kind() {
        Kind::Node4 => left <= 1,
        Kind::Node16 => false,
        Kind::Node48 => left <= NODE48_CHILDREN_MIN,
        Kind::Node256 => left <= NODE256_CHILDREN_MIN,
    };
    if in_place && !smaller {
        return;
    }
    replace_without(slot, node, byte.filter(|_| !in_place), left, pen);
}

/// Replaces `node` by what holds the same keys except the child under `absent`.
fn replace_without<'g>(slot: &AtomicEdge, node: NodeRef<'g>, absent: Option<u8>, left: usize, pen: &mut Pen<'g>) {
    let terminal = node.terminal().load(pen.guard);
    match (left, terminal.is_empty()) {
        (0, _) => slot.store(terminal),
        (1, true) => {
            let (byte, only) = only_child(node, absent, pen);
            merge_down(slot, node, byte, only, pen);
        }
        _ => {
            let copy = pen.node(Kind::for_children(left), &[node.prefix()]);
            copy.terminal().store(terminal);
            node.for_each_child(pen.guard, |byte, edge| {
                if Some(byte) != absent {
                    let had_room = copy.push(byte, edge);
                    debug_assert!(had_room, "the copy's kind was chosen to fit");
                }
            });
            slot.store(Edge::node(copy));
        }
    }
    // SAFETY: `slot` was the only slot that led to `node`, and it has just been overwritten.
    unsafe { pen.retire_node(node) };
}

/// The one child besides `absent`.
fn only_child<'g>(node: NodeRef<'g>, absent: Option<u8>, pen: &Pen<'g>) -> (u8, Edge<'g>) {
    let mut only = None;
    node.for_each_child(pen.guard, |byte, edge| {
        if Some(byte) != absent {
            only = Some((byte, edge));
        }
    });
    only.expect("the caller counted one child")
}

/// Path compression: a node with one child and no terminal gives way to that child.
fn merge_down<'g>(slot: &AtomicEdge, node: NodeRef<'g>, byte: u8, child: Edge<'g>, pen: &mut Pen<'g>) {
    match child.view() {
        View::Node(inner) => {
            let merged = pen.copy(inner, inner.kind(), &[node.prefix(), &[byte], inner.prefix()]);
            slot.store(Edge::node(merged));
            // SAFETY: `inner` was reachable through `node` only, which `slot` has just stopped leading to.
            unsafe { pen.retire_node(inner) };
        }
        View::Leaf(_) | View::Empty => slot.store(child),
    }
}
