//! Compressed streams, one behind the other, that are read as one.

use std::io::{self, BufRead, Read};

/// Decodes one compressed stream; reading ends with the stream, whatever follows it.
pub(super) trait OneStream: Read {
    type Input: BufRead;

    /// What was not decoded.
    fn into_input(self) -> Self::Input;
}

impl<R: BufRead> OneStream for flate2::bufread::GzDecoder<R> {
    type Input = R;

    fn into_input(self) -> R {
        self.into_inner()
    }
}

impl<R: BufRead> OneStream for bzip2::bufread::BzDecoder<R> {
    type Input = R;

    fn into_input(self) -> R {
        self.into_inner()
    }
}

/// It must be one that reads a single frame.
impl<R: BufRead> OneStream for zstd::Decoder<'static, R> {
    type Input = R;

    fn into_input(self) -> R {
        self.finish()
    }
}

/// Which zeros may stand behind a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Zeros {
    /// None.
    Refused,
    /// Any number, but nothing behind them: tapes and disks are filled up with them.
    AtTheEnd,
    /// A multiple of four, as the format of xz says.
    Fours,
}

/// Reads stream after stream.
pub(super) struct Streams<D: OneStream, S> {
    place: Place<D>,
    start: S,
    /// Whether a stream may begin with this byte.
    begins: fn(u8) -> bool,
    zeros: Zeros,
}

enum Place<D: OneStream> {
    In(D),
    Behind(D::Input),
    /// At the end, or behind an error.
    End,
}

impl<D: OneStream, S: Fn(D::Input) -> io::Result<D>> Streams<D, S> {
    /// Reads the streams of `input`, of which there is one at least. `start` makes a decoder.
    pub(super) fn new(
        input: D::Input,
        start: S,
        begins: fn(u8) -> bool,
        zeros: Zeros,
    ) -> io::Result<Streams<D, S>> {
        Ok(Streams {
            place: Place::In(start(input)?),
            start,
            begins,
            zeros,
        })
    }

    /// The next stream, if one follows.
    fn next(&self, mut input: D::Input) -> io::Result<Option<D>> {
        let zeros = match self.zeros {
            Zeros::Refused => 0,
            Zeros::AtTheEnd | Zeros::Fours => skip_zeros(&mut input)?,
        };
        if self.zeros == Zeros::Fours && zeros % 4 != 0 {
            let what = "the padding of an xz stream is no multiple of four";
            return Err(invalid(what));
        }
        let Some(first) = input.fill_buf()?.first().copied() else {
            return Ok(None);
        };
        if !(self.begins)(first) || (self.zeros == Zeros::AtTheEnd && zeros > 0) {
            return Err(invalid(
                "something follows the compressed data\nhint: compare its length with upstream's",
            ));
        }
        (self.start)(input).map(Some)
    }
}

impl<D: OneStream, S: Fn(D::Input) -> io::Result<D>> Read for Streams<D, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            self.place = match std::mem::replace(&mut self.place, Place::End) {
                Place::End => return Ok(0),
                Place::Behind(input) => self.next(input)?.map_or(Place::End, Place::In),
                Place::In(mut decoder) => {
                    let read = decoder.read(buffer);
                    if !matches!(read, Ok(0)) {
                        self.place = Place::In(decoder);
                        return read;
                    }
                    Place::Behind(decoder.into_input())
                }
            };
        }
        Ok(0)
    }
}

fn skip_zeros(input: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = input.fill_buf()?;
        let zeros = buffer.iter().take_while(|byte| **byte == 0).count();
        let more = zeros == buffer.len() && zeros > 0;
        input.consume(zeros);
        skipped += zeros as u64;
        if !more {
            return Ok(skipped);
        }
    }
}

/// An error of data that is not as its format says.
pub(super) fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}
