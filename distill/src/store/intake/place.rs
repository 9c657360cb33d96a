//! Blobs of the store that are read into trees. What is read is held against the blob's name: damage
//! does not get into what is made of it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::atomic::AtomicBool;

use camino::{Utf8Path, Utf8PathBuf};

use super::contents::{self, PIECE, go_on};
use super::descend::open_file_at;
use super::error::{IntakeError, io_error};
use super::hashed::HashedTree;
use super::root::Root;
use crate::plan::{Digest, DigestHasher, Hasher, Mode, Node, RelPath, Tree};

/// Whether the blob at `path` has the digest that its name says. Nothing is changed.
pub fn verify_blob(path: &Utf8Path, digest: Digest, stop: &AtomicBool) -> Result<(), IntakeError> {
    let blob = open_blob(path)?;
    let size = blob.metadata().map_err(io_error("examine", path))?.len();
    let (mut hasher, mut buffer) = (digest.hasher(), vec![0; PIECE]);
    contents::hash(&blob, size, &mut hasher, &mut buffer, stop)
        .map_err(|fault| fault.at(path.to_owned(), path.to_owned()))?;
    compare(path.to_owned(), digest, hasher.finish())
}

/// A blob that is read from its beginning to its end, and hashed on the way.
pub struct Verifying {
    file: File,
    path: Utf8PathBuf,
    hasher: DigestHasher,
    expected: Digest,
}

impl Verifying {
    /// Opens the blob at `path`, whose name says that it has this digest.
    pub fn open(path: &Utf8Path, expected: Digest) -> Result<Verifying, IntakeError> {
        Ok(Verifying {
            file: open_blob(path)?,
            path: path.to_owned(),
            hasher: expected.hasher(),
            expected,
        })
    }

    /// Reads the rest, and compares.
    pub fn finish(mut self, stop: &AtomicBool) -> Result<(), IntakeError> {
        let mut buffer = vec![0; PIECE];
        loop {
            go_on(stop).map_err(|_| IntakeError::Stopped)?;
            match self.read(&mut buffer) {
                Ok(0) => return compare(self.path, self.expected, self.hasher.finish()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io_error("read", self.path)(error)),
            }
        }
    }
}

impl Read for Verifying {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

/// Makes a tree in `dir`, which is made, or is empty, of one file: a copy of the blob at `from`, whose name
/// says that it has this digest.
pub fn place_file(
    dir: &Utf8Path,
    (path, mode): (&RelPath, Mode),
    (from, digest): (&Utf8Path, Digest),
    stop: &AtomicBool,
) -> Result<HashedTree, IntakeError> {
    let root = Root::create(dir)?;
    for above in path.ancestors() {
        root.make_dir(&RelPath::new(above).expect("part of a checked path"))?;
    }
    // The owner may read everything in the store.
    let mode = Mode::new(mode.bits() | 0o400);
    let (blob, file) = (open_blob(from)?, root.create_file(path, mode)?);
    let size = blob.metadata().map_err(io_error("examine", from))?.len();
    let mut both = Both(Hasher::new(), digest.hasher());
    let mut buffer = vec![0; PIECE];
    contents::copy((&blob, &file), size, &mut both, &mut buffer, stop)
        .map_err(|fault| fault.at(from.to_owned(), root.full(path)))?;
    let Both(hash, found) = both;
    compare(from.to_owned(), digest, found.finish())?;
    root.seal_file(path, &file, mode)?;
    let (mut tree, hash) = (Tree::new(), hash.finish());
    let node = Node::File { mode, size, hash };
    tree.insert(path.clone(), node).expect("it is alone");
    root.seal_dirs(&tree)?;
    Ok(HashedTree::new(dir, tree))
}

fn compare(path: Utf8PathBuf, expected: Digest, got: Digest) -> Result<(), IntakeError> {
    if expected == got {
        return Ok(());
    }
    Err(IntakeError::OtherBytes {
        path,
        expected,
        got,
    })
}

fn open_blob(path: &Utf8Path) -> Result<File, IntakeError> {
    open_file_at(path).map_err(io_error("open", path))
}

/// Hashes in two ways: by the tree's, and by the blob's own.
struct Both(Hasher, DigestHasher);

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        self.1.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
