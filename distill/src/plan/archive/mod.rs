//! Archives: tar in its dialects and compressions, and Debian's packages.
//!
//! [`unpack`] reads an archive as a stream, judges every member before anything is done with it,
//! and hands what is sound to a [`Sink`]. [`pack`] writes a tree as the one tar archive that stands
//! for it.

mod ambiguity;
mod before;
mod block;
mod compression;
mod deb;
mod error;
mod header;
mod holes;
mod judge;
mod kind;
mod options;
mod pack;
mod pax;
mod permissions;
mod pipe;
mod reader;
mod sparse;
mod streams;
mod tape;
mod unpack;
mod xz;

use serde::{Deserialize, Serialize};

pub use ambiguity::Ambiguity;
pub use error::{ArchiveError, NameFault};
pub use options::{Limits, Options};
pub use pack::{PackError, pack, pack_zst};
pub use unpack::{Sink, unpack};

/// What kind of archive a blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Plain tar.
    Tar,
    /// tar, gzip.
    TarGz,
    /// tar, bzip2.
    TarBz2,
    /// tar, xz.
    TarXz,
    /// tar, Zstandard.
    TarZst,
    /// A Debian binary package: its data, not its control files.
    Deb,
}

impl Format {
    /// The format that a file's name tells.
    pub fn of_name(name: &str) -> Option<Format> {
        let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
        Some(match name {
            _ if ends(&[".tar"]) => Format::Tar,
            _ if ends(&[".tar.gz", ".tgz", ".crate"]) => Format::TarGz,
            _ if ends(&[".tar.bz2", ".tbz2", ".tbz"]) => Format::TarBz2,
            _ if ends(&[".tar.xz", ".txz"]) => Format::TarXz,
            _ if ends(&[".tar.zst", ".tzst"]) => Format::TarZst,
            _ if ends(&[".deb"]) => Format::Deb,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
