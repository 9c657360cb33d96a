//! Archives in which programs find different things: each is refused, for its reason, with the member's name.
//! What the others make of them was seen with GNU tar 1.34, libarchive 3.6.2 and Python 3.11.

use super::craft::{Craft, header};
use super::*;
use crate::plan::archive::block::BLOCK;

fn craft() -> Craft {
    Craft::default()
}

/// What is understood differently, and in which member.
fn ambiguity(archive: Craft) -> (String, Ambiguity) {
    match read_tar(&archive.end()) {
        Err(ArchiveError::Ambiguous { member, ambiguity }) => (member, ambiguity),
        Err(other) => panic!("refused for something else: {other}"),
        Ok(got) => panic!("accepted:\n{}", listing(&got)),
    }
}

#[track_caller]
fn assert_ambiguous(archive: Craft, member: &str, expected: Ambiguity) {
    assert_eq!(ambiguity(archive), (member.to_owned(), expected));
}

/// A header with bytes that is none of a member.
fn extension(kind: u8, bytes: &str) -> Craft {
    craft().with(header(kind, "extension", bytes.len() as u64), |_| {}, bytes)
}

impl Craft {
    fn then(mut self, other: Craft) -> Craft {
        self.0.extend(other.0);
        self
    }
}

#[test]
fn a_global_header_between_a_member_and_its_own() {
    let global = || craft().pax(b'g', &[("comment", "c")]);
    // Other programs find `data.bin` with 1024 bytes, one of which looks like a member.
    let smuggling = craft()
        .pax(b'x', &[("size", "1024")])
        .then(global())
        .with(header(b'0', "data.bin", 0), |_| {}, "")
        .file("smuggled", "evil")
        .file("last", "hello");
    assert_ambiguous(smuggling, "data.bin", Ambiguity::GlobalBetween);
    let renamed = craft().pax(b'x', &[("path", "lx")]).then(global());
    assert_ambiguous(renamed.file("x", "hello"), "lx", Ambiguity::GlobalBetween);
    for kind in [b'L', b'K'] {
        let long = extension(kind, "long\0").then(global()).symlink("x", "y");
        assert_eq!(ambiguity(long).1, Ambiguity::GlobalBetween);
    }
}

#[test]
fn two_headers_of_a_kind() {
    let twice = |what| Ambiguity::TwoHeaders(what);
    let (path, mtime) = ([("path", "a")], [("mtime", "1")]);
    let pax = craft().pax(b'x', &path).pax(b'x', &mtime).file("x", "");
    assert_ambiguous(pax, "x", twice("an extended header"));
    let sun = craft().pax(b'x', &mtime).pax(b'X', &path).file("x", "");
    assert_ambiguous(sun, "a", twice("an extended header"));
    let long = || extension(b'L', "long\0");
    let names = long().then(long()).file("x", "");
    assert_ambiguous(names, "long", twice("a long name"));
    let target = || extension(b'K', "target\0");
    let targets = target().then(target()).symlink("x", "y");
    assert_ambiguous(targets, "x", twice("a long target"));
    let both = long().pax(b'x', &path).file("x", "");
    assert_ambiguous(both, "a", twice("a name"));
    let both = target().pax(b'x', &[("linkpath", "b")]).symlink("x", "y");
    assert_ambiguous(both, "x", twice("a target"));
    let acl = || extension(b'A', "1000001\0user::rw-\0");
    let lists = acl().then(acl()).file("x", "");
    assert_ambiguous(lists, "extension", Ambiguity::Described);
}

#[test]
fn a_header_that_describes_no_member_but_what_follows_it() {
    // For GNU tar and libarchive the next member has the name, for Python the label has it.
    for before in [
        extension(b'L', "d/g\0"),
        craft().pax(b'x', &[("path", "d/g")]),
    ] {
        for kind in [b'V', b'A'] {
            let archive = before.clone().with(header(kind, "label", 0), |_| {}, "");
            assert_ambiguous(archive.file("x", "hello"), "label", Ambiguity::Described);
        }
    }
    let sized = extension(b'V', "x").file("a", "");
    assert_ambiguous(sized, "extension", Ambiguity::SizeOfLabel);
}

#[test]
fn keywords() {
    for (records, expected) in [
        (
            &[("path", "a"), ("path", "b")][..],
            Ambiguity::KeywordTwice("path"),
        ),
        (&[("path", "")], Ambiguity::WithoutValue("path")),
        (&[("size", "")], Ambiguity::WithoutValue("size")),
        (&[(" path", "a")], Ambiguity::Keyword),
        (
            &[("SCHILY.realsize", "5")],
            Ambiguity::NotForAll("SCHILY.realsize"),
        ),
        (&[("path", "a\0b")], Ambiguity::Nul),
        (&[("linkpath", "b")], Ambiguity::LinkOfNoLink),
        (
            &[("SCHILY.acl.access", "user::rwx")],
            Ambiguity::Permissions,
        ),
        (&[("GNU.sparse.size", "5")], Ambiguity::HolesInRecords),
    ] {
        let archive = craft().pax(b'x', records).file("x", "");
        assert_eq!(ambiguity(archive).1, expected, "{records:?}");
    }
    let nul = craft().pax(b'x', &[("linkpath", "a\0b")]).symlink("x", "y");
    assert_ambiguous(nul, "x", Ambiguity::Nul);
    // Only some keep them for all members, and only some for those without a header of their own.
    for keyword in [
        "path",
        "linkpath",
        "size",
        "GNU.sparse.size",
        "SCHILY.realsize",
    ] {
        let global = craft().pax(b'g', &[(keyword, "1")]).file("x", "");
        assert_ambiguous(global, "x", Ambiguity::InGlobal(keyword));
    }
}

#[test]
fn sizes() {
    let pax = |size| craft().pax(b'x', &[("size", size)]);
    let two = pax("1024").file("x", "0123456789");
    let (header_size, extended) = (10, 1024);
    let two_sizes = Ambiguity::TwoSizes {
        header: header_size,
        extended,
    };
    assert_ambiguous(two, "x", two_sizes);
    for kind in [b'2', b'3', b'4', b'6'] {
        let odd = craft()
            .with(header(kind, "x", 512), |_| {}, "")
            .file("a", "");
        assert_ambiguous(odd, "x", Ambiguity::SizeOfNoFile);
    }
    let slash = craft().with(header(b'0', "d/", 1), |_| {}, "x");
    assert_ambiguous(slash, "d/", Ambiguity::SizeOfNoFile);
    let dir = pax("512")
        .with(header(b'5', "d", 0), |_| {}, "")
        .file("a", "");
    assert_ambiguous(dir, "d", Ambiguity::SizeOfNoFile);
    // An old directory behind whose size a member, or the end, begins: GNU tar skips the first member.
    let v7 = |block: &mut [u8; BLOCK]| block[257..].fill(0);
    let dir = || craft().with(header(0, "d/", 512), v7, "");
    let hidden = dir().file("a", "").file("b", "");
    assert_ambiguous(hidden, "d/", Ambiguity::SizeOfDirectory);
    assert_ambiguous(dir().file("a", ""), "d/", Ambiguity::SizeOfDirectory);
    let large = craft().with(header(0, "d/", 2 << 20), v7, "");
    assert_ambiguous(large, "d/", Ambiguity::SizeOfDirectory);
}

#[test]
fn sizes_of_hard_links() {
    let to_a = |block: &mut [u8; BLOCK]| block[157..158].copy_from_slice(b"a");
    let link = |before: Craft| before.with(header(b'1', "b", 512), to_a, "");
    // libarchive takes the next block for contents, unless it looks like a header or the archive is old.
    let newer = craft().pax(b'x', &[("mtime", "1")]).file("a", "x");
    assert_ambiguous(link(newer).file("c", ""), "b", Ambiguity::SizeOfHardLink);
    assert_ambiguous(link(craft().file("a", "x")), "b", Ambiguity::SizeOfHardLink);
    let sized = craft()
        .file("a", "x")
        .pax(b'x', &[("size", "5")])
        .hard_link("b", "a");
    assert_ambiguous(sized, "b", Ambiguity::SizeOfHardLink);
}

#[test]
fn links() {
    let target = || extension(b'K', "target\0");
    assert_ambiguous(target().file("x", ""), "x", Ambiguity::LinkOfNoLink);
    assert_ambiguous(target().symlink("x", ""), "x", Ambiguity::LinkNotInHeader);
}

#[test]
fn names() {
    assert_ambiguous(extension(b'L', "\0").file("x", ""), "", Ambiguity::Empty);
    // A slash that is not in the header, or is only there; and kinds that have a flag of their own.
    let pax = craft().pax(b'x', &[("path", "d/")]).file("x", "");
    assert_ambiguous(pax, "d/", Ambiguity::SlashOfFile);
    let old = |name: &str| {
        craft()
            .pax(b'x', &[("path", "long")])
            .with(header(0, name, 0), |_| {}, "")
    };
    assert_ambiguous(old("d/"), "long", Ambiguity::SlashOfFile);
    let kind = |kind| {
        craft()
            .file("y", "")
            .with(header(kind, "x/", 0), |_| {}, "")
    };
    assert_ambiguous(kind(b'7'), "x/", Ambiguity::SlashOfFile);
    assert_ambiguous(kind(b'2'), "x/", Ambiguity::SlashOfFile);
    // Behind the name's length, and before the end of the block, more of it.
    let header = header(b'L', "extension", 2);
    let longer = craft().with(header, |_| {}, "abcd").file("x", "");
    assert_ambiguous(longer, "", Ambiguity::Padding);
}

#[test]
fn headers() {
    let changed = |at: usize, bytes: &'static [u8]| {
        let change =
            move |block: &mut [u8; BLOCK]| block[at..at + bytes.len()].copy_from_slice(bytes);
        craft().with(header(b'0', "x", 0), change, "")
    };
    for (at, field) in [
        (100, "mode"),
        (108, "uid"),
        (116, "gid"),
        (136, "mtime"),
        (329, "devmajor"),
        (337, "devminor"),
    ] {
        assert_ambiguous(changed(at, b"8"), "x", Ambiguity::Number(field));
    }
    // Python ends there, whatever kind of header it is.
    let change = |block: &mut [u8; BLOCK]| block[108] = b'8';
    let global = craft()
        .with(header(b'g', "global", 0), change, "")
        .file("x", "");
    assert_ambiguous(global, "x", Ambiguity::Number("uid"));
    // GNU tar writes times where others look for the beginning of a name.
    let gnu = |more: usize, bytes: &'static [u8]| {
        let change = move |block: &mut [u8; BLOCK]| {
            block[257..265].copy_from_slice(b"ustar  \0");
            block[more..more + bytes.len()].copy_from_slice(bytes);
        };
        craft().with(header(b'0', "x", 0), change, "")
    };
    assert_ambiguous(gnu(345, b"15130573123"), "x", Ambiguity::Prefix);
    assert_ambiguous(gnu(386, b"00000000000"), "x", Ambiguity::HolesInHeader);
    assert_ambiguous(gnu(483, b"00000000005"), "x", Ambiguity::HolesInHeader);
    let mut v7 = changed(345, b"d");
    v7.0[257..265].fill(0);
    v7.0[148..156].fill(b' ');
    let sum: u32 = v7.0.iter().map(|byte| u32::from(*byte)).sum();
    v7.0[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    assert_ambiguous(v7, "x", Ambiguity::Prefix);
}

#[test]
fn holes() {
    let sparse = |map: &'static str, size: &'static str, bytes: &str| {
        let count = (map.split(',').count() / 2).to_string();
        let records = [
            ("GNU.sparse.size", size),
            ("GNU.sparse.numblocks", &count[..]),
            ("GNU.sparse.map", map),
        ];
        craft().pax(b'x', &records).file("x", bytes)
    };
    // GNU tar lets each part begin at a block, and says nothing of a hole at the end that no part marks.
    let uneven = sparse("0,5,20,5,30,0", "30", "0123456789");
    assert_ambiguous(uneven, "x", Ambiguity::HolesInMap);
    assert_ambiguous(sparse("0,5", "30", "01234"), "x", Ambiguity::HolesInMap);
    let records = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.realsize", "5"),
    ];
    let dir = craft().pax(b'x', &records).dir("d");
    assert_ambiguous(dir, "d", Ambiguity::HolesOfNoFile);
    let both = sparse("0,0", "0", "").0;
    let mut old = both.clone();
    old[1024 + 257] = 0;
    old[1024 + 148..1024 + 156].fill(b' ');
    let sum: u32 = old[1024..].iter().map(|byte| u32::from(*byte)).sum();
    old[1024 + 148..1024 + 155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    assert_ambiguous(Craft(old), "x", Ambiguity::HolesOfNoFile);
}

#[test]
fn permissions() {
    let acl = |owner: &str| {
        extension(
            b'A',
            &format!("1000003\0user::{owner},group::r--,other::r--\0"),
        )
    };
    assert_ambiguous(acl("rwx").file("x", ""), "x", Ambiguity::Permissions);
    assert_ambiguous(acl("rw-").program("x", ""), "x", Ambiguity::Permissions);
    assert!(read_tar(&acl("rwx").program("x", "").end()).is_ok());
    assert!(read_tar(&acl("rwx").dir("d").end()).is_ok());
}

#[test]
fn the_message_names_the_member_and_says_what_to_do() {
    let archive = craft().pax(b'g', &[("path", "a")]).file("x", "").end();
    assert_eq!(
        read_tar(&archive).unwrap_err().to_string(),
        "cannot unpack `x`: programs would find different things in the archive, since a global header before it \
         says `path`\nhint: pin an archive that was packed anew, or another one of the same release"
    );
}
