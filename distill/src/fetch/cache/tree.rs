//! The files of a tree, from a cache's contents, as one archive.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::super::http::Trust;
use super::super::shared::Shared;
use crate::objects::{Content, Contents, Found};
use crate::plan::archive::{PackError, pack_zst};
use crate::plan::{Node, RelPath, Tree};

/// How many files are asked for at once.
const MANY: usize = 256;

/// It is unpacked at once, on this machine: compressing it well would cost more than it spares.
const LEVEL: i32 = 1;

/// Files that come one after the other, and are asked for many at a time.
struct Files {
    shared: Arc<Shared>,
    contents: Arc<dyn Contents>,
    /// What is still to be asked for, the next one last.
    next: Vec<Content>,
    found: BTreeMap<Content, Found>,
}

/// Writes the archive of a tree whose files are in `contents`.
pub(in crate::fetch) fn pack(
    shared: Arc<Shared>,
    contents: Arc<dyn Contents>,
    manifest: &Tree,
    to: &mut dyn Write,
) -> io::Result<()> {
    let mut next: Vec<Content> = manifest.iter().filter_map(|(_, node)| file(node)).collect();
    next.reverse();
    let mut files = Files {
        shared,
        contents,
        next,
        found: BTreeMap::new(),
    };
    let open = |path: &RelPath| {
        let content = manifest.get(path.as_str()).and_then(file);
        files.open(&content.expect("a file of the manifest"))
    };
    pack_zst(manifest, open, to, LEVEL).map_err(|error| match error {
        PackError::Hash { path } | PackError::Size { path, .. } => {
            io::Error::other(format!("it has other bytes for `{path}`"))
        }
        error => io::Error::other(error),
    })
}

fn file(node: &Node) -> Option<Content> {
    match node {
        Node::File { size, hash, .. } => Some(Content::sized(*hash, *size)),
        Node::Dir { .. } | Node::Symlink { .. } => None,
    }
}

impl Files {
    fn open(&mut self, content: &Content) -> io::Result<Box<dyn Read + Send>> {
        static NEVER: AtomicBool = AtomicBool::new(false);
        let found = match self.found.remove(content) {
            Some(found) => Some(found),
            None => self.ask(content)?,
        };
        let opened = match found {
            Some(found) => self.shared.open(found, Trust::Pin, &NEVER),
            None => Ok(None),
        };
        let absent = || io::Error::other(format!("`{}` is not there", content.digest));
        opened.map_err(io::Error::other)?.ok_or_else(absent)
    }

    /// Asks for this one, and for those that come after it.
    fn ask(&mut self, content: &Content) -> io::Result<Option<Found>> {
        let mut wanted = vec![*content];
        while wanted.len() < MANY
            && let Some(next) = self.next.pop()
        {
            wanted.push(next);
        }
        let found = self.contents.read(&wanted).map_err(io::Error::other)?;
        self.found.extend(found);
        Ok(self.found.remove(content))
    }
}
