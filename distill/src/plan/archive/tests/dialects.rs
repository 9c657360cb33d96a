//! What the dialects of tar can say, written by hand.

use super::craft::{Craft, header};
use super::*;
use crate::plan::archive::header::BLOCK;

fn craft() -> Craft {
    Craft::default()
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "archives are made where they are listed"
)]
fn listed(archive: Vec<u8>) -> String {
    listing(&read_tar(&archive).unwrap())
}

#[test]
fn ordinary_members() {
    let archive = craft()
        .dir("./")
        .dir("./d/")
        .file("./d//a", "text")
        .program("d/b", "#!")
        .symlink("d/c", "/absolute/is/data")
        .symlink("d/e", "../../so/is/this")
        .hard_link("d/f", "./d/b")
        .hard_link("g", "d/c")
        .file("new/dirs/come", "x")
        .with(header(b'7', "contiguous", 1), |_| {}, "x")
        .with(header(0, "ancient", 1), |_| {}, "x")
        .with(header(b'0', "also-a-dir/", 0), |_| {}, "")
        .with(header(b'V', "a label", 0), |_| {}, "");
    insta::assert_snapshot!(listed(archive.end()));
}

#[test]
fn the_same_twice_is_no_matter() {
    let archive = craft()
        .dir("d")
        .file("d/a", "x")
        .dir("d/")
        .file("./d/a", "x")
        .symlink("s", "t")
        .symlink("s", "t")
        .hard_link("h", "d/a")
        .hard_link("h", "d/a")
        .hard_link("d/a", "h")
        .file("h", "x")
        .hard_link("s", "s");
    assert_eq!(listed(archive.end()), "d/\nd/a \"x\"\nh \"x\"\ns -> t\n");
}

#[test]
fn long_names() {
    let (a, b) = ("a".repeat(120), "b".repeat(150));
    let name = format!("{a}/{b}");
    let gnu = |kind: u8, text: &str| {
        let text = format!("{text}\0");
        craft().with(
            header(kind, "././@LongLink", text.len() as u64),
            |_| {},
            text,
        )
    };
    let listing = format!("{a}/\n{name} \"x\"\n");
    assert_eq!(listed(gnu(b'L', &name).file("cut", "x").end()), listing);
    assert_eq!(
        listed(craft().pax(b'x', &[("path", &name)]).file("cut", "x").end()),
        listing
    );
    // The extended header holds for one member only.
    let two = craft()
        .pax(b'x', &[("path", "long")])
        .file("cut", "")
        .file("next", "")
        .end();
    assert_eq!(listed(two), "long \"\"\nnext \"\"\n");
    let target = format!("{}s -> {name}\n", "");
    assert_eq!(listed(gnu(b'K', &name).symlink("s", "cut").end()), target);
    assert_eq!(
        listed(
            craft()
                .pax(b'x', &[("linkpath", &name)])
                .symlink("s", "cut")
                .end()
        ),
        target
    );
    // Both kinds before one member, in either order.
    let mut both = gnu(b'K', &name).0;
    both.extend(gnu(b'L', "s").0);
    assert_eq!(listed(Craft(both).symlink("cut", "cut").end()), target);
}

#[test]
fn the_prefix_of_a_name() {
    let prefix = |block: &mut [u8; BLOCK]| block[345..350].copy_from_slice(b"a/b/c");
    let file = || header(b'0', "d", 1);
    assert_eq!(
        listed(craft().with(file(), prefix, "x").end()),
        "a/\na/b/\na/b/c/\na/b/c/d \"x\"\n"
    );
    // GNU tar has other things there, star behind 131 bytes; before POSIX there was nothing.
    let gnu = |block: &mut [u8; BLOCK]| {
        block[257..265].copy_from_slice(b"ustar  \0");
        block[345..356].copy_from_slice(b"15130573123");
    };
    assert_eq!(listed(craft().with(file(), gnu, "x").end()), "d \"x\"\n");
    let star = |block: &mut [u8; BLOCK]| {
        block[345..348].copy_from_slice(b"a/b");
        block[476..487].copy_from_slice(b"15130573123");
        block[508..].copy_from_slice(b"tar\0");
    };
    assert_eq!(
        listed(craft().with(file(), star, "x").end()),
        "a/\na/b/\na/b/d \"x\"\n"
    );
    let v7 = |block: &mut [u8; BLOCK]| block[257..].fill(0);
    assert_eq!(listed(craft().with(file(), v7, "x").end()), "d \"x\"\n");
}

#[test]
fn sizes() {
    let base256 = |block: &mut [u8; BLOCK]| {
        block[124..136].fill(0);
        block[124] = 0x80;
        block[135] = 3;
    };
    let spaces = |block: &mut [u8; BLOCK]| block[124..136].copy_from_slice(b"         3 \0");
    for change in [&base256 as &dyn Fn(&mut [u8; BLOCK]), &spaces] {
        let archive = craft()
            .with(header(b'0', "a", 0), change, "xyz")
            .file("b", "");
        assert_eq!(listed(archive.end()), "a \"xyz\"\nb \"\"\n");
    }
    let archive = craft()
        .pax(b'x', &[("size", "3")])
        .with(header(b'0', "a", 0), |_| {}, "xyz");
    assert_eq!(listed(archive.file("b", "").end()), "a \"xyz\"\nb \"\"\n");
    // Old programs told the size of a hard link's file; no bytes follow.
    let link = |block: &mut [u8; BLOCK]| block[157..158].copy_from_slice(b"a");
    let archive = craft()
        .file("a", "xyz")
        .with(header(b'1', "b", 3), link, "")
        .file("c", "");
    assert_eq!(listed(archive.end()), "a \"xyz\"\nb \"xyz\"\nc \"\"\n");
}

#[test]
fn sums_of_signed_bytes() {
    let mut archive = craft().file("\u{e4}", "x");
    let block = &mut archive.0[..BLOCK];
    block[148..156].fill(b' ');
    let sum: i32 = block.iter().map(|byte| i32::from(byte.cast_signed())).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(listed(archive.end()), "\u{e4} \"x\"\n");
}

#[test]
fn global_headers() {
    // As `git archive` writes it.
    let archive = craft()
        .pax(b'g', &[("comment", "0123abcd")])
        .file("a", "x")
        .file("b", "y");
    assert_eq!(listed(archive.end()), "a \"x\"\nb \"y\"\n");
    // A member's own header takes precedence; an empty value takes back.
    let archive = craft()
        .pax(b'g', &[("linkpath", "all")])
        .symlink("a", "x")
        .pax(b'x', &[("linkpath", "own")])
        .symlink("b", "x")
        .pax(b'x', &[("linkpath", "")])
        .symlink("c", "x")
        .symlink("d", "x");
    assert_eq!(
        listed(archive.end()),
        "a -> all\nb -> own\nc -> x\nd -> all\n"
    );
}

#[test]
fn sparse_files() {
    let whole = "ab\0\0\0\0\0\0\0\0cde\0\0";
    let expected = format!("next \"\"\nsparse {whole:?}\n");
    let old = craft().with(
        header(b'S', "sparse", 5),
        |block| {
            block[257..265].copy_from_slice(b"ustar  \0");
            for (at, value) in [
                (386, 0),
                (398, 2),
                (410, 10),
                (422, 3),
                (434, 15),
                (446, 0),
                (483, 15),
            ] {
                block[at..at + 11].copy_from_slice(format!("{value:011o}").as_bytes());
            }
        },
        "abcde",
    );
    let version = |major: &'static str, records: &[(&'static str, &'static str)]| {
        let name = [
            ("GNU.sparse.major", major),
            ("GNU.sparse.minor", "0"),
            ("GNU.sparse.name", "sparse"),
        ];
        craft().pax(b'x', &[&name[..], records].concat())
    };
    let pairs = [
        ("GNU.sparse.size", "15"),
        ("GNU.sparse.numblocks", "2"),
        ("GNU.sparse.offset", "0"),
        ("GNU.sparse.numbytes", "2"),
        ("GNU.sparse.offset", "10"),
        ("GNU.sparse.numbytes", "3"),
    ];
    let v00 = craft().pax(b'x', &pairs).file("sparse", "abcde");
    let v01 = version(
        "0",
        &[("GNU.sparse.size", "15"), ("GNU.sparse.map", "0,2,10,3")],
    )
    .file("x", "abcde");
    let map = format!("{:\0<512}abcde", "2\n0\n2\n10\n3\n");
    let v10 = version("1", &[("GNU.sparse.realsize", "15")]).file("GNUSparseFile.0/x", &map);
    for (version, archive) in [("old", old), ("0.0", v00), ("0.1", v01), ("1.0", v10)] {
        assert_eq!(
            listed(archive.file("next", "").end()),
            expected,
            "{version}"
        );
    }
}

#[test]
fn sparse_files_that_make_no_sense() {
    let version = |major: &'static str, records: &[(&'static str, &'static str)], bytes: &str| {
        let name = [
            ("GNU.sparse.major", major),
            ("GNU.sparse.minor", "0"),
            ("GNU.sparse.name", "sparse"),
        ];
        craft()
            .pax(b'x', &[&name[..], records].concat())
            .file("x", bytes)
            .end()
    };
    let size = ("GNU.sparse.realsize", "15");
    let padded = |map: &str| format!("{map:\0<512}");
    for (archive, what) in [
        (version("1", &[], ""), "a sparse file has no real size"),
        (
            version("2", &[size], ""),
            "its kind of sparse file is not known",
        ),
        (
            version("1", &[size], "1\n0\n0\n"),
            "its sparse map is garbled",
        ),
        (
            version("1", &[size], &padded("1\n0\n")),
            "its sparse map is garbled",
        ),
        (
            version("1", &[size], &padded("1\n0\nx\n")),
            "a number of its extended header is none",
        ),
        (
            version("1", &[size], &padded("1\n0\n5\n")),
            "its sparse map does not fit its size",
        ),
        (
            version("0", &[size, ("GNU.sparse.map", "0,16")], "0123456789abcdef"),
            "its sparse map does not fit its size",
        ),
        (
            version("0", &[size, ("GNU.sparse.map", "2,1,0,1")], "xx"),
            "its sparse map is out of order",
        ),
    ] {
        let error = read_tar(&archive).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("cannot read the archive in `sparse`: {what}")
        );
    }
    let odd = version("0", &[size, ("GNU.sparse.map", "2,1,0")], "xx");
    assert!(
        read_tar(&odd)
            .unwrap_err()
            .to_string()
            .ends_with("its sparse map has an offset without a length")
    );
}

#[test]
fn a_part_of_an_archive() {
    let archive = craft()
        .file(b"x/caf\xe9", "")
        .file("/absolute", "")
        .with(header(b'3', "x/dev/null", 0), |_| {}, "")
        .file("x/src/a.c", "a")
        .file("x/src/a.h", "h")
        .file("x/doc/a.txt", "doc")
        .end();
    let mut options = Options::new(Format::Tar);
    options.exclude = set(&["x/caf*", "absolute", "x/dev"]);
    let got = read(&archive, &options).unwrap();
    assert_eq!(
        listing(&got),
        "x/\nx/doc/\nx/doc/a.txt \"doc\"\nx/src/\nx/src/a.c \"a\"\nx/src/a.h \"h\"\n"
    );
    let mut options = Options::new(Format::Tar);
    (options.include, options.exclude) = (set(&["x/src"]), set(&["**/*.h"]));
    let got = read(&archive, &options).unwrap();
    assert_eq!(listing(&got), "x/\nx/src/\nx/src/a.c \"a\"\n");
}
