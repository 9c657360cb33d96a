//! Actions: how an output comes from inputs.
//!
//! An action is generic over its inputs: [`Artifact`](super::Artifact)s while it is a definition,
//! [`Object`](super::Object)s once it can be hashed and run. Only [`Build`] runs a program; the
//! others are pure operations of the library. What each of them means has a version ([`Operation`]).

use serde::{Deserialize, Serialize};

use super::archive::Format;
use super::glob::PathSet;
use super::mode::Mode;
use super::path::{AbsPath, RelPath};
use super::platform::BuildPlatform;
use super::version::Operation;
use crate::disk::Layout;

/// A tree at a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input<I> {
    /// The directory that becomes the tree's root.
    pub at: AbsPath,
    /// The tree.
    pub of: I,
}

/// What of `/out` is the output.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum OutputKind {
    /// Everything, as a tree.
    Tree,
    /// One regular file, as a blob.
    File(RelPath),
}

/// Runs `/build` in a sandbox whose root is made of the inputs; the output is what it leaves in
/// `/out`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build<I> {
    /// The machine that `/build` runs on.
    pub platform: BuildPlatform,
    /// The trees, one of which holds `/build`.
    pub inputs: Vec<Input<I>>,
    /// What the output is.
    pub output: OutputKind,
    /// Files of the output that may be set-user-id or set-group-id.
    #[serde(default, skip_serializing_if = "PathSet::is_empty")]
    pub setid: PathSet,
}

/// Unpacks an archive. Owners and times are dropped; a file is 0755 if anyone may execute it, else
/// 0644; a directory is 0755.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unpack<I> {
    /// The archive, a blob.
    pub archive: I,
    /// What kind of archive it is.
    pub format: Format,
    /// Whether a single directory at the top gives its place to what it holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strip: bool,
    /// What to take, by the names in the archive; everything if empty.
    #[serde(default, skip_serializing_if = "PathSet::is_empty")]
    pub include: PathSet,
    /// What to leave out.
    #[serde(default, skip_serializing_if = "PathSet::is_empty")]
    pub exclude: PathSet,
    /// Whether the mark of the archive's end may be missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_end_marker: bool,
}

/// Makes a tree of one file from a blob.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place<I> {
    /// The file's bytes, a blob.
    pub blob: I,
    /// Where it lies.
    pub path: RelPath,
    /// Its permission bits.
    pub mode: Mode,
}

/// Takes one file out of a tree, as a blob.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extract<I> {
    /// The tree.
    pub tree: I,
    /// The file, a regular one.
    pub path: RelPath,
}

/// Takes a part of a tree. A pattern that matches nothing is an error.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pick<I> {
    /// The tree.
    pub tree: I,
    /// What to take; everything if empty.
    #[serde(default, skip_serializing_if = "PathSet::is_empty")]
    pub include: PathSet,
    /// What to leave out.
    #[serde(default, skip_serializing_if = "PathSet::is_empty")]
    pub exclude: PathSet,
}

/// Puts trees together; two of them may meet only in directories of one mode.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge<I> {
    /// The trees.
    pub inputs: Vec<Input<I>>,
}

/// Adds to a tree what another one has and it lacks: whatever lies at a path of `tree` stays, and
/// nothing is put below what is not a directory there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill<I> {
    /// The tree that has precedence.
    pub tree: I,
    /// The tree that gives way.
    pub from: I,
}

/// How an output comes from inputs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Action<I> {
    /// Runs a program.
    Build(Build<I>),
    /// Archive → tree.
    Unpack(Unpack<I>),
    /// Blob → tree of one file.
    Place(Place<I>),
    /// Tree → one file of it, a blob.
    Extract(Extract<I>),
    /// Tree → part of it.
    Pick(Pick<I>),
    /// Trees → one tree.
    Merge(Merge<I>),
    /// Two trees → one, in which the first has precedence.
    Fill(Fill<I>),
    /// Blobs → a disk image, a blob.
    Disk(Layout<I>),
}

impl<I> Action<I> {
    /// The inputs, in the order of the definition.
    pub fn inputs(&self) -> Vec<&I> {
        match self {
            Action::Build(build) => build.inputs.iter().map(|input| &input.of).collect(),
            Action::Merge(merge) => merge.inputs.iter().map(|input| &input.of).collect(),
            Action::Unpack(unpack) => vec![&unpack.archive],
            Action::Place(place) => vec![&place.blob],
            Action::Extract(extract) => vec![&extract.tree],
            Action::Pick(pick) => vec![&pick.tree],
            Action::Fill(fill) => vec![&fill.tree, &fill.from],
            Action::Disk(layout) => layout.contents(),
        }
    }

    /// The same action over other inputs; `map` sees them in the order of [`Action::inputs`].
    pub fn try_map<'a, J, E>(
        &'a self,
        mut map: impl FnMut(&'a I) -> Result<J, E>,
    ) -> Result<Action<J>, E> {
        Ok(match self {
            Action::Build(Build {
                platform,
                inputs,
                output,
                setid,
            }) => {
                let (output, setid) = (output.clone(), setid.clone());
                Action::Build(Build {
                    platform: platform.clone(),
                    inputs: map_inputs(inputs, map)?,
                    output,
                    setid,
                })
            }
            Action::Merge(Merge { inputs }) => Action::Merge(Merge {
                inputs: map_inputs(inputs, map)?,
            }),
            Action::Unpack(Unpack {
                archive,
                format,
                strip,
                include,
                exclude,
                no_end_marker,
            }) => {
                let (archive, format, strip) = (map(archive)?, *format, *strip);
                let (include, exclude) = (include.clone(), exclude.clone());
                Action::Unpack(Unpack {
                    archive,
                    format,
                    strip,
                    include,
                    exclude,
                    no_end_marker: *no_end_marker,
                })
            }
            Action::Place(Place { blob, path, mode }) => Action::Place(Place {
                blob: map(blob)?,
                path: path.clone(),
                mode: *mode,
            }),
            Action::Extract(Extract { tree, path }) => Action::Extract(Extract {
                tree: map(tree)?,
                path: path.clone(),
            }),
            Action::Pick(Pick {
                tree,
                include,
                exclude,
            }) => {
                let (include, exclude) = (include.clone(), exclude.clone());
                Action::Pick(Pick {
                    tree: map(tree)?,
                    include,
                    exclude,
                })
            }
            Action::Fill(Fill { tree, from }) => Action::Fill(Fill {
                tree: map(tree)?,
                from: map(from)?,
            }),
            Action::Disk(layout) => Action::Disk(layout.try_map(map)?),
        })
    }

    /// Whether the output is bytes, not a tree.
    pub fn makes_blob(&self) -> bool {
        match self {
            Action::Build(build) => matches!(build.output, OutputKind::File(_)),
            Action::Extract(_) | Action::Disk(_) => true,
            _ => false,
        }
    }

    /// Which operation it is: what has a version, and a name in the encoding.
    pub fn operation(&self) -> Operation {
        match self {
            Action::Build(_) => Operation::Build,
            Action::Unpack(_) => Operation::Unpack,
            Action::Place(_) => Operation::Place,
            Action::Extract(_) => Operation::Extract,
            Action::Pick(_) => Operation::Pick,
            Action::Merge(_) => Operation::Merge,
            Action::Fill(_) => Operation::Fill,
            Action::Disk(_) => Operation::Disk,
        }
    }

    /// Whether it runs a program.
    pub fn is_build(&self) -> bool {
        matches!(self, Action::Build(_))
    }
}

fn map_inputs<'a, I, J, E>(
    inputs: &'a [Input<I>],
    mut map: impl FnMut(&'a I) -> Result<J, E>,
) -> Result<Vec<Input<J>>, E> {
    inputs
        .iter()
        .map(|Input { at, of }| {
            Ok(Input {
                at: at.clone(),
                of: map(of)?,
            })
        })
        .collect()
}
