//! Disks that become full: a small tmpfs where the tests may mount one, and a preloaded library that refuses to let files
//! grow, which needs no rights at all.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Server;

/// Something that can fill a server's disk and empty it again.
pub trait FillDisk {
    /// From now on no file can grow.
    fn fill(&self);
    /// There is space again.
    fn free(&self);
}

/// The library of `full_disk.c`, and its switch.
pub struct Preloaded {
    switch: PathBuf,
}

impl Preloaded {
    /// Builds the library and makes `server` use it from its next start on. The log must not write through io_uring, which
    /// goes past the C library: start the server with `instance.wal.device=portable`.
    pub fn new(server: &mut Server) -> Self {
        let directory = server.data().parent().expect("a directory of its own").to_owned();
        let library = directory.join("full_disk.so");
        let source = Path::new("src/full_disk.c");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(source)
            .arg("-ldl")
            .status()
            .expect("the C compiler that RocksDB needed");
        assert!(status.success(), "full_disk.c compiles");
        let switch = directory.join("disk_is_full");
        server.set_environment("LD_PRELOAD", library);
        server.set_environment("FULL_DISK_SWITCH", switch.clone());
        Self { switch }
    }
}

impl FillDisk for Preloaded {
    fn fill(&self) {
        std::fs::write(&self.switch, "").expect("the switch can be set");
    }

    fn free(&self) {
        std::fs::remove_file(&self.switch).expect("the switch was set");
    }
}

/// A small tmpfs over a server's data directory; unmounted when dropped.
pub struct Tmpfs {
    path: PathBuf,
}

/// What the file that fills a [`Tmpfs`] is called. It lies where the server does not look.
const BALLAST: &str = "log/ballast";

impl Tmpfs {
    /// Mounts a tmpfs of this many MiB. `None`, and a line that says why, where that is not allowed.
    pub fn mount(server: &Server, mib: u32) -> Option<Self> {
        let path = server.data();
        std::fs::create_dir_all(&path).expect("the mount point can be made");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"]).arg(&path);
        match mount.output() {
            Ok(output) if output.status.success() => Some(Self { path }),
            Ok(output) => {
                eprintln!("no tmpfs here: {}", String::from_utf8_lossy(&output.stderr).trim());
                None
            }
            Err(error) => {
                eprintln!("no tmpfs here: {error}");
                None
            }
        }
    }
}

impl FillDisk for Tmpfs {
    fn fill(&self) {
        let mut file = std::fs::File::create(self.path.join(BALLAST)).expect("a file can be made");
        let zeros = vec![0; 1 << 16];
        // It ends with the error that this is about.
        while std::io::Write::write_all(&mut file, &zeros).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.path.join(BALLAST)).expect("the disk was filled");
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // The process that used it may be about to end: a lazy unmount waits for it.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}
