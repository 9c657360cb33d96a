//! The bytes of a tar archive in the order in which they come: counted, limited, and with words for
//! the place that was reached.

use std::io::{self, Read};

use super::block::BLOCK;
use super::error::{ArchiveError, shown};

/// Reads the bytes of an archive. Whatever is read of it is read through [`Tape::pull`].
pub(super) struct Tape<R> {
    input: R,
    /// The most bytes that may come.
    limit: u64,
    /// Bytes that came from the input, those that were only looked at included.
    taken: u64,
    /// Bytes that were looked at, and are not read yet.
    ahead: Vec<u8>,
    /// Bytes of the current member that are not read yet, and the padding behind them.
    pub(super) left: u64,
    padding: u64,
    /// The name of the current member.
    last: Option<Vec<u8>>,
}

impl<R: Read> Tape<R> {
    pub(super) fn new(input: R, limit: u64) -> Tape<R> {
        Tape {
            input,
            limit,
            taken: 0,
            ahead: Vec::new(),
            left: 0,
            padding: 0,
            last: None,
        }
    }

    /// Bytes that were read so far.
    pub(super) fn at(&self) -> u64 {
        self.taken - self.ahead.len() as u64
    }

    /// From here on, what is read belongs to the member of this name.
    pub(super) fn enter(&mut self, name: &[u8]) {
        self.last = Some(name.to_vec());
    }

    /// So many bytes, and the padding behind them, belong to the current header.
    pub(super) fn begin(&mut self, size: u64) {
        (self.left, self.padding) = (size, padding(size));
    }

    /// The next block; nothing if the input ends here.
    pub(super) fn next_block(&mut self) -> Result<Option<[u8; BLOCK]>, ArchiveError> {
        let mut block = [0; BLOCK];
        let count = self.pull(&mut block)?;
        if count == 0 {
            return Ok(None);
        }
        self.fill(&mut block[count..])?;
        Ok(Some(block))
    }

    /// The next block, which must come.
    pub(super) fn block(&mut self) -> Result<[u8; BLOCK], ArchiveError> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        Ok(block)
    }

    pub(super) fn fill(&mut self, mut buffer: &mut [u8]) -> Result<(), ArchiveError> {
        while !buffer.is_empty() {
            match self.pull(buffer)? {
                0 => return Err(self.truncated()),
                count => buffer = &mut buffer[count..],
            }
        }
        Ok(())
    }

    /// Reads over what remains of the current header's bytes.
    pub(super) fn skip(&mut self) -> Result<(), ArchiveError> {
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

    /// Up to `count` of the bytes that come, which stay to be read.
    pub(super) fn peek(&mut self, count: usize) -> Result<&[u8], ArchiveError> {
        let mut filled = self.ahead.len();
        if filled < count {
            let mut ahead = std::mem::take(&mut self.ahead);
            ahead.resize(count, 0);
            while filled < count {
                match self.pull_input(&mut ahead[filled..])? {
                    0 => break,
                    more => filled += more,
                }
            }
            ahead.truncate(filled);
            self.ahead = ahead;
        }
        Ok(&self.ahead[..filled.min(count)])
    }

    /// Some bytes; none at the end of the input.
    pub(super) fn pull(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        if self.ahead.is_empty() {
            return self.pull_input(buffer);
        }
        let count = self.ahead.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.ahead[..count]);
        self.ahead.drain(..count);
        Ok(count)
    }

    fn pull_input(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let count = loop {
            match self.input.read(buffer) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(self.truncated());
                }
                Err(source) => {
                    let at = self.place();
                    return Err(ArchiveError::Read { at, source });
                }
            }
        };
        self.taken += count as u64;
        if self.taken > self.limit {
            let member = shown(self.last.as_deref().unwrap_or_default());
            let limit = self.limit;
            return Err(ArchiveError::TooLarge { member, limit });
        }
        Ok(count)
    }

    /// Where the tape stands, in words.
    pub(super) fn place(&self) -> String {
        match &self.last {
            None => "at its beginning".to_owned(),
            Some(name) if self.left > 0 => format!("in `{}`", shown(name)),
            Some(name) => format!("after `{}`", shown(name)),
        }
    }

    pub(super) fn truncated(&self) -> ArchiveError {
        let at = self.place();
        ArchiveError::Truncated { at }
    }

    /// What stands here, or before the next member, makes no sense.
    pub(super) fn malformed(&self, what: &'static str) -> ArchiveError {
        let at = self.place();
        ArchiveError::Malformed { at, what }
    }

    /// What belongs to the current member makes no sense.
    pub(super) fn malformed_in(&self, what: &'static str) -> ArchiveError {
        let at = format!("in `{}`", shown(self.last.as_deref().unwrap_or_default()));
        ArchiveError::Malformed { at, what }
    }
}

/// Zeros behind `size` bytes.
pub(super) fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}
