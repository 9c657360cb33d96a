//! Trees that were packed elsewhere, back on disk.

use std::io::Read;
use std::sync::atomic::AtomicBool;

use camino::Utf8Path;

use super::error::IntakeError;
use super::hashed::HashedTree;
use super::root::Root;
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
    let root = Root::create(dir)?;
    let options = Options {
        limits: limits(manifest),
        ..Options::new(Format::TarZst)
    };
    let there = write_all(&root, archive, &options, Some(manifest), stop)?;
    if let Some(path) = first_difference(&there, manifest) {
        return Err(IntakeError::NotTheTree { path });
    }
    root.seal_dirs(manifest)?;
    Ok(HashedTree::new(dir, manifest.clone()))
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
