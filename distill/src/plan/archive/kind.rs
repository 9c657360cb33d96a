//! What a member is, by its type flag and its name.

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Dir,
    Symlink,
    HardLink,
    /// What no tree holds, with an article.
    Other(&'static str),
}

impl Kind {
    pub(super) fn of(flag: u8, name: &[u8]) -> Kind {
        match flag {
            // Before there was a flag for directories, a slash told them.
            0 | b'0' if name.ends_with(b"/") => Kind::Dir,
            0 | b'0' | b'7' | b'S' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::Symlink,
            b'3' => Kind::Other("a character device"),
            b'4' => Kind::Other("a block device"),
            b'5' => Kind::Dir,
            b'6' => Kind::Other("a named pipe"),
            b'D' => Kind::Other("a directory of an incremental backup"),
            b'M' => Kind::Other("a file that began in another volume"),
            _ => Kind::Other("of a kind that is not known"),
        }
    }

    /// Whether it links to something.
    pub(super) fn is_link(self) -> bool {
        matches!(self, Kind::Symlink | Kind::HardLink)
    }
}

/// Whether bytes follow the header. Of links, directories and devices the size means other things, or
/// nothing.
pub(super) fn has_bytes(flag: u8, kind: Kind) -> bool {
    kind != Kind::Dir && !matches!(flag, b'1'..=b'6')
}
