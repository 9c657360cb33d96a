//! What the disk holds for certain, what it may hold, and one of the states that this allows.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::rc::Rc;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

use crate::store::durable::{Waited, watch};
use crate::store::synced;

/// How often `work` waits for the disk.
pub(super) fn count_waits(work: impl FnOnce()) -> usize {
    let count = Rc::new(RefCell::new(0));
    let counter = Rc::clone(&count);
    watched(
        move |waited| *counter.borrow_mut() += usize::from(!matches!(waited, Waited::Beginning)),
        work,
    );
    count.take()
}

/// Does `work`, and tells of each wait of this thread.
fn watched(watcher: impl FnMut(Waited<'_>) + 'static, work: impl FnOnce()) {
    watch::WATCHER.set(Some(Box::new(watcher)));
    work();
    watch::WATCHER.set(None);
}

/// Tells inodes apart: the number, and when it was given out, since numbers are given out again.
type Number = (u64, Option<SystemTime>);

/// What is in a directory: names, and the inodes behind them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Image {
    names: BTreeMap<Utf8PathBuf, Number>,
    inodes: BTreeMap<Number, Inode>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inode {
    /// The bytes; none of a directory.
    bytes: Option<Vec<u8>>,
    mode: u32,
    is_timeless: bool,
    /// How the list of what lasts names it.
    identity: String,
}

impl Image {
    fn take(root: &Utf8Path) -> Image {
        let (mut image, mut open) = (Image::default(), vec![Utf8PathBuf::new()]);
        while let Some(directory) = open.pop() {
            for entry in root.join(&directory).read_dir_utf8().unwrap() {
                let entry = entry.unwrap();
                let path = directory.join(entry.file_name());
                let meta = entry.path().symlink_metadata().unwrap();
                if meta.is_dir() {
                    open.push(path.clone());
                }
                let inode = Inode {
                    bytes: meta.is_file().then(|| std::fs::read(entry.path()).unwrap()),
                    mode: meta.mode() & 0o7777,
                    is_timeless: (meta.mtime(), meta.mtime_nsec()) == (0, 0),
                    identity: synced::identity(entry.path()).unwrap(),
                };
                let number = (meta.ino(), meta.created().ok());
                image.names.insert(path, number);
                image.inodes.insert(number, inode);
            }
        }
        image
    }
}

/// A moment: what there is, and what of it a power cut leaves for certain.
#[derive(Clone, Default)]
pub(super) struct Moment {
    now: Image,
    names: BTreeMap<Utf8PathBuf, Number>,
    inodes: BTreeMap<Number, Inode>,
}

/// Watches a directory through a run.
pub(super) struct Recorder {
    root: Utf8PathBuf,
    /// What there was when the wait for everything began.
    begun: Image,
    last: Moment,
    moments: Vec<Moment>,
}

impl Recorder {
    /// What can be while `work` is done, which may also ask for a look at any time.
    /// Looking answers with the number of the moments so far.
    pub(super) fn watch(root: &Utf8Path, work: impl FnOnce(&dyn Fn() -> usize)) -> Vec<Moment> {
        let now = Image::take(root);
        let recorder = Recorder {
            root: root.to_owned(),
            begun: now.clone(),
            last: Moment {
                names: now.names.clone(),
                inodes: now.inodes.clone(),
                now,
            },
            moments: Vec::new(),
        };
        let recorder = Rc::new(RefCell::new(recorder));
        let (seen, looked) = (Rc::clone(&recorder), Rc::clone(&recorder));
        let look = move || {
            let mut recorder = looked.borrow_mut();
            recorder.look();
            recorder.moments.len()
        };
        watched(
            move |waited| seen.borrow_mut().waited(&waited),
            || work(&look),
        );
        drop(look);
        recorder.borrow_mut().look();
        std::mem::take(&mut recorder.borrow_mut().moments)
    }

    fn look(&mut self) {
        self.last.now = Image::take(&self.root);
        self.moments.push(self.last.clone());
    }

    fn waited(&mut self, waited: &Waited<'_>) {
        // The moment before the end of the wait, and the one after it.
        self.look();
        let below = |path: &Utf8Path| path.strip_prefix(&self.root).unwrap().to_owned();
        let (now, certain) = (
            &self.last.now,
            (&mut self.last.names, &mut self.last.inodes),
        );
        match waited {
            Waited::Beginning => self.begun = now.clone(),
            Waited::Everything => {
                // What came during the wait may have come too late for it.
                *certain.0 = self.begun.names.clone();
                *certain.1 = self.begun.inodes.clone();
            }
            Waited::File(path) => {
                let inode = now.names[&below(path)];
                certain.1.insert(inode, now.inodes[&inode].clone());
            }
            Waited::Names(path) => {
                let directory = below(path);
                let inside = |path: &Utf8PathBuf| path.parent() == Some(&*directory);
                certain.0.retain(|path, _| !inside(path));
                let names = now.names.iter().filter(|(path, _)| inside(path));
                certain
                    .0
                    .extend(names.map(|(path, inode)| (path.clone(), *inode)));
            }
        }
        self.look();
    }
}

/// Numbers without a system, the same in each run of a test.
pub(super) struct Dice(u64);

impl Dice {
    /// Other numbers for each seed.
    pub(super) fn new(seed: u64) -> Dice {
        // Neighbours would begin alike; and zero would stay zero.
        Dice((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Less than `sides`.
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        // xorshift64 (Marsaglia, 2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

impl Moment {
    /// Writes one of the states that a power cut at this moment may leave to `root`.
    pub(super) fn write(&self, root: &Utf8Path, dice: &mut Dice) {
        let paths: BTreeSet<&Utf8PathBuf> =
            self.now.names.keys().chain(self.names.keys()).collect();
        let (mut identities, mut modes) = (BTreeMap::new(), Vec::new());
        std::fs::create_dir_all(root).unwrap();
        for path in paths {
            let (old, new) = (self.names.get(path), self.now.names.get(path));
            let kept = match dice.roll(2) {
                _ if old == new => new,
                0 => old,
                _ => new,
            };
            let to = root.join(path);
            let Some(inode) = kept else { continue };
            if !to.parent().unwrap().is_dir() {
                continue;
            }
            let certain = self.inodes.get(inode);
            let Some(kept) = self.now.inodes.get(inode).or(certain) else {
                continue;
            };
            match &kept.bytes {
                None => std::fs::create_dir(&to).unwrap(),
                Some(bytes) => {
                    let old = certain.and_then(|inode| inode.bytes.as_deref());
                    std::fs::write(&to, torn(bytes, old, dice)).unwrap();
                }
            }
            modes.push((to.clone(), kept.mode, kept.is_timeless));
            identities.insert(kept.identity.clone(), to);
        }
        // What is inside first: directories change with what is put into them.
        for (path, mode, is_timeless) in modes.into_iter().rev() {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            if is_timeless {
                let file = std::fs::File::open(&path).unwrap();
                file.set_modified(std::time::UNIX_EPOCH).unwrap();
            }
        }
        translate(root, &identities);
    }
}

/// The bytes of a file after a power cut: `old` and what was appended to it later, or some of it.
fn torn(bytes: &[u8], old: Option<&[u8]>, dice: &mut Dice) -> Vec<u8> {
    let safe = old
        .filter(|old| bytes.starts_with(old))
        .map_or(0, <[u8]>::len);
    let rest = (bytes.len() - safe) as u64;
    if rest == 0 {
        return bytes.to_vec();
    }
    let some = safe + usize::try_from(dice.roll(rest + 1)).unwrap();
    let mut torn = bytes.to_vec();
    match dice.roll(4) {
        0 => torn.truncate(safe),
        1 => torn.truncate(some),
        2 => torn[some..].fill(0),
        _ => {}
    }
    torn
}

/// Names inodes on the list as they are called now: a disk keeps them, a copy does not.
fn translate(root: &Utf8Path, identities: &BTreeMap<String, Utf8PathBuf>) {
    let path = synced::path(root);
    let Ok(bytes) = std::fs::read(&path) else {
        return;
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let word = |word: &str| match identities.get(word) {
        Some(path) => synced::identity(path).unwrap(),
        None => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    std::fs::write(
        path,
        text.split('\n').map(line).collect::<Vec<_>>().join("\n"),
    )
    .unwrap();
}

#[test]
fn states_differ_and_keep_what_is_certain() {
    let directory = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(directory.path()).unwrap();
    let from = root.join("from");
    std::fs::create_dir(&from).unwrap();
    std::fs::write(from.join("old"), "certain").unwrap();
    let moments = Recorder::watch(&from, |_| {
        std::fs::write(from.join("new"), "perhaps").unwrap();
    });
    let mut seen = BTreeSet::new();
    for seed in 0..1000 {
        let to = root.join(seed.to_string());
        moments[0].write(&to, &mut Dice::new(seed));
        assert_eq!(std::fs::read(to.join("old")).unwrap(), b"certain");
        seen.insert(std::fs::read(to.join("new")).ok());
    }
    for state in [None, Some(&b""[..]), Some(b"perhaps"), Some(b"per\0\0\0\0")] {
        assert!(seen.contains(&state.map(<[u8]>::to_vec)), "{state:?}");
    }
}
