//! Reads the sections of a portable executable on a disk.

use crate::disk::region::{Fields, ReadError};

const WHAT: &str = "a portable executable";

/// A section of a portable executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name, with the dot.
    pub name: String,
    /// Offset in the file.
    pub offset: u64,
    /// Exact number of bytes.
    pub size: u64,
}

/// The sections of the portable executable that begins with these bytes, in the order of its
/// headers. The first 4 KiB are enough for all that are made here.
pub fn sections(head: &[u8]) -> Result<Vec<Section>, ReadError> {
    let cut_off = || ReadError::format(WHAT, "the headers are cut off");
    let pe = head.u32(60) as usize;
    let header = head.get(pe..).ok_or_else(cut_off)?;
    if !head.starts_with(b"MZ") || !header.starts_with(b"PE\0\0") {
        return Err(ReadError::format(WHAT, "it does not begin as one"));
    }
    let table = 24 + usize::from(header.u16(20));
    (0..usize::from(header.u16(6)))
        .map(|number| {
            let at = table + number * 40;
            header.get(at..at + 40).map(section).ok_or_else(cut_off)
        })
        .collect()
}

fn section(header: &[u8]) -> Section {
    let name = String::from_utf8_lossy(&header[..8])
        .trim_end_matches('\0')
        .to_owned();
    // A virtual size may be larger than what is in the file; the rest would be zeros.
    let size = header.u32(8).min(header.u32(16));
    Section {
        name,
        offset: u64::from(header.u32(20)),
        size: u64::from(size),
    }
}
