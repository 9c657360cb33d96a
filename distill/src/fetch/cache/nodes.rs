//! The nodes of a tree, from a cache's contents, as one stream.
//!
//! The stream has each node once, after its length (4 bytes, little-endian), those above before those
//! below. Both ends know the order: it is that in which the nodes read so far name others. So whoever reads the
//! stream knows which hash the next node has to have.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::sync::Mutex;

use super::super::error::Reason;
use super::super::http::Trust;
use super::super::shared::Shared;
use super::asked::lock;
use crate::objects::{Alive, Content, Contents, Found};
use crate::plan::tree::{Directory, Entry, Memory, whole_within};
use crate::plan::{Digest, Hash, Tree};

/// How many nodes are asked for at once.
const MANY: usize = 64;

/// No directory is larger: it has a million entries.
const LONGEST_NODE: u64 = 64 << 20;

/// No tree takes more memory: it has some millions of entries.
const LARGEST_TREE: usize = 512 << 20;

/// Which nodes are still to come, in order.
struct Order {
    next: VecDeque<Hash>,
    met: HashSet<Hash>,
}

impl Order {
    fn of(tree: Hash) -> Order {
        Order {
            next: VecDeque::from([tree]),
            met: HashSet::from([tree]),
        }
    }

    fn read(&mut self, directory: &Directory) {
        let below = directory
            .iter()
            .filter_map(|(_, entry)| Entry::as_dir(entry));
        let new = below.filter(|node| self.met.insert(*node));
        self.next.extend(new);
    }
}

/// Writes the nodes of a tree that are in `contents`, of which `top` is found already; nothing if that turns
/// out not to be there.
pub(in crate::fetch) fn send(
    shared: &Shared,
    contents: &dyn Contents,
    (tree, top): (Hash, Found),
    to: &mut dyn Write,
    alive: &Alive,
) -> io::Result<()> {
    let (mut order, mut top) = (Order::of(tree), Some(top));
    while !order.next.is_empty() {
        let batch: Vec<Hash> = order.next.drain(..MANY.min(order.next.len())).collect();
        let content = |hash: &Hash| Content::from(Digest::from(*hash));
        let wanted: Vec<Content> = batch.iter().map(content).collect();
        let found = match top.take() {
            // It is the first one, and alone.
            Some(top) => BTreeMap::from([(wanted[0], top)]),
            None => contents.read(&wanted).map_err(io::Error::other)?,
        };
        let read = Mutex::new(HashMap::new());
        let found = found.into_iter().collect();
        shared.read_many(found, Trust::Pin, LONGEST_NODE, |content, bytes| {
            lock(&read).insert(content, bytes);
            alive.tell()
        });
        for content in wanted {
            let bytes = lock(&read).remove(&content).unwrap_or(Ok(None));
            let Some(bytes) = bytes.map_err(io::Error::other)? else {
                let absent = io::Error::other(format!("`{}` is not there", content.digest));
                let is_top = content.digest == Digest::from(tree);
                return if is_top { Ok(()) } else { Err(absent) };
            };
            let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
            to.write_all(&length.to_le_bytes())?;
            to.write_all(&bytes)?;
            // Whoever reads the stream finds out that it is none.
            let Ok(directory) = Directory::decode(&bytes) else {
                return Ok(());
            };
            order.read(&directory);
        }
    }
    Ok(())
}

/// Reads such a stream, and holds every node against its hash; no tree if there is nothing in it.
pub(in crate::fetch) fn receive(tree: Hash, from: impl Read) -> Result<Option<Tree>, Reason> {
    let mut from = BufReader::new(from);
    if from.fill_buf().map_err(Reason::cache)?.is_empty() {
        return Ok(None);
    }
    let (mut order, mut nodes, mut left) = (Order::of(tree), Memory::new(), LARGEST_TREE);
    while let Some(hash) = order.next.pop_front() {
        let bytes = next_node(&mut from, &mut left)?;
        let (got, expected) = (Digest::from(Hash::of(&bytes)), Digest::from(hash));
        if got != expected {
            return Err(Reason::Mismatch { expected, got });
        }
        let directory = Directory::decode(&bytes).map_err(Reason::cache)?;
        order.read(&directory);
        nodes.put(directory);
    }
    let whole = whole_within(&nodes, &tree, LARGEST_TREE).map_err(Reason::cache)?;
    whole.map(Some).ok_or_else(too_large)
}

fn next_node(from: &mut impl Read, left: &mut usize) -> Result<Vec<u8>, Reason> {
    let mut length = [0; 4];
    from.read_exact(&mut length).map_err(Reason::cache)?;
    let length = u32::from_le_bytes(length) as usize;
    *left = left.checked_sub(length).ok_or_else(too_large)?;
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes).map_err(Reason::cache)?;
    Ok(bytes)
}

fn too_large() -> Reason {
    Reason::Cache("it has a tree that is too large".to_owned())
}
