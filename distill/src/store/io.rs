//! I/O errors that name what was tried and where, and the one way files come to be.

use std::fmt;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

/// An I/O error with the verb and the path.
#[derive(Debug)]
pub struct IoError {
    /// What was tried: `read`, `create`, …
    pub verb: &'static str,
    /// On what.
    pub path: Utf8PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// What to do about a full disk.
pub const FULL_HINT: &str = "free some space (`gc` drops what no image needs), or use a store on \
                             another disk with `--store`; what was built stays built";

impl IoError {
    /// A hint for the kinds that users meet.
    fn hint(&self) -> Option<&'static str> {
        match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(FULL_HINT),
            io::ErrorKind::ReadOnlyFilesystem => {
                Some("use a store on a writable file system, with `--store` or `DISTILL_STORE`")
            }
            io::ErrorKind::PermissionDenied => {
                Some("use a store that you may write to, with `--store` or `DISTILL_STORE`")
            }
            _ => None,
        }
    }
}

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {} `{}`", self.verb, self.path)?;
        match self.hint() {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for IoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Adds what was tried to an I/O error.
pub trait At<T> {
    /// Names the verb and the path.
    fn at(self, verb: &'static str, path: impl AsRef<Utf8Path>) -> Result<T, IoError>;
}

impl<T, E: Into<io::Error>> At<T> for Result<T, E> {
    fn at(self, verb: &'static str, path: impl AsRef<Utf8Path>) -> Result<T, IoError> {
        self.map_err(|e| IoError {
            verb,
            path: path.as_ref().to_owned(),
            source: e.into(),
        })
    }
}

/// Writes `bytes` to `temp` and renames it to `path`, replacing what is there.
pub fn write_new(temp: &Utf8Path, bytes: &[u8], path: &Utf8Path) -> Result<(), IoError> {
    std::fs::write(temp, bytes).at("write", temp)?;
    std::fs::rename(temp, path).at("rename to", path)
}

/// Reads a file that may not be there.
pub fn read_if_there(path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e).at("read", path),
    }
}

/// Removes a file that may not be there.
pub fn remove_if_there(path: &Utf8Path) -> Result<(), IoError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e).at("remove", path),
        _ => Ok(()),
    }
}
