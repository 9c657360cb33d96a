//! Files of the recipes themselves, beside what they fetch.

use distill::plan::{Artifact, Mode, RelPath};

/// A file that lies at `path` where a package is built; what is below `src` may be changed there.
pub(crate) fn own_file(path: &str, text: &str) -> Artifact {
    let path = RelPath::new(path).expect("a path of a recipe");
    Artifact::file(path, Mode::FILE, text)
}
