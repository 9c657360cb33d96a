//! A cache in a directory, also the form in which sources travel to a machine without a network.
//!
//! ```text
//! distill-cache             the format: "1\n"
//! blobs/sha256/<hex>        bytes, by digest
//! blobs/blake2b/<base64>
//! outputs/<plan hash>       what a plan made, as text
//! trees/<hash>.manifest     a tree's manifest
//! trees/<hash>.tar.zst      its files
//! tmp/                      what is being written
//! ```
//! Files are written beside their place and renamed, so several processes may write to one cache,
//! and a server that serves the directory is a cache for others ([`Key::path`]).

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Cache, CacheError, Found, Key};
use crate::plan::Digest;

const MARKER: &str = "distill-cache";
const VERSION: &str = "1\n";

/// Tells apart what the threads of this process write at once.
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// A cache in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryCache {
    root: Utf8PathBuf,
}

fn io_error(path: &Utf8Path) -> impl FnOnce(io::Error) -> CacheError {
    let path = path.to_owned();
    |source| CacheError::Io { path, source }
}

impl DirectoryCache {
    /// Opens a cache that is there.
    pub fn open(root: impl Into<Utf8PathBuf>) -> Result<DirectoryCache, CacheError> {
        let root = root.into();
        let marker = root.join(MARKER);
        let format = |why| CacheError::Format {
            path: root.clone(),
            why,
        };
        match fs::read_to_string(&marker) {
            Ok(version) if version == VERSION => Ok(DirectoryCache { root }),
            Ok(version) => Err(format(format!(
                "it has the version `{}`, this program knows `{}`",
                version.trim(),
                VERSION.trim()
            ))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(format(format!("there is no file `{MARKER}` in it")))
            }
            Err(error) => Err(io_error(&marker)(error)),
        }
    }

    /// Opens a cache, or makes an empty one where nothing is, or an empty directory.
    pub fn create(root: impl Into<Utf8PathBuf>) -> Result<DirectoryCache, CacheError> {
        let root = root.into();
        fs::create_dir_all(&root).map_err(io_error(&root))?;
        let mut entries = fs::read_dir(&root).map_err(io_error(&root))?;
        if entries.next().is_none() {
            let marker = root.join(MARKER);
            fs::write(&marker, VERSION).map_err(io_error(&marker))?;
        }
        DirectoryCache::open(root)
    }

    /// Where it is.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Puts bytes under a key. Blobs and manifests are held against their hash; whoever puts an
    /// output or an archive vouches for it. What is there already is left alone.
    pub fn put(&self, key: &Key, bytes: &mut dyn Read) -> Result<(), CacheError> {
        let path = self.root.join(key.path());
        if path.exists() {
            return Ok(());
        }
        let temporary = self.temporary()?;
        let put = write(key, bytes, &temporary).and_then(|()| {
            let parent = path.parent().unwrap_or(&self.root);
            fs::create_dir_all(parent).map_err(io_error(parent))?;
            fs::rename(&temporary, &path).map_err(io_error(&path))
        });
        if put.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        put
    }

    /// The digests of all blobs, sorted.
    pub fn blobs(&self) -> Result<Vec<Digest>, CacheError> {
        let mut digests = Vec::new();
        for kind in ["blake2b", "sha256"] {
            let dir = self.root.join("blobs").join(kind);
            let entries = match fs::read_dir(&dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(io_error(&dir))?,
            };
            for entry in entries {
                let name = entry.map_err(io_error(&dir))?.file_name();
                // Other files may lie there, such as an editor's or a file manager's.
                digests.extend(format!("{kind}:{}", name.to_string_lossy()).parse::<Digest>());
            }
        }
        digests.sort();
        Ok(digests)
    }

    fn temporary(&self) -> Result<Utf8PathBuf, CacheError> {
        let dir = self.root.join("tmp");
        fs::create_dir_all(&dir).map_err(io_error(&dir))?;
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        Ok(dir.join(format!("{}-{serial}", process::id())))
    }
}

/// The digest that the bytes under `key` have to have, if the key tells.
fn expected(key: &Key) -> Option<Digest> {
    match key {
        Key::Blob(digest) => Some(*digest),
        Key::Manifest(hash) => Some(Digest::from(*hash)),
        Key::Output(_) | Key::Archive(_) => None,
    }
}

/// Writes `bytes` to a new file, and refuses them if they do not belong to `key`.
fn write(key: &Key, bytes: &mut dyn Read, to: &Utf8Path) -> Result<(), CacheError> {
    let mut file = File::create(to).map_err(io_error(to))?;
    let expected = expected(key);
    match copy(bytes, &mut file, expected).map_err(io_error(to))? {
        Some(got) if expected != Some(got) => Err(CacheError::Mismatch { key: *key, got }),
        _ => Ok(()),
    }
}

/// Copies all bytes, and computes their digest of the same kind as `like`.
fn copy(from: &mut dyn Read, to: &mut File, like: Option<Digest>) -> io::Result<Option<Digest>> {
    let mut hasher = like.map(|digest| digest.hasher());
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(hasher.map(crate::plan::DigestHasher::finish));
        }
        to.write_all(&buffer[..count])?;
        if let Some(hasher) = &mut hasher {
            hasher.update(&buffer[..count]);
        }
    }
}

impl Cache for DirectoryCache {
    fn name(&self) -> String {
        self.root.to_string()
    }

    fn find(&self, key: &Key) -> Result<Option<Found>, CacheError> {
        let path = self.root.join(key.path());
        match path.try_exists() {
            Ok(true) => Ok(Some(Found::File(path))),
            Ok(false) => Ok(None),
            Err(error) => Err(io_error(&path)(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Hash;

    fn new_cache() -> (tempfile::TempDir, DirectoryCache) {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(dir.path().join("cache")).unwrap();
        (dir, DirectoryCache::create(root).unwrap())
    }

    #[test]
    fn refuses_other_bytes() {
        let (_dir, cache) = new_cache();
        for key in [
            Key::Blob(Hash::of("right").into()),
            Key::Manifest(Hash::of("right")),
        ] {
            let error = cache.put(&key, &mut &b"wrong"[..]).unwrap_err();
            assert!(matches!(error, CacheError::Mismatch { .. }), "{error}");
            assert!(cache.find(&key).unwrap().is_none());
        }
        assert_eq!(fs::read_dir(cache.root().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn refuses_other_formats() {
        let (_dir, cache) = new_cache();
        fs::write(cache.root().join(MARKER), "2\n").unwrap();
        let error = DirectoryCache::create(cache.root()).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("as a cache: it has the version `2`, this program knows `1`")
        );
        fs::rename(cache.root().join(MARKER), cache.root().join("other")).unwrap();
        let error = DirectoryCache::create(cache.root()).unwrap_err();
        assert!(error.to_string().contains("no file `distill-cache`"));
    }

    #[test]
    fn lists_its_blobs() {
        let (_dir, cache) = new_cache();
        assert_eq!(cache.blobs().unwrap(), []);
        let mut digests = Vec::new();
        for text in ["a", "b", "c"] {
            let digest = Digest::from(Hash::of(text));
            cache.put(&Key::Blob(digest), &mut text.as_bytes()).unwrap();
            digests.push(digest);
        }
        fs::write(cache.root().join("blobs/blake2b/.hidden"), "").unwrap();
        digests.sort();
        assert_eq!(cache.blobs().unwrap(), digests);
    }
}
