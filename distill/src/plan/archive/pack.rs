//! From a tree to the one tar archive that stands for it.

use std::io::{self, Read, Write};

use super::super::hash::{Hash, Hasher};
use super::super::path::RelPath;
use super::super::tree::{Node, Tree};
use super::block::BLOCK;
use super::pax::write_record;

/// Why a tree cannot be packed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// A file cannot be opened or read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: RelPath,
        /// The cause.
        source: io::Error,
    },
    /// A file is not as long as the manifest says.
    #[error("cannot pack `{path}`: it has not the {size} bytes that the manifest says")]
    Size {
        /// The file.
        path: RelPath,
        /// What the manifest says.
        size: u64,
    },
    /// A file holds other bytes than the manifest says.
    #[error(
        "cannot pack `{path}`: it is not what the manifest says\nhint: the store is damaged; `fsck` finds what is"
    )]
    Hash {
        /// The file.
        path: RelPath,
    },
    /// The archive cannot be written.
    #[error("cannot write the archive")]
    Write {
        /// The cause.
        source: io::Error,
    },
}

/// Writes `tree` as a tar archive: members sorted, owner and time 0, POSIX (ustar) headers, and
/// extended ones where a name, a target or a size does not fit. `open` gives the bytes of a file.
///
/// One tree gives one archive, byte for byte.
pub fn pack<R: Read>(
    tree: &Tree,
    mut open: impl FnMut(&RelPath) -> io::Result<R>,
    mut out: impl Write,
) -> Result<(), PackError> {
    let write = |source| PackError::Write { source };
    for (path, node) in tree.iter() {
        out.write_all(&headers(path, node)).map_err(write)?;
        if let Node::File { size, hash, .. } = node {
            let read = |source| PackError::Read {
                path: path.clone(),
                source,
            };
            if copy(path, *size, open(path).map_err(read)?, &mut out)? != *hash {
                let path = path.clone();
                return Err(PackError::Hash { path });
            }
        }
    }
    out.write_all(&[0; 2 * BLOCK])
        .and_then(|()| out.flush())
        .map_err(write)
}

/// Like [`pack`], compressed with zstd at `level`. The bytes depend on zstd's version, too.
pub fn pack_zst<R: Read>(
    tree: &Tree,
    open: impl FnMut(&RelPath) -> io::Result<R>,
    out: impl Write,
    level: i32,
) -> Result<(), PackError> {
    let write = |source| PackError::Write { source };
    let mut encoder = zstd::Encoder::new(out, level).map_err(write)?;
    encoder.include_checksum(true).map_err(write)?;
    pack(tree, open, &mut encoder)?;
    encoder
        .finish()
        .and_then(|mut out| out.flush())
        .map_err(write)
}

/// Copies exactly `size` bytes, and pads them to a block. The result is their hash.
fn copy(
    path: &RelPath,
    size: u64,
    mut contents: impl Read,
    out: &mut impl Write,
) -> Result<Hash, PackError> {
    let mut buffer = [0; 8 << 10];
    let (mut left, mut hasher) = (size, Hasher::new());
    loop {
        let read = match contents.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read,
        };
        let count = read.map_err(|source| PackError::Read {
            path: path.clone(),
            source,
        })?;
        if count == 0 && left == 0 {
            break;
        }
        if count == 0 || count as u64 > left {
            let path = path.clone();
            return Err(PackError::Size { path, size });
        }
        left -= count as u64;
        hasher.update(&buffer[..count]);
        out.write_all(&buffer[..count])
            .map_err(|source| PackError::Write { source })?;
    }
    let padding = usize::try_from(size.wrapping_neg() % BLOCK as u64).expect("less than a block");
    out.write_all(&[0; BLOCK][..padding])
        .map_err(|source| PackError::Write { source })?;
    Ok(hasher.finish())
}

/// The largest size that fits into eleven octal digits.
const MAX_SIZE: u64 = 0o777_7777_7777;

/// A member's header, behind the extended header that it may need.
fn headers(path: &RelPath, node: &Node) -> Vec<u8> {
    let (kind, mode, size, link) = match node {
        Node::Dir { mode } => (b'5', mode.bits(), 0, ""),
        Node::File { mode, size, .. } => (b'0', mode.bits(), *size, ""),
        Node::Symlink { target } => (b'2', 0o777, 0, target.as_str()),
    };
    let slash = if kind == b'5' { "/" } else { "" };
    let name = format!("{path}{slash}");
    let mut records = Vec::new();
    let (prefix, short) = split(&name).unwrap_or_else(|| {
        write_record(&mut records, "path", &name);
        ("", path.file_name())
    });
    if !fits(link, 100) {
        write_record(&mut records, "linkpath", link);
    }
    if size > MAX_SIZE {
        write_record(&mut records, "size", &size.to_string());
    }
    let mut out = extended(&records);
    let size = if size > MAX_SIZE { 0 } else { size };
    out.extend(block(kind, (prefix, short), mode, size, link));
    out
}

/// An extended header with its padding; nothing if there is nothing to say.
fn extended(records: &[u8]) -> Vec<u8> {
    if records.is_empty() {
        return Vec::new();
    }
    let mut out = block(b'x', ("", "PaxHeaders"), 0o644, records.len() as u64, "").to_vec();
    out.extend(records);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
    out
}

/// A name as ustar's prefix and name, if it fits.
fn split(name: &str) -> Option<(&str, &str)> {
    if fits(name, 100) {
        return Some(("", name));
    }
    let slashes = name.match_indices('/').map(|(at, _)| at);
    let parts = slashes.map(|at| (&name[..at], &name[at + 1..]));
    parts
        .filter(|(_, rest)| !rest.is_empty())
        .find(|(prefix, rest)| fits(prefix, 155) && fits(rest, 100))
}

/// Whether a header's field holds it: other characters than ASCII belong into extended headers.
fn fits(text: &str, len: usize) -> bool {
    text.len() <= len && text.is_ascii()
}

fn block(kind: u8, (prefix, name): (&str, &str), mode: u32, size: u64, link: &str) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    put(&mut block[..100], name);
    put(&mut block[100..108], &format!("{mode:07o}"));
    put(&mut block[108..116], "0000000");
    put(&mut block[116..124], "0000000");
    put(&mut block[124..136], &format!("{size:011o}"));
    put(&mut block[136..148], "00000000000");
    put(&mut block[148..156], "        ");
    block[156] = kind;
    put(&mut block[157..257], link);
    put(&mut block[257..265], "ustar\x0000");
    put(&mut block[329..337], "0000000");
    put(&mut block[337..345], "0000000");
    put(&mut block[345..500], prefix);
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut block[148..156], &format!("{sum:06o}\0 "));
    block
}

/// As much of `text` as fits; what is no ASCII is in the extended header, and `_` here.
fn put(field: &mut [u8], text: &str) {
    for (byte, char) in field.iter_mut().zip(text.chars()) {
        *byte = u8::try_from(char).ok().filter(u8::is_ascii).unwrap_or(b'_');
    }
}
