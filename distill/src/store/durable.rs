//! The places at which the store waits for the disk. There are no others, and tests watch these.

use std::fs::File;
use std::os::fd::AsFd as _;

use camino::Utf8Path;

use super::io::{At as _, IoError};

/// The bytes of a file last from now on.
pub(super) fn file(file: &File, path: &Utf8Path) -> Result<(), IoError> {
    file.sync_all().at("sync", path)?;
    told(Waited::File(path));
    Ok(())
}

/// The names in a directory last from now on.
pub(super) fn names(directory: &Utf8Path) -> Result<(), IoError> {
    let open = File::open(directory).at("open", directory)?;
    open.sync_all().at("sync", directory)?;
    told(Waited::Names(directory));
    Ok(())
}

/// Everything on the file system of `root` that was written until now lasts.
pub(super) fn everything(root: &Utf8Path) -> Result<(), IoError> {
    let directory = File::open(root).at("open", root)?;
    told(Waited::Beginning);
    nix::unistd::syncfs(directory.as_fd()).at("sync", root)?;
    told(Waited::Everything);
    Ok(())
}

/// Writes `bytes` to `temp` and renames it to `path`, so that after a power cut the old bytes or the
/// new ones are there, and from the end of this on the new ones.
pub(super) fn replace(temp: &Utf8Path, bytes: &[u8], path: &Utf8Path) -> Result<(), IoError> {
    use std::io::Write as _;
    let mut new = File::create(temp).at("create", temp)?;
    new.write_all(bytes).at("write", temp)?;
    file(&new, temp)?;
    std::fs::rename(temp, path).at("rename to", path)?;
    names(path.parent().unwrap_or(path))
}

/// What was waited for.
#[cfg_attr(not(test), expect(dead_code, reason = "for the tests that watch"))]
pub(super) enum Waited<'a> {
    File(&'a Utf8Path),
    Names(&'a Utf8Path),
    /// The disk is asked to write everything; nothing has to be there yet.
    Beginning,
    Everything,
}

#[cfg(not(test))]
fn told(_: Waited<'_>) {}

#[cfg(test)]
fn told(waited: Waited<'_>) {
    watch::WATCHER.with_borrow_mut(|watcher| {
        if let Some(watcher) = watcher {
            watcher(waited);
        }
    });
}

/// What tests see.
#[cfg(test)]
pub(super) mod watch {
    use std::cell::RefCell;

    use super::Waited;

    /// Takes what this thread waits for.
    pub(in crate::store) type Watcher = Box<dyn FnMut(Waited<'_>)>;

    thread_local! {
        pub(in crate::store) static WATCHER: RefCell<Option<Watcher>> = const { RefCell::new(None) };
    }
}
