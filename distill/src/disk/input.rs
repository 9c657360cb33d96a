//! Where the bytes of a file in an image come from.

use std::fs::File;
use std::io::{self, Read};

use camino::Utf8PathBuf;
use thiserror::Error;

/// Bytes of a known length that can be read from the start as often as needed.
pub trait Input {
    /// Number of bytes.
    fn size(&self) -> u64;

    /// A reader at the start. It must give [`Input::size`] bytes; more or fewer are an error of
    /// whoever reads. An error of `open` or of the reader names what it is about (a path).
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

impl Input for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.as_slice()))
    }
}

impl<T: Input + ?Sized> Input for &T {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        (**self).open()
    }
}

impl<T: Input + ?Sized> Input for Box<T> {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        (**self).open()
    }
}

/// A file, by path: opened when it is read, so that a layout of many files holds no descriptors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInput {
    path: Utf8PathBuf,
    size: u64,
}

impl FileInput {
    /// The file at `path`, with the size that it has now.
    pub fn new(path: impl Into<Utf8PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let metadata = path.metadata().map_err(|cause| named(&path, &cause))?;
        Ok(Self {
            size: metadata.len(),
            path,
        })
    }
}

impl Input for FileInput {
    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        let file = File::open(&self.path).map_err(|cause| named(&self.path, &cause))?;
        Ok(Box::new(NamedReader {
            file,
            path: &self.path,
        }))
    }
}

struct NamedReader<'a> {
    file: File,
    path: &'a Utf8PathBuf,
}

impl Read for NamedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read(buffer) {
            Err(cause) if cause.kind() != io::ErrorKind::Interrupted => {
                Err(named(self.path, &cause))
            }
            other => other,
        }
    }
}

fn named(path: &Utf8PathBuf, cause: &io::Error) -> io::Error {
    io::Error::new(cause.kind(), format!("read `{path}`: {cause}"))
}

/// Why an input does not give its bytes.
#[derive(Debug, Error)]
pub enum InputError {
    /// It cannot be opened or read.
    #[error("read {what}")]
    Read {
        /// What the input is for.
        what: String,
        /// The cause, which names the file.
        source: io::Error,
    },
    /// It has more or fewer bytes than it said.
    #[error("read {what}: it has {found} than the {size} bytes that were announced")]
    Size {
        /// What the input is for.
        what: String,
        /// "more" or "fewer".
        found: &'static str,
        /// Bytes that it said it has.
        size: u64,
    },
}

/// The first bytes of an input, at most `limit`.
pub(super) fn read_start(
    input: &impl Input,
    limit: u64,
    what: &str,
) -> Result<Vec<u8>, InputError> {
    let wanted = input.size().min(limit);
    let mut bytes = Vec::new();
    input
        .open()
        .and_then(|reader| reader.take(wanted).read_to_end(&mut bytes))
        .map_err(|source| InputError::Read {
            what: what.to_owned(),
            source,
        })?;
    if (bytes.len() as u64) < wanted {
        return Err(InputError::Size {
            what: what.to_owned(),
            found: "fewer",
            size: input.size(),
        });
    }
    Ok(bytes)
}

/// Calls `each` with one part of an input after the other, and with the part's offset.
pub(super) fn read_parts<E: From<InputError>>(
    input: &impl Input,
    what: &str,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let failed = |source| InputError::Read {
        what: what.to_owned(),
        source,
    };
    let wrong = |found| InputError::Size {
        what: what.to_owned(),
        found,
        size: input.size(),
    };
    let mut reader = input.open().map_err(failed)?;
    let mut buffer = vec![0; PART];
    let mut at = 0;
    loop {
        let length = fill(&mut reader, &mut buffer).map_err(failed)?;
        if at + length as u64 > input.size() {
            return Err(wrong("more").into());
        }
        if length == 0 {
            break;
        }
        each(at, &buffer[..length])?;
        at += length as u64;
    }
    if at < input.size() {
        Err(wrong("fewer").into())
    } else {
        Ok(())
    }
}

/// Bytes that are handled at a time.
const PART: usize = 1 << 20;

/// Reads until the buffer is full or the reader at its end.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(filled)
}
