//! Artifacts: what an action takes as input, before and after its content is known.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::definition::Plan;
use super::hash::{Digest, Hash, HashError, serde_as_text};
use super::literal::{Contents, Literal, LiteralNode};
use super::mode::Mode;
use super::path::RelPath;
use super::source::Source;

/// Content by definition: bytes with a pin, bytes written down, or what a plan makes.
#[derive(Debug, Clone)]
pub enum Artifact {
    /// A blob from outside.
    Source(Source),
    /// A small tree written down in the recipe.
    Literal(Literal),
    /// The output of a plan.
    Plan(Plan),
}

impl Artifact {
    /// A tree of one file.
    pub fn file(path: RelPath, mode: Mode, contents: impl Into<Contents>) -> Artifact {
        let node = LiteralNode::File {
            mode: Some(mode),
            contents: contents.into(),
        };
        Artifact::Literal(Literal::of(path, node))
    }

    /// A tree of one symbolic link.
    pub fn symlink(path: RelPath, target: impl Into<String>) -> Artifact {
        let node = LiteralNode::Symlink {
            target: target.into(),
        };
        Artifact::Literal(Literal::of(path, node))
    }

    /// A tree of one directory.
    pub fn dir(path: RelPath, mode: Mode) -> Artifact {
        Artifact::Literal(Literal::of(path, LiteralNode::Dir { mode }))
    }

    /// What to call it in a message.
    pub fn label(&self) -> String {
        match self {
            Artifact::Source(source) => source.file_name.clone(),
            Artifact::Plan(plan) => plan.label(),
            Artifact::Literal(literal) => match literal.0.keys().next() {
                Some(path) if literal.0.len() == 1 => format!("/{path}"),
                _ => "files of the recipe".to_owned(),
            },
        }
    }
}

impl From<Plan> for Artifact {
    fn from(plan: Plan) -> Artifact {
        Artifact::Plan(plan)
    }
}

impl From<&Plan> for Artifact {
    fn from(plan: &Plan) -> Artifact {
        Artifact::Plan(plan.clone())
    }
}

impl From<Source> for Artifact {
    fn from(source: Source) -> Artifact {
        Artifact::Source(source)
    }
}

impl From<Literal> for Artifact {
    fn from(literal: Literal) -> Artifact {
        Artifact::Literal(literal)
    }
}

/// Content by identity: what an [`Artifact`] turned out to be.
///
/// Its text is `tree:` and the hash of the manifest, or a digest as [`Digest`] writes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// Bytes.
    Blob(Digest),
    /// A directory's contents.
    Tree(Hash),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Blob(digest) => fmt::Display::fmt(digest, f),
            Object::Tree(hash) => write!(f, "tree:{hash}"),
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Object {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Object, HashError> {
        match text.strip_prefix("tree:") {
            Some(hash) => hash.parse().map(Object::Tree),
            None => text.parse().map(Object::Blob),
        }
    }
}

serde_as_text!(Object);
