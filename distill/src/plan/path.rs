//! Paths inside trees and root filesystems: UTF-8, normalised, checked once.

use std::fmt;
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hash::serde_as_text;

/// A path that cannot stand inside a tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid path `{path}`: {why}")]
pub struct PathError {
    /// The path as it was given.
    pub path: String,
    /// What is wrong with it.
    pub why: &'static str,
}

fn normal(text: &str) -> Result<(), &'static str> {
    if text.contains('\0') {
        return Err("it holds a NUL byte");
    }
    for part in text.split('/') {
        match part {
            "" => return Err("it has an empty component"),
            "." | ".." => return Err("it has a `.` or `..` component"),
            _ if part.len() > 255 => return Err("a component is longer than 255 bytes"),
            _ => {}
        }
    }
    Ok(())
}

/// A path below a tree's root, such as `usr/bin/env`: no leading or trailing slash, no `.` or `..`.
///
/// The order is that of the bytes, so that a directory stands before what is in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

impl RelPath {
    /// Checks `path`.
    pub fn new(path: impl Into<String>) -> Result<RelPath, PathError> {
        let path = path.into();
        match normal(&path) {
            Ok(()) => Ok(RelPath(path)),
            Err(why) => Err(PathError { path, why }),
        }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path below `base`.
    pub fn under(&self, base: &Utf8Path) -> Utf8PathBuf {
        base.join(&self.0)
    }

    /// The directory that holds it, unless that is the root.
    pub fn parent(&self) -> Option<RelPath> {
        self.0
            .rsplit_once('/')
            .map(|(parent, _)| RelPath(parent.to_owned()))
    }

    /// The last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// All directories above it, outermost first.
    pub fn ancestors(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(at, _)| &self.0[..at])
    }

    /// `other` below this path.
    pub fn join(&self, other: &RelPath) -> RelPath {
        RelPath(format!("{}/{}", self.0, other.0))
    }

    /// What remains below `base`, if it lies there.
    pub fn strip_prefix(&self, base: &RelPath) -> Option<RelPath> {
        let rest = self.0.strip_prefix(&base.0)?.strip_prefix('/')?;
        Some(RelPath(rest.to_owned()))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RelPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<RelPath, PathError> {
        RelPath::new(text)
    }
}

impl std::borrow::Borrow<str> for RelPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A path inside a root filesystem: `/`, or `/` and a [`RelPath`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AbsPath(String);

impl AbsPath {
    /// Checks `path`.
    pub fn new(path: impl Into<String>) -> Result<AbsPath, PathError> {
        let path = path.into();
        let checked = match path.strip_prefix('/') {
            None => Err("it does not begin with `/`"),
            Some("") => Ok(()),
            Some(rest) => normal(rest),
        };
        match checked {
            Ok(()) => Ok(AbsPath(path)),
            Err(why) => Err(PathError { path, why }),
        }
    }

    /// `/`
    pub fn root() -> AbsPath {
        AbsPath("/".to_owned())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path relative to `/`; nothing for `/` itself.
    pub fn relative(&self) -> Option<RelPath> {
        match &self.0[1..] {
            "" => None,
            rest => Some(RelPath(rest.to_owned())),
        }
    }

    /// What leads from here to `below`, if that lies below this path.
    pub fn strip_from(&self, below: &AbsPath) -> Option<RelPath> {
        match self.relative() {
            None => below.relative(),
            Some(base) => below.relative()?.strip_prefix(&base),
        }
    }

    /// `path` below this one.
    pub fn join(&self, path: &RelPath) -> AbsPath {
        let slash = if self.0 == "/" { "" } else { "/" };
        AbsPath(format!("{}{slash}{path}", self.0))
    }
}

impl fmt::Display for AbsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AbsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AbsPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<AbsPath, PathError> {
        AbsPath::new(text)
    }
}

serde_as_text!(RelPath, AbsPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_could_escape() {
        for bad in ["", "/a", "a/", "a//b", "a/../b", "..", "./a", "a\0b"] {
            assert!(RelPath::new(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "a", "//", "/a/", "/.."] {
            assert!(AbsPath::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn relations() {
        let path = RelPath::new("usr/lib/libz.a").unwrap();
        assert_eq!(path.ancestors().collect::<Vec<_>>(), ["usr", "usr/lib"]);
        assert_eq!(path.parent().unwrap().as_str(), "usr/lib");
        assert_eq!(path.file_name(), "libz.a");
        assert_eq!(AbsPath::root().join(&path).as_str(), "/usr/lib/libz.a");
        let lib = RelPath::new("usr/lib").unwrap();
        assert_eq!(path.strip_prefix(&lib).unwrap().as_str(), "libz.a");
        assert_eq!(
            RelPath::new("usr/library/x").unwrap().strip_prefix(&lib),
            None
        );
        let from = |above: &str, below: &str| {
            let [above, below] = [above, below].map(|path| AbsPath::new(path).unwrap());
            above.strip_from(&below).map(|path| path.to_string())
        };
        assert_eq!(from("/", "/usr/lib").unwrap(), "usr/lib");
        assert_eq!(from("/usr", "/usr/lib").unwrap(), "lib");
        for (above, below) in [
            ("/", "/"),
            ("/usr", "/usr"),
            ("/usr", "/usrx"),
            ("/usr", "/"),
        ] {
            assert_eq!(from(above, below), None, "{above} {below}");
        }
    }
}
