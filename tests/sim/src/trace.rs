//! What happened, as lines that are hashed as they come: two runs are the same run when their hashes are equal.

use std::collections::VecDeque;
use std::fmt;

/// Lines kept to be shown after a failure.
const LAST_LINES: usize = 60;

/// The trace of one run.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    lines: u64,
    last: VecDeque<String>,
    print: bool,
}

impl Trace {
    /// An empty trace; with `print` every line goes to standard output at once.
    pub fn new(print: bool) -> Self {
        Self { hash: 0xCBF2_9CE4_8422_2325, lines: 0, last: VecDeque::new(), print }
    }

    /// Adds a line.
    pub fn line(&mut self, nanos: u64, text: fmt::Arguments<'_>) {
        let mut line = if self.last.len() >= LAST_LINES { self.last.pop_front() } else { None }.unwrap_or_default();
        line.clear();
        fmt::Write::write_fmt(&mut line, format_args!("{:>10.3} {text}", nanos as f64 / 1e6)).expect("memory takes it");
        self.mix(line.as_bytes());
        self.lines += 1;
        if self.print {
            println!("{line}");
        }
        self.last.push_back(line);
    }

    /// FNV-1a over eight bytes at a time: fast, and the same everywhere.
    fn mix(&mut self, bytes: &[u8]) {
        const PRIME: u64 = 0x0000_0100_0000_01B3;
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.hash = (self.hash ^ u64::from_le_bytes(word)).wrapping_mul(PRIME).rotate_left(23);
        }
        self.hash = (self.hash ^ bytes.len() as u64).wrapping_mul(PRIME);
    }

    /// The hash of all lines so far.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// Lines so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The last lines, oldest first.
    pub fn last(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_counts_in_its_place() {
        let hash = |lines: &[&str]| {
            let mut trace = Trace::new(false);
            lines.iter().for_each(|line| trace.line(7, format_args!("{line}")));
            trace.hash()
        };
        assert_eq!(hash(&["a", "b"]), hash(&["a", "b"]));
        assert_ne!(hash(&["a", "b"]), hash(&["b", "a"]));
        assert_ne!(hash(&["ab"]), hash(&["a", "b"]));
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let mut trace = Trace::new(false);
        (0..100).for_each(|line| trace.line(0, format_args!("{line}")));
        let last = trace.last();
        assert_eq!((last.len(), trace.lines()), (LAST_LINES, 100));
        assert!(last[LAST_LINES - 1].ends_with("99"));
    }
}
