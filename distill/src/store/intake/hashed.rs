//! What was hashed, as types that only hashing can make: the store names nothing else.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::sync::atomic::AtomicBool;

use camino::{Utf8Path, Utf8PathBuf};

use super::attribute;
use super::contents::{self, PIECE};
use super::descend::{Locked, open_file, open_file_at, open_top};
use super::error::{IntakeError, io_error};
use crate::plan::{Digest, DigestHasher, RelPath, Tree};

/// A directory together with the manifest that was computed from the bytes in it.
///
/// Only what fills or reads a directory makes it. Nobody may change the directory afterwards.
#[derive(Debug)]
pub struct HashedTree {
    path: Utf8PathBuf,
    manifest: Tree,
}

impl HashedTree {
    pub(super) fn new(path: &Utf8Path, manifest: Tree) -> HashedTree {
        let path = path.to_owned();
        HashedTree { path, manifest }
    }

    /// The directory.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// What it holds.
    pub fn manifest(&self) -> &Tree {
        &self.manifest
    }

    /// What it holds, for whoever does not need the directory.
    pub fn into_manifest(self) -> Tree {
        self.manifest
    }
}

/// A file together with the digest that was computed from its bytes.
///
/// It stays open, so that who moves it can tell whether it is still this one.
#[derive(Debug)]
pub struct HashedFile {
    path: Utf8PathBuf,
    file: File,
    digest: Digest,
}

impl HashedFile {
    /// Hashes the file at `path`, which is no link and has no second name. It loses what no file of the
    /// store has, such as extended attributes. The kind of the digest is that of `hasher`.
    pub fn hash(
        path: Utf8PathBuf,
        hasher: DigestHasher,
        stop: &AtomicBool,
    ) -> Result<HashedFile, IntakeError> {
        let file = open_file_at(&path).map_err(io_error("open", &path))?;
        let meta = file.metadata().map_err(io_error("examine", &path))?;
        if meta.nlink() != 1 {
            return Err(IntakeError::Shared { path });
        }
        attribute::strip(&file).map_err(io_error("drop the attributes of", &path))?;
        let (mut hasher, mut buffer) = (hasher, vec![0; PIECE]);
        contents::hash(&file, meta.len(), &mut hasher, &mut buffer, stop)
            .map_err(|fault| fault.at(path.clone(), path.clone()))?;
        let digest = hasher.finish();
        Ok(HashedFile { path, file, digest })
    }

    /// Copies an open file to `to`, where nothing lies yet, and hashes what comes there: a file of its
    /// own, mode 0644, whatever the other one is. `from` is its name in messages.
    pub fn copy(
        (file, from): (&File, &Utf8Path),
        to: Utf8PathBuf,
        hasher: DigestHasher,
        stop: &AtomicBool,
    ) -> Result<HashedFile, IntakeError> {
        let size = file.metadata().map_err(io_error("examine", from))?.len();
        let copy = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&to);
        let copy = copy.map_err(io_error("create", &to))?;
        // Its directory may have left it an access control list.
        attribute::strip(&copy).map_err(io_error("drop the attributes of", &to))?;
        let (mut hasher, mut buffer) = (hasher, vec![0; PIECE]);
        contents::copy((file, &copy), size, &mut hasher, &mut buffer, stop)
            .map_err(|fault| fault.at(from.to_owned(), to.clone()))?;
        let (path, file, digest) = (to, copy, hasher.finish());
        Ok(HashedFile { path, file, digest })
    }

    /// Where it lies.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// What its bytes are.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Gives it the mode of a blob.
    pub(crate) fn settle(&self) -> Result<(), IntakeError> {
        let permissions = std::fs::Permissions::from_mode(0o644);
        self.file
            .set_permissions(permissions)
            .map_err(io_error("change the mode of", &self.path))
    }

    /// Whether what lies at `path` is this file.
    pub(crate) fn is_at(&self, path: &Utf8Path) -> bool {
        let identity = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
        match (self.file.metadata(), path.symlink_metadata()) {
            (Ok(ours), Ok(there)) => identity(ours) == identity(there),
            _ => false,
        }
    }
}

/// Opens the file `path` below the directory that a build has filled, whatever the modes are; nothing if
/// there is none, if it is no regular file, or if a link leads there. The build must have ended.
pub fn open_output(dir: &Utf8Path, path: &RelPath) -> Result<Option<File>, IntakeError> {
    use nix::errno::Errno;
    let top = open_top(dir, Locked::Unlock).map_err(io_error("open", dir))?;
    match open_file(top.as_fd(), path, Locked::Unlock) {
        Ok(file) => Ok(Some(file)),
        Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::EISDIR | Errno::ENXIO) => {
            Ok(None)
        }
        Err(error) => Err(io_error("open", path.under(dir))(error)),
    }
}
