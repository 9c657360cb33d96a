//! The maps of sparse files as they stand in archives: in the header, behind it, or before the bytes.

use std::io::Read;

use super::block::BLOCK;
use super::error::ArchiveError;
use super::header::{Header, gnu_sparse_extension};
use super::pax::{HoleMap, decimal, within_bounds};
use super::sparse::{Segment, SparseMap};
use super::tape::Tape;

/// The map of an old GNU sparse file, which goes on in blocks before the file's bytes.
pub(super) fn gnu_map<R: Read>(
    tape: &mut Tape<R>,
    header: &Header<'_>,
) -> Result<SparseMap, ArchiveError> {
    let in_member = |what| tape.malformed_in(what);
    let (size, mut more) = header.gnu_sparse().map_err(in_member)?;
    let mut segments = header.gnu_sparse_map().map_err(in_member)?;
    while more {
        let block = tape.block()?;
        let extension = gnu_sparse_extension(&block);
        let (further, another) = extension.map_err(|what| tape.malformed_in(what))?;
        segments.extend(further);
        within_bounds(segments.len()).map_err(|what| tape.malformed_in(what))?;
        more = another;
    }
    sparse_map(tape, segments, size)
}

/// The map of a sparse file of POSIX archives.
pub(super) fn pax_map<R: Read>(
    tape: &mut Tape<R>,
    (size, map): (u64, HoleMap),
) -> Result<SparseMap, ArchiveError> {
    let segments = match map {
        HoleMap::Here(segments) => segments,
        HoleMap::Stored => stored_map(tape)?,
    };
    sparse_map(tape, segments, size)
}

fn sparse_map<R: Read>(
    tape: &Tape<R>,
    segments: Vec<Segment>,
    size: u64,
) -> Result<SparseMap, ArchiveError> {
    SparseMap::new(segments, size, tape.left).map_err(|what| tape.malformed_in(what))
}

/// The map that stands before a file's bytes: lines of decimal numbers, padded to a block.
fn stored_map<R: Read>(tape: &mut Tape<R>) -> Result<Vec<Segment>, ArchiveError> {
    let mut lines = Lines::default();
    let count = map_number(tape, &mut lines)?;
    let mut segments = Vec::new();
    for _ in 0..count {
        let offset = map_number(tape, &mut lines)?;
        let len = map_number(tape, &mut lines)?;
        segments.push(Segment { offset, len });
        within_bounds(segments.len()).map_err(|what| tape.malformed_in(what))?;
    }
    Ok(segments)
}

fn map_number<R: Read>(tape: &mut Tape<R>, lines: &mut Lines) -> Result<u64, ArchiveError> {
    loop {
        if let Some(line) = lines.next() {
            return decimal(&line).map_err(|what| tape.malformed_in(what));
        }
        if lines.rest.len() > BLOCK || tape.left < BLOCK as u64 {
            return Err(tape.malformed_in("its sparse map is garbled"));
        }
        let block = tape.block()?;
        tape.left -= BLOCK as u64;
        lines.rest.extend(block);
    }
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
