//! The files of a tree, from a cache's contents, as one archive.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::address::Shown;
use super::super::http::Trust;
use super::super::shared::Shared;
use super::asked::Lent;
use crate::objects::{Alive, Content, Contents, Found};
use crate::plan::archive::{PackError, pack_zst};
use crate::plan::{Node, RelPath, Tree};

/// A tree in a cache.
pub struct CachedTree<'a> {
    /// The manifest, which has the hash that was asked for.
    pub manifest: Tree,
    /// A tar archive, Zstandard, with the files: to be checked against the manifest.
    pub archive: Lent<'a>,
    /// The name of the cache.
    pub cache: Shown,
}

/// How many files are asked for at once.
const MANY: usize = 64;

/// What is no larger is read ahead, together with others.
const SMALL: u64 = 128 * 1024;

/// It is unpacked at once, on this machine: compressing it well would cost more than it spares.
const LEVEL: i32 = 1;

/// Files that come one after the other, and are asked for many at a time.
struct Files<'a> {
    shared: Arc<Shared>,
    contents: Arc<dyn Contents>,
    alive: &'a Alive,
    /// All files of the tree, in the order in which they are opened.
    all: Vec<Content>,
    /// How many of them were opened, and asked for.
    opened: usize,
    asked: usize,
    found: BTreeMap<Content, Ahead>,
}

/// A file whose turn comes soon.
enum Ahead {
    Found(Found),
    Read(Arc<[u8]>),
}

/// Writes the archive of a tree whose files are in `contents`.
pub(in crate::fetch) fn pack(
    shared: Arc<Shared>,
    contents: Arc<dyn Contents>,
    manifest: &Tree,
    to: &mut dyn Write,
    alive: &Alive,
) -> io::Result<()> {
    let mut files = Files {
        shared,
        contents,
        alive,
        all: manifest.iter().filter_map(|(_, node)| file(node)).collect(),
        opened: 0,
        asked: 0,
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

impl Files<'_> {
    fn open(&mut self, content: &Content) -> io::Result<Box<dyn Read + Send>> {
        static NEVER: AtomicBool = AtomicBool::new(false);
        if self.opened == self.asked {
            // All that was asked for before has had its turn.
            self.found.clear();
            let batch = self.opened..self.all.len().min(self.opened + MANY);
            self.asked = batch.end;
            self.ask(self.all[batch].to_vec())?;
        } else if !self.found.contains_key(content) {
            // A large file that lies in the tree twice.
            self.ask(vec![*content])?;
        }
        self.opened += 1;
        let opened = match self.found.remove(content) {
            Some(Ahead::Read(bytes)) => {
                // Another file of the tree may have the same bytes.
                self.found.insert(*content, Ahead::Read(Arc::clone(&bytes)));
                return Ok(Box::new(Cursor::new(bytes)));
            }
            Some(Ahead::Found(found)) => self.shared.open(found, Trust::Pin, &NEVER),
            None => Ok(None),
        };
        let absent = || io::Error::other(format!("`{}` is not there", content.digest));
        opened.map_err(io::Error::other)?.ok_or_else(absent)
    }

    /// Asks for many files, and reads those that are small: each takes the time of an answer.
    fn ask(&mut self, wanted: Vec<Content>) -> io::Result<()> {
        let found = self.contents.read(&wanted).map_err(io::Error::other)?;
        let is_small = |content: &Content| content.size.is_some_and(|size| size <= SMALL);
        let (small, large): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|(content, _)| is_small(content));
        let read = Mutex::new(BTreeMap::new());
        self.shared
            .read_many(small, Trust::Pin, SMALL, |content, bytes| {
                let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
                read.insert(content, bytes);
                self.alive.tell()
            });
        let large = large.into_iter();
        self.found
            .extend(large.map(|(content, found)| (content, Ahead::Found(found))));
        for (content, bytes) in read.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let bytes = bytes.map_err(io::Error::other)?;
            self.found
                .extend(bytes.map(|bytes| (content, Ahead::Read(bytes.into()))));
        }
        Ok(())
    }
}
