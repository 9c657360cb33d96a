mod ambiguous;
mod compressed;
mod craft;
mod dialects;
mod differential;
mod gnu;
mod refused;
mod round_trip;

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::*;
use crate::plan::{PathSet, RelPath};

/// What a [`Sink`] can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Got {
    Dir,
    File(bool, Vec<u8>),
    Symlink(String),
}

/// Keeps everything in memory; checks what [`Sink`] promises.
#[derive(Default)]
struct Memory(BTreeMap<RelPath, Got>);

impl Memory {
    fn put(&mut self, path: &RelPath, got: Got) {
        for above in path.ancestors() {
            assert_eq!(self.0.get(above), Some(&Got::Dir), "above {path}");
        }
        assert_eq!(self.0.insert(path.clone(), got), None, "{path} once only");
    }
}

impl Sink for Memory {
    fn dir(&mut self, path: &RelPath) -> io::Result<()> {
        self.put(path, Got::Dir);
        Ok(())
    }

    fn file(
        &mut self,
        path: &RelPath,
        executable: bool,
        size: u64,
        contents: &mut dyn Read,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        contents.read_to_end(&mut bytes)?;
        assert_eq!(bytes.len() as u64, size, "{path}");
        self.put(path, Got::File(executable, bytes));
        Ok(())
    }

    fn symlink(&mut self, path: &RelPath, target: &str) -> io::Result<()> {
        self.put(path, Got::Symlink(target.to_owned()));
        Ok(())
    }

    fn hard_link(&mut self, path: &RelPath, to: &RelPath) -> io::Result<()> {
        let file = self.0[to].clone();
        assert!(matches!(file, Got::File(..)), "{path}");
        self.put(path, file);
        Ok(())
    }

    fn is_same(&mut self, path: &RelPath, contents: &mut dyn Read) -> io::Result<bool> {
        let mut bytes = Vec::new();
        contents.read_to_end(&mut bytes)?;
        Ok(matches!(&self.0[path], Got::File(_, there) if *there == bytes))
    }
}

fn set(patterns: &[&str]) -> PathSet {
    PathSet::new(patterns.iter().copied()).unwrap()
}

/// What an archive holds.
fn read(bytes: &[u8], options: &Options) -> Result<BTreeMap<RelPath, Got>, ArchiveError> {
    let mut memory = Memory::default();
    unpack(bytes, options, &mut memory)?;
    Ok(memory.0)
}

fn read_tar(bytes: &[u8]) -> Result<BTreeMap<RelPath, Got>, ArchiveError> {
    read(bytes, &Options::new(Format::Tar))
}

/// What an archive holds, a line each.
fn listing(got: &BTreeMap<RelPath, Got>) -> String {
    let line = |(path, got): (&RelPath, &Got)| match got {
        Got::Dir => format!("{path}/\n"),
        Got::Symlink(target) => format!("{path} -> {target}\n"),
        Got::File(executable, bytes) => {
            let mark = if *executable { "*" } else { "" };
            format!("{path}{mark} {:?}\n", String::from_utf8_lossy(bytes))
        }
    };
    got.iter().map(line).collect()
}
