//! Walking the tree in key order, or against it, from a bound.

use std::ops::Bound;

use cairn_engine_api::Direction;
use smallvec::{Array, SmallVec};

use super::Tree;
use super::bytes::ByteSet;
use super::edge::{Edge, View};
use super::node::NodeRef;
use super::version::VersionRef;
use crate::sync::Guard;

/// Nodes on the way down that are kept without an allocation.
const DEPTH_INLINE: usize = 8;

/// A position in the tree that yields every key's newest version once. Each step is wait-free. It lives no longer than
/// the guard: keep walks short, and start a new one behind the last key seen.
pub(crate) struct Walk<'g> {
    guard: &'g Guard,
    direction: Direction,
    stack: SmallVec<[Frame<'g>; DEPTH_INLINE]>,
    /// Found by the descent to the bound, not yet given out.
    first: Option<VersionRef<'g>>,
}

/// What is left to visit of one node.
struct Frame<'g> {
    node: NodeRef<'g>,
    /// Children still to visit. Listed when the walk first comes back here: most frames of a short scan are only passed.
    children: Option<ByteSet>,
    /// Only children beyond this byte, in the walk's direction, are to be visited.
    beyond: Option<u8>,
    terminal: bool,
}

impl<'g> Frame<'g> {
    /// All of it.
    fn whole(node: NodeRef<'g>) -> Self {
        Self { node, children: None, beyond: None, terminal: true }
    }

    /// Appends leaves until there are `most`, an inner node comes in between, or nothing is left here.
    fn gather<A: Array<Item = VersionRef<'g>>>(
        &mut self,
        direction: Direction,
        guard: &'g Guard,
        most: usize,
        group: &mut SmallVec<A>,
    ) -> Gathered<'g> {
        // A key that ends here comes before all longer ones: first going forward, last going backward.
        if direction == Direction::Forward {
            self.gather_terminal(guard, group);
        }
        let (node, beyond) = (self.node, self.beyond);
        let children = self.children.get_or_insert_with(|| list_children(node, beyond, direction));
        while group.len() < most {
            let Some(byte) = pop(children, direction) else {
                if direction == Direction::Backward {
                    self.gather_terminal(guard, group);
                }
                return Gathered::Everything;
            };
            // A child may have been taken out since the list was made.
            let edge = node.find(byte).map_or(Edge::EMPTY, |slot| slot.load(guard));
            match edge.view() {
                View::Empty => {}
                View::Leaf(version) => group.push(version),
                View::Node(inner) => return Gathered::Inner(inner),
            }
        }
        Gathered::Full
    }

    fn gather_terminal<A: Array<Item = VersionRef<'g>>>(&mut self, guard: &'g Guard, group: &mut SmallVec<A>) {
        if std::mem::take(&mut self.terminal)
            && let View::Leaf(version) = self.node.terminal().load(guard).view()
        {
            group.push(version);
        }
    }
}

/// Why [`Frame::gather`] stopped.
enum Gathered<'g> {
    /// The group is full.
    Full,
    /// This node comes next.
    Inner(NodeRef<'g>),
    /// Nothing is left here.
    Everything,
}

fn list_children(node: NodeRef<'_>, beyond: Option<u8>, direction: Direction) -> ByteSet {
    let mut children = node.bytes_present();
    match (beyond, direction) {
        (Some(byte), Direction::Forward) => children.keep_above(byte),
        (Some(byte), Direction::Backward) => children.keep_below(byte),
        (None, _) => {}
    }
    children
}

#[inline]
fn pop(children: &mut ByteSet, direction: Direction) -> Option<u8> {
    match direction {
        Direction::Forward => children.pop_first(),
        Direction::Backward => children.pop_last(),
    }
}

impl Tree {
    /// Starts a walk in `direction` at `from`: the lower end going forward, the upper end going backward.
    pub(crate) fn walk<'g>(&self, from: Bound<&[u8]>, direction: Direction, guard: &'g Guard) -> Walk<'g> {
        let mut walk = Walk { guard, direction, stack: SmallVec::new(), first: None };
        match from {
            Bound::Unbounded => walk.enter(self.root(guard).view()),
            Bound::Included(key) => walk.seek(self.root(guard).view(), key, true),
            Bound::Excluded(key) => walk.seek(self.root(guard).view(), key, false),
        }
        walk
    }
}

impl<'g> Walk<'g> {
    /// Appends the newest versions of the next keys, `most` of them unless the tree ends before.
    pub(crate) fn next_group<A: Array<Item = VersionRef<'g>>>(&mut self, most: usize, group: &mut SmallVec<A>) {
        let most = group.len() + most;
        group.extend(self.first.take());
        while group.len() < most {
            let Some(frame) = self.stack.last_mut() else { return };
            match frame.gather(self.direction, self.guard, most, group) {
                Gathered::Full => return,
                Gathered::Inner(node) => self.stack.push(Frame::whole(node)),
                Gathered::Everything => {
                    self.stack.pop();
                }
            }
        }
    }

    /// The next key's newest version.
    #[cfg(all(test, not(cairn_loom)))]
    pub(crate) fn next(&mut self) -> Option<VersionRef<'g>> {
        let mut one = SmallVec::<[_; 1]>::new();
        self.next_group(1, &mut one);
        one.pop()
    }

    /// Takes the whole subtree as still to visit.
    fn enter(&mut self, view: View<'g>) {
        match view {
            View::Empty => {}
            View::Leaf(version) => self.first = Some(version),
            View::Node(node) => self.stack.push(Frame::whole(node)),
        }
    }

    /// Descends along `bound`, remembering at every node what lies beyond it in the walk's direction.
    fn seek(&mut self, root: View<'g>, bound: &[u8], included: bool) {
        let forward = self.direction == Direction::Forward;
        let mut view = root;
        let mut depth = 0;
        loop {
            let node = match view {
                View::Empty => return,
                View::Leaf(version) => {
                    let key = version.key();
                    let beyond = if forward { key > bound } else { key < bound };
                    self.first = (beyond || included && key == bound).then_some(version);
                    return;
                }
                View::Node(node) => node,
            };
            let rest = &bound[depth..];
            let prefix = node.prefix();
            if !rest.starts_with(prefix) {
                // The whole node lies on one side of the bound. (Where `rest` is a prefix of `prefix`, above it.)
                let beyond = if forward { prefix > rest } else { prefix < rest };
                if beyond {
                    self.stack.push(Frame::whole(node));
                }
                return;
            }
            depth += prefix.len();
            let mut frame = Frame::whole(node);
            let Some(&byte) = bound.get(depth) else {
                // The bound is the terminal's key; the children lie above it.
                frame.terminal = included;
                if !forward {
                    frame.children = Some(ByteSet::NONE);
                }
                self.stack.push(frame);
                return;
            };
            frame.beyond = Some(byte);
            // Going backward the terminal, being below all children, is still to come.
            frame.terminal = !forward;
            self.stack.push(frame);
            let Some(child) = node.find(byte) else { return };
            view = child.load(self.guard).view();
            depth += 1;
        }
    }
}
