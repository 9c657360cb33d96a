use super::*;
use crate::objects::conformance;
use crate::plan::Hash;

fn new_cache() -> (tempfile::TempDir, DirectoryCache) {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(dir.path().join("cache")).unwrap();
    (dir, DirectoryCache::create(root).unwrap())
}

fn content(text: &str) -> Content {
    Content::from(Digest::from(Hash::of(text)))
}

fn put(cache: &DirectoryCache, text: &str) {
    let outgoing = Outgoing::bytes(content(text), text.as_bytes());
    cache.write(vec![outgoing]).unwrap();
}

fn names(cache: &DirectoryCache) -> Vec<std::ffi::OsString> {
    let entries = fs::read_dir(cache.root().join("tmp")).unwrap();
    entries.map(|entry| entry.unwrap().file_name()).collect()
}

#[test]
fn it_is_what_a_backend_has_to_be() {
    let dir = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    let make = || {
        count.set(count.get() + 1);
        let root = dir.path().join(count.get().to_string());
        DirectoryCache::create(Utf8PathBuf::from_path_buf(root).unwrap()).unwrap()
    };
    conformance::contents(make);
    conformance::records(make);
}

#[test]
fn what_was_refused_leaves_nothing_behind() {
    let (_dir, cache) = new_cache();
    let wrong = Outgoing::bytes(content("right"), b"wrong");
    let error = cache.write(vec![wrong]).unwrap_err();
    assert!(matches!(error, BackendError::Mismatch { .. }), "{error}");
    assert_eq!(names(&cache).len(), 0);
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
    put(&cache, "bytes");
    let path = cache.place(&Key::Blob(content("bytes").digest));
    fs::write(&path, "").unwrap();
    put(&cache, "bytes");
    assert_eq!(fs::read(&path).unwrap(), b"bytes");
}

/// Bytes of which a part comes, then somebody else's work is done, then the rest comes.
struct Interrupted<'a>(Vec<&'static [u8]>, &'a (dyn Fn() + Sync));

impl io::Read for Interrupted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(part) = self.0.pop() else {
            return Ok(0);
        };
        buffer[..part.len()].copy_from_slice(part);
        if self.0.len() == 1 {
            (self.1)();
        }
        Ok(part.len())
    }
}

/// The names must not be those that a process of the same number in another container has: so the
/// number, and what a process can count, must have no part in them.
#[test]
fn what_processes_of_one_number_put_at_once_is_not_mixed() {
    let (_dir, cache) = new_cache();
    let meanwhile = || {
        let name = names(&cache)[0].to_string_lossy().into_owned();
        assert!(!name.contains(&std::process::id().to_string()) || name.len() == 32);
        assert_eq!(name.len(), 32, "a random name: {name}");
        put(&cache, "two");
    };
    let bytes = || Ok(Interrupted(vec![b"e", b"on"], &meanwhile));
    cache
        .write(vec![Outgoing::new(content("one"), bytes)])
        .unwrap();
    let path = cache.place(&Key::Blob(content("one").digest));
    assert_eq!(fs::read(path).unwrap(), b"one");
    assert_eq!(names(&cache).len(), 0);
}

#[test]
fn lists_its_blobs() {
    let (_dir, cache) = new_cache();
    assert_eq!(cache.blobs().unwrap(), []);
    let texts = ["a", "b", "c"];
    texts.iter().for_each(|text| put(&cache, text));
    fs::write(cache.root().join("blobs/blake2b/.hidden"), "").unwrap();
    let mut digests = texts.map(|text| content(text).digest);
    digests.sort();
    assert_eq!(cache.blobs().unwrap(), digests);
}
