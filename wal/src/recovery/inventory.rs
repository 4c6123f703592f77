//! Which segments there are, and what their headers say.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use cairn_base::seam::{DiskFile, OpenMode};

use crate::OpenError;
use crate::log::Place;
use crate::segment::{
    FORMAT_VERSION, HeaderError, LogId, SEGMENT_HEADER_BYTES, SegmentHeader, SegmentNumber, parse_segment_name,
};

/// A file that carries a segment's name.
#[derive(Debug)]
pub(super) struct FoundSegment {
    pub(super) number: SegmentNumber,
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) file_bytes: u64,
    /// `None`: prepared and not begun, or torn when it was begun, or damaged.
    pub(super) header: Option<SegmentHeader>,
}

/// All segments of a directory by rising number, and the log they belong to. `None` if there are none.
pub(super) fn read(place: &Place) -> Result<Option<(Vec<FoundSegment>, LogId)>, OpenError> {
    let names = match place.disk.list(&place.dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        names => names.map_err(OpenError::io(format!("list {}", place.dir.display())))?,
    };
    let mut segments = Vec::new();
    for (name, number) in names.iter().filter_map(|name| Some((name, parse_segment_name(name)?))) {
        segments.push(read_one(place, name, number)?);
    }
    segments.sort_by_key(|segment| segment.number);
    match segments.first() {
        None => Ok(None),
        Some(first) => {
            let log = log_of(&segments).ok_or_else(|| no_header(first))??;
            Ok(Some((segments, log)))
        }
    }
}

fn read_one(place: &Place, name: &str, number: SegmentNumber) -> Result<FoundSegment, OpenError> {
    let path = place.dir.join(name);
    let read = || -> io::Result<_> {
        let file = place.disk.open(&path, OpenMode::Read)?;
        let file_bytes = file.len()?;
        let header = match read_header(file.as_ref())? {
            Ok(header) if header.number == number => Ok(header),
            // A read may lie once, and a segment without a header of its own is thrown away.
            _ => read_header(file.as_ref())?,
        };
        Ok((file, file_bytes, header))
    };
    let (file, file_bytes, header) = read().map_err(OpenError::io(format!("read {}", path.display())))?;
    let header = match header {
        // A recycled file that was not begun still has the header of its former number.
        Ok(header) => Some(header).filter(|header| header.number == number),
        Err(HeaderError::Unreadable) => None,
        Err(HeaderError::Newer(found)) => {
            return Err(OpenError::NewerFormat { file: path, found, known: FORMAT_VERSION });
        }
    };
    Ok(FoundSegment { number, path, file, file_bytes, header })
}

fn read_header(file: &dyn DiskFile) -> io::Result<Result<SegmentHeader, HeaderError>> {
    let mut bytes = [0; SEGMENT_HEADER_BYTES];
    let n = file.read_at(&mut bytes, 0)?;
    Ok(SegmentHeader::decode(&bytes[..n]))
}

/// The log that all readable headers name; `None` without any.
fn log_of(segments: &[FoundSegment]) -> Option<Result<LogId, OpenError>> {
    let mut named = segments.iter().filter_map(|segment| Some((segment, segment.header?.log)));
    let (_, log) = named.next()?;
    Some(match named.find(|&(_, other)| other != log) {
        Some((segment, _)) => Err(OpenError::Foreign { file: segment.path.clone() }),
        None => Ok(log),
    })
}

/// The first segment of a log is given its name after its header was synced, so one header is always there.
fn no_header(first: &FoundSegment) -> OpenError {
    OpenError::Corrupt {
        file: first.path.clone(),
        offset: 0,
        what: "no segment has a readable header, though every log begins with one".to_owned(),
    }
}
