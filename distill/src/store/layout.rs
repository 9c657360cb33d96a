//! The directory of a store: what it has to hold, and how it is made.

use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;

use camino::Utf8Path;

use super::error::StoreError;
use super::format::{KIND, VERSION};
use super::io::{At as _, IoError};
use super::{durable, journal, pristine};
use crate::unique;

/// The directories of a store, the last of which not all programs of this version know.
const DIRECTORIES: [&str; 12] = [
    "blobs", "trees", "nodes", "plans", "records", "roots", "logs", "locks", "tmp", "unsynced",
    "makers", "answers",
];

/// A directory that only stores of the first version have.
const FIRST: &str = "outputs";

/// Where `version` is written before it has its name.
const NEW: &str = "version.new";

/// The mode of directories in which something is written that is not whole, and of the store.
const PRIVATE: u32 = 0o700;

/// What a directory is.
enum State {
    /// A store of the version that this program knows.
    Ours,
    /// Nothing has a version here.
    None,
    /// The file with the version holds nothing.
    Blank,
}

/// Checks the version of what is there, or makes a new store.
pub(super) fn prepare(root: &Utf8Path) -> Result<(), StoreError> {
    create(root)?;
    if !matches!(look(root)?, State::Ours) {
        // Of several programs that begin at the same time one makes it, and the others find it made.
        let lock = std::fs::File::open(root).at("open", root)?;
        lock.lock().at("lock", root)?;
        match look(root)? {
            State::Ours => {}
            State::None => make(root)?,
            State::Blank => repair(root)?,
        }
    }
    // A version of this program may have added one.
    make_directories(root)?;
    // What is in flight is its owner's alone, whatever somebody changed.
    let tmp = root.join("tmp");
    let mode = tmp.metadata().at("examine", &tmp)?.permissions().mode() & 0o7777;
    match mode {
        PRIVATE => Ok(()),
        _ => Ok(set_mode(&tmp, PRIVATE)?),
    }
}

/// Makes the directory of the store, for its owner alone.
fn create(root: &Utf8Path) -> Result<(), IoError> {
    if root.is_dir() {
        return Ok(());
    }
    if let Some(parent) = root.parent() {
        std::fs::create_dir_all(parent).at("create", root)?;
    }
    match pristine::make(root, PRIVATE) {
        Err(e) if e.source.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

fn look(root: &Utf8Path) -> Result<State, StoreError> {
    let version = root.join("version");
    let found = match std::fs::read(&version) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(State::None),
        Err(e) => return Err(e).at("read", &version)?,
    };
    // Some file systems leave zeros where a power cut came before the bytes.
    let text = found.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let (path, found) = match text {
        _ if found == VERSION => return Ok(State::Ours),
        // The first version did not wait for the disk.
        "" if root.join(FIRST).exists() => (root.to_owned(), format!("{KIND}1")),
        "" => return Ok(State::Blank),
        text => (root.to_owned(), text.to_owned()),
    };
    Err(StoreError::Version { path, found })
}

/// Makes a store in a directory that holds nothing else, or what a killed program has begun.
fn make(root: &Utf8Path) -> Result<(), StoreError> {
    let mut entries = root.read_dir_utf8().at("list", root)?;
    let ours = |name: &str| DIRECTORIES.contains(&name) || [NEW, "version"].contains(&name);
    if entries.any(|entry| entry.is_ok_and(|entry| !ours(entry.file_name()))) {
        return Err(StoreError::NotAStore {
            path: root.to_owned(),
        });
    }
    set_mode(root, PRIVATE)?;
    make_directories(root)?;
    Ok(write_version(root)?)
}

/// Gives a store its version again. Since that was on the disk before anything else, something has
/// damaged the file system: so everything is verified.
fn repair(root: &Utf8Path) -> Result<(), StoreError> {
    let is_there = |name: &&str| root.join(name).is_dir();
    if !DIRECTORIES.iter().all(is_there) {
        return make(root);
    }
    // A mark of no boot at all.
    let marks = journal::directory(root);
    let (path, file) = unique::create_file(&marks, "").at("create a file in", &marks)?;
    durable::file(&file, &path)?;
    durable::names(&marks)?;
    let list = super::synced::path(root);
    super::io::remove_if_there(&list)?;
    Ok(write_version(root)?)
}

fn write_version(root: &Utf8Path) -> Result<(), IoError> {
    durable::replace(&root.join(NEW), VERSION.as_bytes(), &root.join("version"))
}

/// Makes the directories that are not there. Nothing is inherited from them, and others may look into
/// those that hold what is whole, if the owner of the store lets them in.
fn make_directories(root: &Utf8Path) -> Result<(), IoError> {
    let mut made = false;
    for name in DIRECTORIES {
        let directory = root.join(name);
        if directory.is_dir() {
            continue;
        }
        let mode = if name == "tmp" { PRIVATE } else { 0o755 };
        match pristine::make(&directory, mode) {
            Err(e) if e.source.kind() == ErrorKind::AlreadyExists => {}
            result => result?,
        }
        made = true;
    }
    if made { durable::names(root) } else { Ok(()) }
}

fn set_mode(path: &Utf8Path, mode: u32) -> Result<(), IoError> {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).at("change the mode of", path)
}
