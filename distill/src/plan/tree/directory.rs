//! One directory of a tree, as it is stored and hashed: a node.
//!
//! A node is these bytes, in which all numbers are little-endian:
//!
//! ```text
//! "distill-directory 1\n"
//! for each entry, in the order of the bytes of their names:
//!   1 byte     its kind: `d`, `f` or `l`
//!   2 bytes    the length of its name
//!   …          its name
//!   of a directory (`d`):
//!     2 bytes    its permission bits
//!     32 bytes   the BLAKE2b-256 of its node
//!   of a file (`f`):
//!     2 bytes    its permission bits
//!     8 bytes    its length
//!     32 bytes   the BLAKE2b-256 of its bytes
//!   of a symbolic link (`l`):
//!     4 bytes    the length of its target
//!     …          its target
//! ```
//! Names are UTF-8, 1 to 255 bytes long, without `/` and NUL, and neither `.` nor `..`; targets are UTF-8
//! without NUL. A directory's own permission bits stand in the directory above it, so two directories that
//! hold the same are one node; those of a tree's root are always 0755.

use std::collections::BTreeMap;

use super::node::Node;
use crate::plan::hash::Hash;
use crate::plan::mode::Mode;
use crate::plan::path::RelPath;

const HEADER: &[u8] = b"distill-directory 1\n";

/// What a name in a directory stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A directory.
    Dir {
        /// Its permission bits.
        mode: Mode,
        /// The hash of its node.
        node: Hash,
    },
    /// A regular file.
    File {
        /// Its permission bits.
        mode: Mode,
        /// Its length in bytes.
        size: u64,
        /// The hash of its bytes.
        hash: Hash,
    },
    /// A symbolic link; it may point anywhere.
    Symlink {
        /// What it holds.
        target: String,
    },
}

impl Entry {
    /// The same without what a directory holds.
    pub fn shallow(&self) -> Node {
        match self.clone() {
            Entry::Dir { mode, .. } => Node::Dir { mode },
            Entry::File { mode, size, hash } => Node::File { mode, size, hash },
            Entry::Symlink { target } => Node::Symlink { target },
        }
    }

    /// The node, if it is a directory.
    pub fn as_dir(&self) -> Option<Hash> {
        match self {
            Entry::Dir { node, .. } => Some(*node),
            _ => None,
        }
    }
}

/// What one directory holds, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory(BTreeMap<String, Entry>);

/// Bytes that are no node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read a directory's node, at byte {at}: {why}")]
pub struct DirectoryError {
    at: usize,
    why: &'static str,
}

impl Directory {
    /// A directory without entries.
    pub fn new() -> Directory {
        Directory::default()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What `name` stands for.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.0.get(name)
    }

    /// All entries, by name.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&String, &Entry)> {
        self.0.iter()
    }

    /// Lets a name stand for something; gives what it stood for.
    ///
    /// # Panics
    /// If `name` is not the name of a file.
    pub fn insert(&mut self, name: impl Into<String>, entry: Entry) -> Option<Entry> {
        let name = name.into();
        assert!(is_name(&name), "`{name}` is not the name of a file");
        self.0.insert(name, entry)
    }

    /// The node's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = HEADER.to_vec();
        for (name, entry) in &self.0 {
            let length = u16::try_from(name.len()).expect("a checked name");
            let mut begin = |kind: u8| {
                bytes.push(kind);
                bytes.extend(length.to_le_bytes());
                bytes.extend(name.as_bytes());
            };
            match entry {
                Entry::Dir { mode, node } => {
                    begin(b'd');
                    bytes.extend(mode.to_le_bytes());
                    bytes.extend(node.as_bytes());
                }
                Entry::File { mode, size, hash } => {
                    begin(b'f');
                    bytes.extend(mode.to_le_bytes());
                    bytes.extend(size.to_le_bytes());
                    bytes.extend(hash.as_bytes());
                }
                Entry::Symlink { target } => {
                    begin(b'l');
                    let length =
                        u32::try_from(target.len()).expect("the kernel takes no longer one");
                    bytes.extend(length.to_le_bytes());
                    bytes.extend(target.as_bytes());
                }
            }
        }
        bytes
    }

    /// Reads a node; anything that [`encode`](Directory::encode) would not write is refused.
    pub fn decode(bytes: &[u8]) -> Result<Directory, DirectoryError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.take(HEADER.len())? != HEADER {
            return Err(DirectoryError {
                at: 0,
                why: "it has another header",
            });
        }
        let mut entries = BTreeMap::<String, Entry>::new();
        while reader.at < bytes.len() {
            let at = reader.at;
            let wrong = |why| DirectoryError { at, why };
            let [kind] = reader.array()?;
            let length = u16::from_le_bytes(reader.array()?);
            let name = reader.text(length.into())?;
            if !is_name(&name) {
                return Err(wrong("what should be a name is none"));
            }
            if entries
                .last_key_value()
                .is_some_and(|(last, _)| *last >= name)
            {
                return Err(wrong("its names are not in order"));
            }
            let entry = match kind {
                b'd' => Entry::Dir {
                    mode: reader.mode()?,
                    node: Hash::from_bytes(reader.array()?),
                },
                b'f' => Entry::File {
                    mode: reader.mode()?,
                    size: u64::from_le_bytes(reader.array()?),
                    hash: Hash::from_bytes(reader.array()?),
                },
                b'l' => {
                    let length = u32::from_le_bytes(reader.array()?);
                    let target = reader.text(length as usize)?;
                    if target.contains('\0') {
                        return Err(wrong("a link's target holds a NUL byte"));
                    }
                    Entry::Symlink { target }
                }
                _ => return Err(wrong("an entry is of an unknown kind")),
            };
            entries.insert(name, entry);
        }
        Ok(Directory(entries))
    }
}

fn is_name(text: &str) -> bool {
    !text.contains('/') && RelPath::new(text).is_ok()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], DirectoryError> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(DirectoryError {
            at: self.at,
            why: "it is cut short",
        })?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DirectoryError> {
        Ok(self.take(N)?.try_into().expect("as many as were asked for"))
    }

    fn text(&mut self, count: usize) -> Result<String, DirectoryError> {
        let at = self.at;
        let text = std::str::from_utf8(self.take(count)?);
        text.map(str::to_owned).map_err(|_| DirectoryError {
            at,
            why: "a text is not UTF-8",
        })
    }

    fn mode(&mut self) -> Result<Mode, DirectoryError> {
        let at = self.at;
        let bits = u16::from_le_bytes(self.array()?);
        let mode = Mode::new(bits.into());
        if mode.to_le_bytes() == bits.to_le_bytes() {
            Ok(mode)
        } else {
            Err(DirectoryError {
                at,
                why: "permission bits are more than 07777",
            })
        }
    }
}
