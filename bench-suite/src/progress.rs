//! A bar for runs that take minutes.

use std::cell::RefCell;
use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// Steps done of steps to do, with the time left, on standard error: a bar on a terminal, else a line when what is
/// measured changes.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    last: RefCell<String>,
}

impl Progress {
    /// A bar for so many steps.
    pub fn new(steps: usize) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {elapsed} of {duration}  {msg}")
            .expect("the template is right");
        Self { bar: ProgressBar::new(steps as u64).with_style(style), last: RefCell::default() }
    }

    /// Says what comes now.
    pub fn begin(&self, what: &str) {
        let last = self.last.replace(what.to_owned());
        if std::io::stderr().is_terminal() {
            self.bar.set_message(what.to_owned());
        } else if last != what {
            eprintln!("{}/{} {what}", self.bar.position(), self.bar.length().unwrap_or(0));
        }
    }

    /// One step is done.
    pub fn end(&self) {
        self.bar.inc(1);
    }

    /// Everything is done: the bar goes away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}
