//! Windows that have become half empty are given up.
//!
//! A row that is updated leaves its window, and its room there is lost until the last row of the window has left. So the
//! writer looks at some windows now and then, and moves the rows of one that is at most half full to memory of their
//! own. What the windows of an image hold back is then never more than what lives in them.

use cairn_engine_api::{SpaceId, Timestamp};

use super::window;
use crate::art::{Slabs, Window};

/// Windows looked at in one go.
const LOOKS_MAX: usize = 256;

/// The windows of the image that an engine started with.
#[derive(Debug)]
pub(crate) struct Windows {
    slabs: Slabs,
    /// The rows' timestamp.
    at: Timestamp,
    /// Those that may still hold rows.
    left: Vec<Filled>,
    /// Which one is looked at next.
    next: usize,
}

/// What a window was loaded with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    pub(super) number: usize,
    pub(super) space: SpaceId,
    pub(super) rows: u32,
}

/// A window to be emptied.
pub(crate) struct Sparse {
    pub(crate) space: SpaceId,
    window: Window,
    at: Timestamp,
}

impl Windows {
    pub(super) fn new(slabs: Slabs, at: Timestamp, left: Vec<Filled>) -> Self {
        Self { slabs, at, left, next: 0 }
    }

    /// Looks at some windows. One that is half empty is given to the caller and not looked at again.
    pub(crate) fn next_sparse(&mut self) -> Option<Sparse> {
        for _ in 0..LOOKS_MAX.min(self.left.len()) {
            if self.next >= self.left.len() {
                self.next = 0;
            }
            let Filled { number, space, rows } = *self.left.get(self.next)?;
            match self.slabs.look(number) {
                Some((_, alive)) if alive > u64::from(rows / 2) => self.next += 1,
                Some((window, _)) => {
                    self.left.swap_remove(self.next);
                    return Some(Sparse { space, window, at: self.at });
                }
                // All its rows have left by themselves.
                None => {
                    self.left.swap_remove(self.next);
                }
            }
        }
        None
    }
}

impl Sparse {
    /// The keys that it was loaded with, and where their versions stand, or stood.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&[u8], *const u8)> {
        window::rows(&self.window, self.at).map(|version| (version.key, version.whole.as_ptr()))
    }
}
