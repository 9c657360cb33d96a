//! What operations make of a store in which not all is well, and what they do to one in which it is.

use std::collections::BTreeMap;

use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::*;
use crate::engine::Cancel;
use crate::plan::archive::Format;
use crate::plan::{AbsPath, Action, Input, Mode, PathSet, Resolved};
use crate::store::intake::{NEVER, scan};

struct World {
    _directory: tempfile::TempDir,
    store: Store,
    cancel: Cancel,
}

fn world() -> World {
    let directory = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(directory.path().join("store")).unwrap();
    World {
        store: Store::open(&root).unwrap(),
        cancel: Cancel::default(),
        _directory: directory,
    }
}

impl World {
    fn tree(&self, files: &[(&str, &str)]) -> Object {
        let dir = self.store.temp_dir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let tree = scan(dir.path(), &PathSet::default(), &NEVER).unwrap();
        self.store.land_tree(&tree).unwrap()
    }

    fn blob(&self, bytes: &[u8]) -> Object {
        let path = self.store.temp_path();
        std::fs::write(&path, bytes).unwrap();
        let file = HashedFile::hash(path, blake2b(), &NEVER).unwrap();
        self.store.land_blob(&file).unwrap()
    }

    fn run<T>(&self, operation: impl FnOnce(&Operations<'_>) -> T) -> T {
        let plan = Resolved::new(Action::Merge(Merge { inputs: Vec::new() }));
        operation(&Operations {
            store: &self.store,
            job: &Job {
                plan: &plan,
                labels: &BTreeMap::new(),
                timeout: Duration::from_secs(60),
                cancel: &self.cancel,
                line: &|_| {},
            },
            threads: 1,
        })
    }
}

/// Changes a bit, so that the size stays.
fn damage(path: &Utf8Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[0] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

/// Damage must not get a clean name: neither that of the file as it was, nor one of its own.
#[test]
fn what_is_damaged_is_taken_nowhere() {
    let world = world();
    let (tree, blob) = (world.tree(&[("d/a", "text")]), world.blob(b"#!/bin/sh"));
    let archive = world.blob(&[0; 1024]);
    damage(&world.store.path(&tree).join("d/a"));
    damage(&world.store.path(&blob));
    damage(&world.store.path(&archive));
    let before = world.store.objects().unwrap();
    let (at, of) = (AbsPath::root(), tree);
    let extract = Extract {
        tree,
        path: path("d/a"),
    };
    let pick = Pick {
        tree,
        include: PathSet::new(["d"]).unwrap(),
        exclude: PathSet::default(),
    };
    let merge = Merge {
        inputs: vec![Input { at, of }],
    };
    let place = Place {
        blob,
        path: path("bin/sh"),
        mode: Mode::EXECUTABLE,
    };
    let unpack = Unpack {
        archive,
        format: Format::Tar,
        strip: false,
        include: PathSet::default(),
        exclude: PathSet::default(),
        no_end_marker: false,
    };
    let fill = Fill { tree, from: tree };
    for (what, made) in [
        (
            "extract",
            world.run(|operations| operations.extract(&extract)),
        ),
        ("pick", world.run(|operations| operations.pick(&pick))),
        ("merge", world.run(|operations| operations.merge(&merge))),
        ("fill", world.run(|operations| operations.fill(&fill))),
        ("place", world.run(|operations| operations.place(&place))),
        ("unpack", world.run(|operations| operations.unpack(&unpack))),
    ] {
        let told = matches!(
            made,
            Err(ExecuteError::Intake(
                IntakeError::Damaged { .. } | IntakeError::OtherBytes { .. }
            ))
        );
        assert!(told, "{what}: {made:?}");
    }
    assert_eq!(world.store.objects().unwrap(), before);
}

/// A build sees how many names a file has: that must not tell what else is in the store.
#[test]
fn what_is_made_of_a_tree_leaves_it_alone() {
    let world = world();
    let tree = world.tree(&[("d/a", "text"), ("d/b", ""), ("e", "more")]);
    let pick = |include: &str| Pick {
        tree,
        include: PathSet::new([include]).unwrap(),
        exclude: PathSet::default(),
    };
    let picked = world.run(|operations| operations.pick(&pick("d"))).unwrap();
    let input = |at: &str, of| Input {
        at: AbsPath::new(at).unwrap(),
        of,
    };
    let merge = Merge {
        inputs: vec![input("/", tree), input("/x", picked)],
    };
    let merged = world.run(|operations| operations.merge(&merge)).unwrap();
    let fill = Fill {
        tree: picked,
        from: tree,
    };
    let filled = world.run(|operations| operations.fill(&fill)).unwrap();
    for (object, files) in [
        (tree, &["d/a", "d/b", "e"][..]),
        (picked, &["d/a", "d/b"]),
        (merged, &["d/a", "e", "x/d/a", "x/d/b"]),
        (filled, &["d/a", "d/b", "e"]),
    ] {
        for file in files {
            let meta = world.store.path(&object).join(file).symlink_metadata();
            assert_eq!(meta.unwrap().nlink(), 1, "{object}: {file}");
        }
        assert!(world.store.is_sound(&object));
    }
}

#[test]
fn an_extracted_file_is_one_of_its_own() {
    let world = world();
    let tree = world.tree(&[("d/a", "text")]);
    let extract = |at: &str| Extract {
        tree,
        path: path(at),
    };
    let blob = world.run(|operations| operations.extract(&extract("d/a")));
    assert_eq!(blob.unwrap(), Object::Blob(Hash::of("text").into()));
    let missing = world.run(|operations| operations.extract(&extract("d")));
    assert!(matches!(missing, Err(ExecuteError::Unmatched { .. })));
}

#[test]
fn a_wish_to_stop_ends_operations() {
    let world = world();
    let tree = world.tree(&[("d/a", "text")]);
    world.cancel.cancel();
    let extract = Extract {
        tree,
        path: path("d/a"),
    };
    let stopped = world.run(|operations| operations.extract(&extract));
    assert!(stopped.unwrap_err().is_stop());
}
