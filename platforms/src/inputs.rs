//! What the programs that make images find where they run: our own files, and what was built before.

use distill::package::{Config, Item, Package};
use distill::plan::{AbsPath, Action, Artifact, Contents, Mode, Name, Place, Plan, RelPath};

/// A path that is written in the code of a platform.
pub(crate) fn path(path: &str) -> RelPath {
    RelPath::new(path).expect("a path of a platform")
}

/// A file of ours.
pub(crate) fn own_file(at: &str, text: impl Into<Contents>) -> Artifact {
    Artifact::file(path(at), Mode::FILE, text)
}

/// A tree that lies at `place`.
pub(crate) fn tree_at(place: &str, tree: impl Into<Artifact>) -> Package {
    let (place, tree) = (
        AbsPath::new(place).expect("a place of a platform"),
        tree.into(),
    );
    Package::from(move |_: &Config| Item::At(place.clone(), tree.clone()))
}

/// A blob that is the file `name` in the directory `place`.
#[track_caller]
pub(crate) fn blob_at(place: &str, name: &str, blob: impl Into<Artifact>, mode: Mode) -> Package {
    let placed = Plan::named(Name::new(name).expect("a file of a platform"));
    let tree = placed.action(Action::Place(Place {
        blob: blob.into(),
        path: path(name),
        mode,
    }));
    tree_at(place, tree)
}
