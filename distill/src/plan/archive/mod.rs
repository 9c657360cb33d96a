//! Archives: tar in its dialects and compressions, and Debian's packages.

use serde::{Deserialize, Serialize};

/// What kind of archive a blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
            _ if ends(&[".tar.gz", ".tgz"]) => Format::TarGz,
            _ if ends(&[".tar.bz2", ".tbz2", ".tbz"]) => Format::TarBz2,
            _ if ends(&[".tar.xz", ".txz"]) => Format::TarXz,
            _ if ends(&[".tar.zst", ".tzst"]) => Format::TarZst,
            _ if ends(&[".deb"]) => Format::Deb,
            _ => return None,
        })
    }
}
