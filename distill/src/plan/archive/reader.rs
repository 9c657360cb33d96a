//! Members of a tar stream, one after the other, with what extended headers say of them.

use std::io::{self, Read};

use super::ambiguity::Ambiguity;
use super::before::Before;
use super::block::BLOCK;
use super::error::{ArchiveError, shown};
use super::header::Header;
use super::holes::{gnu_map, pax_map};
use super::kind::{Kind, has_bytes};
use super::options::Options;
use super::pax::{Pax, global_ambiguity};
use super::sparse::{Filled, SparseMap};
use super::tape::{Tape, padding};

/// The most bytes that an extended header or a long name may have.
const MAX_EXTENSION: u64 = 1 << 20;
/// The most bytes that a directory may be said to have where that is no number of bytes that follow.
const MAX_DIRECTORY: u64 = 1 << 20;
/// tar writes blocks in records of this many bytes. What stands behind the end in the last of them is what
/// was in memory.
const RECORD: u64 = 20 * BLOCK as u64;

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

/// Reads a tar stream.
pub(super) struct TarReader<R> {
    tape: Tape<R>,
    headers: u64,
    max_headers: u64,
    no_end_marker: bool,
    /// Whether a header came that only newer archives have, in which a hard link may have contents.
    newer: bool,
    /// Why a member's contents could not be read, while the sink sees an [`io::Error`].
    failure: Option<ArchiveError>,
}

impl<R: Read> TarReader<R> {
    pub(super) fn new(input: R, options: &Options) -> TarReader<R> {
        TarReader {
            tape: Tape::new(input, options.limits.bytes),
            headers: 0,
            max_headers: options.limits.members,
            no_end_marker: options.no_end_marker,
            newer: false,
            failure: None,
        }
    }

    /// The next member; what remains of the one before is skipped. Nothing at the end, once all
    /// input is read and found to be empty.
    pub(super) fn next(&mut self) -> Result<Option<Member>, ArchiveError> {
        self.tape.skip()?;
        let mut before = Before::default();
        loop {
            let Some(block) = self.header_block()? else {
                return self.missing_end(&before).map(|()| None);
            };
            if is_zeros(&block) {
                if before.is_any() {
                    let what = "an extended header describes no member";
                    return Err(self.tape.malformed(what));
                }
                return self.finish().map(|()| None);
            }
            let header = Header::new(&block).map_err(|what| self.tape.malformed(what))?;
            if !self.extension(&header, &mut before)? {
                return self.member(&header, &before).map(Some);
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

    fn header_block(&mut self) -> Result<Option<[u8; BLOCK]>, ArchiveError> {
        self.headers += 1;
        if self.headers > self.max_headers {
            let (limit, at) = (self.max_headers, self.tape.place());
            return Err(ArchiveError::TooMany { limit, at });
        }
        self.tape.next_block()
    }

    /// The input ends where a header or the mark of the end should be.
    fn missing_end(&self, before: &Before) -> Result<(), ArchiveError> {
        let at = self.tape.place();
        if before.is_any() || self.tape.at() == 0 {
            Err(ArchiveError::Truncated { at })
        } else if self.no_end_marker {
            Ok(())
        } else {
            Err(ArchiveError::NoEnd { at })
        }
    }

    /// Takes a header that is none of a member; whether it was one.
    fn extension(
        &mut self,
        header: &Header<'_>,
        before: &mut Before,
    ) -> Result<bool, ArchiveError> {
        match header.kind() {
            b'L' => before.long_name(self.long_name(header)?),
            b'K' => before.long_link(self.long_name(header)?),
            b'x' | b'X' => {
                let (records, padding) = self.payload(header)?;
                let pax = Pax::read(&records).map_err(|what| self.tape.malformed(what))?;
                before.extended(pax);
                before.doubt_if(!is_zeros(&padding), Ambiguity::Padding);
                self.newer = true;
            }
            b'g' => {
                let (records, padding) = self.payload(header)?;
                let ambiguity = global_ambiguity(&records);
                before.global(ambiguity.map_err(|what| self.tape.malformed(what))?);
                before.doubt_if(!is_zeros(&padding), Ambiguity::Padding);
                self.newer = true;
            }
            // A label of the whole archive.
            b'V' => {
                if !self.no_member(header, before)?.is_empty() {
                    return Err(ambiguous(&header.name(), Ambiguity::SizeOfLabel));
                }
            }
            b'A' => {
                let list = self.no_member(header, before)?;
                before.permissions(list);
                self.newer = true;
            }
            _ => return Ok(false),
        }
        before.doubt(header.ambiguity());
        Ok(true)
    }

    /// The bytes of something that is no member, which nothing may describe.
    fn no_member(&mut self, header: &Header<'_>, before: &Before) -> Result<Vec<u8>, ArchiveError> {
        match before.ambiguity_of_no_member() {
            Some(ambiguity) => Err(ambiguous(&header.name(), ambiguity)),
            None => self.payload(header).map(|(bytes, _)| bytes),
        }
    }

    /// A name that ends with its length, or with a NUL byte; nothing if it ends with the one for some, and
    /// with the other for others.
    fn long_name(&mut self, header: &Header<'_>) -> Result<Option<Vec<u8>>, ArchiveError> {
        let (mut name, padding) = self.payload(header)?;
        match name.iter().position(|byte| *byte == 0) {
            Some(end) => name.truncate(end),
            None if padding.first().is_some_and(|byte| *byte != 0) => return Ok(None),
            None => {}
        }
        Ok(Some(name))
    }

    /// The bytes that belong to a header that is none of a member, and their padding.
    fn payload(&mut self, header: &Header<'_>) -> Result<(Vec<u8>, Vec<u8>), ArchiveError> {
        let size = header.size().map_err(|what| self.tape.malformed(what))?;
        if size > MAX_EXTENSION {
            let what = "an extended header is longer than a mebibyte";
            return Err(self.tape.malformed(what));
        }
        let mut bytes = vec![0; small(size + padding(size))];
        self.tape.fill(&mut bytes)?;
        let padding = bytes.split_off(small(size));
        Ok((bytes, padding))
    }

    fn member(&mut self, header: &Header<'_>, before: &Before) -> Result<Member, ArchiveError> {
        let name = before.name(header);
        let kind = Kind::of(header.kind(), &name);
        self.tape.enter(&name);
        if let Some(ambiguity) = before.ambiguity(header, kind) {
            return Err(ambiguous(&name, ambiguity));
        }
        let executable = header.is_executable();
        let executable = executable.map_err(|what| self.tape.malformed_in(what))?;
        let size = self.size(header, before, kind)?;
        self.tape.begin(size);
        let map = match before.holes().version() {
            Err(ambiguity) => return Err(ambiguous(&name, ambiguity)),
            Ok(Some(holes)) if header.kind() != b'S' => Some(pax_map(&mut self.tape, holes)?),
            Ok(None) if header.kind() == b'S' => Some(gnu_map(&mut self.tape, header)?),
            Ok(None) => None,
            Ok(Some(_)) => return Err(ambiguous(&name, Ambiguity::HolesInRecords)),
        };
        if let Some(ambiguity) = map.as_ref().and_then(SparseMap::ambiguity) {
            return Err(ambiguous(&name, ambiguity));
        }
        Ok(Member {
            link: before.link(header),
            name,
            kind,
            executable,
            size: map.as_ref().map_or(size, SparseMap::size),
            map,
        })
    }

    /// How many bytes of the member follow.
    fn size(
        &mut self,
        header: &Header<'_>,
        before: &Before,
        kind: Kind,
    ) -> Result<u64, ArchiveError> {
        let stated = header.size().map_err(|what| self.tape.malformed_in(what))?;
        let size = before.size().unwrap_or(stated);
        let ambiguity = if stated != 0 && stated != size {
            let (header, extended) = (stated, size);
            Some(Ambiguity::TwoSizes { header, extended })
        } else if has_bytes(header.kind(), kind) {
            return Ok(size);
        } else if size == 0 || (header.kind() == b'5' && before.size().is_none()) {
            None
        } else if header.kind() == 0 && before.size().is_none() {
            let hides = self.may_hide_members(size)?;
            hides.then_some(Ambiguity::SizeOfDirectory)
        } else if kind == Kind::HardLink {
            let may_be_contents = self.newer || (header.is_posix() && !self.header_follows()?);
            let ambiguous = may_be_contents || before.size().is_some();
            ambiguous.then_some(Ambiguity::SizeOfHardLink)
        } else {
            Some(Ambiguity::SizeOfNoFile)
        };
        match ambiguity {
            Some(ambiguity) => Err(ambiguous(&before.name(header), ambiguity)),
            None => Ok(0),
        }
    }

    /// Whether a program that takes the size of a directory for bytes that follow would skip members, and
    /// say nothing. It complains if what comes behind these bytes is no header.
    fn may_hide_members(&mut self, size: u64) -> Result<bool, ArchiveError> {
        if size > MAX_DIRECTORY {
            return Ok(true);
        }
        let skipped = small(size.next_multiple_of(BLOCK as u64));
        let ahead = self.tape.peek(skipped + BLOCK)?;
        let (skipped, landing) = ahead.split_at(skipped.min(ahead.len()));
        Ok(match <&[u8; BLOCK]>::try_from(landing) {
            Ok(block) if is_zeros(block) => !is_zeros(skipped),
            Ok(block) => Header::new(block).is_ok(),
            Err(_) => landing.is_empty() && !is_zeros(skipped),
        })
    }

    /// Whether the next block is a header of a dialect that POSIX knows.
    fn header_follows(&mut self) -> Result<bool, ArchiveError> {
        let block = <&[u8; BLOCK]>::try_from(self.tape.peek(BLOCK)?);
        let header = block.ok().and_then(|block| Header::new(block).ok());
        Ok(header.is_some_and(|header| header.is_posix()))
    }

    /// Reads to the end of the input. Behind the mark of the end, which is two blocks of zeros or one and
    /// nothing more, the rest of a record may hold anything; what comes then must be zeros.
    fn finish(&mut self) -> Result<(), ArchiveError> {
        let mut rest = [0; BLOCK];
        let second = self.tape.peek(BLOCK)?;
        if !is_zeros(second) {
            let at = self.tape.at();
            return Err(ArchiveError::LoneZeros { at });
        }
        if second.len() < BLOCK {
            return Ok(());
        }
        self.tape.fill(&mut rest)?;
        let marked = self.tape.at();
        let mut undefined = marked.next_multiple_of(RECORD) - marked;
        let mut buffer = [0; 8 << 10];
        loop {
            let most = if undefined > 0 {
                small(undefined.min(8 << 10))
            } else {
                buffer.len()
            };
            let at = self.tape.at();
            let count = self.tape.pull(&mut buffer[..most])?;
            if count == 0 {
                return Ok(());
            }
            if undefined == 0 && !is_zeros(&buffer[..count]) {
                return Err(ArchiveError::Trailing { at });
            }
            undefined = undefined.saturating_sub(count as u64);
        }
    }
}

fn ambiguous(name: &[u8], ambiguity: Ambiguity) -> ArchiveError {
    let member = shown(name);
    ArchiveError::Ambiguous { member, ambiguity }
}

fn is_zeros(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// A number that is known to be of a few mebibytes at most.
fn small(number: u64) -> usize {
    usize::try_from(number).expect("a few mebibytes")
}

/// The stored bytes of the current member.
struct Stored<'a, R>(&'a mut TarReader<R>);

impl<R: Read> Read for Stored<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let reader = &mut *self.0;
        let count =
            usize::try_from(reader.tape.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        if count == 0 {
            return Ok(0);
        }
        match reader.tape.pull(&mut buffer[..count]) {
            Ok(0) => {
                reader.failure = Some(reader.tape.truncated());
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Ok(count) => {
                reader.tape.left -= count as u64;
                Ok(count)
            }
            Err(error) => {
                reader.failure = Some(error);
                Err(io::Error::other("the archive cannot be read"))
            }
        }
    }
}
