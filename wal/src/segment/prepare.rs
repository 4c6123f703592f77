//! Getting segments ready before they are needed, and rid of when they are not, off the log's path.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;

use cairn_base::seam::{Disk, DiskFile, OpenMode};

use super::{SegmentNumber, segment_name};
use crate::Failure;

/// A segment being made; whatever lies there after a crash is thrown away.
pub(crate) const TEMPORARY_NAME: &str = "prepare.tmp";

/// A file that is ready to become a segment: its space is written, its name durable, its header not yet there.
#[derive(Debug)]
pub(crate) struct PreparedSegment {
    pub(crate) number: SegmentNumber,
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) capacity: u64,
    pub(crate) recycled: bool,
}

/// What the workshop is asked to do.
#[derive(Debug)]
enum Job {
    Prepare(SegmentNumber),
    Retire(Vec<SegmentNumber>),
}

/// What it answers.
#[derive(Debug)]
enum Done {
    Prepared(io::Result<PreparedSegment>),
    RetireFailed,
}

/// Prepares the next segment ahead of need and retires old ones, on a thread of its own (or at once on the caller's, for
/// a simulation).
#[derive(Debug)]
pub(crate) struct Preparer {
    place: Place,
    ready: Option<io::Result<PreparedSegment>>,
    /// The last attempt found the disk full, and the next one has not ended.
    full: Option<Arc<Failure>>,
    pub(crate) retire_failures: u64,
}

#[derive(Debug)]
enum Place {
    Here(Workshop),
    Thread { jobs: Option<Sender<Job>>, done: Receiver<Done>, handle: Option<JoinHandle<()>> },
}

impl Preparer {
    /// A preparer for the log in `dir`, with its own thread if `background`.
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        segment_bytes: u64,
        spares_max: usize,
        background: bool,
    ) -> io::Result<Self> {
        let workshop = Workshop { disk, dir, segment_bytes, spares_max, spares: VecDeque::new() };
        let place = if background { Self::thread(workshop)? } else { Place::Here(workshop) };
        Ok(Self { place, ready: None, full: None, retire_failures: 0 })
    }

    fn thread(mut workshop: Workshop) -> io::Result<Place> {
        let (jobs, inbox) = channel();
        let (outbox, done) = channel();
        let handle = std::thread::Builder::new().name("log-segments".to_owned()).spawn(move || {
            for job in inbox {
                if let Some(answer) = workshop.run(job)
                    && outbox.send(answer).is_err()
                {
                    return;
                }
            }
        })?;
        Ok(Place::Thread { jobs: Some(jobs), done, handle: Some(handle) })
    }

    /// Asks for segment `number`. One at a time, then [`Self::take`].
    pub(crate) fn request(&mut self, number: SegmentNumber) {
        self.send(Job::Prepare(number));
    }

    /// Segments whose records nobody needs any more.
    pub(crate) fn retire(&mut self, numbers: Vec<SegmentNumber>) {
        self.send(Job::Retire(numbers));
    }

    /// Is the requested segment ready (or known to be impossible)?
    pub(crate) fn is_ready(&mut self) -> bool {
        while let (None, Place::Thread { done, .. }) = (&self.ready, &self.place) {
            match done.try_recv() {
                Ok(answer) => self.receive(answer),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return false,
            }
        }
        self.ready.is_some()
    }

    /// Is the disk known to be too full for the requested segment, `number`? Each call tries again, on the helper's thread.
    pub(crate) fn check_space(&mut self, number: SegmentNumber) -> Result<(), Arc<Failure>> {
        if self.is_ready() && self.full.is_some() {
            self.ready = None;
            self.request(number);
            self.is_ready();
        }
        self.full.clone().map_or(Ok(()), Err)
    }

    /// The requested segment; waits for it.
    pub(crate) fn take(&mut self) -> io::Result<PreparedSegment> {
        loop {
            if let Some(ready) = self.ready.take() {
                return ready;
            }
            let answer = match &self.place {
                Place::Thread { done, .. } => done.recv().ok(),
                Place::Here(_) => None,
            };
            match answer {
                Some(answer) => self.receive(answer),
                None => return Err(io::Error::other("the thread that prepares log segments is gone")),
            }
        }
    }

    fn send(&mut self, job: Job) {
        let answer = match &mut self.place {
            Place::Here(workshop) => workshop.run(job),
            // A thread that died is noticed by `take`.
            Place::Thread { jobs, .. } => jobs.as_ref().and_then(|jobs| jobs.send(job).err()).and(None),
        };
        if let Some(answer) = answer {
            self.receive(answer);
        }
    }

    fn receive(&mut self, answer: Done) {
        match answer {
            Done::Prepared(result) => {
                self.full = result.as_ref().err().filter(|error| is_full(error)).map(|error| {
                    let source = io::Error::new(error.kind(), error.to_string());
                    Arc::new(Failure { context: "allocate a log segment".to_owned(), source })
                });
                self.ready = Some(result);
            }
            Done::RetireFailed => self.retire_failures += 1,
        }
    }
}

impl Drop for Preparer {
    fn drop(&mut self) {
        if let Place::Thread { jobs, handle, .. } = &mut self.place {
            *jobs = None;
            // A panic of the thread has been printed already; there is nobody to tell it to here.
            let _ = handle.take().map(JoinHandle::join);
        }
    }
}

/// Does the work, wherever it is done.
#[derive(Debug)]
struct Workshop {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segment_bytes: u64,
    spares_max: usize,
    spares: VecDeque<SegmentNumber>,
}

impl Workshop {
    fn run(&mut self, job: Job) -> Option<Done> {
        match job {
            Job::Prepare(number) => Some(Done::Prepared(self.prepare(number))),
            Job::Retire(numbers) => self.retire(numbers).err().map(|_| Done::RetireFailed),
        }
    }

    fn prepare(&mut self, number: SegmentNumber) -> io::Result<PreparedSegment> {
        let prepared = self.prepare_once(number);
        match &prepared {
            Err(error) if is_full(error) && !self.spares.is_empty() => {
                self.drop_spares()?;
                self.prepare_once(number)
            }
            _ => prepared,
        }
    }

    fn prepare_once(&mut self, number: SegmentNumber) -> io::Result<PreparedSegment> {
        let spare = self.spares.pop_front();
        let source = match spare {
            Some(spare) => self.path(spare),
            None => self.fresh_file()?,
        };
        self.make(number, &source, spare.is_some()).map_err(|error| {
            // What is left of an attempt must not fill the disk. The error that matters is the first one.
            let _ = self.disk.remove(&source);
            let path = self.path(number);
            io::Error::new(error.kind(), format!("prepare segment {}: {error}", path.display()))
        })
    }

    fn make(&self, number: SegmentNumber, source: &Path, recycled: bool) -> io::Result<PreparedSegment> {
        let path = self.path(number);
        let file = self.disk.open(source, OpenMode::Write)?;
        file.allocate(self.segment_bytes)?;
        file.sync_data()?;
        self.disk.rename(source, &path)?;
        self.disk.sync_dir(&self.dir)?;
        Ok(PreparedSegment { number, capacity: file.len()?, file, recycled })
    }

    fn fresh_file(&self) -> io::Result<PathBuf> {
        let path = self.dir.join(TEMPORARY_NAME);
        remove_if_present(&*self.disk, &path)?;
        self.disk.open(&path, OpenMode::CreateNew)?;
        Ok(path)
    }

    /// Keeps some to be written over and removes the others, oldest first.
    fn retire(&mut self, numbers: Vec<SegmentNumber>) -> io::Result<()> {
        for number in numbers {
            let fits = self.length(number)? == self.segment_bytes;
            if fits && self.spares.len() < self.spares_max {
                self.spares.push_back(number);
            } else {
                self.disk.remove(&self.path(number))?;
            }
        }
        self.disk.sync_dir(&self.dir)
    }

    fn drop_spares(&mut self) -> io::Result<()> {
        for spare in std::mem::take(&mut self.spares) {
            self.disk.remove(&self.path(spare))?;
        }
        self.disk.sync_dir(&self.dir)
    }

    fn length(&self, number: SegmentNumber) -> io::Result<u64> {
        self.disk.open(&self.path(number), OpenMode::Read)?.len()
    }

    fn path(&self, number: SegmentNumber) -> PathBuf {
        self.dir.join(segment_name(number))
    }
}

/// Removes a file that may be absent.
pub(crate) fn remove_if_present(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Is the disk (or the quota) full?
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
