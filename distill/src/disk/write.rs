//! Writes a disk into a file.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::image::Image;
use super::input::{Input, read_parts};
use super::layout::Layout;
use super::map::DiskMap;
use super::piece::{Data, Piece};
use super::{DiskError, SECTOR, verify};

/// Zeros are looked for in blocks of so many bytes, and left out.
const BLOCK: usize = 4096;

/// Writes the disk that a layout describes into a file, which must be open for reading and writing.
/// What was in it before is dropped.
///
/// Zeros become holes: a disk takes as much place as what it holds. Inputs are streamed. Then the
/// way that the BIOS loader goes is walked and compared, and the table is read back. Nothing is
/// synced.
pub fn write_disk<I: Input>(layout: &Layout<I>, file: &mut File) -> Result<DiskMap, DiskError> {
    let image = Image::new(layout)?;
    let size = image.table.sectors * SECTOR;
    let failed = |source| DiskError::Write {
        at: 0,
        size,
        source,
    };
    file.set_len(0)
        .and_then(|()| file.set_len(size))
        .map_err(failed)?;
    for piece in &image.pieces {
        write_piece(file, piece)?;
    }
    let map = DiskMap {
        table: image.table,
        boot: image.boot,
    };
    verify::check(layout, &map, file)?;
    Ok(map)
}

fn write_piece<I: Input>(file: &File, piece: &Piece<'_, I>) -> Result<(), DiskError> {
    match &piece.data {
        Data::Bytes(bytes) => write_at(file, piece.at, bytes),
        Data::Input(input) => read_parts(*input, "an input of the disk", |at, part| {
            write_at(file, piece.at + at, part)
        }),
    }
}

/// Writes bytes, but for blocks of zeros: there are zeros already.
fn write_at(file: &File, at: u64, bytes: &[u8]) -> Result<(), DiskError> {
    let mut done = 0;
    while done < bytes.len() {
        let (start, end) = next_run(bytes, done);
        file.write_all_at(&bytes[start..end], at + start as u64)
            .map_err(|source: io::Error| write_error(at + start as u64, end - start, source))?;
        done = end;
    }
    Ok(())
}

fn write_error(at: u64, size: usize, source: io::Error) -> DiskError {
    DiskError::Write {
        at,
        size: size as u64,
        source,
    }
}

/// The next run of blocks that are not zero, from `from` on; empty at the end if there is none.
fn next_run(bytes: &[u8], from: usize) -> (usize, usize) {
    let is_zero = |at: usize| {
        let block = &bytes[at..bytes.len().min(at + BLOCK)];
        block.iter().all(|byte| *byte == 0)
    };
    let blocks = || (from..bytes.len()).step_by(BLOCK);
    let Some(start) = blocks().find(|at| !is_zero(*at)) else {
        return (bytes.len(), bytes.len());
    };
    let end = blocks()
        .find(|at| *at > start && is_zero(*at))
        .unwrap_or(bytes.len());
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_zeros_are_left_out() {
        let mut bytes = vec![0; 5 * BLOCK + 10];
        assert_eq!(next_run(&bytes, 0), (bytes.len(), bytes.len()));
        bytes[BLOCK + 5] = 1;
        bytes[2 * BLOCK] = 1;
        bytes[5 * BLOCK + 9] = 1;
        assert_eq!(next_run(&bytes, 0), (BLOCK, 3 * BLOCK));
        assert_eq!(next_run(&bytes, 3 * BLOCK), (5 * BLOCK, bytes.len()));
    }
}
