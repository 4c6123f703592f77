//! Loading an image into trees: threads map or decode blocks, the calling thread links them in order.

use std::collections::BTreeMap;
use std::sync::mpsc;

use cairn_engine_api::EngineError;

use super::block::BlockReader;
use super::evacuation::{Filled, Windows};
use super::footer::BlockEntry;
use super::kind;
use super::read::{ImageReader, Job};
use crate::art::{Builder, Leaves, Slabs};
use crate::ledger::Ledger;
use crate::space::Space;
use crate::sync::{Arc, AtomicU64, Ordering};

/// Threads that read and decode.
const THREADS: usize = 2;
/// Decoded blocks that may wait for the calling thread.
const WAITING_MAX: usize = 16;

/// A block by its place in the file, decoded.
type Decoded = (usize, Result<Leaves, EngineError>);

/// All spaces of an image, and the windows that their rows stay in. `progress` is called with rows linked and rows in all.
pub(super) fn load_spaces(
    image: &ImageReader,
    ledger: &Arc<Ledger>,
    progress: &dyn Fn(u64, u64),
) -> Result<(Vec<Arc<Space>>, Windows), EngineError> {
    let mut jobs = Vec::new();
    let mut windows = Vec::new();
    for space in &image.footer.spaces {
        for block in &space.blocks {
            jobs.push(Job { space, block, window: windows.len() });
            if block.kind == kind::WINDOW {
                windows.push(Filled { number: windows.len(), space: space.id, rows: block.rows });
            }
        }
    }
    let slabs = Slabs::reserve(windows.len());
    let next = AtomicU64::new(0);
    let spaces = std::thread::scope(|scope| {
        let (results, decoded) = mpsc::sync_channel(WAITING_MAX);
        let start = |_| {
            let (jobs, slabs, next, results) = (&jobs, &slabs, &next, results.clone());
            scope.spawn(move || decode_blocks(image, jobs, slabs, next, &results))
        };
        let threads: Vec<_> = (0..THREADS.min(jobs.len())).map(start).collect();
        drop(results);
        // When linking stops early the receiver goes, the next send fails, and the threads end.
        let spaces = link_spaces(image, ledger, InOrder::new(decoded), progress);
        crate::sync::join(threads);
        spaces
    })?;
    Ok((spaces, Windows::new(slabs, image.preamble.snapshot, windows)))
}

/// Decodes blocks, whichever is next, until none is left or nobody listens any more.
fn decode_blocks(
    image: &ImageReader,
    jobs: &[Job<'_>],
    slabs: &Slabs,
    next: &AtomicU64,
    results: &mpsc::SyncSender<Decoded>,
) {
    let mut reader = BlockReader::new().map_err(|error| image.io(error));
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed) as usize;
        let Some(job) = jobs.get(number) else { return };
        let leaves = match &mut reader {
            Ok(reader) => image.read_block(reader, slabs, job),
            Err(error) => Err(image.io(std::io::Error::other(error.to_string()))),
        };
        if results.send((number, leaves)).is_err() {
            return;
        }
    }
}

fn link_spaces(
    image: &ImageReader,
    ledger: &Arc<Ledger>,
    mut blocks: InOrder,
    progress: &dyn Fn(u64, u64),
) -> Result<Vec<Arc<Space>>, EngineError> {
    let rows_in_all = image.footer.rows();
    let mut rows = 0;
    let mut spaces = Vec::with_capacity(image.footer.spaces.len());
    progress(0, rows_in_all);
    for entry in &image.footer.spaces {
        let space = Space::new(entry.id, entry.options.clone(), Arc::clone(ledger));
        let mut builder = Builder::new();
        let mut linked = Ok(());
        for block in &entry.blocks {
            linked = link_block(image, block, &mut builder, &mut blocks);
            if linked.is_err() {
                break;
            }
            rows += u64::from(block.rows);
            progress(rows, rows_in_all);
        }
        // Also after an error: what is built so far is freed with the space.
        let built = builder.finish(&space.tree);
        space.counts.rows.add(built.leaves);
        space.counts.versions.add(built.leaves);
        space.counts.version_bytes.add(built.leaf_bytes as u64);
        space.counts.node_bytes.add(built.node_bytes as u64);
        ledger.take(built.leaf_memory_bytes + built.node_bytes);
        linked?;
        spaces.push(Arc::new(space));
    }
    Ok(spaces)
}

fn link_block(
    image: &ImageReader,
    block: &BlockEntry,
    builder: &mut Builder,
    blocks: &mut InOrder,
) -> Result<(), EngineError> {
    let leaves = blocks.next().unwrap_or_else(|| Err(image.corrupt(block.offset, "a reading thread has died")))?;
    builder.append(leaves).map_err(|()| image.corrupt(block.offset, "keys are out of order"))
}

/// Puts what the threads send back into the order of the file.
struct InOrder {
    decoded: mpsc::Receiver<Decoded>,
    early: BTreeMap<usize, Result<Leaves, EngineError>>,
    next: usize,
}

impl InOrder {
    fn new(decoded: mpsc::Receiver<Decoded>) -> Self {
        Self { decoded, early: BTreeMap::new(), next: 0 }
    }
}

impl Iterator for InOrder {
    type Item = Result<Leaves, EngineError>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.next;
        self.next += 1;
        loop {
            if let Some(leaves) = self.early.remove(&number) {
                return Some(leaves);
            }
            let (number, leaves) = self.decoded.recv().ok()?;
            self.early.insert(number, leaves);
        }
    }
}
