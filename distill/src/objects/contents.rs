//! Bytes by digest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Read};

use super::backend::Backend;
use super::content::Content;
use super::error::BackendError;
use super::found::Found;

/// A place that holds bytes by their digest.
///
/// Everything is asked for many contents at once, since the place may be far away; one that can ask
/// only for one at a time asks several in parallel. Nothing need end in
/// time: see [`Patient`](super::Patient).
pub trait Contents: Backend {
    /// Which of `wanted` are not here. One that would have to be asked for each may leave out what it
    /// does not know: a read is the proof. What is here is never named.
    fn missing(&self, wanted: &[Content]) -> Result<BTreeSet<Content>, BackendError>;

    /// Where the bytes of `wanted` are; what is not in the answer is not here. Whoever reads them holds
    /// them against their digest.
    fn read(&self, wanted: &[Content]) -> Result<BTreeMap<Content, Found>, BackendError>;

    /// Takes bytes in, in any order, and refuses what has another digest or size than it says. What is
    /// here already need not be opened. After an error, some of them may be here.
    ///
    /// One that others fill says [`ReadOnly`](BackendError::ReadOnly).
    fn write(&self, contents: Vec<Outgoing<'_>>) -> Result<(), BackendError> {
        let _ = contents;
        Err(BackendError::ReadOnly)
    }
}

/// Opens bytes.
type Open<'a> = Box<dyn FnOnce() -> io::Result<Box<dyn Read + Send + 'a>> + Send + 'a>;

/// Bytes to be written, which are opened when it is their turn.
pub struct Outgoing<'a> {
    /// What they are.
    pub content: Content,
    /// Gives them.
    pub open: Open<'a>,
}

impl<'a> Outgoing<'a> {
    /// Bytes that `open` gives.
    pub fn new<R: Read + Send + 'a>(
        content: Content,
        open: impl FnOnce() -> io::Result<R> + Send + 'a,
    ) -> Outgoing<'a> {
        Outgoing {
            content,
            open: Box::new(move || Ok(Box::new(open()?))),
        }
    }

    /// Bytes in memory.
    pub fn bytes(content: Content, bytes: &'a [u8]) -> Outgoing<'a> {
        Outgoing::new(content, move || Ok(bytes))
    }
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Outgoing").field(&self.content).finish()
    }
}
