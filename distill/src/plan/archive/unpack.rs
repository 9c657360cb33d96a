//! From an archive's bytes to the calls of a [`Sink`].

use std::io::{self, Read};

use super::super::path::RelPath;
use super::compression::Compression;
use super::deb;
use super::error::ArchiveError;
use super::judge::{Judge, Step};
use super::options::Options;
use super::pipe::ahead;
use super::reader::{Member, TarReader};

/// Takes what [`unpack`] finds.
///
/// Every path comes once, after the directories above it, which come once too, whether the archive
/// lists them or not. No path leads through a symbolic link.
pub trait Sink {
    /// A directory.
    fn dir(&mut self, path: &RelPath) -> io::Result<()>;

    /// A file of `size` bytes. What is left unread of `contents` is skipped.
    fn file(
        &mut self,
        path: &RelPath,
        executable: bool,
        size: u64,
        contents: &mut dyn Read,
    ) -> io::Result<()>;

    /// A symbolic link; `target` is any text, not checked but for NUL bytes.
    fn symlink(&mut self, path: &RelPath, target: &str) -> io::Result<()>;

    /// One more name of the file `to`, which came before.
    fn hard_link(&mut self, path: &RelPath, to: &RelPath) -> io::Result<()>;

    /// Whether the file `path`, which came before with the same size, holds the bytes of `contents`:
    /// the archive has it twice.
    fn is_same(&mut self, path: &RelPath, contents: &mut dyn Read) -> io::Result<bool>;
}

/// Unpacks an archive into `sink`; the archive is decompressed in a thread of its own.
///
/// Owners, times, extended attributes, and modes but for whether a file is executable, are dropped.
/// The archive is read to its end: if this returns `Ok`, all checksums of its compression were right.
pub fn unpack(
    input: impl Read + Send,
    options: &Options,
    sink: &mut dyn Sink,
) -> Result<(), ArchiveError> {
    if let Some(compression) = Compression::of(options.format) {
        return unpack_tar(input, compression, options, sink);
    }
    let (compression, data) = deb::data(input)?;
    unpack_tar(data, compression, options, sink)
}

fn unpack_tar(
    input: impl Read + Send,
    compression: Compression,
    options: &Options,
    sink: &mut dyn Sink,
) -> Result<(), ArchiveError> {
    let decoder = || compression.decoder(input, options);
    ahead(decoder, |tar| {
        let mut tar = TarReader::new(tar, options);
        let mut judge = Judge::new(options);
        while let Some(member) = tar.next()? {
            if judge.takes(&member.name) {
                let (above, step) = judge.judge(&member)?;
                take(&mut tar, &member, above, step, sink)?;
            }
        }
        judge.finish()
    })
}

fn take<R: Read>(
    tar: &mut TarReader<R>,
    member: &Member,
    above: Vec<RelPath>,
    step: Step,
    sink: &mut dyn Sink,
) -> Result<(), ArchiveError> {
    for dir in above {
        named(&dir, sink.dir(&dir))?;
    }
    match step {
        Step::Nothing => Ok(()),
        Step::Dir(path) => named(&path, sink.dir(&path)),
        Step::Symlink(path, target) => named(&path, sink.symlink(&path, &target)),
        Step::HardLink(path, to) => named(&path, sink.hard_link(&path, &to)),
        Step::File(path) => {
            let (executable, size) = (member.executable, member.size);
            let done = sink.file(&path, executable, size, &mut *tar.contents(member));
            read(tar, &path, done)
        }
        Step::Compare(path, first) => {
            let same = sink.is_same(&first, &mut *tar.contents(member));
            if read(tar, &path, same)? {
                Ok(())
            } else {
                Err(ArchiveError::Twice { member: path })
            }
        }
    }
}

/// What came of a call that read a member's contents: if these could not be read, the sink's error
/// is only what follows.
fn read<T, R: Read>(
    tar: &mut TarReader<R>,
    path: &RelPath,
    result: io::Result<T>,
) -> Result<T, ArchiveError> {
    match tar.take_failure() {
        Some(failure) => Err(failure),
        None => named(path, result),
    }
}

fn named<T>(path: &RelPath, result: io::Result<T>) -> Result<T, ArchiveError> {
    result.map_err(|source| ArchiveError::Sink {
        member: path.clone(),
        source,
    })
}
