//! What programs that read archives disagree about. A reviewer looks at an archive with one of them; what
//! is built must be what he saw. So an archive that says one of these things is refused.
//!
//! The list was made with GNU tar, libarchive (which is bsdtar) and Python's `tarfile`. A test holds them
//! against this reader (`tests/differential`), on archives that chance makes.

/// One thing that programs understand differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ambiguity {
    /// A global header stands behind an extended one: it takes effect, drops the other, or neither.
    GlobalBetween,
    /// Something stands before the member twice: the first counts, the last, or both.
    TwoHeaders(&'static str),
    /// The keyword stands twice in one extended header.
    KeywordTwice(&'static str),
    /// The keyword stands in a global header: it holds for all members, for some, or for none.
    InGlobal(&'static str),
    /// The keyword has no value: that takes back what was said before, or is the value.
    WithoutValue(&'static str),
    /// A keyword begins with a blank or holds a NUL byte, which some do not see.
    Keyword,
    /// The keyword is one that changes the contents for those who know it.
    NotForAll(&'static str),
    /// The member's name, or what it links to, holds a NUL byte, where some end it.
    Nul,
    /// Behind what a header before it says stands something else than zeros, which some take for a part of it.
    Padding,
    /// A long name, or a long target, is empty.
    Empty,
    /// The header has one size and the extended header another.
    TwoSizes {
        /// That of the header.
        header: u64,
        /// That of the extended header.
        extended: u64,
    },
    /// It is no file and has a size: bytes follow, or do not.
    SizeOfNoFile,
    /// It is a directory with a size, written before there was a sign for directories; what follows reads as
    /// members whether the size is skipped or not.
    SizeOfDirectory,
    /// It is a label and has a size: bytes follow, or do not.
    SizeOfLabel,
    /// It is a hard link with a size, and what follows may be its contents or the next member.
    SizeOfHardLink,
    /// A header says what it links to, and it is no link: some make it one.
    LinkOfNoLink,
    /// Its own header says nothing of what it links to, and another one does.
    LinkNotInHeader,
    /// The list of who may do what with it allows to execute it and its mode does not, or the other way.
    Permissions,
    /// It is a file by its kind and a directory by the slash at the end of its name.
    SlashOfFile,
    /// Its header holds something where some look for the beginning of the name, or the end of it.
    Prefix,
    /// A number of its header is none. Some read no further, and say nothing.
    Number(&'static str),
    /// Its header tells of holes, and its kind does not.
    HolesInHeader,
    /// Its records about holes are not those of one version.
    HolesInRecords,
    /// Its map of holes has parts that are not of whole blocks, or does not reach to its end.
    HolesInMap,
    /// Records about holes, and it is no file, or its own header is not in the format of POSIX.
    HolesOfNoFile,
    /// It is no member, but a label or a list of permissions, and what stands before it describes a member.
    Described,
}

impl std::fmt::Display for Ambiguity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match self {
            Ambiguity::GlobalBetween => {
                "a global header stands between it and the header that describes it"
            }
            Ambiguity::TwoHeaders(what) => return write!(f, "{what} stands before it twice"),
            Ambiguity::KeywordTwice(keyword) => {
                return write!(f, "its extended header says `{keyword}` twice");
            }
            Ambiguity::InGlobal(keyword) => {
                return write!(f, "a global header before it says `{keyword}`");
            }
            Ambiguity::WithoutValue(keyword) => {
                return write!(f, "its extended header says `{keyword}` without a value");
            }
            Ambiguity::Keyword => {
                "a keyword of its extended header begins with a blank or holds a NUL byte"
            }
            Ambiguity::NotForAll(keyword) => {
                return write!(
                    f,
                    "its extended header says `{keyword}`, which few programs know"
                );
            }
            Ambiguity::Nul => "its name, or what it links to, holds a NUL byte",
            Ambiguity::Padding => {
                "a header before it has something else than zeros behind what it says"
            }
            Ambiguity::Empty => "a header before it holds an empty name",
            Ambiguity::TwoSizes { header, extended } => {
                return write!(
                    f,
                    "its header says {header} bytes and its extended header {extended}"
                );
            }
            Ambiguity::SizeOfNoFile => "it is no file and has a size",
            Ambiguity::SizeOfDirectory => {
                "it is a directory with a size, and what follows may be its contents or members"
            }
            Ambiguity::SizeOfLabel => "it is a label and has a size",
            Ambiguity::SizeOfHardLink => {
                "it is a hard link with a size, and what follows may be its contents or members"
            }
            Ambiguity::LinkOfNoLink => {
                "it is no link, and a header before it says what it links to"
            }
            Ambiguity::LinkNotInHeader => {
                "its own header says nothing of what it links to, and another one does"
            }
            Ambiguity::Permissions => {
                "its mode and the list of its permissions disagree on whether it can be executed"
            }
            Ambiguity::SlashOfFile => "it is no directory, and its name ends with a slash",
            Ambiguity::Prefix => {
                "its header holds something else where the beginning of a name may stand"
            }
            Ambiguity::Number(field) => {
                return write!(f, "the field `{field}` of a header is no number");
            }
            Ambiguity::HolesInHeader => "its header tells of holes, and its kind does not",
            Ambiguity::HolesInRecords => "its records about holes are not those of one version",
            Ambiguity::HolesInMap => {
                "its map of holes has parts that are not of whole blocks, or does not reach to its end"
            }
            Ambiguity::HolesOfNoFile => {
                "its extended header tells of holes, and its own header is not that of a file in the format of POSIX"
            }
            Ambiguity::Described => {
                "it is no member, and a header before it describes the member that follows"
            }
        };
        f.write_str(text)
    }
}
