//! Archives into directories.
//!
//! One thread decompresses, one reads the archive and makes directories and links, others hash and
//! write files; large files are hashed and written as they are read.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::AtomicBool;

use camino::Utf8Path;

use super::batch::{MAX_FILE, Writers};
use super::contents::{self, go_on};
use super::error::{IntakeError, io_error};
use super::hashed::HashedTree;
use super::root::Root;
use super::workers;
use crate::plan::archive::{ArchiveError, Options, Sink, unpack};
use crate::plan::{Hasher, Mode, Node, RelPath, Tree};

/// Unpacks an archive into `dir`, which is made, or is empty.
///
/// With `strip`, a single directory at the top gives its place to what it holds. Hard links become files of
/// their own.
pub fn unpack_into(
    dir: &Utf8Path,
    input: impl Read + Send,
    options: &Options,
    strip: bool,
    stop: &AtomicBool,
) -> Result<HashedTree, IntakeError> {
    let root = Root::create(dir)?;
    let tree = write_all(&root, input, options, None, stop)?;
    let tree = if strip { strip_top(&root, tree)? } else { tree };
    root.seal_dirs(&tree)?;
    Ok(HashedTree::new(dir, tree))
}

/// Writes what the archive holds; the directories have yet to be sealed. If it is `expected` to hold a
/// certain tree, what does not belong to that is refused before it is written.
pub(super) fn write_all(
    root: &Root,
    input: impl Read + Send,
    options: &Options,
    expected: Option<&Tree>,
    stop: &AtomicBool,
) -> Result<Tree, IntakeError> {
    std::thread::scope(|scope| {
        let mut writer = Writer {
            root,
            writers: Writers::start(scope, root, workers())
                .map_err(io_error("start a thread to write to", root.path()))?,
            nodes: Vec::new(),
            links: Vec::new(),
            failure: None,
            expected,
            stop,
        };
        let unpacked = unpack(input, options, &mut writer);
        let written = writer.writers.finish();
        if let Some(failure) = writer.failure {
            return Err(failure);
        }
        let files = written?;
        unpacked.map_err(|error| at_path(root, error))?;
        let mut tree = Tree::new();
        for (path, node) in writer.nodes.into_iter().chain(files) {
            tree.insert(path, node).expect("judged by the reader");
        }
        for (path, to) in writer.links {
            let node = tree.get(to.as_str()).expect("written before").clone();
            write_again(root, &path, (&to, &node), stop)?;
            tree.insert(path, node).expect("judged by the reader");
        }
        Ok(tree)
    })
}

/// An error of the sink is one at a path on disk.
fn at_path(root: &Root, error: ArchiveError) -> IntakeError {
    match error {
        ArchiveError::Sink { member, source } => root.at("write", &member)(source),
        error => IntakeError::Archive(error),
    }
}

/// Writes what the archive holds.
struct Writer<'scope> {
    root: &'scope Root,
    writers: Writers<'scope>,
    nodes: Vec<(RelPath, Node)>,
    /// Hard links, which are made when all files are written.
    links: Vec<(RelPath, RelPath)>,
    failure: Option<IntakeError>,
    expected: Option<&'scope Tree>,
    stop: &'scope AtomicBool,
}

impl Writer<'_> {
    /// An error if somebody wants the end, or if the archive should not hold this.
    fn admit(&mut self, path: &RelPath, is_same: impl Fn(&Node) -> bool) -> io::Result<()> {
        let going_on = go_on(self.stop).map_err(|_| IntakeError::Stopped);
        self.keep(going_on)?;
        let there = |tree: &Tree| tree.get(path.as_str()).is_some_and(is_same);
        if self.expected.is_none_or(there) {
            return Ok(());
        }
        let path = path.clone();
        self.keep(Err(IntakeError::NotTheTree { path }))
    }

    /// The mode of a file: of what an archive says only this counts, unless the tree is known.
    fn mode(&self, path: &RelPath, executable: bool) -> Mode {
        match self.expected.and_then(|tree| tree.get(path.as_str())) {
            Some(Node::File { mode, .. }) => *mode,
            _ if executable => Mode::EXECUTABLE,
            _ => Mode::FILE,
        }
    }

    /// Keeps the error, for the reader knows only those of [`io`].
    fn keep<T>(&mut self, result: Result<T, IntakeError>) -> io::Result<T> {
        result.map_err(|failure| {
            self.failure = Some(failure);
            io::Error::other("it could not be written")
        })
    }
}

impl Sink for Writer<'_> {
    fn dir(&mut self, path: &RelPath) -> io::Result<()> {
        self.admit(path, |node| matches!(node, Node::Dir { .. }))?;
        let made = self.root.make_dir(path);
        self.keep(made)?;
        self.nodes.push((path.clone(), Node::DIR));
        Ok(())
    }

    fn file(
        &mut self,
        path: &RelPath,
        executable: bool,
        size: u64,
        contents: &mut dyn Read,
    ) -> io::Result<()> {
        self.admit(path, |node| {
            matches!(node, Node::File { mode, size: expected, .. }
                if mode.is_executable() == executable && *expected == size)
        })?;
        let mode = self.mode(path, executable);
        if size <= MAX_FILE {
            return self.writers.add(path, mode, size, contents);
        }
        let written = write_large(self.root, path, mode, contents, self.stop);
        let node = match written {
            Ok(node) => node,
            Err(Stopped::Reading(error)) => return Err(error),
            Err(Stopped::Writing(failure)) => return self.keep(Err(failure)),
        };
        self.nodes.push((path.clone(), node));
        Ok(())
    }

    fn symlink(&mut self, path: &RelPath, target: &str) -> io::Result<()> {
        self.admit(
            path,
            |node| matches!(node, Node::Symlink { target: expected } if expected == target),
        )?;
        let made = self.root.make_symlink(path, target);
        self.keep(made)?;
        let target = target.to_owned();
        self.nodes.push((path.clone(), Node::Symlink { target }));
        Ok(())
    }

    fn hard_link(&mut self, path: &RelPath, to: &RelPath) -> io::Result<()> {
        // What stands for a known tree has each file by itself.
        self.admit(path, |_| false)?;
        self.links.push((path.clone(), to.clone()));
        Ok(())
    }

    fn is_same(&mut self, path: &RelPath, contents: &mut dyn Read) -> io::Result<bool> {
        // What stands for a known tree has each file once.
        self.admit(path, |_| false)?;
        self.writers.settle()?;
        let opened = self.root.open_file(path);
        let mut there = self.keep(opened)?;
        let (mut old, mut new) = (vec![0; BUFFER], vec![0; BUFFER]);
        loop {
            let count = fill(contents, &mut new)?;
            let there = fill(&mut there, &mut old)?;
            if new[..count] != old[..there] {
                return Ok(false);
            }
            if count == 0 {
                return Ok(true);
            }
        }
    }
}

const BUFFER: usize = 256 << 10;
/// Zeros of this many bytes, and at this alignment, become a hole.
const HOLE: usize = 64 << 10;

/// Why a large file is not written.
enum Stopped {
    Reading(io::Error),
    Writing(IntakeError),
}

/// Hashes and writes a file piece by piece.
fn write_large(
    root: &Root,
    path: &RelPath,
    mode: Mode,
    contents: &mut dyn Read,
    stop: &AtomicBool,
) -> Result<Node, Stopped> {
    let mut file = root.create_file(path, mode).map_err(Stopped::Writing)?;
    let (mut hasher, mut size) = (Hasher::new(), 0);
    let mut buffer = vec![0; BUFFER];
    loop {
        go_on(stop).map_err(|_| Stopped::Writing(IntakeError::Stopped))?;
        let count = fill(contents, &mut buffer).map_err(Stopped::Reading)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        write_with_holes(&mut file, &buffer[..count])
            .map_err(|error| Stopped::Writing(root.at("write", path)(error)))?;
        size += count as u64;
    }
    // A hole at the end.
    file.set_len(size)
        .map_err(|error| Stopped::Writing(root.at("write", path)(error)))?;
    root.seal_file(path, &file, mode)
        .map_err(Stopped::Writing)?;
    let hash = hasher.finish();
    Ok(Node::File { mode, size, hash })
}

/// Writes a file that the archive has under another name already.
fn write_again(
    root: &Root,
    path: &RelPath,
    (to, node): (&RelPath, &Node),
    stop: &AtomicBool,
) -> Result<(), IntakeError> {
    let Node::File { mode, size, hash } = node else {
        unreachable!("a hard link is to a file");
    };
    let (first, file) = (root.open_file(to)?, root.create_file(path, *mode)?);
    let (mut hasher, mut buffer) = (Hasher::new(), vec![0; BUFFER]);
    contents::copy((&first, &file), *size, &mut hasher, &mut buffer, stop)
        .map_err(|fault| fault.at(root.full(to), root.full(path)))?;
    if hasher.finish() != *hash {
        let path = root.full(to);
        return Err(IntakeError::Damaged { path });
    }
    root.seal_file(path, &file, *mode)
}

fn write_with_holes(file: &mut std::fs::File, bytes: &[u8]) -> io::Result<()> {
    for piece in bytes.chunks(HOLE) {
        if piece.len() == HOLE && piece.iter().all(|byte| *byte == 0) {
            file.seek(SeekFrom::Current(HOLE.try_into().expect("small")))?;
        } else {
            file.write_all(piece)?;
        }
    }
    Ok(())
}

/// Reads until the buffer is full or the end is reached.
fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// If there is one directory at the top and nothing else, moves what it holds into its place.
fn strip_top(root: &Root, tree: Tree) -> Result<Tree, IntakeError> {
    let Some(top) = only_dir(&tree) else {
        return Ok(tree);
    };
    let inner = tree.inside(&top);
    // It may hold something of its own name: it steps aside under a name that nothing has.
    let free = |name: &RelPath| inner.get(name.as_str()).is_none();
    let aside = (0..).map(|count| RelPath::new(format!(".top-{count}")).expect("a plain name"));
    let aside = aside
        .into_iter()
        .find(free)
        .expect("one of many names is free");
    root.rename(&top, &aside)?;
    for path in inner.paths().filter(is_top) {
        root.rename(&aside.join(path), path)?;
    }
    root.remove_dir(&aside)?;
    Ok(inner)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "a predicate of `filter`")]
fn is_top(path: &&RelPath) -> bool {
    path.ancestors().next().is_none()
}

/// The directory at the top that is alone there.
fn only_dir(tree: &Tree) -> Option<RelPath> {
    let mut tops = tree.paths().filter(is_top);
    let (top, None) = (tops.next()?, tops.next()) else {
        return None;
    };
    matches!(tree.get(top.as_str()), Some(Node::Dir { .. })).then(|| top.clone())
}
