//! `sum`: hashes, as recipes write them.

mod digests;
mod modules;

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt as _;
use std::sync::PoisonError;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use super::args::SumArgs;
use super::error::CliError;
use super::exit::Exit;
use super::invocation::Invocation;
use crate::plan::{Hash, Hasher, Mode, Node, RelPath, Tree};
use crate::store::io::{At as _, IoError};
use digests::digests;

pub(super) fn run(invocation: &Invocation<'_>, args: &SumArgs) -> Result<u8, CliError> {
    if let Some(directory) = &args.go {
        modules::print(invocation, directory)?;
        return Ok(Exit::Success.code());
    }
    let stdin = [Utf8PathBuf::from("-")];
    let paths = if args.paths.is_empty() {
        &stdin[..]
    } else {
        &args.paths
    };
    for path in paths {
        let place = invocation.settings.directory.join(path);
        if path == "-" {
            let mut stdin = invocation
                .stdin
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            print_file(invocation, path, &mut *stdin)?;
        } else if place.is_dir() {
            print_tree(invocation, path, &read_tree(&place)?)?;
        } else {
            print_file(invocation, path, &mut File::open(&place).at("open", path)?)?;
        }
    }
    Ok(Exit::Success.code())
}

/// Both kinds of pins, as recipes take them.
fn print_file(
    invocation: &Invocation<'_>,
    path: &Utf8Path,
    file: &mut dyn Read,
) -> Result<(), CliError> {
    let (sha256, blake2b) = digests(file).at("read", path)?;
    let ui = &invocation.ui;
    if ui.is_json() {
        return ui.json(&json!({"path": path, "sha256": sha256, "blake2b": blake2b}));
    }
    ui.data(format_args!("sha256(\"{sha256}\")  {path}"))?;
    ui.data(format_args!("blake2b(\"{blake2b}\")  {path}"))
}

fn print_tree(invocation: &Invocation<'_>, path: &Utf8Path, tree: &Tree) -> Result<(), CliError> {
    let (ui, hash) = (&invocation.ui, tree.hash());
    if ui.is_json() {
        return ui.json(&json!({"path": path, "tree": hash}));
    }
    ui.data(format_args!("tree:{hash}  {path}"))
}

/// The manifest of a directory, as the store would make it, without touching anything.
fn read_tree(directory: &Utf8Path) -> Result<Tree, CliError> {
    let (mut tree, mut open) = (Tree::new(), vec![None::<RelPath>]);
    while let Some(parent) = open.pop() {
        let full = parent
            .as_ref()
            .map_or(directory.to_owned(), |parent| parent.under(directory));
        for entry in full.read_dir_utf8().at("list", &full)? {
            let entry = entry.at("list", &full)?;
            let name = RelPath::new(entry.file_name()).expect("the name of a file");
            let path = parent
                .as_ref()
                .map_or(name.clone(), |parent| parent.join(&name));
            let node = node(entry.path())?;
            if let Node::Dir { .. } = node {
                open.push(Some(path.clone()));
            }
            tree.insert(path, node)
                .expect("a directory holds a name once");
        }
    }
    Ok(tree)
}

fn node(path: &Utf8Path) -> Result<Node, CliError> {
    let meta = path.symlink_metadata().at("examine", path)?;
    let mode = |needed: u32| Mode::new(meta.mode() | needed);
    if meta.is_dir() {
        return Ok(Node::Dir { mode: mode(0o700) });
    }
    if meta.is_symlink() {
        let target = path.read_link_utf8().at("read", path)?;
        return Ok(Node::Symlink {
            target: target.into_string(),
        });
    }
    if !meta.is_file() {
        let text = format!("cannot hash `{path}`: it is no file, directory or symbolic link");
        return Err(CliError::Definition(text));
    }
    let (size, hash) = hash(path)?;
    Ok(Node::File {
        mode: mode(0o400),
        size,
        hash,
    })
}

fn hash(path: &Utf8Path) -> Result<(u64, Hash), IoError> {
    let mut hasher = Hasher::new();
    let size = std::io::copy(&mut File::open(path).at("open", path)?, &mut hasher);
    Ok((size.at("read", path)?, hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PathSet;
    use crate::store::intake::{NEVER, scan};

    #[test]
    fn a_directory_has_the_hash_that_it_would_have_in_the_store() {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        std::fs::create_dir(root.join("a")).unwrap();
        std::fs::write(root.join("a/b"), "b").unwrap();
        std::os::unix::fs::symlink("b", root.join("a/c")).unwrap();
        let before = root.join("a/b").metadata().unwrap().modified().unwrap();
        let tree = read_tree(root).unwrap();
        assert_eq!(
            root.join("a/b").metadata().unwrap().modified().unwrap(),
            before
        );
        assert_eq!(
            tree,
            *scan(root, &PathSet::default(), &NEVER).unwrap().manifest()
        );
    }
}
