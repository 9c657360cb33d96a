//! What mends the failures that programs in Go meet.

use crate::plan::Hint;

/// Each by what `go` says.
pub(super) const HINTS: [Hint; 4] = [
    Hint {
        seen: &[
            "file:///goproxy/",
            "no required module provides package",
            "updates to go.mod needed",
            "missing go.sum entry",
        ],
        text: "`go.mod`, `go.sum` and `go.pins` say different things: run `go mod tidy` and `go mod download` where they \
               lie, and then `sum --go DIRECTORY > DIRECTORY/go.pins` with this program",
    },
    Hint {
        seen: &["requires go >=", "(running go "],
        text: "the program, or a module of it, wants a newer Go than the config's: take older modules, or another compiler \
               in `Target::go`",
    },
    Hint {
        seen: &[
            "build constraints exclude all Go files",
            "C source files not allowed when not using cgo",
        ],
        text: "a package of the program is in C: what Distill builds of Go is without cgo",
    },
    Hint {
        seen: &[
            "-o /out/usr/bin/ requires a main package",
            "no main packages to build",
        ],
        text: "`packages` names the programs, such as `./cmd/shop`",
    },
];
