//! The data directory: its lock, its format version, its parts.
//!
//! ```text
//! cairn-data/
//!   LOCK       held by the running server
//!   FORMAT     "cairn 1": the version of this layout
//!   log/       the write-ahead log
//!   memtx/     images
//!   vinyl/     RocksDB
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cairn_base::seam::{Disk, DiskLock, OpenMode};

const FORMAT: &str = "cairn 1\n";

/// An open data directory. The lock is held as long as this lives.
#[derive(Debug)]
pub struct DataDir {
    /// Where it is.
    pub path: PathBuf,
    /// On which disk.
    pub disk: Arc<dyn Disk>,
    _lock: Box<dyn DiskLock>,
}

/// A data directory cannot be opened. The texts are for the user.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Somebody else holds the lock.
    #[error("the data directory {} is in use by another cairn server", .0.display())]
    InUse(PathBuf),
    /// Written by a version with another layout.
    #[error("{} holds {found:?}: this version of cairn reads {:?} only", file.display(), FORMAT.trim_end())]
    Format {
        /// The file that names the layout.
        file: PathBuf,
        /// What it says.
        found: String,
    },
    /// The directory holds something else.
    #[error("{} is not empty and is no cairn data directory (it holds \"{stranger}\")", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// A file in it.
        stranger: String,
    },
    /// The operating system refused.
    #[error("cannot {context}: {source}")]
    Io {
        /// What was being done: verb and object.
        context: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

impl DataDir {
    /// Opens or creates a data directory, refusing one that another server uses or that another format wrote.
    pub fn open(disk: Arc<dyn Disk>, path: &Path) -> Result<Self, DataDirError> {
        disk.create_dir_all(path).map_err(failed("create the data directory", path))?;
        let lock = disk.lock(&path.join("LOCK")).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => DataDirError::InUse(path.to_owned()),
            _ => failed("lock the data directory", path)(error),
        })?;
        check_format(disk.as_ref(), path)?;
        Ok(Self { path: path.to_owned(), disk, _lock: lock })
    }

    /// Where the log lives.
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// Where memtx keeps its images.
    pub fn memtx(&self) -> PathBuf {
        self.path.join("memtx")
    }

    /// Where vinyl keeps its database.
    pub fn vinyl(&self) -> PathBuf {
        self.path.join("vinyl")
    }
}

/// Makes an error of one of the system's.
fn failed(what: &str, path: &Path) -> impl Fn(io::Error) -> DataDirError {
    let context = format!("{what} {}", path.display());
    move |source| DataDirError::Io { context: context.clone(), source }
}

fn check_format(disk: &dyn Disk, path: &Path) -> Result<(), DataDirError> {
    let file = path.join("FORMAT");
    match disk.read(&file) {
        // Perhaps the start that made the directory, or directories in it, failed before their names were durable.
        Ok(bytes) if bytes == FORMAT.as_bytes() => disk.sync_dir(path).map_err(failed("sync the directory", path)),
        Ok(bytes) => {
            let found = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            Err(DataDirError::Format { file, found })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let entries = disk.list(path).map_err(failed("list the directory", path))?;
            if let Some(stranger) = entries.into_iter().find(|name| name != "LOCK" && name != "FORMAT.new") {
                return Err(DataDirError::Foreign { path: path.to_owned(), stranger });
            }
            write_format(disk, path).map_err(failed("write", &file))
        }
        Err(error) => Err(failed("read", &file)(error)),
    }
}

fn write_format(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    let new = path.join("FORMAT.new");
    let file = disk.open(&new, OpenMode::Create)?;
    file.set_len(0)?;
    file.write_at(FORMAT.as_bytes(), 0)?;
    file.sync_data()?;
    disk.rename(&new, &path.join("FORMAT"))?;
    disk.sync_dir(path)
}

#[cfg(test)]
mod tests {
    use cairn_base::seam::RealDisk;
    use cairn_base::seam::sim::{SimDisk, SimRng, SyncFault};

    use super::*;

    fn open(path: &Path) -> Result<DataDir, String> {
        DataDir::open(Arc::new(RealDisk), path).map_err(|error| error.to_string())
    }

    #[test]
    fn a_second_server_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let first = open(dir.path()).expect("open");
        let error = open(dir.path()).expect_err("in use");
        assert!(error.contains("in use by another cairn server"), "{error}");
        drop(first);
        open(dir.path()).expect("released");
    }

    #[test]
    fn a_directory_whose_first_start_failed_is_durable_once_it_opens() {
        for seed in 0..20 {
            let disk = SimDisk::new();
            let open = || DataDir::open(Arc::new(disk.clone()), Path::new("/data")).map_err(|error| error.to_string());
            // Its second sync, that of the directory.
            disk.fail_sync(1, SyncFault::Lost);
            assert!(open().expect_err("the sync fails").contains("sync_dir"), "seed {seed}");
            disk.kill_process();
            drop(open().expect("the name is there"));
            disk.put(Path::new("/data/records"), b"of an acknowledged commit");
            disk.crash(&mut SimRng::new(seed));
            drop(open().unwrap_or_else(|error| panic!("seed {seed}: {error}")));
        }
    }

    #[test]
    fn a_newer_format_and_a_foreign_directory_are_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        drop(open(dir.path()).expect("open"));
        std::fs::write(dir.path().join("FORMAT"), "cairn 2\n").expect("write");
        assert!(open(dir.path()).expect_err("newer").contains("cairn 2"));
        let foreign = tempfile::tempdir().expect("a directory");
        std::fs::write(foreign.path().join("PG_VERSION"), "15").expect("write");
        assert!(open(foreign.path()).expect_err("foreign").contains("PG_VERSION"));
    }
}
