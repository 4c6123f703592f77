//! Disks that become full: a small tmpfs where the tests may mount one, and a preloaded library that refuses to let files
//! grow, which needs no rights at all.

use std::path::PathBuf;
use std::process::Command;

use crate::Server;
use crate::faults::{Fault, Faults};

/// Something that can fill a server's disk and empty it again.
pub trait FillDisk {
    /// From now on no file can grow.
    fn fill(&self);
    /// There is space again.
    fn free(&self);
}

/// A disk on which no file can grow any more at the flick of a switch. What is allocated can still be written, as on a real
/// disk. See [`faults`](crate::faults) for what the server must be started with.
pub struct Preloaded(Faults);

impl Preloaded {
    /// Makes `server` run on such a disk from its next start on.
    pub fn new(server: &mut Server) -> Self {
        Self(Faults::new(server))
    }
}

impl FillDisk for Preloaded {
    fn fill(&self) {
        self.0.arm(&Fault { operation: "grow", answer: "enospc", first: 1, count: 0, pattern: "*" });
    }

    fn free(&self) {
        self.0.disarm();
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
