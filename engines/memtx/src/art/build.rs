//! Building a tree from keys that come in order: each node is made once, in its final size.

use super::edge::Edge;
use super::leaves::Leaves;
use super::node::{Kind, NodeRef};
use super::version::VersionRef;
use super::{Tree, common_prefix_len};

/// The right edge of a tree under construction.
///
/// ```text
///  keys so far: app apple apply     stack:  Open { depth 3, terminal app }
///  pending:     apply                        Open { depth 4, 'l' ...  }        nodes that may still get children
/// ```
pub(crate) struct Builder {
    /// Nodes on the way to `pending`, outermost first, with rising depth.
    stack: Vec<Open>,
    /// The last key pushed: where it hangs depends on the next one.
    pending: Option<VersionRef<'static>>,
    /// Child lists to use again.
    spare: Vec<Vec<(u8, Edge<'static>)>>,
    built: Built,
}

/// What a builder has made.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Built {
    /// Keys.
    pub(crate) leaves: u64,
    /// Bytes of their versions.
    pub(crate) leaf_bytes: usize,
    /// Bytes of memory that those take.
    pub(crate) leaf_memory_bytes: usize,
    /// Bytes of inner nodes.
    pub(crate) node_bytes: usize,
}

/// A node whose children are not all known yet.
struct Open {
    /// Length of the path and prefix: a child's byte stands here in its keys.
    depth: usize,
    terminal: Edge<'static>,
    children: Vec<(u8, Edge<'static>)>,
}

impl Builder {
    /// An empty tree to be.
    pub(crate) fn new() -> Self {
        Self { stack: Vec::new(), pending: None, spare: Vec::new(), built: Built::default() }
    }

    /// Adds the next keys. `Err`: a key is not above all keys before it; it and those behind it are freed.
    pub(crate) fn append(&mut self, leaves: Leaves) -> Result<(), ()> {
        self.built.leaf_memory_bytes += leaves.bytes();
        leaves.hand_over(|leaf| self.push(leaf))
    }

    fn push(&mut self, leaf: VersionRef<'static>) -> Result<(), VersionRef<'static>> {
        if let Some(last) = self.pending {
            let common = common_prefix_len(last.key(), leaf.key());
            if leaf.key().get(common) <= last.key().get(common) {
                return Err(leaf);
            }
            self.settle(last, common);
        }
        self.pending = Some(leaf);
        self.built.leaves += 1;
        self.built.leaf_bytes += leaf.bytes();
        Ok(())
    }

    /// Publishes the tree.
    pub(crate) fn finish(mut self, tree: &Tree) -> Built {
        if let Some(last) = self.pending.take() {
            let root = self.close(last, None);
            tree.root.store(root);
        }
        self.built
    }

    /// The next key shares `common` bytes with `last`: all deeper nodes are complete, and what they make hangs in the
    /// node at exactly that depth.
    fn settle(&mut self, last: VersionRef<'static>, common: usize) {
        let edge = self.close(last, Some(common));
        match self.stack.last_mut() {
            Some(top) if top.depth == common => attach(top, last.key(), edge),
            _ => {
                let children = self.spare.pop().unwrap_or_default();
                let mut open = Open { depth: common, terminal: Edge::EMPTY, children };
                attach(&mut open, last.key(), edge);
                self.stack.push(open);
            }
        }
    }

    /// Makes all open nodes deeper than `floor` (all of them without a floor), from the inside out; returns the edge to
    /// the outermost one, or to `last` itself.
    fn close(&mut self, last: VersionRef<'static>, floor: Option<usize>) -> Edge<'static> {
        let mut edge = Edge::leaf(last);
        while let Some(mut top) = self.stack.pop_if(|top| floor.is_none_or(|floor| top.depth > floor)) {
            attach(&mut top, last.key(), edge);
            let parent = self.stack.last().map(|parent| parent.depth).max(floor);
            edge = self.make(top, last.key(), parent.map_or(0, |depth| depth + 1));
        }
        edge
    }

    /// Turns an open node into a real one; its prefix starts at `from` in any key below it.
    fn make(&mut self, mut open: Open, key: &[u8], from: usize) -> Edge<'static> {
        let node = NodeRef::allocate(Kind::for_children(open.children.len()), &[&key[from..open.depth]]);
        self.built.node_bytes += node.bytes();
        node.terminal().store(open.terminal);
        for (byte, edge) in open.children.drain(..) {
            let had_room = node.push(byte, edge);
            debug_assert!(had_room, "the kind was chosen to fit");
        }
        self.spare.push(open.children);
        Edge::node(node)
    }
}

fn attach(open: &mut Open, key: &[u8], edge: Edge<'static>) {
    match key.get(open.depth) {
        None => open.terminal = edge,
        Some(&byte) => open.children.push((byte, edge)),
    }
}
