//! Reading parts of a disk that is already written.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use thiserror::Error;

/// Why what stands on a disk cannot be read as what it should be.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The operating system could not read.
    #[error("read {size} bytes at byte {at} of the disk")]
    Io {
        /// Offset from the disk's start.
        at: u64,
        /// Number of bytes.
        size: u64,
        /// The cause.
        source: io::Error,
    },
    /// A structure points outside of what it lies in.
    #[error("read {size} bytes at byte {at} of {length}: a structure points beyond the end")]
    Outside {
        /// Offset in the region.
        at: u64,
        /// Number of bytes.
        size: u64,
        /// The region's length.
        length: u64,
    },
    /// The bytes are something else, or damaged.
    #[error("read {what}: {why}")]
    Format {
        /// What was expected.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl ReadError {
    pub(super) const fn format(what: &'static str, why: &'static str) -> Self {
        Self::Format { what, why }
    }
}

/// A part of a file: a disk, a partition.
#[derive(Clone, Copy, Debug)]
pub struct Region<'f> {
    file: &'f File,
    start: u64,
    length: u64,
}

impl<'f> Region<'f> {
    /// The whole file.
    pub fn new(file: &'f File) -> Result<Self, ReadError> {
        match file.metadata() {
            Ok(metadata) => Ok(Self {
                file,
                start: 0,
                length: metadata.len(),
            }),
            Err(source) => Err(ReadError::Io {
                at: 0,
                size: 0,
                source,
            }),
        }
    }

    /// Number of bytes.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// A part of it.
    pub fn part(&self, start: u64, length: u64) -> Result<Self, ReadError> {
        self.check(start, length)?;
        Ok(Self {
            file: self.file,
            start: self.start + start,
            length,
        })
    }

    /// The bytes at an offset.
    pub fn read(&self, at: u64, size: u64) -> Result<Vec<u8>, ReadError> {
        self.check(at, size)?;
        // Inside of a file, so it was checked that this fits into memory's addresses at least.
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
        self.read_into(at, &mut bytes)?;
        Ok(bytes)
    }

    /// Fills a buffer with the bytes at an offset.
    pub fn read_into(&self, at: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        let size = buffer.len() as u64;
        self.check(at, size)?;
        let at = self.start + at;
        self.file
            .read_exact_at(buffer, at)
            .map_err(|source| ReadError::Io { at, size, source })
    }

    fn check(&self, at: u64, size: u64) -> Result<(), ReadError> {
        match at.checked_add(size) {
            Some(end) if end <= self.length => Ok(()),
            _ => Err(ReadError::Outside {
                at,
                size,
                length: self.length,
            }),
        }
    }
}

/// Little-endian numbers at fixed places of a structure that has been read whole.
pub(super) trait Fields {
    fn array<const N: usize>(&self, at: usize) -> [u8; N];

    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.array(at))
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.array(at))
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.array(at))
    }
}

impl Fields for [u8] {
    /// Zeros where the structure has ended: a field that is not there has no value.
    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        self.get(at..at + N)
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or([0; N])
    }
}
