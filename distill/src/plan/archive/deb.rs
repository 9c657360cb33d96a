//! Debian's binary packages: an ar archive of a version, control files, and the data.
//!
//! The format is in deb(5); that of the members' headers in ar(5).

use std::io::{self, Read};

use super::compression::Compression;
use super::error::ArchiveError;

const MAGIC: &[u8; 8] = b"!<arch>\n";
const HEADER: usize = 60;

/// The data archive of a package, as it is compressed; what comes behind it is not read.
pub(super) fn data<R: Read>(mut input: R) -> Result<(Compression, Exact<R>), ArchiveError> {
    let mut magic = [0; 8];
    fill(&mut input, &mut magic)?;
    if &magic != MAGIC {
        return Err(invalid("it is no ar archive"));
    }
    let (name, size) = header(&mut input)?;
    let mut version = [0; 2];
    if name != b"debian-binary" || size < 2 {
        return Err(invalid("it does not begin with `debian-binary`"));
    }
    fill(&mut input, &mut version)?;
    if &version != b"2." {
        return Err(invalid("its version is not 2"));
    }
    skip(&mut input, size - 2 + size % 2)?;
    loop {
        let (name, size) = header(&mut input)?;
        if name.starts_with(b"data.tar") {
            return Ok((compression(&name)?, Exact { input, left: size }));
        }
        skip(&mut input, size + size % 2)?;
    }
}

fn compression(name: &[u8]) -> Result<Compression, ArchiveError> {
    Ok(match name {
        b"data.tar" => Compression::None,
        b"data.tar.gz" => Compression::Gzip,
        b"data.tar.bz2" => Compression::Bzip2,
        b"data.tar.xz" => Compression::Xz,
        b"data.tar.zst" => Compression::Zstd,
        _ => return Err(invalid("how its data is compressed is not known")),
    })
}

/// The name and size of the next member.
fn header(input: &mut impl Read) -> Result<(Vec<u8>, u64), ArchiveError> {
    let mut header = [0; HEADER];
    fill(input, &mut header)?;
    if &header[58..] != b"`\n" {
        return Err(invalid("the header of a member is garbled"));
    }
    let size = std::str::from_utf8(&header[48..58])
        .ok()
        .map(|size| size.trim_end_matches(' '));
    let size = size.and_then(|size| size.parse().ok());
    let size = size.ok_or_else(|| invalid("the size of a member is no number"))?;
    let name = header[..16].trim_ascii_end();
    Ok((name.strip_suffix(b"/").unwrap_or(name).to_vec(), size))
}

fn skip(input: &mut impl Read, count: u64) -> Result<(), ArchiveError> {
    match io::copy(&mut input.take(count), &mut io::sink()) {
        Ok(read) if read == count => Ok(()),
        Ok(_) => Err(cut()),
        Err(source) => Err(unread(source)),
    }
}

fn fill(input: &mut impl Read, buffer: &mut [u8]) -> Result<(), ArchiveError> {
    input
        .read_exact(buffer)
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => cut(),
            _ => unread(error),
        })
}

fn invalid(what: &'static str) -> ArchiveError {
    ArchiveError::Deb { what }
}

fn cut() -> ArchiveError {
    let at = "before its data".to_owned();
    ArchiveError::Truncated { at }
}

fn unread(source: io::Error) -> ArchiveError {
    let at = "before its data".to_owned();
    ArchiveError::Read { at, source }
}

/// A known number of bytes; fewer are an error.
pub(super) struct Exact<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.by_ref().take(self.left).read(buffer)?;
        if count == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}
