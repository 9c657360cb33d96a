//! What a build left, on its way into the store.
//!
//! A build may leave anything in `/out`: links to wherever its user may write, files that have other
//! names, too. So nothing there is found by a path that the kernel resolves ([`open_output`], [`scan`]).

use std::sync::atomic::AtomicBool;

use camino::Utf8Path;

use super::error::ExecuteError;
use crate::plan::{DigestHasher, Hasher, Object, OutputKind, PathSet, RelPath};
use crate::store::Store;
use crate::store::intake::{HashedFile, open_output, scan};

/// Takes what a build, which has ended, left in the directory `out` into the store: all of it, in which the
/// paths in `setid` may be set-user-id or set-group-id, or one file.
pub(super) fn take(
    store: &Store,
    (output, setid): (&OutputKind, &PathSet),
    out: &Utf8Path,
    stop: &AtomicBool,
) -> Result<Object, ExecuteError> {
    match output {
        OutputKind::Tree => {
            let tree = scan(out, setid, stop)?;
            if tree.manifest().is_empty() {
                return Err(ExecuteError::NoOutput);
            }
            Ok(store.land_tree(&tree)?)
        }
        OutputKind::File(path) => take_file(store, path, out, stop),
    }
}

/// Takes a copy: that has nothing which the build gave the file beside its bytes, such as a second name.
fn take_file(
    store: &Store,
    path: &RelPath,
    out: &Utf8Path,
    stop: &AtomicBool,
) -> Result<Object, ExecuteError> {
    let Some(file) = open_output(out, path)? else {
        return Err(ExecuteError::NoFile(path.clone()));
    };
    let (from, hasher) = (path.under(out), DigestHasher::Blake2b(Hasher::new()));
    let copy = HashedFile::copy((&file, &from), store.temp_path(), hasher, stop)?;
    Ok(store.land_blob(&copy)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use camino::Utf8PathBuf;

    use super::*;
    use crate::plan::Hash;
    use crate::store::intake::NEVER;

    struct World {
        _directory: tempfile::TempDir,
        root: Utf8PathBuf,
        store: Store,
    }

    fn world() -> World {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(directory.path().to_owned()).unwrap();
        let store = Store::open(&root.join("store")).unwrap();
        World {
            _directory: directory,
            root,
            store,
        }
    }

    impl World {
        fn dir(&self, name: &str, files: &[(&str, &str)]) -> Utf8PathBuf {
            let dir = self.root.join(name);
            for (path, text) in files {
                let path = dir.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            dir
        }

        fn take(&self, out: &Utf8Path, output: OutputKind) -> Result<Object, ExecuteError> {
            take(&self.store, (&output, &PathSet::default()), out, &NEVER)
        }
    }

    fn file(path: &str) -> OutputKind {
        OutputKind::File(RelPath::new(path).unwrap())
    }

    /// A build that ends by making `/out/sub` a link to its user's home.
    #[test]
    fn a_link_takes_no_file_from_elsewhere() {
        let world = world();
        let home = world.dir("home", &[("name", "precious")]);
        let out = world.dir("out", &[("x", "")]);
        symlink(&home, out.join("sub")).unwrap();
        let taken = world.take(&out, file("sub/name"));
        assert!(matches!(taken, Err(ExecuteError::NoFile(_))), "{taken:?}");
        assert_eq!(
            std::fs::read_to_string(home.join("name")).unwrap(),
            "precious"
        );
        assert_eq!(world.store.objects().unwrap(), []);
    }

    #[test]
    fn a_file_lands_alone() {
        let world = world();
        let out = world.dir("out", &[("dir/name", "text")]);
        std::fs::hard_link(out.join("dir/name"), out.join("again")).unwrap();
        let taken = world.take(&out, file("dir/name")).unwrap();
        assert_eq!(taken, Object::Blob(Hash::of("text").into()));
        let place = world.store.path(&taken);
        let meta = place.metadata().unwrap();
        assert_eq!((meta.nlink(), meta.mode() & 0o7777), (1, 0o644));
        std::fs::write(out.join("again"), "changed").unwrap();
        assert!(world.store.is_sound(&taken));
    }

    #[test]
    fn a_tree_lands_as_it_was_found() {
        let world = world();
        let out = world.dir("out", &[("dir/name", "text"), ("b", "")]);
        std::fs::hard_link(out.join("dir/name"), out.join("again")).unwrap();
        let taken = world.take(&out, OutputKind::Tree).unwrap();
        assert!(world.store.is_sound(&taken));
        let empty = world.dir("empty", &[("x", "")]);
        std::fs::remove_file(empty.join("x")).unwrap();
        let taken = world.take(&empty, OutputKind::Tree);
        assert!(matches!(taken, Err(ExecuteError::NoOutput)), "{taken:?}");
    }
}
