//! Which objects outlive a power cut for certain: a list that is only written after the disk was
//! waited for.
//!
//! A line names an object and the inode that had it when the wait began: number and time of change,
//! which nobody can set. An object that was removed and landed again has another inode, so an old
//! line does not vouch for it. The list errs on one side only: what is not on it, because a line was
//! lost or torn or an inode changed, is verified after a power cut.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::durable;
use super::io::{At as _, IoError, read_if_there};
use super::path::object_path;
use crate::plan::Object;

/// The list as it was read.
pub(super) struct Synced {
    root: Utf8PathBuf,
    lines: HashSet<String>,
}

impl Synced {
    /// Reads the list of the store in `root`.
    pub(super) fn read(root: &Utf8Path) -> Result<Synced, IoError> {
        let bytes = read_if_there(&path(root))?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        Ok(Synced {
            root: root.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
        })
    }

    /// Whether the object that lies there now was synced.
    pub(super) fn vouches_for(&self, object: &Object) -> bool {
        line(&self.root, object).is_some_and(|line| self.lines.contains(&line))
    }
}

/// Waits until everything is on the disk, and then writes `objects` on the list.
pub(super) fn sync(root: &Utf8Path, objects: &[Object]) -> Result<(), IoError> {
    // Looked at before the wait: if another process puts its own in the place of one of them
    // meanwhile, that is not what was waited for.
    let lines = lines(root, objects);
    durable::everything(root)?;
    let path = path(root);
    let file = File::options().create(true).append(true).open(&path);
    let mut file = file.at("open", &path)?;
    // In one write, so that lines of several processes do not mix, and apart from a torn last line.
    let written = file.write_all(format!("\n{lines}").as_bytes());
    written.at("write", &path)?;
    durable::file(&file, &path)
}

/// Replaces the list: `objects` are on it, and nothing else. If they are not known to be on the disk,
/// wait for it ([`durable::everything`]) between `lines` and this.
pub(super) fn replace(root: &Utf8Path, temp: &Utf8Path, lines: &str) -> Result<(), IoError> {
    durable::replace(temp, lines.as_bytes(), &path(root))
}

/// A line for each object that is there.
pub(super) fn lines(root: &Utf8Path, objects: &[Object]) -> String {
    let lines = objects.iter().filter_map(|object| line(root, object));
    lines.map(|line| line + "\n").collect()
}

pub(super) fn path(root: &Utf8Path) -> Utf8PathBuf {
    root.join("synced")
}

fn line(root: &Utf8Path, object: &Object) -> Option<String> {
    let own = identity(&object_path(root, object))?;
    Some(format!("{object} {own}"))
}

/// The inode at `path`, as it is since the last change of it.
pub(super) fn identity(path: &Utf8Path) -> Option<String> {
    let meta = path.symlink_metadata().ok()?;
    let (inode, seconds, rest) = (meta.ino(), meta.ctime(), meta.ctime_nsec());
    Some(format!("{inode}:{seconds}.{rest:09}"))
}
