//! Debian's binary packages: an ar archive of a version, control files, and the data.
//!
//! The format is in deb(5); that of the members' headers in ar(5).

use std::io::{self, Read};

use super::compression::Compression;
use super::error::{ArchiveError, shown};
use super::pax::decimal;

const MAGIC: &[u8; 8] = b"!<arch>\n";
const HEADER: usize = 60;

/// The most bytes that the member with the version may have.
const MAX_VERSION: u64 = 4096;

/// The data archive of a package, as it is compressed; what comes behind it is not read.
///
/// The members are the version, then the control files, then the data. Those whose names begin with `_` may
/// stand anywhere behind the version. As dpkg does, everything else is refused.
pub(super) fn data<R: Read>(input: R) -> Result<(Compression, Exact<R>), ArchiveError> {
    let mut ar = Ar::open(input)?;
    version(&mut ar)?;
    let mut has_control = false;
    loop {
        let size = ar.next()?;
        let beginning = |beginning: &[u8]| ar.name.strip_prefix(beginning);
        let (control, data) = (beginning(b"control.tar"), beginning(b"data.tar"));
        let wrong = match (control, data) {
            _ if ar.name.starts_with(b"_") => None,
            (Some(_), _) if has_control => Some("there are control files before it"),
            (Some(b"" | b".gz" | b".xz" | b".zst"), _) => {
                has_control = true;
                None
            }
            (Some(_), _) => Some("how its control files are compressed is not known"),
            (_, Some(_)) if !has_control => Some("no control files come before it"),
            (_, Some(suffix)) => match compression(suffix) {
                Some(compression) => {
                    let (input, left) = (ar.input, size);
                    return Ok((compression, Exact { input, left }));
                }
                None => Some("how its data is compressed is not known"),
            },
            _ => Some("it is neither control files nor data"),
        };
        if let Some(wrong) = wrong {
            return Err(ar.invalid(wrong));
        }
        ar.skip(size)?;
    }
}

/// Reads the member with the version, a line `2.` and a number; lines behind it are for later versions.
fn version<R: Read>(ar: &mut Ar<R>) -> Result<(), ArchiveError> {
    let size = ar.next()?;
    if ar.name != b"debian-binary" {
        return Err(ar.invalid("the first member is not `debian-binary`"));
    }
    if size > MAX_VERSION {
        return Err(ar.invalid("it is longer than a few lines"));
    }
    let mut text = vec![0; usize::try_from(size).expect("a few lines")];
    ar.fill(&mut text)?;
    ar.fill(&mut [0; 1][..text.len() % 2])?;
    let Some(end) = text.iter().position(|byte| *byte == b'\n') else {
        return Err(ar.invalid("no line ends behind the version"));
    };
    match text[..end].strip_prefix(b"2.") {
        Some(minor) if !minor.is_empty() && minor.iter().all(u8::is_ascii_digit) => Ok(()),
        _ => Err(ar.invalid("the version is not 2")),
    }
}

fn compression(suffix: &[u8]) -> Option<Compression> {
    Some(match suffix {
        b"" => Compression::None,
        b".gz" => Compression::Gzip,
        b".bz2" => Compression::Bzip2,
        b".xz" => Compression::Xz,
        b".zst" => Compression::Zstd,
        _ => return None,
    })
}

/// An ar archive under way.
struct Ar<R> {
    input: R,
    /// The name of the member that was reached; empty before the first.
    name: Vec<u8>,
}

impl<R: Read> Ar<R> {
    fn open(input: R) -> Result<Ar<R>, ArchiveError> {
        let name = Vec::new();
        let mut ar = Ar { input, name };
        let mut magic = [0; 8];
        ar.fill(&mut magic)?;
        if &magic == MAGIC {
            Ok(ar)
        } else {
            Err(ar.invalid("it is no ar archive"))
        }
    }

    /// Goes to the next member, whose size it returns.
    fn next(&mut self) -> Result<u64, ArchiveError> {
        let mut header = [0; HEADER];
        self.fill(&mut header)?;
        if &header[58..] != b"`\n" {
            return Err(self.invalid("the header behind it is garbled"));
        }
        let name = header[..16].trim_ascii_end();
        self.name = name.strip_suffix(b"/").unwrap_or(name).to_vec();
        let size = decimal(header[48..58].trim_ascii());
        size.map_err(|_| self.invalid("its size is no number"))
    }

    /// Reads over a member, and the byte behind it that makes its size even.
    fn skip(&mut self, size: u64) -> Result<(), ArchiveError> {
        let size = size + size % 2;
        match io::copy(&mut self.input.by_ref().take(size), &mut io::sink()) {
            Ok(read) if read == size => Ok(()),
            Ok(_) => Err(self.cut()),
            Err(source) => Err(self.unread(source)),
        }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), ArchiveError> {
        self.input
            .read_exact(buffer)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => self.cut(),
                _ => self.unread(error),
            })
    }

    fn place(&self) -> String {
        match &self.name[..] {
            [] => "at its beginning".to_owned(),
            name => format!("at `{}`", shown(name)),
        }
    }

    fn invalid(&self, what: &'static str) -> ArchiveError {
        let at = self.place();
        ArchiveError::Deb { at, what }
    }

    fn cut(&self) -> ArchiveError {
        let at = self.place();
        ArchiveError::Truncated { at }
    }

    fn unread(&self, source: io::Error) -> ArchiveError {
        let at = self.place();
        ArchiveError::Read { at, source }
    }
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
