//! Data: hashes, artifacts, sources, plans, tree manifests, archives. No I/O beyond bytes.
//!
//! A [`Plan`] is a node of the graph that recipes build. Its [`Action`] names inputs as
//! [`Artifact`]s; once every input is known by content, the same action over [`Object`]s is what
//! is encoded, hashed and stored ([`Resolved`]).

pub mod action;
pub mod archive;
mod definition;
mod encode;
mod glob;
mod hash;
mod literal;
mod mode;
mod name;
mod near;
mod object;
mod path;
mod places;
mod platform;
mod source;
pub mod tree;
mod version;

pub use action::{Action, Build, Extract, Fill, Input, Merge, OutputKind, Pick, Place, Unpack};
pub use definition::{Artifact, DefinitionError, Hint, Meta, Plan, PlanBuilder, closure};
pub use encode::{DecodeError, PlanHash, Resolved};
pub use glob::{GlobError, PathSet};
pub use hash::{Digest, DigestHasher, Hash, HashError, Hasher, Sha256};
pub use literal::{Contents, Literal, LiteralNode};
pub use mode::Mode;
pub use name::{Name, NameError, Version};
pub use near::nearest;
pub use object::Object;
pub use path::{AbsPath, PathError, RelPath};
pub use places::{PROGRAM, SANDBOX_PLACES};
pub(crate) use places::{hidden_by, misplaced};
pub use platform::{Arch, BuildPlatform};
pub use source::{MirrorFamily, Origin, Source};
pub use tree::{Change, Node, Tree};
pub use version::Operation;
