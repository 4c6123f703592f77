//! What the disk can do: one write of everybody's records, one sync, again.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use super::{Counted, FILE_BYTES, Load, Measured, Stretch};
use crate::error::BenchError;

/// The loop on a fresh file, with groups of this size.
pub(super) fn measure(
    directory: &Path,
    load: Load,
    group_bytes: usize,
    reserved: bool,
) -> Result<Measured, BenchError> {
    let path = directory.join("bare");
    let failed = |verb: &'static str| BenchError::io(verb, &path);
    let file = std::fs::File::create_new(&path).map_err(failed("create"))?;
    if reserved {
        crate::error::output(std::process::Command::new("fallocate").args(["-l", &FILE_BYTES.to_string()]).arg(&path))?;
    } else {
        let zeros = vec![0; 1 << 20];
        for offset in (0..FILE_BYTES).step_by(zeros.len()) {
            file.write_all_at(&zeros, offset).map_err(failed("write"))?;
        }
    }
    file.sync_all().map_err(failed("sync"))?;
    let group = vec![7; group_bytes];
    let (mut offset, mut syncs) = (0, 0);
    let mut stretch = Stretch::begin();
    while stretch.begun.elapsed() < load.time {
        if offset + group.len() as u64 > FILE_BYTES {
            offset = 0;
        }
        let begun = Instant::now();
        file.write_all_at(&group, offset).map_err(failed("write"))?;
        file.sync_data().map_err(failed("sync"))?;
        let micros = begun.elapsed().as_secs_f64() * 1e6;
        stretch.latencies.extend(std::iter::repeat_n(micros, load.writers));
        offset += group.len() as u64;
        syncs += 1;
    }
    Ok(stretch.end(Counted { syncs, writes: syncs, written_bytes: syncs * group.len() as u64 }))
}
