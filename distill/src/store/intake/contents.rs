//! The bytes of files: hashed, and copied.
//!
//! Holes are not read: the file system says where they are, and a buffer of zeros stands for them. A
//! wish to stop is looked at after each piece, so that it is heard within a second whatever the size.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicBool, Ordering};

use camino::Utf8PathBuf;
use nix::errno::Errno;
use nix::unistd::{Whence, lseek64};

use super::error::{IntakeError, io_error};

/// Why a file's bytes were not read to their end.
#[derive(Debug)]
pub(super) enum Fault {
    Stopped,
    Read(io::Error),
    Write(io::Error),
}

impl Fault {
    /// The error, now that it is known where it was.
    pub(super) fn at(self, from: Utf8PathBuf, to: Utf8PathBuf) -> IntakeError {
        match self {
            Fault::Stopped => IntakeError::Stopped,
            Fault::Read(error) => io_error("read", from)(error),
            Fault::Write(error) => io_error("write", to)(error),
        }
    }
}

/// An error if somebody wants the end.
pub(super) fn go_on(stop: &AtomicBool) -> Result<(), Fault> {
    if stop.load(Ordering::Relaxed) {
        return Err(Fault::Stopped);
    }
    Ok(())
}

/// Bytes of one piece.
pub(super) const PIECE: usize = 256 << 10;
/// What is smaller is read as it is: to ask for its holes would take longer.
const DENSE: u64 = 64 << 10;
static ZEROS: [u8; PIECE] = [0; PIECE];

/// Some bytes of a file.
#[derive(Clone, Copy)]
enum Piece<'a> {
    /// Bytes, and where they lie.
    Data(u64, &'a [u8]),
    /// So many zeros, at most [`PIECE`].
    Hole(usize),
}

impl<'a> Piece<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Piece::Data(_, bytes) => bytes,
            Piece::Hole(count) => &ZEROS[..count],
        }
    }
}

/// Feeds `hasher` with the `size` bytes of `file`.
pub(super) fn hash(
    file: &File,
    size: u64,
    hasher: &mut impl Write,
    buffer: &mut [u8],
    stop: &AtomicBool,
) -> Result<(), Fault> {
    pieces(file, size, buffer, stop, &mut |piece| {
        hasher.write_all(piece.bytes()).map_err(Fault::Write)
    })
}

/// Copies the `size` bytes of `from` to the empty file `to`, and feeds `hasher` with what `to` holds then.
/// Where the file system can, both share their blocks; holes stay holes.
pub(super) fn copy(
    (from, to): (&File, &File),
    size: u64,
    hasher: &mut impl Write,
    buffer: &mut [u8],
    stop: &AtomicBool,
) -> Result<(), Fault> {
    if rustix::fs::ioctl_ficlone(to, from).is_ok() {
        return hash(to, size, hasher, buffer, stop);
    }
    pieces(from, size, buffer, stop, &mut |piece| {
        if let Piece::Data(at, bytes) = piece {
            to.write_all_at(bytes, at).map_err(Fault::Write)?;
        }
        hasher.write_all(piece.bytes()).map_err(Fault::Write)
    })?;
    // A hole at the end.
    if size > DENSE {
        to.set_len(size).map_err(Fault::Write)?;
    }
    Ok(())
}

type Take<'a> = &'a mut dyn FnMut(Piece<'_>) -> Result<(), Fault>;

fn pieces(
    file: &File,
    size: u64,
    buffer: &mut [u8],
    stop: &AtomicBool,
    take: Take<'_>,
) -> Result<(), Fault> {
    let mut at = 0;
    while at < size {
        let data = if size > DENSE {
            next(file, at, size, Whence::SeekData)
        } else {
            at
        };
        hole(data - at, stop, take)?;
        let end = if size > DENSE {
            next(file, data, size, Whence::SeekHole)
        } else {
            size
        };
        // A file system that says nothing about holes has none, and never stands still.
        let end = if end > data { end } else { size };
        at = read(file, (data, end), buffer, stop, take)?;
    }
    Ok(())
}

/// Where the next data, or the next hole, begins; `size` if there is none.
fn next(file: &File, at: u64, size: u64, whence: Whence) -> u64 {
    if at >= size {
        return size;
    }
    match lseek64(file, i64::try_from(at).unwrap_or(i64::MAX), whence) {
        Ok(found) => u64::try_from(found).unwrap_or(size).min(size),
        // Nothing but a hole up to the end.
        Err(Errno::ENXIO) => size,
        // This file system knows no holes: all of it is data.
        Err(_) if matches!(whence, Whence::SeekData) => at,
        Err(_) => size,
    }
}

fn hole(mut count: u64, stop: &AtomicBool, take: Take<'_>) -> Result<(), Fault> {
    while count > 0 {
        go_on(stop)?;
        let piece = usize::try_from(count).unwrap_or(PIECE).min(PIECE);
        take(Piece::Hole(piece))?;
        count -= piece as u64;
    }
    Ok(())
}

fn read(
    file: &File,
    (mut at, end): (u64, u64),
    buffer: &mut [u8],
    stop: &AtomicBool,
    take: Take<'_>,
) -> Result<u64, Fault> {
    while at < end {
        go_on(stop)?;
        let wanted = usize::try_from(end - at)
            .unwrap_or(buffer.len())
            .min(buffer.len());
        match file.read_at(&mut buffer[..wanted], at) {
            Ok(0) => return Err(Fault::Read(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                take(Piece::Data(at, &buffer[..count]))?;
                at += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Fault::Read(error)),
        }
    }
    Ok(at)
}
