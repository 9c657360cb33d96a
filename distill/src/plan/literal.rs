//! Literals: small trees that a recipe writes down itself.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use camino::Utf8PathBuf;

use super::mode::Mode;
use super::path::RelPath;

type LazyBytes = LazyLock<Arc<[u8]>, Box<dyn FnOnce() -> Arc<[u8]> + Send>>;

/// The bytes of a literal file.
#[derive(Clone)]
pub enum Contents {
    /// Known now.
    Bytes(Arc<[u8]>),
    /// Computed once, when they are needed.
    Lazy(Arc<LazyBytes>),
    /// A file on this machine, read when the plan is resolved.
    Local(Utf8PathBuf),
}

impl Contents {
    /// Bytes that `compute` returns when they are needed.
    pub fn lazy<T: Into<Vec<u8>>>(compute: impl FnOnce() -> T + Send + 'static) -> Contents {
        let compute = || Arc::from(compute().into());
        Contents::Lazy(Arc::new(LazyLock::new(Box::new(compute))))
    }
}

impl<T: Into<Vec<u8>>> From<T> for Contents {
    fn from(bytes: T) -> Contents {
        Contents::Bytes(Arc::from(bytes.into()))
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Contents::Bytes(bytes) => write!(f, "{:?}", String::from_utf8_lossy(bytes)),
            Contents::Lazy(_) => f.write_str("computed later"),
            Contents::Local(path) => write!(f, "{path}"),
        }
    }
}

/// What lies at one path of a literal.
#[derive(Debug, Clone)]
pub enum LiteralNode {
    /// A directory.
    Dir {
        /// Its permission bits.
        mode: Mode,
    },
    /// A file. Without a mode it is 0644, or what the local file has.
    File {
        /// Its permission bits.
        mode: Option<Mode>,
        /// Its bytes.
        contents: Contents,
    },
    /// A symbolic link.
    Symlink {
        /// What it holds.
        target: String,
    },
}

/// A tree that a recipe writes down: path → node.
#[derive(Debug, Clone, Default)]
pub struct Literal(pub BTreeMap<RelPath, LiteralNode>);

impl Literal {
    /// A literal of one node.
    pub fn of(path: RelPath, node: LiteralNode) -> Literal {
        Literal(BTreeMap::from([(path, node)]))
    }
}
