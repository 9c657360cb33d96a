//! Trees that were packed elsewhere, back on disk.

use std::io::{self, Read};
use std::sync::atomic::AtomicBool;

use camino::Utf8Path;

use super::error::IntakeError;
use super::hashed::HashedTree;
use super::root::Root;
use super::scan::LONGEST_PATH;
use super::unpack::write_all;
use crate::plan::archive::{Format, Limits, Options};
use crate::plan::{Mode, Node, RelPath, Tree};

/// Unpacks what [`pack_zst`](crate::plan::archive::pack_zst) made into `dir`, which is made, or is
/// empty. The archive must hold what `manifest` says, and nothing else; where it comes from does not
/// matter then.
///
/// Nothing is written that `manifest` does not name, and no more bytes than it says: path, kind, size and
/// whether it is executable are compared before, hashes when all is written. An archive with hard links,
/// with a file twice, or with more around its files than it needs is refused.
pub fn restore_into(
    dir: &Utf8Path,
    archive: impl Read + Send,
    manifest: &Tree,
    stop: &AtomicBool,
) -> Result<HashedTree, IntakeError> {
    must_fit(dir, manifest)?;
    let root = Root::create(dir)?;
    let limits = limits(manifest);
    let options = Options {
        limits,
        ..Options::new(Format::TarZst)
    };
    let archive = Bounded {
        input: archive,
        // Zstandard adds less than that where it cannot compress.
        left: limits.bytes + limits.bytes / 128 + (64 << 10),
    };
    let there = write_all(&root, archive, &options, Some(manifest), stop)?;
    if let Some(path) = first_difference(&there, manifest) {
        return Err(IntakeError::NotTheTree { path });
    }
    root.seal_dirs(manifest)?;
    Ok(HashedTree::new(dir, manifest.clone()))
}

/// Refuses what no build leaves, and no file system takes.
fn must_fit(dir: &Utf8Path, manifest: &Tree) -> Result<(), IntakeError> {
    /// The kernel takes no longer one.
    const LONGEST_TARGET: usize = 4095;
    let too_long = |(path, node): &(&RelPath, &Node)| {
        let is_long = |target: &str| target.len() > LONGEST_TARGET;
        path.as_str().len() > LONGEST_PATH
            || matches!(node, Node::Symlink { target } if is_long(target))
    };
    match manifest.iter().find(too_long) {
        Some((path, _)) => Err(IntakeError::TooLong {
            path: path.under(dir),
            longest: LONGEST_PATH,
        }),
        None => Ok(()),
    }
}

/// An archive on its way, of which no more is read than one of its tree can have: it may hold any number
/// of frames in which there is nothing.
struct Bounded<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.left = (self.left.checked_sub(count as u64))
            .ok_or_else(|| io::Error::other("it is longer than the archive of this tree can be"))?;
        Ok(count)
    }
}

/// What the archive of a tree may take: headers, names and padding for each entry, and its bytes.
fn limits(manifest: &Tree) -> Limits {
    const BLOCK: u64 = 512;
    /// Headers around the whole: a global one, and the padding that some programs put at the end.
    const AROUND: u64 = 32 * BLOCK;
    let entry = |(path, node): (&RelPath, &Node)| {
        let (size, target) = match node {
            Node::Dir { .. } => (0, 0),
            Node::File { size, .. } => (*size, 0),
            Node::Symlink { target } => (0, target.len() as u64),
        };
        // A header, and before it an extended one that names what does not fit.
        let names = path.as_str().len() as u64 + target;
        let contents = size.checked_next_multiple_of(BLOCK).unwrap_or(u64::MAX);
        contents.saturating_add(4 * BLOCK + names)
    };
    let most = Limits::default();
    let bytes = manifest.iter().map(entry).fold(AROUND, u64::saturating_add);
    // Two headers an entry, a global one, and one of zeros.
    let members = 2 * manifest.len() as u64 + 4;
    Limits {
        members: members.min(most.members),
        bytes: bytes.min(most.bytes),
        // The level at which trees are packed needs far less.
        window_log: 27,
        ..most
    }
}

/// The first path at which two trees differ in more than modes, of which an archive's reader keeps
/// only whether a file is executable.
fn first_difference(a: &Tree, b: &Tree) -> Option<RelPath> {
    let without_mode = |node: &Node| match node.clone() {
        Node::Dir { .. } => Node::DIR,
        Node::File { size, hash, .. } => Node::File {
            mode: Mode::FILE,
            size,
            hash,
        },
        link @ Node::Symlink { .. } => link,
    };
    let differs = |tree: &Tree, path: &RelPath, node: &Node| {
        tree.get(path.as_str()).map(without_mode) != Some(without_mode(node))
    };
    let only_in = |one: &Tree, other: &Tree| {
        let mut nodes = one.iter();
        let first = nodes.find(|(path, node)| differs(other, path, node));
        first.map(|(path, _)| path.clone())
    };
    only_in(a, b).or_else(|| only_in(b, a))
}
