//! What mends the failures that packages of Python meet.

use crate::plan::Hint;

/// Each by what installing says.
pub(super) const HINTS: [Hint; 4] = [
    Hint {
        seen: &[": there is no build system `"],
        text: "the config's Python (`Target::python`) brings the usual build systems; name what brings another one \
               among `tools`, or take the wheel instead of the source",
    },
    Hint {
        seen: &["it is not pure, and a static Python loads nothing"],
        text: "take a version without a part in C, or one whose part in C can be left out",
    },
    Hint {
        seen: &[", and there is none", ", and there is "],
        text: "the list of requirements is not whole: `pip-compile --generate-hashes` or `pip lock` writes all that is \
               needed, in versions that fit",
    },
    Hint {
        seen: &["FileExistsError", "File already exists: "],
        text: "two packages of the list have the same file, or one of them stands there twice",
    },
];
