//! Members of a tar stream, one after the other, with what extended headers say of them.

use std::io::{self, Read};

use super::error::{ArchiveError, shown};
use super::header::{BLOCK, Header, gnu_sparse_extension};
use super::options::Limits;
use super::pax::{Pax, decimal, within_bounds};
use super::sparse::{Filled, Segment, SparseMap};

/// The most bytes that an extended header or a long name may have.
const MAX_EXTENSION: u64 = 1 << 20;

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Dir,
    Symlink,
    HardLink,
    /// What no tree holds, with an article.
    Other(&'static str),
}

/// A member as the archive tells it; nothing is judged yet.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) executable: bool,
    /// The length with the holes.
    pub(super) size: u64,
    map: Option<SparseMap>,
}

/// What stands before a member's own header.
struct Before {
    pax: Pax,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    any: bool,
}

/// Reads a tar stream.
pub(super) struct TarReader<R> {
    input: R,
    limits: Limits,
    members: u64,
    bytes: u64,
    global: Pax,
    /// Bytes of the current member that are not read yet, and the padding behind them.
    left: u64,
    padding: u64,
    last: Option<Vec<u8>>,
    /// Why a member's contents could not be read, while the sink sees an [`io::Error`].
    failure: Option<ArchiveError>,
}

impl<R: Read> TarReader<R> {
    pub(super) fn new(input: R, limits: Limits) -> TarReader<R> {
        TarReader {
            input,
            limits,
            members: 0,
            bytes: 0,
            global: Pax::default(),
            left: 0,
            padding: 0,
            last: None,
            failure: None,
        }
    }

    /// The next member; what remains of the one before is skipped. Nothing at the end, once all
    /// input is read and found to be zeros.
    pub(super) fn next(&mut self) -> Result<Option<Member>, ArchiveError> {
        self.skip()?;
        let mut before = Before {
            pax: self.global.clone(),
            name: None,
            link: None,
            any: false,
        };
        loop {
            let block = self.header_block()?;
            if block.iter().all(|byte| *byte == 0) {
                if before.any {
                    return Err(self.malformed("an extended header describes no member"));
                }
                return self.finish().map(|()| None);
            }
            let header = Header::new(&block).map_err(|what| self.malformed(what))?;
            if !self.extension(&header, &mut before)? {
                return self.member(&header, before).map(Some);
            }
        }
    }

    /// What `member`, the last one returned, holds.
    pub(super) fn contents<'a>(&'a mut self, member: &'a Member) -> Box<dyn Read + 'a> {
        let stored = Stored(self);
        match &member.map {
            Some(map) => Box::new(Filled::new(stored, map)),
            None => Box::new(stored),
        }
    }

    /// Why reading a member's contents failed, if it did.
    pub(super) fn take_failure(&mut self) -> Option<ArchiveError> {
        self.failure.take()
    }

    fn header_block(&mut self) -> Result<[u8; BLOCK], ArchiveError> {
        self.members += 1;
        if self.members > self.limits.members {
            let limit = self.limits.members;
            return Err(ArchiveError::TooMany { limit });
        }
        self.block()
    }

    fn block(&mut self) -> Result<[u8; BLOCK], ArchiveError> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        Ok(block)
    }

    /// Takes a header that describes the next member, or all; whether it was one.
    fn extension(
        &mut self,
        header: &Header<'_>,
        before: &mut Before,
    ) -> Result<bool, ArchiveError> {
        match header.kind() {
            b'L' => before.name = Some(self.long_name(header)?),
            b'K' => before.link = Some(self.long_name(header)?),
            b'x' | b'X' => {
                let records = self.payload(header)?;
                before
                    .pax
                    .read(&records)
                    .map_err(|what| self.malformed(what))?;
            }
            // It holds for what comes, and its own extended header takes precedence.
            b'g' => {
                let records = self.payload(header)?;
                self.global
                    .read(&records)
                    .map_err(|what| self.malformed(what))?;
                before.pax = self.global.clone();
                return Ok(true);
            }
            // A label of the whole archive.
            b'V' => {
                self.begin(header.size().map_err(|what| self.malformed(what))?);
                self.skip()?;
                return Ok(true);
            }
            _ => return Ok(false),
        }
        before.any = true;
        Ok(true)
    }

    fn long_name(&mut self, header: &Header<'_>) -> Result<Vec<u8>, ArchiveError> {
        let mut name = self.payload(header)?;
        if let Some(end) = name.iter().position(|byte| *byte == 0) {
            name.truncate(end);
        }
        Ok(name)
    }

    fn payload(&mut self, header: &Header<'_>) -> Result<Vec<u8>, ArchiveError> {
        let size = header.size().map_err(|what| self.malformed(what))?;
        if size > MAX_EXTENSION {
            return Err(self.malformed("an extended header is longer than a mebibyte"));
        }
        let mut bytes = vec![0; usize::try_from(size).expect("at most a mebibyte")];
        self.fill(&mut bytes)?;
        self.padding = padding(size);
        self.skip()?;
        Ok(bytes)
    }

    fn member(&mut self, header: &Header<'_>, before: Before) -> Result<Member, ArchiveError> {
        let Before {
            pax, name, link, ..
        } = before;
        let sparse_name = pax.sparse.name.clone().filter(|_| pax.sparse.is_used());
        let name = sparse_name
            .or(pax.path)
            .or(name)
            .unwrap_or_else(|| header.name());
        let link = pax.link.or(link).unwrap_or_else(|| header.link().to_vec());
        self.last = Some(name.clone());
        let in_member = |what| self.malformed_in(what);
        let kind = kind(header.kind(), &name);
        let executable = header.is_executable().map_err(in_member)?;
        let size = match pax.size {
            Some(size) => size,
            None => header.size().map_err(in_member)?,
        };
        self.begin(if has_bytes(header.kind()) { size } else { 0 });
        if kind == Kind::Dir && size > 0 && self.left > 0 {
            return Err(self.malformed_in("a directory holds bytes"));
        }
        let map = match header.kind() {
            b'S' => Some(self.gnu_map(header)?),
            _ if kind == Kind::File && pax.sparse.is_used() => Some(self.pax_map(pax.sparse)?),
            _ => None,
        };
        let size = map.as_ref().map_or(self.left, SparseMap::size);
        Ok(Member {
            name,
            link,
            kind,
            executable,
            size,
            map,
        })
    }

    /// The map of an old GNU sparse file, which goes on in blocks before the file's bytes.
    fn gnu_map(&mut self, header: &Header<'_>) -> Result<SparseMap, ArchiveError> {
        let in_member = |what| self.malformed_in(what);
        let (size, mut more) = header.gnu_sparse().map_err(in_member)?;
        let mut segments = header.gnu_sparse_map().map_err(in_member)?;
        while more {
            let block = self.block()?;
            let (further, another) =
                gnu_sparse_extension(&block).map_err(|what| self.malformed_in(what))?;
            segments.extend(further);
            within_bounds(segments.len()).map_err(|what| self.malformed_in(what))?;
            more = another;
        }
        SparseMap::new(segments, size, self.left).map_err(|what| self.malformed_in(what))
    }

    fn pax_map(&mut self, sparse: super::pax::PaxSparse) -> Result<SparseMap, ArchiveError> {
        let size = sparse.real_size;
        let size = size.ok_or_else(|| self.malformed_in("a sparse file has no real size"))?;
        let segments = match (sparse.major, sparse.minor, sparse.map) {
            (1, 0, _) => self.stored_map()?,
            (0, _, Some(map)) => map,
            _ => return Err(self.malformed_in("its kind of sparse file is not known")),
        };
        SparseMap::new(segments, size, self.left).map_err(|what| self.malformed_in(what))
    }

    /// The map that stands before a file's bytes: lines of decimal numbers, padded to a block.
    fn stored_map(&mut self) -> Result<Vec<Segment>, ArchiveError> {
        let mut lines = Lines::default();
        let count = self.map_number(&mut lines)?;
        let mut segments = Vec::new();
        for _ in 0..count {
            let offset = self.map_number(&mut lines)?;
            let len = self.map_number(&mut lines)?;
            segments.push(Segment { offset, len });
            within_bounds(segments.len()).map_err(|what| self.malformed_in(what))?;
        }
        Ok(segments)
    }

    fn map_number(&mut self, lines: &mut Lines) -> Result<u64, ArchiveError> {
        loop {
            if let Some(line) = lines.next() {
                return decimal(&line).map_err(|what| self.malformed_in(what));
            }
            if lines.rest.len() > BLOCK || self.left < BLOCK as u64 {
                return Err(self.malformed_in("its sparse map is garbled"));
            }
            let block = self.block()?;
            self.left -= BLOCK as u64;
            lines.rest.extend(block);
        }
    }

    fn begin(&mut self, size: u64) {
        (self.left, self.padding) = (size, padding(size));
    }

    /// Reads over what remains of the current member.
    fn skip(&mut self) -> Result<(), ArchiveError> {
        let mut buffer = [0; 8 << 10];
        while self.left + self.padding > 0 {
            let whole = self.left.saturating_add(self.padding);
            let count =
                usize::try_from(whole).map_or(buffer.len(), |count| count.min(buffer.len()));
            self.fill(&mut buffer[..count])?;
            let of_member = self.left.min(count as u64);
            self.left -= of_member;
            self.padding -= count as u64 - of_member;
        }
        Ok(())
    }

    /// Reads to the end of the input, which must hold nothing more.
    fn finish(&mut self) -> Result<(), ArchiveError> {
        let mut buffer = [0; 8 << 10];
        loop {
            match self.pull(&mut buffer)? {
                0 => return Ok(()),
                count if buffer[..count].iter().all(|byte| *byte == 0) => {}
                _ => return Err(ArchiveError::Trailing),
            }
        }
    }

    fn fill(&mut self, mut buffer: &mut [u8]) -> Result<(), ArchiveError> {
        while !buffer.is_empty() {
            match self.pull(buffer)? {
                0 => return Err(ArchiveError::Truncated { at: self.place() }),
                count => buffer = &mut buffer[count..],
            }
        }
        Ok(())
    }

    /// All reading of the input goes through here, and is counted.
    fn pull(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let count = loop {
            match self.input.read(buffer) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(ArchiveError::Truncated { at: self.place() });
                }
                Err(source) => {
                    let at = self.place();
                    return Err(ArchiveError::Read { at, source });
                }
            }
        };
        self.bytes += count as u64;
        if self.bytes > self.limits.bytes {
            let member = shown(self.last.as_deref().unwrap_or_default());
            let limit = self.limits.bytes;
            return Err(ArchiveError::TooLarge { member, limit });
        }
        Ok(count)
    }

    fn place(&self) -> String {
        match &self.last {
            None => "at its beginning".to_owned(),
            Some(name) if self.left > 0 => format!("in `{}`", shown(name)),
            Some(name) => format!("after `{}`", shown(name)),
        }
    }

    fn malformed(&self, what: &'static str) -> ArchiveError {
        let at = self.place();
        ArchiveError::Malformed { at, what }
    }

    fn malformed_in(&self, what: &'static str) -> ArchiveError {
        let at = format!("in `{}`", shown(self.last.as_deref().unwrap_or_default()));
        ArchiveError::Malformed { at, what }
    }
}

/// Zeros behind `size` bytes.
fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}

fn kind(flag: u8, name: &[u8]) -> Kind {
    match flag {
        // Before there was a flag for directories, a slash told them.
        0 | b'0' if name.ends_with(b"/") => Kind::Dir,
        0 | b'0' | b'7' | b'S' => Kind::File,
        b'1' => Kind::HardLink,
        b'2' => Kind::Symlink,
        b'3' => Kind::Other("a character device"),
        b'4' => Kind::Other("a block device"),
        b'5' => Kind::Dir,
        b'6' => Kind::Other("a named pipe"),
        b'D' => Kind::Other("a directory of an incremental backup"),
        b'M' => Kind::Other("a file that began in another volume"),
        _ => Kind::Other("of a kind that is not known"),
    }
}

/// Whether bytes follow the header. Of links, directories and devices the size means other things,
/// or nothing.
fn has_bytes(flag: u8) -> bool {
    !matches!(flag, b'1'..=b'6')
}

/// Lines that come in blocks.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    fn next(&mut self) -> Option<Vec<u8>> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let mut line: Vec<u8> = self.rest.drain(..=end).collect();
        line.pop();
        Some(line)
    }
}

/// The stored bytes of the current member.
struct Stored<'a, R>(&'a mut TarReader<R>);

impl<R: Read> Read for Stored<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let reader = &mut *self.0;
        let count =
            usize::try_from(reader.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        if count == 0 {
            return Ok(0);
        }
        match reader.pull(&mut buffer[..count]) {
            Ok(0) => {
                let at = reader.place();
                reader.failure = Some(ArchiveError::Truncated { at });
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Ok(count) => {
                reader.left -= count as u64;
                Ok(count)
            }
            Err(error) => {
                reader.failure = Some(error);
                Err(io::Error::other("the archive cannot be read"))
            }
        }
    }
}
