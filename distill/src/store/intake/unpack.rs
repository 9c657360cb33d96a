//! Archives into directories.
//!
//! One thread decompresses, one reads the archive and makes directories and links, others hash and
//! write files; large files are hashed and written as they are read.

use std::io::{self, Read, Seek, SeekFrom, Write};

use camino::Utf8Path;

use super::batch::{MAX_FILE, Writers};
use super::error::IntakeError;
use super::root::Root;
use super::workers;
use crate::plan::archive::{ArchiveError, Options, Sink, unpack};
use crate::plan::{Hasher, Mode, Node, RelPath, Tree};

/// Unpacks an archive into `dir`, which is made, or is empty, and answers with the manifest.
///
/// With `strip`, a single directory at the top gives its place to what it holds.
pub fn unpack_into(
    dir: &Utf8Path,
    input: impl Read + Send,
    options: &Options,
    strip: bool,
) -> Result<Tree, IntakeError> {
    let root = Root::create(dir)?;
    let tree = write_all(&root, input, options)?;
    let tree = if strip { strip_top(&root, tree)? } else { tree };
    root.seal_dirs(&tree)?;
    Ok(tree)
}

/// Writes what the archive holds; the directories have yet to be sealed.
pub(super) fn write_all(
    root: &Root,
    input: impl Read + Send,
    options: &Options,
) -> Result<Tree, IntakeError> {
    std::thread::scope(|scope| {
        let mut writer = Writer {
            root,
            writers: Writers::start(scope, root, workers()),
            nodes: Vec::new(),
            links: Vec::new(),
            failure: None,
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
            root.hard_link(&path, &to)?;
            let node = tree.get(to.as_str()).expect("written before").clone();
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
}

impl Writer<'_> {
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
        let mode = if executable {
            Mode::EXECUTABLE
        } else {
            Mode::FILE
        };
        if size <= MAX_FILE {
            return self.writers.add(path, mode, size, contents);
        }
        let written = write_large(self.root, path, mode, contents);
        let node = match written {
            Ok(node) => node,
            Err(Stopped::Reading(error)) => return Err(error),
            Err(Stopped::Writing(failure)) => return self.keep(Err(failure)),
        };
        self.nodes.push((path.clone(), node));
        Ok(())
    }

    fn symlink(&mut self, path: &RelPath, target: &str) -> io::Result<()> {
        let made = self.root.make_symlink(path, target);
        self.keep(made)?;
        let target = target.to_owned();
        self.nodes.push((path.clone(), Node::Symlink { target }));
        Ok(())
    }

    fn hard_link(&mut self, path: &RelPath, to: &RelPath) -> io::Result<()> {
        self.links.push((path.clone(), to.clone()));
        Ok(())
    }

    fn is_same(&mut self, path: &RelPath, contents: &mut dyn Read) -> io::Result<bool> {
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
) -> Result<Node, Stopped> {
    let mut file = root.create_file(path, mode).map_err(Stopped::Writing)?;
    let (mut hasher, mut size) = (Hasher::new(), 0);
    let mut buffer = vec![0; BUFFER];
    loop {
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
