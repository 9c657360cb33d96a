//! Why an archive is refused.

use std::fmt::Write as _;
use std::io;

use super::super::path::RelPath;
use super::ambiguity::Ambiguity;

/// What is wrong with the name of a member, or with what a link names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameFault {
    /// It begins with `/`.
    Absolute,
    /// It has a `..` component.
    Parent,
    /// It is not UTF-8.
    NotUtf8,
    /// It is empty, or names the archive's root where only a directory can stand.
    Empty,
    /// One of its components is longer than 255 bytes.
    TooLong,
}

impl NameFault {
    fn text(self) -> &'static str {
        match self {
            NameFault::Absolute => "it is absolute",
            NameFault::Parent => "it has a `..` component",
            NameFault::NotUtf8 => "it is not UTF-8",
            NameFault::Empty => "it is empty",
            NameFault::TooLong => "a component is longer than 255 bytes",
        }
    }
}

impl std::fmt::Display for NameFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

/// Why an archive is refused. Members are named as the archive names them, with what is no
/// printable text written as escapes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The bytes cannot be read, or cannot be decompressed.
    #[error("cannot read the archive {at}")]
    Read {
        /// Where: after which member, or in which.
        at: String,
        /// The cause.
        source: io::Error,
    },
    /// The archive ends too early.
    #[error(
        "the archive is cut short {at}\nhint: fetch it again, and compare its length with upstream's"
    )]
    Truncated {
        /// Where: after which member, or in which.
        at: String,
    },
    /// The archive ends between two members, without the blocks of zeros that mark the end.
    #[error(
        "the archive has no end marker {at}\nhint: it may be cut short there; if upstream's is like that, too, \
         `no_end_marker` in the recipe accepts it"
    )]
    NoEnd {
        /// Where: after which member.
        at: String,
    },
    /// Something other than zeros stands behind the end of the archive, and behind its last record.
    #[error(
        "the archive goes on behind its end, at byte {at}\n\
         hint: it may be several archives in one; pin an archive that is only one"
    )]
    Trailing {
        /// The byte, counted in the decompressed archive.
        at: u64,
    },
    /// One block of zeros, and then something else: for some it is the end, others go on.
    #[error(
        "the archive has a single block of zeros before byte {at}, where some programs find its end and others \
         go on\nhint: pin an archive that was packed anew"
    )]
    LoneZeros {
        /// The byte behind the zeros, counted in the decompressed archive.
        at: u64,
    },
    /// A member is another one for other programs.
    #[error(
        "cannot unpack `{member}`: programs would find different things in the archive, since {ambiguity}\n\
         hint: pin an archive that was packed anew, or another one of the same release"
    )]
    Ambiguous {
        /// The member.
        member: String,
        /// What is understood differently.
        ambiguity: Ambiguity,
    },
    /// A header, or what belongs to it, makes no sense.
    #[error(
        "cannot read the archive {at}: {what}\nhint: compare it with upstream's; if tar reads it, pack it anew"
    )]
    Malformed {
        /// Where: after which member, or in which.
        at: String,
        /// What makes no sense.
        what: &'static str,
    },
    /// A member has a name that cannot stand in a tree.
    #[error("cannot unpack `{member}`: its name is refused, {fault}{}", exclude_hint(*fault))]
    Name {
        /// The member.
        member: String,
        /// What is wrong.
        fault: NameFault,
    },
    /// A symbolic link holds what no tree can.
    #[error(
        "cannot unpack the symbolic link `{member}`: its target is refused, {fault}\n{EXCLUDE}"
    )]
    Target {
        /// The member.
        member: String,
        /// What is wrong.
        fault: NameFault,
    },
    /// A member is something that no tree can hold.
    #[error("cannot unpack `{member}`: it is {kind}\n{EXCLUDE}")]
    Kind {
        /// The member.
        member: String,
        /// What it is, with an article.
        kind: &'static str,
    },
    /// A hard link points out of the archive.
    #[error(
        "cannot unpack the hard link `{member}` to `{to}`: the name is refused, {fault}\n{EXCLUDE}"
    )]
    HardLinkOutside {
        /// The member.
        member: String,
        /// What it names.
        to: String,
        /// What is wrong with that.
        fault: NameFault,
    },
    /// A hard link names nothing that came before it, or a directory.
    #[error("cannot unpack the hard link `{member}`: no file `{to}` comes before it\n{hint}")]
    HardLinkNowhere {
        /// The member.
        member: RelPath,
        /// What it names.
        to: RelPath,
        /// More lines: whether that was left out.
        hint: &'static str,
    },
    /// A member would be written through a symbolic link, which may lead anywhere.
    #[error("cannot unpack `{member}`: `{link}` above it is a symbolic link\n{EXCLUDE}")]
    ThroughLink {
        /// The member.
        member: RelPath,
        /// The symbolic link.
        link: RelPath,
    },
    /// A member lies below a file.
    #[error("cannot unpack `{member}`: `{above}` above it is a file\n{EXCLUDE}")]
    BelowFile {
        /// The member.
        member: RelPath,
        /// The file.
        above: RelPath,
    },
    /// Two different members have one name.
    #[error(
        "cannot unpack `{member}`: the archive holds it twice, and not the same\nhint: `exclude` leaves out both"
    )]
    Twice {
        /// The member.
        member: RelPath,
    },
    /// More members than the limit.
    #[error("the archive holds more than {limit} members {at}\n{AS_FILE}")]
    TooMany {
        /// Where: after which member.
        at: String,
        /// The limit.
        limit: u64,
    },
    /// More bytes than the limit.
    #[error("the archive holds more than {limit} bytes, at `{member}`\n{AS_FILE}")]
    TooLarge {
        /// The member that goes beyond it.
        member: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A pattern that matches no member.
    #[error(
        "the pattern `{pattern}` matches nothing in the archive\n\
         hint: patterns are held against the names in the archive, the directory at its top included"
    )]
    Unmatched {
        /// The first such pattern.
        pattern: String,
    },
    /// A Debian package that is none.
    #[error("invalid Debian package {at}: {what}\nhint: compare it with the one in Debian's pool")]
    Deb {
        /// Where: at which member.
        at: String,
        /// What is wrong.
        what: &'static str,
    },
    /// The sink failed.
    #[error("cannot unpack `{member}`")]
    Sink {
        /// The member.
        member: RelPath,
        /// What the sink says.
        source: io::Error,
    },
}

const EXCLUDE: &str = "hint: `exclude` leaves members out";
const AS_FILE: &str =
    "hint: if that is meant, take it as a file with `.as_file(…)`, and unpack it in a build";

fn exclude_hint(fault: NameFault) -> &'static str {
    match fault {
        NameFault::NotUtf8 => {
            "\nhint: `exclude` leaves members out; a `*` stands for what is not UTF-8"
        }
        NameFault::Absolute => "\nhint: `exclude` leaves members out, by the name without the `/`",
        NameFault::Parent | NameFault::Empty | NameFault::TooLong => {
            "\nhint: pin another archive of the same release"
        }
    }
}

/// A name as text: bytes that are not UTF-8, and control characters, become escapes.
pub(super) fn shown(name: &[u8]) -> String {
    let mut text = String::new();
    for chunk in name.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char.is_control() {
                text.extend(char.escape_default());
            } else {
                text.push(char);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}
