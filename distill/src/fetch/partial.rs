//! The bytes of a download that are here, under the name of their digest, and the hash so far.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};

use camino::{Utf8Path, Utf8PathBuf};

use crate::plan::{Digest, DigestHasher};

/// An unfinished download. It outlives the process, so that the next one can go on.
pub(super) struct Partial {
    path: Utf8PathBuf,
    file: File,
    digest: Digest,
    hasher: DigestHasher,
    len: u64,
}

/// The path below `dir` for what belongs to `digest`, without an extension.
pub(super) fn stem(dir: &Utf8Path, digest: &Digest) -> Utf8PathBuf {
    dir.join(digest.to_string().replace(':', "-"))
}

impl Partial {
    /// Opens what an earlier attempt left, and reads it once to know its hash; or begins.
    pub(super) fn open(dir: &Utf8Path, digest: Digest) -> io::Result<Partial> {
        let path = stem(dir, &digest).with_extension("part");
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let mut partial = Partial {
            file: options.open(&path)?,
            path,
            digest,
            hasher: digest.hasher(),
            len: 0,
        };
        partial.read_what_is_there()?;
        Ok(partial)
    }

    fn read_what_is_there(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let count = self.file.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            self.hasher.update(&buffer[..count]);
            self.len += count as u64;
        }
    }

    /// How many bytes are here.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Where they are.
    pub(super) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Appends `bytes`.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Forgets all bytes.
    pub(super) fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.hasher = self.digest.hasher();
        self.len = 0;
        Ok(())
    }

    /// The digest of the bytes that are here.
    pub(super) fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }

    /// Whether they are the right ones.
    pub(super) fn is_complete(&self) -> bool {
        self.digest() == self.digest
    }

    /// Removes the file.
    pub(super) fn remove(self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
