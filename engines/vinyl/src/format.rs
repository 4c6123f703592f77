//! The marker that says in which format a directory was written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use cairn_engine_api::EngineError;

/// The format that this build writes, and the newest that it reads.
const VERSION: u32 = 1;
const NAME: &str = "VINYL";
const WORD: &str = "cairn-vinyl";

/// Makes sure that `directory` exists and is vinyl's, in a format that this build knows. A new one is marked before RocksDB
/// touches it.
pub(crate) fn claim(directory: &Path) -> Result<(), EngineError> {
    let path = directory.join(NAME);
    fs::create_dir_all(directory).map_err(|error| EngineError::io(format!("create {}", directory.display()), error))?;
    match fs::read_to_string(&path) {
        Ok(text) => check(&text, &path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => mark(directory, &path),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(unreadable(&path)),
        Err(error) => Err(EngineError::io(format!("read {}", path.display()), error)),
    }
}

fn check(text: &str, path: &Path) -> Result<(), EngineError> {
    let version = text.trim_end().strip_prefix(WORD).and_then(|rest| rest.trim_start().parse::<u32>().ok());
    match version {
        Some(1..=VERSION) => Ok(()),
        Some(version) => Err(EngineError::Format(format!(
            "{} says format {version}, but this build of Cairn reads formats up to {VERSION}: use a newer build",
            path.display()
        ))),
        None => Err(unreadable(path)),
    }
}

fn unreadable(path: &Path) -> EngineError {
    EngineError::Corrupt(format!("{} does not name a format of vinyl", path.display()))
}

fn mark(directory: &Path, path: &Path) -> Result<(), EngineError> {
    if directory.join("CURRENT").exists() {
        return Err(EngineError::Format(format!("{} holds a RocksDB database of somebody else", directory.display())));
    }
    let fresh = directory.join("VINYL.new");
    let written = (|| {
        let mut file = File::create(&fresh)?;
        writeln!(file, "{WORD} {VERSION}")?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(directory)?.sync_all()
    })();
    written.map_err(|error| EngineError::io(format!("write {}", path.display()), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_directory_is_marked_and_known_again() {
        let parent = tempfile::tempdir().expect("a temporary directory");
        let directory = parent.path().join("a/b");
        claim(&directory).expect("a new directory");
        claim(&directory).expect("the same directory again");
        assert_eq!(fs::read_to_string(directory.join(NAME)).expect("the marker"), "cairn-vinyl 1\n");
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join(NAME);
        for (text, word) in [
            (&b"cairn-vinyl 2\n"[..], "format 2"),
            (b"cairn-vinyl 0\n", "format 0"),
            (b"cairn-vinyl\n", "does not name"),
            (b"", "does not name"),
            (b"\xff\xff", "does not name"),
        ] {
            fs::write(&path, text).expect("the directory can be written");
            let error = claim(directory.path()).expect_err("not a known format").to_string();
            assert!(error.contains(word) && error.contains("VINYL"), "{error}");
        }
        fs::remove_file(&path).expect("the marker");
        fs::write(directory.path().join("CURRENT"), "MANIFEST-1\n").expect("the directory can be written");
        assert!(matches!(claim(directory.path()), Err(EngineError::Format(_))));
    }
}
