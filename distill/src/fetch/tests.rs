//! Behaviour of the whole layer, against a server that misbehaves on purpose.

mod caches;
mod errors;
mod network;
mod origins;
mod resume;
mod secrets;
mod server;
mod sharing;
mod tls;

use std::fs;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use self::server::{Reply, Request, Server};
use super::*;
use crate::plan::{Digest, Hash, Origin, Source};

/// A directory with a store and partial downloads, a fetcher, and what it said.
struct Scene {
    dir: tempfile::TempDir,
    fetcher: Fetcher,
    told: Told,
    cancel: AtomicBool,
}

impl Scene {
    fn new() -> Scene {
        Scene::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Settings)) -> Scene {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        fs::create_dir(root.join("store")).unwrap();
        let mut settings = Settings::new(root.join("partial"));
        settings.retry.first_wait = Duration::from_millis(20);
        settings.retry.longest_wait = Duration::from_secs(2);
        settings.stall_timeout = Duration::from_millis(700);
        change(&mut settings);
        Scene {
            dir,
            fetcher: Fetcher::new(settings),
            told: Told::default(),
            cancel: AtomicBool::new(false),
        }
    }

    /// As the next process would see it.
    fn again(self) -> Scene {
        let fetcher = Fetcher::new(self.fetcher.settings().clone());
        Scene {
            fetcher,
            told: Told::default(),
            cancel: AtomicBool::new(false),
            ..self
        }
    }

    fn root(&self) -> &Utf8Path {
        Utf8Path::from_path(self.dir.path()).unwrap()
    }

    fn store(&self) -> Directory {
        Directory(self.root().join("store"))
    }

    fn fetch(&self, source: &Source) -> Result<Arrival, FetchError> {
        self.fetcher
            .fetch(source, &self.store(), &self.cancel, &self.told)
    }

    /// Fetches, and holds what arrived against `bytes`.
    fn fetch_right(&self, source: &Source, bytes: &[u8]) {
        self.fetch(source).unwrap();
        let path = self.store().path(&source.digest);
        assert!(fs::read(path).unwrap() == bytes, "other bytes were kept");
        assert_eq!(self.left_over(), Vec::<String>::new());
    }

    /// What lies among the partial downloads.
    fn left_over(&self) -> Vec<String> {
        let entries = self.root().join("partial").read_dir_utf8().unwrap();
        let name = |entry: io::Result<camino::Utf8DirEntry>| entry.unwrap().file_name().to_owned();
        entries.map(name).collect()
    }

    /// Where the unfinished download of `digest` lies.
    fn partial(&self, digest: &Digest) -> Utf8PathBuf {
        let name = digest.to_string().replace(':', "-");
        self.root().join("partial").join(name + ".part")
    }

    /// Puts bytes there, as an earlier run would have left them.
    fn leave_partial(&self, digest: &Digest, bytes: &[u8]) {
        fs::create_dir_all(self.root().join("partial")).unwrap();
        fs::write(self.partial(digest), bytes).unwrap();
    }
}

/// A store of the simplest kind.
struct Directory(Utf8PathBuf);

impl Directory {
    fn path(&self, digest: &Digest) -> Utf8PathBuf {
        self.0.join(digest.to_string())
    }
}

impl Destination for Directory {
    fn has(&self, digest: &Digest) -> bool {
        self.path(digest).exists()
    }

    fn keep(&self, digest: &Digest, verified: &Utf8Path) -> io::Result<()> {
        fs::rename(verified, self.path(digest))
    }
}

/// Everything that was told, a line each, without the progress of bytes.
#[derive(Debug, Default)]
struct Told {
    lines: Mutex<Vec<String>>,
    most_bytes: Mutex<u64>,
}

impl Told {
    fn push(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    fn count(&self, start: &str) -> usize {
        let lines = self.lines();
        lines.iter().filter(|line| line.starts_with(start)).count()
    }
}

impl Progress for Told {
    fn waiting(&self, on: Waiting) {
        self.push(format!("waiting {on:?}"));
    }

    fn started(&self, place: &Shown) {
        self.push(format!("started {place}"));
    }

    fn bytes(&self, done: u64, total: Option<u64>) {
        assert!(total.is_none_or(|total| done <= total));
        let mut most = self.most_bytes.lock().unwrap();
        *most = done.max(*most);
    }

    fn retry(&self, place: &Shown, reason: &Reason, wait: Duration) {
        assert!(wait <= Duration::from_secs(2));
        self.push(format!("retry {place}: {reason}"));
    }

    fn gave_up(&self, attempt: &Attempt) {
        self.push(format!("gave up {attempt}"));
    }

    fn finished(&self, bytes: u64) {
        self.push(format!("finished {bytes}"));
    }
}

/// Bytes that differ from place to place, so that a wrong offset shows.
fn sample(len: usize) -> Vec<u8> {
    let word = |number: usize| number.wrapping_mul(0x9E37_79B9).to_le_bytes();
    (0..len.div_ceil(8)).flat_map(word).take(len).collect()
}

fn source(bytes: &[u8], urls: &[String]) -> Source {
    Source {
        digest: Hash::of(bytes).into(),
        file_name: "sample.bin".to_owned(),
        origins: urls.iter().cloned().map(Origin::Url).collect(),
    }
}

/// A server that has one file and behaves well.
fn good_server(bytes: &[u8]) -> Server {
    let bytes = bytes.to_vec();
    Server::new(move |request: &Request| Reply::ranged(&bytes, request))
}
