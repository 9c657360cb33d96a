//! How a recipe names its sources: `gnu("mpfr/mpfr-$version.tar.xz", sha256("…"))`.
//!
//! `$name` and `$version` in an address stand for the package's.

use std::panic::Location;

use camino::{Utf8Path, Utf8PathBuf};

use super::directory;
use crate::plan::{
    Action, Artifact, Digest, Input, Literal, Merge, Meta, MirrorFamily, Mode, Name, Origin,
    PathSet, Place, Plan, RelPath, Source, Unpack, archive::Format,
};

/// A hash as it stands in a recipe, checked when the package is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinText(String);

/// A pin by SHA-256: 64 hexadecimal digits, as upstreams publish it.
pub fn sha256(hex: impl AsRef<str>) -> PinText {
    PinText(format!("sha256:{}", hex.as_ref()))
}

/// A pin by BLAKE2b-256: 44 characters of URL-safe base64, as `sum` prints it.
pub fn blake2b(base64: impl AsRef<str>) -> PinText {
    PinText(format!("blake2b:{}", base64.as_ref()))
}

/// A source of a recipe, and what to do with it: bytes by their hash, with origins in order, or a directory of
/// this machine.
#[derive(Debug, Clone)]
pub struct Pin {
    from: Where,
    format: Option<Format>,
    keep_top: bool,
    include: Vec<String>,
    exclude: Vec<String>,
    no_end_marker: bool,
    place: Option<(String, Mode)>,
    at: Option<String>,
}

/// Where a source comes from.
#[derive(Debug, Clone)]
enum Where {
    /// From outside, whoever has the bytes.
    Pinned {
        digest: PinText,
        origins: Vec<Template>,
    },
    /// From a directory, as it is when the recipe is read.
    Directory(Utf8PathBuf),
}

#[derive(Debug, Clone)]
enum Template {
    Url(String),
    Mirror(MirrorFamily, String),
    Debian(String),
}

fn pin(origin: Template, digest: PinText) -> Pin {
    source(Where::Pinned {
        digest,
        origins: vec![origin],
    })
}

fn source(from: Where) -> Pin {
    Pin {
        from,
        format: None,
        keep_top: false,
        include: Vec::new(),
        exclude: Vec::new(),
        no_end_marker: false,
        place: None,
        at: None,
    }
}

/// A source at an address of its own.
pub fn url(address: impl Into<String>, digest: PinText) -> Pin {
    pin(Template::Url(address.into()), digest)
}

/// A source of GNU: the path below `ftp.gnu.org/gnu/`.
pub fn gnu(path: impl Into<String>, digest: PinText) -> Pin {
    pin(Template::Mirror(MirrorFamily::Gnu, path.into()), digest)
}

/// A source of Linux: the path below `kernel.org/pub/`.
pub fn kernel(path: impl Into<String>, digest: PinText) -> Pin {
    pin(Template::Mirror(MirrorFamily::Kernel, path.into()), digest)
}

/// A source on GitHub: the path below `github.com/`.
pub fn github(path: impl Into<String>, digest: PinText) -> Pin {
    pin(Template::Mirror(MirrorFamily::GitHub, path.into()), digest)
}

/// A source on `SourceForge`: `project/file`.
pub fn sourceforge(path: impl Into<String>, digest: PinText) -> Pin {
    pin(
        Template::Mirror(MirrorFamily::SourceForge, path.into()),
        digest,
    )
}

/// A crate of crates.io, by its name and version. The hash is the one that stands in a `Cargo.lock`.
pub fn crates_io(name: impl AsRef<str>, version: impl AsRef<str>, digest: PinText) -> Pin {
    let (name, version) = (name.as_ref(), version.as_ref());
    let path = format!("{name}/{name}-{version}.crate");
    let download = format!("https://crates.io/api/v1/crates/{name}/{version}/download");
    pin(Template::Mirror(MirrorFamily::Crates, path), digest).or_url(download)
}

/// A directory of one's own as a source: [`local()`](crate::package::source::local()) of a path that begins at the
/// directory of the `Cargo.toml` whose crate has the recipe.
///
/// What git would not keep is no part of it: what a `.gitignore` names, `.git`, and cargo's `target`. A file that
/// changes makes another package, and nothing else does.
///
/// ```no_run
/// use distill::package::Config;
/// use distill::plan::Plan;
/// use distill::cmake_package;
///
/// fn almanac(config: &Config) -> Plan {
///     cmake_package! { config,
///         name: "almanac", version: "1", licence: "MIT",
///         source: local!("almanac").exclude(["docs"]),
///     }
/// }
/// # let _ = almanac;
/// ```
#[macro_export]
macro_rules! local {
    ($path:literal) => {
        $crate::package::source::local(::core::concat!(
            ::core::env!("CARGO_MANIFEST_DIR"),
            "/",
            $path
        ))
    };
}

/// A directory of this machine, by its absolute path; `local!` makes it from one that is relative to the
/// recipe's crate.
pub fn local(directory: impl Into<Utf8PathBuf>) -> Pin {
    let directory: Utf8PathBuf = directory.into();
    let plain = directory::joined("", directory.as_str().trim_start_matches('/'));
    source(Where::Directory(match plain {
        Some(plain) if directory.is_absolute() => Utf8Path::new("/").join(plain),
        _ => directory,
    }))
}

/// A source in Debian's pool: the path below `pool/main/`.
pub fn debian(path: impl Into<String>, digest: PinText) -> Pin {
    pin(Template::Debian(path.into()), digest)
}

impl Pin {
    /// Another address with the same bytes.
    pub fn or_url(self, address: impl Into<String>) -> Pin {
        self.or(Template::Url(address.into()))
    }

    /// A path in Debian's pool, below `pool/main/`, with the same bytes.
    pub fn or_debian(self, path: impl Into<String>) -> Pin {
        self.or(Template::Debian(path.into()))
    }

    /// One more origin; a directory has none.
    fn or(mut self, origin: Template) -> Pin {
        if let Where::Pinned { origins, .. } = &mut self.from {
            origins.push(origin);
        }
        self
    }

    /// The kind of archive, where the file's name does not tell.
    pub fn format(mut self, format: Format) -> Pin {
        self.format = Some(format);
        self
    }

    /// Keeps the single directory at the top of the archive, which otherwise gives its place to what
    /// it holds.
    pub fn keep_top(mut self) -> Pin {
        self.keep_top = true;
        self
    }

    /// Takes only what these patterns name, by the names in the archive.
    pub fn include<T: Into<String>>(mut self, patterns: impl IntoIterator<Item = T>) -> Pin {
        self.include.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Leaves out what these patterns name, by the names in the archive.
    pub fn exclude<T: Into<String>>(mut self, patterns: impl IntoIterator<Item = T>) -> Pin {
        self.exclude.extend(patterns.into_iter().map(Into::into));
        self
    }

    /// Accepts that the archive ends without the blocks of zeros that mark its end. Without them nothing but a
    /// checksum of the compression shows whether members are missing; so see that upstream's archive is like
    /// that, too.
    pub fn no_end_marker(mut self) -> Pin {
        self.no_end_marker = true;
        self
    }

    /// Takes the bytes as one file, at this path relative to where the source lies.
    pub fn as_file(mut self, path: impl Into<String>, mode: Mode) -> Pin {
        self.place = Some((path.into(), mode));
        self
    }

    /// Where the source lies, absolute; otherwise where its package wants it.
    pub fn at(mut self, directory: impl Into<String>) -> Pin {
        self.at = Some(directory.into());
        self
    }

    /// The place that was asked for.
    pub(super) fn place_of(&self) -> Option<&str> {
        self.at.as_deref()
    }

    /// The bytes. A directory has none.
    pub fn source(&self, name: &str, version: &str) -> Result<Source, String> {
        let (digest, origins) = match &self.from {
            Where::Pinned { digest, origins } => (digest, origins),
            Where::Directory(directory) => {
                return Err(format!("`{directory}` is a directory, not an archive"));
            }
        };
        let digest: Digest = digest.0.parse().map_err(|e| format!("{e}"))?;
        let fill = |text: &str| fill(text, name, version);
        let origins: Vec<Origin> = origins
            .iter()
            .map(|template| match template {
                Template::Url(address) => Ok(Origin::Url(fill(address))),
                Template::Mirror(family, path) => Ok(Origin::Mirror(*family, fill(path))),
                Template::Debian(path) => {
                    let path = RelPath::new(format!("pool/main/{}", fill(path)));
                    path.map(Origin::Debian).map_err(|e| e.to_string())
                }
            })
            .collect::<Result<_, String>>()?;
        let file_name = origins[0].file_name().to_owned();
        Ok(Source {
            digest,
            file_name,
            origins,
        })
    }

    /// The name of the directory in which the source lies by default, if it needs one of its own.
    pub(super) fn directory_name(&self, name: &str, version: &str) -> Result<String, String> {
        match &self.from {
            Where::Pinned { .. } => Ok(self.source(name, version)?.file_name),
            Where::Directory(directory) => Ok(directory.file_name().unwrap_or(name).to_owned()),
        }
    }

    /// What a directory holds; none if the source comes from outside.
    pub(super) fn files(&self, name: &str, version: &str) -> Result<Option<Literal>, String> {
        let Where::Directory(path) = &self.from else {
            return Ok(None);
        };
        if self.format.is_some() || self.keep_top || self.no_end_marker || self.place.is_some() {
            return Err(format!(
                "`{path}` is a directory: it can have `.include(…)`, `.exclude(…)` and `.at(…)`, and nothing \
                 that is said of archives"
            ));
        }
        let set = |patterns: &[String]| set(patterns, name, version);
        directory::read(path, &set(&self.include)?, &set(&self.exclude)?).map(Some)
    }

    /// The tree that the bytes become: unpacked, or one file. The plan that makes it is defined where this is called.
    #[track_caller]
    pub fn tree(&self, name: &str, version: &str) -> Result<Artifact, String> {
        self.tree_at(name, version, Location::caller())
    }

    /// The same for a recipe that stands at `location`.
    pub(super) fn tree_at(
        &self,
        name: &str,
        version: &str,
        location: &'static Location<'static>,
    ) -> Result<Artifact, String> {
        if let Where::Directory(directory) = &self.from {
            let literal = self.files(name, version)?.unwrap_or_default();
            let label = Name::new(name).map_err(|e| e.to_string())?;
            let meta = Meta {
                local: Some(directory.clone()),
                ..Meta::default()
            };
            let inputs = vec![at_root(literal.into())];
            let plan = Plan::named(label).location(location).meta(meta);
            return Ok(plan.action(Action::Merge(Merge { inputs })).into());
        }
        let source = self.source(name, version)?;
        let label = Name::new(source.file_name.clone()).map_err(|e| e.to_string())?;
        let set = |patterns: &[String]| set(patterns, name, version);
        let action = match &self.place {
            Some((path, mode)) => {
                let path = RelPath::new(fill(path, name, version)).map_err(|e| e.to_string())?;
                Action::Place(Place { blob: source.into(), path, mode: *mode })
            }
            None => Action::Unpack(Unpack {
                format: self.format.or_else(|| Format::of_name(&source.file_name)).ok_or_else(
                    || format!("the kind of archive of `{label}` is unknown\nhint: name it with `.format(…)`, or take it as a file with `.as_file(…)`"),
                )?,
                archive: source.into(),
                strip: !self.keep_top,
                include: set(&self.include)?,
                exclude: set(&self.exclude)?,
                no_end_marker: self.no_end_marker,
            }),
        };
        Ok(Plan::named(label).location(location).action(action).into())
    }
}

/// The set of paths that `patterns` name.
fn set(patterns: &[String], name: &str, version: &str) -> Result<PathSet, String> {
    let filled = patterns.iter().map(|text| fill(text, name, version));
    PathSet::new(filled).map_err(|e| e.to_string())
}

/// The text with `$name` and `$version` filled in.
fn fill(text: &str, name: &str, version: &str) -> String {
    text.replace("$version", version).replace("$name", name)
}

/// A patch for a source, applied with `-p1`.
#[derive(Debug, Clone)]
pub struct Patch(pub crate::plan::Contents);

impl From<&str> for Patch {
    fn from(text: &str) -> Patch {
        Patch(text.into())
    }
}

impl From<String> for Patch {
    fn from(text: String) -> Patch {
        Patch(text.into())
    }
}

impl From<&camino::Utf8Path> for Patch {
    /// A file on this machine; an absolute path, best made from `env!("CARGO_MANIFEST_DIR")`.
    fn from(path: &camino::Utf8Path) -> Patch {
        Patch(crate::plan::Contents::Local(path.to_owned()))
    }
}

/// An input at the root.
pub(super) fn at_root(of: Artifact) -> Input<Artifact> {
    Input {
        at: crate::plan::AbsPath::root(),
        of,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_may_accept_an_archive_without_an_end_marker() {
        let pin = url("https://a.example/a.tar", sha256("0".repeat(64)));
        let accepts = |pin: &Pin| match pin.tree("a", "1").unwrap() {
            Artifact::Plan(plan) => match plan.action().unwrap() {
                Action::Unpack(unpack) => unpack.no_end_marker,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        assert!(!accepts(&pin));
        assert!(accepts(&pin.no_end_marker()));
    }
}
