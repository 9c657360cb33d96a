//! Decompressors, all of which read to the end of their input and refuse one that is cut short.

use std::io::{self, BufRead, BufReader, Read};

use super::Format;
use super::options::Options;
use super::streams::{Streams, Zeros};
use super::xz::Xz;

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
            Compression::Gzip => gzip(input)?,
            Compression::Bzip2 => bzip2(input)?,
            Compression::Xz => xz(input, options)?,
            Compression::Zstd => zstd(input, options.limits.window_log)?,
        })
    }
}

fn gzip<'a>(input: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let start = |input| Ok(flate2::bufread::GzDecoder::new(input));
    let streams = Streams::new(input, start, |first| first == 0x1f, Zeros::AtTheEnd)?;
    Ok(Box::new(streams))
}

fn bzip2<'a>(input: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let start = |input| Ok(bzip2::bufread::BzDecoder::new(input));
    let streams = Streams::new(input, start, |first| first == b'B', Zeros::Refused)?;
    Ok(Box::new(streams))
}

fn xz<'a>(input: impl BufRead + 'a, options: &Options) -> io::Result<Box<dyn Read + 'a>> {
    let (threads, memory) = (options.threads, options.limits.xz_memory);
    let start = move |input| Xz::new(input, threads, memory);
    let streams = Streams::new(input, start, |first| first == 0xfd, Zeros::Fours)?;
    Ok(Box::new(streams))
}

fn zstd<'a>(input: impl BufRead + 'a, window_log: u32) -> io::Result<Box<dyn Read + 'a>> {
    let start = move |input| {
        let mut decoder = zstd::Decoder::with_buffer(input)?.single_frame();
        decoder.window_log_max(window_log)?;
        Ok(decoder)
    };
    // A frame with data, or one to be skipped.
    let begins = |first| matches!(first, 0x28 | 0x50..=0x5f);
    Ok(Box::new(Streams::new(
        input,
        start,
        begins,
        Zeros::Refused,
    )?))
}
