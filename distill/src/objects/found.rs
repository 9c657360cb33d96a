//! Where bytes are.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use camino::Utf8PathBuf;

/// Where the bytes of a content are.
pub enum Found {
    /// Here.
    Bytes(Box<dyn Read + Send>),
    /// In a file.
    File(Utf8PathBuf),
    /// On a server, `http://…` or `https://…`. It need not have them.
    Url(String),
}

impl Found {
    /// The bytes, unless they are on a server, or gone.
    pub fn open(self) -> io::Result<Box<dyn Read + Send>> {
        match self {
            Found::Bytes(bytes) => Ok(bytes),
            Found::File(path) => Ok(Box::new(File::open(path)?)),
            Found::Url(_) => Err(io::Error::other("it is on a server")),
        }
    }
}

impl fmt::Debug for Found {
    /// An address may hold a password, and is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Bytes(_) => f.write_str("Bytes"),
            Found::File(path) => f.debug_tuple("File").field(path).finish(),
            Found::Url(_) => f.write_str("Url"),
        }
    }
}
