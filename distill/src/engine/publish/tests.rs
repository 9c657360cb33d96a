use std::sync::Mutex;

use camino::{Utf8Path, Utf8PathBuf};

use super::*;
use crate::objects::{Backend, Found, Memory};
use crate::plan::PathSet;
use crate::store::intake::{NEVER, scan};

/// Contents in memory, which remember in which order they came.
#[derive(Debug, Default)]
struct Ordered {
    memory: Memory,
    came: Mutex<Vec<Content>>,
}

impl Ordered {
    fn take(&self) -> Vec<Content> {
        std::mem::take(&mut self.came.lock().unwrap())
    }
}

impl Backend for Ordered {
    fn name(&self) -> String {
        "ordered".to_owned()
    }
}

impl Contents for Ordered {
    fn missing(&self, wanted: &[Content]) -> Result<BTreeSet<Content>, BackendError> {
        self.memory.missing(wanted)
    }

    fn read(&self, wanted: &[Content]) -> Result<BTreeMap<Content, Found>, BackendError> {
        self.memory.read(wanted)
    }

    fn write(&self, contents: Vec<Outgoing<'_>>) -> Result<(), BackendError> {
        let came = contents.iter().map(|outgoing| outgoing.content);
        self.came.lock().unwrap().extend(came);
        self.memory.write(contents)
    }
}

struct World {
    _dir: tempfile::TempDir,
    store: Store,
    to: Ordered,
    records: Memory,
}

impl World {
    fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().join("store")).unwrap();
        World {
            store: Store::open(&root).unwrap(),
            _dir: dir,
            to: Ordered::default(),
            records: Memory::default(),
        }
    }

    fn land(&self, fill: impl Fn(&Utf8Path)) -> Object {
        let dir = self.store.temp_dir().unwrap();
        fill(dir.path());
        let tree = scan(dir.path(), &PathSet::default(), &NEVER).unwrap();
        self.store.land_tree(&tree).unwrap()
    }

    /// Puts a tree there; gives what came.
    fn publish(&self, tree: &Object) -> Vec<Content> {
        let publisher = Publisher {
            store: &self.store,
            contents: &self.to,
            records: &self.records,
        };
        publisher.bytes(tree).unwrap();
        self.to.take()
    }

    /// Whether all that the nodes among these name came before them.
    fn is_in_order(&self, came: &[Content]) -> bool {
        let before = |at: usize, hash: Hash| {
            let is_it = |content: &Content| content.digest == Digest::from(hash);
            came[..at].iter().any(is_it) || !came.iter().any(is_it)
        };
        let node = |content: &Content| match content.digest {
            Digest::Blake2b(hash) => self.store.node(&hash).ok(),
            Digest::Sha256(_) => None,
        };
        let nodes = came
            .iter()
            .enumerate()
            .filter_map(|(at, content)| Some((at, node(content)?)));
        nodes.into_iter().all(|(at, directory)| {
            directory.iter().all(|(_, entry)| match entry {
                Entry::Dir { node: hash, .. } | Entry::File { hash, .. } => before(at, *hash),
                Entry::Symlink { .. } => true,
            })
        })
    }
}

fn write(dir: &Utf8Path, path: &str, text: &str) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Ten directories of ten files, of which one may be another.
fn many(dir: &Utf8Path, seventh: &str) {
    for number in 0..100 {
        let text = number.to_string();
        let text = if number == 7 { seventh } else { &text };
        write(dir, &format!("d{}/f{number}", number / 10), text);
    }
}

#[test]
fn one_change_costs_its_path() {
    let world = World::new();
    let (old, new) = (
        world.land(|dir| many(dir, "7")),
        world.land(|dir| many(dir, "another")),
    );
    assert_eq!(world.publish(&old).len(), 100 + 11);
    assert_eq!(world.publish(&old).len(), 0);
    assert_eq!(world.publish(&new).len(), 1 + 2);
}

/// A directory lies at the top, and again further below.
#[test]
fn what_a_node_names_comes_before_it() {
    let world = World::new();
    let tree = world.land(|dir| {
        for place in ["a", "b/c/d", "b/e"] {
            write(dir, &format!("{place}/same/file"), "x");
        }
    });
    let came = world.publish(&tree);
    assert!(world.is_in_order(&came), "{came:?}");
    assert_eq!(came.last().unwrap().digest, Content::head(&tree).digest);
    // Not so in the other order, or this would prove nothing.
    let reversed: Vec<_> = came.into_iter().rev().collect();
    assert!(!world.is_in_order(&reversed));
}
