//! What of an archive is taken, and how much of it is borne.

use std::num::NonZero;

use super::super::action::Unpack;
use super::super::glob::PathSet;
use super::Format;

/// How much an archive may hold; what goes beyond is refused before it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Members, those that are left out included.
    pub members: u64,
    /// Bytes: of the decompressed archive, and of all files together with their holes; a hard link
    /// counts like its file.
    pub bytes: u64,
    /// The window of a Zstandard stream, which decompression keeps in memory: so many bits of an address.
    pub window_log: u32,
    /// Memory for decompressing an xz stream, in bytes: its dictionary above all.
    pub xz_memory: u64,
}

impl Default for Limits {
    /// Four million members and 64 GiB: some fifty times the source of Linux. Windows as large as zstd's
    /// own program makes, with `--ultra --long=31`, and the largest dictionary that xz knows, 4 GiB less a
    /// byte, with what its decoder needs beside it.
    fn default() -> Limits {
        Limits {
            members: 4 << 20,
            bytes: 64 << 30,
            window_log: 31,
            xz_memory: (4 << 30) + (64 << 20),
        }
    }
}

/// How an archive is read.
#[derive(Debug, Clone)]
pub struct Options {
    /// What kind of archive it is.
    pub format: Format,
    /// What to take, by the names in the archive; everything if empty.
    pub include: PathSet,
    /// What to leave out. It is not judged either: this is how an archive with one name that is not
    /// UTF-8 is unpacked. Bytes that are not UTF-8 match as U+FFFD does (`*`), an absolute name as it is
    /// without its `/`. A name with `..` matches nothing.
    pub exclude: PathSet,
    /// Whether the mark of the end may be missing. Nothing but a checksum of the compression shows then
    /// that members at the end are missing, too.
    pub no_end_marker: bool,
    /// How much it may hold.
    pub limits: Limits,
    /// How many threads may decompress; only xz archives of several blocks have use for more than
    /// one. What comes out is the same.
    pub threads: usize,
}

impl Options {
    /// Takes everything, within the default limits, with as many threads as there are processors.
    pub fn new(format: Format) -> Options {
        Options {
            format,
            include: PathSet::default(),
            exclude: PathSet::default(),
            no_end_marker: false,
            limits: Limits::default(),
            threads: std::thread::available_parallelism().map_or(1, NonZero::get),
        }
    }
}

impl<I> From<&Unpack<I>> for Options {
    fn from(unpack: &Unpack<I>) -> Options {
        Options {
            include: unpack.include.clone(),
            exclude: unpack.exclude.clone(),
            no_end_marker: unpack.no_end_marker,
            ..Options::new(unpack.format)
        }
    }
}
