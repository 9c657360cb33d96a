//! What a build left, as a tree.

use std::collections::HashMap;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::{IntakeError, Special, io_error};
use super::hash::{Job, hash_all};
use super::root::Root;
use crate::plan::{Mode, Node, PathSet, RelPath, Tree};

/// The manifest of what lies in `dir`, a directory that a build has filled and that nobody changes
/// any more; `setid` names the paths that may be set-user-id or set-group-id.
///
/// It is made fit for the store on the way: the owner may read every file and everything in every
/// directory, the directory itself is 0755, every time of change is the epoch, and extended attributes
/// are gone. Other modes stay.
/// Refused are devices, sockets, named pipes, names and link targets that are not UTF-8, and
/// set-user-id or set-group-id bits that are not declared.
pub fn scan(dir: &Utf8Path, setid: &PathSet) -> Result<Tree, IntakeError> {
    let root = Root::open(dir)?;
    let mut walk = Walk::new(&root, setid);
    walk.all()?;
    walk.refuse()?;
    walk.into_tree()
}

struct Walk<'a> {
    root: &'a Root,
    setid: &'a PathSet,
    tree: Vec<(RelPath, Node)>,
    jobs: Vec<Job>,
    /// Further names of files that have several: the index of the job, and the name.
    names: Vec<(usize, RelPath)>,
    /// The job of a file that has several names, by its device and inode.
    inodes: HashMap<(u64, u64), usize>,
    special: Vec<Special>,
    undeclared: Vec<RelPath>,
}

impl<'a> Walk<'a> {
    fn new(root: &'a Root, setid: &'a PathSet) -> Walk<'a> {
        Walk {
            root,
            setid,
            tree: Vec::new(),
            jobs: Vec::new(),
            names: Vec::new(),
            inodes: HashMap::new(),
            special: Vec::new(),
            undeclared: Vec::new(),
        }
    }

    fn all(&mut self) -> Result<(), IntakeError> {
        let mut open = vec![None];
        while let Some(dir) = open.pop() {
            self.dir(dir.as_ref(), &mut open)?;
        }
        Ok(())
    }

    fn dir(
        &mut self,
        dir: Option<&RelPath>,
        open: &mut Vec<Option<RelPath>>,
    ) -> Result<(), IntakeError> {
        let base = self.root.path();
        let full = dir.map_or_else(|| base.to_owned(), |dir| dir.under(base));
        let read = |error| io_error("read", &full)(error);
        for entry in full.as_std_path().read_dir().map_err(read)? {
            let entry = entry.map_err(read)?;
            let path = named(&full, dir, &entry)?;
            let meta = entry.metadata().map_err(self.root.at("examine", &path))?;
            if meta.is_dir() {
                open.push(Some(path.clone()));
            }
            self.entry(path, &meta)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: RelPath, meta: &std::fs::Metadata) -> Result<(), IntakeError> {
        let kind = meta.file_type();
        if kind.is_symlink() {
            return self.symlink(path, meta);
        }
        let mode = Mode::new(meta.mode());
        self.drop_attributes(&path, mode)?;
        if mode.is_setid() && !self.setid.contains(&path) {
            self.undeclared.push(path.clone());
        }
        if kind.is_dir() {
            let mode = self.open_up(&path, mode, 0o700)?;
            self.tree.push((path, Node::Dir { mode }));
        } else if kind.is_file() {
            let mode = self.open_up(&path, mode, 0o400)?;
            self.file(path, mode, meta);
        } else {
            let kind = special(kind);
            self.special.push(Special { path, kind });
        }
        Ok(())
    }

    /// Drops extended attributes: no manifest has them, and some change what a file does, or what a
    /// directory shows when trees are stacked.
    fn drop_attributes(&self, path: &RelPath, mode: Mode) -> Result<(), IntakeError> {
        let full = path.under(self.root.path());
        let names = match xattr::list(&full) {
            Err(error) if error.kind() == std::io::ErrorKind::Unsupported => return Ok(()),
            names => names.map_err(io_error("read the attributes of", &full))?,
        };
        let names: Vec<_> = names
            .filter(|name| is_dropped(name.as_encoded_bytes()))
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        // Even its owner can only drop attributes of what is writable.
        self.open_up(path, mode, 0o600)?;
        for name in names {
            xattr::remove(&full, &name).map_err(io_error("drop an attribute of", &full))?;
        }
        self.root.change_mode(path, mode)
    }

    /// Adds the bits that the owner needs.
    fn open_up(&self, path: &RelPath, mode: Mode, needed: u32) -> Result<Mode, IntakeError> {
        let opened = Mode::new(mode.bits() | needed);
        if opened != mode {
            self.root.change_mode(path, opened)?;
        }
        Ok(opened)
    }

    fn file(&mut self, path: RelPath, mode: Mode, meta: &std::fs::Metadata) {
        if meta.nlink() > 1 {
            let inode = (meta.dev(), meta.ino());
            if let Some(job) = self.inodes.get(&inode) {
                self.names.push((*job, path));
                return;
            }
            self.inodes.insert(inode, self.jobs.len());
        }
        let (size, timeless) = (meta.len(), is_timeless(meta));
        self.jobs.push(Job {
            path,
            mode,
            size,
            timeless,
        });
    }

    fn symlink(&mut self, path: RelPath, meta: &std::fs::Metadata) -> Result<(), IntakeError> {
        let full = path.under(self.root.path());
        let target = full
            .as_std_path()
            .read_link()
            .map_err(io_error("read", &full))?;
        let target = target.into_os_string().into_string();
        let target = target.map_err(|_| IntakeError::NotUtf8 {
            path: full,
            what: "its target",
        })?;
        if !is_timeless(meta) {
            self.root.reset_time(&path)?;
        }
        self.tree.push((path, Node::Symlink { target }));
        Ok(())
    }

    /// Refuses what no tree may hold; all of it at once, so that it is repaired at once.
    fn refuse(&mut self) -> Result<(), IntakeError> {
        if !self.special.is_empty() {
            self.special.sort_by(|a, b| a.path.cmp(&b.path));
            return Err(IntakeError::Special(std::mem::take(&mut self.special)));
        }
        if !self.undeclared.is_empty() {
            self.undeclared.sort();
            return Err(IntakeError::Setid(std::mem::take(&mut self.undeclared)));
        }
        Ok(())
    }

    fn into_tree(self) -> Result<Tree, IntakeError> {
        let hashed = hash_all(self.root, &self.jobs)?;
        let node = |job: usize| {
            let ((size, hash), mode) = (hashed[job], self.jobs[job].mode);
            Node::File { mode, size, hash }
        };
        let names = self.names.into_iter().map(|(job, path)| (path, node(job)));
        let first = self.jobs.iter().enumerate();
        let first = first.map(|(index, job)| (job.path.clone(), node(index)));
        let mut tree = Tree::new();
        let mut entries: Vec<_> = self.tree.into_iter().chain(names).chain(first).collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (path, node) in entries {
            if let Node::Dir { .. } = node {
                self.root.reset_time(&path)?;
            }
            tree.insert(path, node)
                .expect("a directory holds a name once");
        }
        self.root.reset_own_time()?;
        Ok(tree)
    }
}

fn named(
    full: &Utf8Path,
    dir: Option<&RelPath>,
    entry: &std::fs::DirEntry,
) -> Result<RelPath, IntakeError> {
    let name = entry
        .file_name()
        .into_string()
        .map_err(|name| IntakeError::NotUtf8 {
            path: full.join(Utf8PathBuf::from(name.to_string_lossy().into_owned())),
            what: "its name",
        })?;
    let name = RelPath::new(name).expect("the name of a file");
    Ok(dir.map_or_else(|| name.clone(), |dir| dir.join(&name)))
}

/// Attributes that a build can set; the others belong to the file system or to a security module.
fn is_dropped(name: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 4] = [
        b"user.",
        b"trusted.",
        b"security.capability",
        b"system.posix_acl_",
    ];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn is_timeless(meta: &std::fs::Metadata) -> bool {
    (meta.mtime(), meta.mtime_nsec()) == (0, 0)
}

fn special(kind: std::fs::FileType) -> &'static str {
    match kind {
        _ if kind.is_char_device() => "a character device",
        _ if kind.is_block_device() => "a block device",
        _ if kind.is_fifo() => "a named pipe",
        _ if kind.is_socket() => "a socket",
        _ => "of a kind that is not known",
    }
}
