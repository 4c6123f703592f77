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

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cairn_base::seam::{Disk, DiskLock, OpenMode, RealDisk};

const FORMAT: &str = "cairn 1\n";

/// An open data directory. The lock is held as long as this lives.
pub(crate) struct DataDir {
    pub(crate) path: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
    _lock: Box<dyn DiskLock>,
}

impl DataDir {
    /// Opens or creates a data directory, refusing one that another server uses or that another format wrote.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let failed = |what: &str, error: std::io::Error| format!("cannot {what} {}: {error}", path.display());
        disk.create_dir_all(path).map_err(|error| failed("create the data directory", error))?;
        let lock = disk.lock(&path.join("LOCK")).map_err(|error| match error.kind() {
            std::io::ErrorKind::WouldBlock => {
                format!("the data directory {} is in use by another cairn server", path.display())
            }
            _ => failed("lock the data directory", error),
        })?;
        check_format(disk.as_ref(), path)?;
        Ok(Self { path: path.to_owned(), disk, _lock: lock })
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    pub(crate) fn memtx(&self) -> PathBuf {
        self.path.join("memtx")
    }

    pub(crate) fn vinyl(&self) -> PathBuf {
        self.path.join("vinyl")
    }
}

fn check_format(disk: &dyn Disk, path: &Path) -> Result<(), String> {
    let file = path.join("FORMAT");
    let failed = |what: &str, error: std::io::Error| format!("cannot {what} {}: {error}", file.display());
    match disk.read(&file) {
        Ok(bytes) if bytes == FORMAT.as_bytes() => Ok(()),
        Ok(bytes) => Err(format!(
            "{} holds {:?}: this version of cairn reads {:?} only",
            file.display(),
            String::from_utf8_lossy(&bytes).trim_end(),
            FORMAT.trim_end()
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let entries = disk.list(path).map_err(|error| failed("list the directory of", error))?;
            if let Some(stranger) = entries.iter().find(|name| *name != "LOCK" && *name != "FORMAT.new") {
                return Err(format!(
                    "{} is not empty and is no cairn data directory (it holds \"{stranger}\")",
                    path.display()
                ));
            }
            write_format(disk, path).map_err(|error| failed("write", error))
        }
        Err(error) => Err(failed("read", error)),
    }
}

fn write_format(disk: &dyn Disk, path: &Path) -> std::io::Result<()> {
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
    use super::*;

    #[test]
    fn a_second_server_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataDir::open(dir.path()).unwrap();
        let error = DataDir::open(dir.path()).err().unwrap();
        assert!(error.contains("in use by another cairn server"), "{error}");
        drop(first);
        DataDir::open(dir.path()).unwrap();
    }

    #[test]
    fn a_newer_format_and_a_foreign_directory_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        drop(DataDir::open(dir.path()).unwrap());
        std::fs::write(dir.path().join("FORMAT"), "cairn 2\n").unwrap();
        assert!(DataDir::open(dir.path()).err().unwrap().contains("cairn 2"));
        let foreign = tempfile::tempdir().unwrap();
        std::fs::write(foreign.path().join("PG_VERSION"), "15").unwrap();
        assert!(DataDir::open(foreign.path()).err().unwrap().contains("PG_VERSION"));
    }
}
