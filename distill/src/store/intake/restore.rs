//! Trees that were packed elsewhere, back on disk.

use std::io::Read;

use camino::Utf8Path;

use super::error::IntakeError;
use super::root::Root;
use super::unpack::write_all;
use crate::plan::archive::{Format, Options};
use crate::plan::{Mode, Node, RelPath, Tree};

/// Unpacks what [`pack_zst`](crate::plan::archive::pack_zst) made into `dir`, which is made, or is
/// empty. The archive must hold what `manifest` says, and nothing else; where it comes from does not
/// matter then.
pub fn restore_into(
    dir: &Utf8Path,
    archive: impl Read + Send,
    manifest: &Tree,
) -> Result<(), IntakeError> {
    let root = Root::create(dir)?;
    let there = write_all(&root, archive, &Options::new(Format::TarZst))?;
    if let Some(path) = first_difference(&there, manifest) {
        return Err(IntakeError::NotTheTree { path });
    }
    for (path, node) in manifest.iter() {
        if let Node::File { mode, .. } = node
            && there.get(path.as_str()) != Some(node)
        {
            root.change_mode(path, *mode)?;
        }
    }
    root.seal_dirs(manifest)
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
