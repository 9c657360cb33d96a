//! Trees that recipes write down.

use std::borrow::Cow;
use std::os::unix::fs::PermissionsExt;

use camino::Utf8Path;

use super::batch::write_file;
use super::error::{IntakeError, io_error};
use super::hashed::HashedTree;
use super::root::Root;
use crate::plan::{Contents, Hash, Literal, LiteralNode, Mode, Node, RelPath, Tree};

/// The manifest of a literal; local files are read, and nothing is written. The owner may read all of it,
/// whatever the recipe says, or the store could not be read.
pub fn literal_tree(literal: &Literal) -> Result<Tree, IntakeError> {
    read(literal).map(|(tree, _)| tree)
}

/// Writes a literal into `dir`, which is made, or is empty, and answers with both.
pub fn write_literal(dir: &Utf8Path, literal: &Literal) -> Result<HashedTree, IntakeError> {
    let (tree, files) = read(literal)?;
    let root = Root::create(dir)?;
    let mut files = files.into_iter();
    for (path, node) in tree.iter() {
        match node {
            Node::Dir { .. } => root.make_dir(path)?,
            Node::Symlink { target } => root.make_symlink(path, target)?,
            Node::File { mode, .. } => {
                let bytes = files.next().expect("both are sorted by path");
                write_file(&root, path, *mode, &bytes)?;
            }
        }
    }
    root.seal_dirs(&tree)?;
    Ok(HashedTree::new(dir, tree))
}

/// A tree, and the bytes of its files in order.
type Written<'a> = (Tree, Vec<Cow<'a, [u8]>>);

fn read(literal: &Literal) -> Result<Written<'_>, IntakeError> {
    let (mut tree, mut files) = (Tree::new(), Vec::new());
    for (path, node) in &literal.0 {
        let node = match node {
            LiteralNode::Dir { mode } => Node::Dir {
                mode: Mode::new(mode.bits() | 0o500),
            },
            LiteralNode::Symlink { target } => Node::Symlink {
                target: target.clone(),
            },
            LiteralNode::File { mode, contents } => {
                let (own, bytes) = literal_bytes(contents)?;
                let mode = Mode::new(mode.unwrap_or(own).bits() | 0o400);
                let (size, hash) = (bytes.len() as u64, Hash::of(&bytes));
                files.push(bytes);
                Node::File { mode, size, hash }
            }
        };
        insert(&mut tree, path, node)?;
    }
    Ok((tree, files))
}

fn insert(tree: &mut Tree, path: &RelPath, node: Node) -> Result<(), IntakeError> {
    tree.insert(path.clone(), node)
        .map_err(IntakeError::Literal)
}

/// The bytes of a file of a literal, and the mode that it has unless the recipe says another one.
///
/// Of a local file's mode only this counts: whether somebody may execute it. The rest depends on
/// how the file came to its place, such as on the umask of a checkout.
pub fn literal_bytes(contents: &Contents) -> Result<(Mode, Cow<'_, [u8]>), IntakeError> {
    match contents {
        Contents::Bytes(bytes) => Ok((Mode::FILE, Cow::Borrowed(bytes))),
        Contents::Lazy(lazy) => Ok((Mode::FILE, Cow::Borrowed(lazy))),
        Contents::Local(path) => {
            let meta = std::fs::metadata(path).map_err(io_error("read", path))?;
            let executable = meta.permissions().mode() & 0o111 != 0;
            let mode = if executable {
                Mode::EXECUTABLE
            } else {
                Mode::FILE
            };
            let bytes = std::fs::read(path).map_err(io_error("read", path))?;
            Ok((mode, Cow::Owned(bytes)))
        }
    }
}
