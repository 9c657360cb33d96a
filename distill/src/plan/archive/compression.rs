//! Decompressors, all of which read to the end of their input and refuse one that is cut short.

use std::io::{self, BufRead, BufReader, Read};

use xz2::stream::{Action, MtStreamBuilder, Status, Stream};

use super::Format;
use super::options::Options;

/// How a tar archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
}

impl Compression {
    /// The compression of a tar archive; a Debian package names its own.
    pub(super) fn of(format: Format) -> Option<Compression> {
        Some(match format {
            Format::Tar => Compression::None,
            Format::TarGz => Compression::Gzip,
            Format::TarBz2 => Compression::Bzip2,
            Format::TarXz => Compression::Xz,
            Format::TarZst => Compression::Zstd,
            Format::Deb => return None,
        })
    }

    /// What `input` holds. Several compressed streams, one behind the other, are one.
    pub(super) fn decoder<'a>(
        self,
        input: impl Read + 'a,
        options: &Options,
    ) -> io::Result<Box<dyn Read + 'a>> {
        let input = BufReader::with_capacity(128 << 10, input);
        Ok(match self {
            Compression::None => Box::new(input),
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
            Compression::Xz => Box::new(Xz::new(input, options.threads)?),
            Compression::Zstd => Box::new(zstd(input, options.limits.window_log)?),
        })
    }
}

fn zstd<'a, R: BufRead + 'a>(input: R, window_log: u32) -> io::Result<impl Read + 'a> {
    let mut decoder = zstd::Decoder::with_buffer(input)?;
    decoder.window_log_max(window_log)?;
    Ok(decoder)
}

/// Memory up to which blocks of one xz stream are decoded side by side; beyond, one at a time.
const XZ_PARALLEL_MEMORY: u64 = 512 << 20;
/// Memory beyond which an xz stream is refused: the largest preset needs 65 MiB, the format allows
/// dictionaries of 1.5 GiB.
const XZ_MEMORY: u64 = 2 << 30;

/// Decodes xz; blocks of a stream that has several are decoded on several threads.
struct Xz<R> {
    input: R,
    threads: u32,
    stream: Stream,
    /// Whether the stream has ended, so that padding, another stream, or nothing comes next.
    between: bool,
}

impl<R: BufRead> Xz<R> {
    fn new(input: R, threads: usize) -> io::Result<Xz<R>> {
        let threads = u32::try_from(threads.clamp(1, 64)).expect("clamped");
        let (stream, between) = (xz_stream(threads)?, false);
        Ok(Xz {
            input,
            threads,
            stream,
            between,
        })
    }

    /// Skips the zeros behind a stream; whether another stream follows.
    fn next_stream(&mut self) -> io::Result<bool> {
        let mut padding = 0;
        loop {
            let buffer = self.input.fill_buf()?;
            let zeros = buffer.iter().take_while(|byte| **byte == 0).count();
            let more = zeros < buffer.len();
            let ended = buffer.is_empty();
            self.input.consume(zeros);
            padding = (padding + zeros) % 4;
            if (more || ended) && padding != 0 {
                return Err(invalid(
                    "the padding of an xz stream is no multiple of four",
                ));
            }
            if more {
                self.stream = xz_stream(self.threads)?;
            }
            if more || ended {
                return Ok(more);
            }
        }
    }
}

impl<R: BufRead> Read for Xz<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if buffer.is_empty() || (self.between && !self.next_stream()?) {
                return Ok(0);
            }
            self.between = false;
            let input = self.input.fill_buf()?;
            let ended = input.is_empty();
            let action = if ended { Action::Finish } else { Action::Run };
            let (in_before, out_before) = (self.stream.total_in(), self.stream.total_out());
            let status = self.stream.process(input, buffer, action)?;
            let consumed = advanced(in_before, self.stream.total_in());
            let produced = advanced(out_before, self.stream.total_out());
            self.input.consume(consumed);
            self.between = status == Status::StreamEnd;
            if produced > 0 {
                return Ok(produced);
            }
            if ended && !self.between {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if consumed == 0 && !self.between {
                return Err(invalid("the xz stream makes no progress"));
            }
        }
    }
}

fn xz_stream(threads: u32) -> io::Result<Stream> {
    let mut builder = MtStreamBuilder::new();
    builder
        .threads(threads)
        .memlimit_threading(XZ_PARALLEL_MEMORY)
        .memlimit_stop(XZ_MEMORY);
    Ok(builder.decoder()?)
}

fn advanced(before: u64, after: u64) -> usize {
    usize::try_from(after - before).expect("no more than a buffer")
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
