//! What visitors have written: a file with a line each.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};

/// All entries.
pub(crate) struct Entries(File);

impl Entries {
    /// Those in the file at `path`, which is made if it is not there.
    pub(crate) fn open(path: &str) -> io::Result<Entries> {
        let options = OpenOptions::new().create(true).append(true).read(true).open(path);
        options.map(Entries)
    }

    /// All of them.
    pub(crate) fn read(&mut self) -> io::Result<String> {
        let mut all = String::new();
        self.0.rewind()?;
        self.0.read_to_string(&mut all)?;
        Ok(all)
    }

    /// One more, which is on the disk when this returns.
    pub(crate) fn add(&mut self, text: &str) -> io::Result<()> {
        let line = text.trim().replace(['\r', '\n'], " ");
        self.0.write_all(format!("{line}\n").as_bytes())?;
        self.0.sync_all()
    }
}
