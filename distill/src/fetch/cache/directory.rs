//! A cache in a directory, also the form in which sources travel to a machine without a network.
//!
//! ```text
//! distill-cache             the format: "2\n"
//! blobs/sha256/<hex>        bytes, by digest
//! blobs/blake2b/<base64>
//! outputs/<plan hash>       what a plan made, as text
//! trees/<hash>.manifest     a tree's manifest
//! trees/<hash>.tar.zst      its files
//! tmp/                      what is being written
//! ```
//! Files are written in `tmp/`, each under a name that no other process uses, and renamed, so several
//! processes may write to one cache, also from containers and other machines, and a server that serves the directory is a cache for others ([`Key::path`]).

use std::fs::{self, File};
use std::io::{self, Read, Write};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Cache, CacheError, Found, Key};
use crate::plan::Digest;
use crate::unique;

const MARKER: &str = "distill-cache";
const VERSION: &str = "2\n";

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

    /// Puts bytes under a key. Blobs are held against their hash; whoever puts
    /// something else vouches for it. What is there already is left alone, unless it is empty,
    /// as a power cut leaves files.
    pub fn put(&self, key: &Key, bytes: &mut dyn Read) -> Result<(), CacheError> {
        let path = self.root.join(key.path());
        if path.metadata().is_ok_and(|there| there.len() > 0) {
            return Ok(());
        }
        let (temporary, file) = self.temporary()?;
        let put = write(key, bytes, file, &temporary).and_then(|()| {
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

    /// A new file that no other process has open: what two of them wrote to one file would be filed
    /// under the keys of both.
    fn temporary(&self) -> Result<(Utf8PathBuf, File), CacheError> {
        let dir = self.root.join("tmp");
        fs::create_dir_all(&dir).map_err(io_error(&dir))?;
        unique::create_file(&dir, "").map_err(io_error(&dir))
    }
}

/// The digest that the bytes under `key` have to have, if the key tells.
fn expected(key: &Key) -> Option<Digest> {
    match key {
        Key::Blob(digest) => Some(*digest),
        Key::Manifest(_) | Key::Output(_) | Key::Archive(_) => None,
    }
}

/// Writes `bytes` to a new file, and refuses them if they do not belong to `key`.
fn write(key: &Key, bytes: &mut dyn Read, mut file: File, to: &Utf8Path) -> Result<(), CacheError> {
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
        let key = Key::Blob(Hash::of("right").into());
        let error = cache.put(&key, &mut &b"wrong"[..]).unwrap_err();
        assert!(matches!(error, CacheError::Mismatch { .. }), "{error}");
        assert!(cache.find(&key).unwrap().is_none());
        assert_eq!(fs::read_dir(cache.root().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn refuses_other_formats() {
        let (_dir, cache) = new_cache();
        fs::write(cache.root().join(MARKER), "9\n").unwrap();
        let error = DirectoryCache::create(cache.root()).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("as a cache: it has the version `9`, this program knows `2`")
        );
        fs::rename(cache.root().join(MARKER), cache.root().join("other")).unwrap();
        let error = DirectoryCache::create(cache.root()).unwrap_err();
        assert!(error.to_string().contains("no file `distill-cache`"));
    }

    #[test]
    fn what_a_power_cut_emptied_is_put_again() {
        let (_dir, cache) = new_cache();
        let key = Key::Manifest(Hash::of("manifest"));
        cache.put(&key, &mut &b"manifest"[..]).unwrap();
        let path = cache.root().join(key.path());
        fs::write(&path, "").unwrap();
        cache.put(&key, &mut &b"manifest"[..]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"manifest");
    }

    /// Bytes of which a part comes, then somebody else's work is done, then the rest comes.
    struct Interrupted<'a>(Vec<&'static [u8]>, &'a dyn Fn());

    impl Read for Interrupted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some(part) = self.0.pop() else {
                return Ok(0);
            };
            buffer[..part.len()].copy_from_slice(part);
            if self.0.len() == 1 {
                self.1();
            }
            Ok(part.len())
        }
    }

    /// The names must not be those that a process of the same number in another container has: so
    /// the number, and what a process can count, must have no part in them.
    #[test]
    fn what_processes_of_one_number_put_at_once_is_not_mixed() {
        let (_dir, cache) = new_cache();
        let (one, two) = (Hash::of("one"), Hash::of("two"));
        let names = |cache: &DirectoryCache| -> Vec<_> {
            let entries = fs::read_dir(cache.root().join("tmp")).unwrap();
            entries.map(|entry| entry.unwrap().file_name()).collect()
        };
        let meanwhile = || {
            let name = names(&cache)[0].to_string_lossy().into_owned();
            assert!(!name.contains(&std::process::id().to_string()) || name.len() == 32);
            assert_eq!(name.len(), 32, "a random name: {name}");
            cache
                .put(&Key::Output(crate::plan::PlanHash(two)), &mut &b"two"[..])
                .unwrap();
        };
        let mut bytes = Interrupted(vec![b"e", b"on"], &meanwhile);
        let key = Key::Output(crate::plan::PlanHash(one));
        cache.put(&key, &mut bytes).unwrap();
        assert_eq!(fs::read(cache.root().join(key.path())).unwrap(), b"one");
        assert_eq!(names(&cache).len(), 0);
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
