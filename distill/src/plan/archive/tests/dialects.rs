//! What the dialects of tar can say, written by hand.

use super::craft::{Craft, header};
use super::*;
use crate::plan::archive::block::BLOCK;

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
    // star has times there behind 131 bytes; before POSIX there was nothing.
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

/// Before there was a flag for directories, a slash told them, and the size was that of the directory on
/// its disk.
#[test]
fn sizes_of_old_directories() {
    let v7 = |block: &mut [u8; BLOCK]| block[257..].fill(0);
    for size in [1, 512, 1536, 2048] {
        let archive = craft()
            .with(header(0, "d/", size), v7, "")
            .with(header(0, "d/x", 5), v7, "hello")
            .with(header(0, "d/y", 600), v7, "y".repeat(600));
        assert_eq!(
            listed(archive.end()),
            format!("d/\nd/x \"hello\"\nd/y {:?}\n", "y".repeat(600)),
            "{size}"
        );
    }
    // At the end, and of any directory of POSIX.
    let archive = craft().with(header(0, "d/", 512), v7, "");
    assert_eq!(listed(archive.end()), "d/\n");
    let archive = craft()
        .with(header(b'5', "d", 4096), |_| {}, "")
        .file("d/x", "");
    assert_eq!(listed(archive.end()), "d/\nd/x \"\"\n");
}

/// Solaris puts a list of permissions before a member.
#[test]
fn lists_of_permissions() {
    let list = "1000003\0user::rw-,group::r--,other:r--\0";
    let acl = || header(b'A', "d/x", list.len() as u64);
    let long = format!("{}/{}", "l".repeat(90), "m".repeat(90));
    let archive = craft()
        .with(acl(), |_| {}, list)
        .file("d/x", "hello")
        .with(acl(), |_| {}, list)
        .pax(b'X', &[("path", &long)])
        .file("cut", "x");
    assert_eq!(
        listed(archive.end()),
        format!("d/\nd/x \"hello\"\n{}/\n{long} \"x\"\n", "l".repeat(90))
    );
    let alone = craft().with(acl(), |_| {}, list).end();
    let error = read_tar(&alone).unwrap_err().to_string();
    assert!(error.contains("describes no member"), "{error}");
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
    // What else may stand there is of no use here, and may come again.
    let archive = craft()
        .pax(b'g', &[("mtime", "1"), ("uname", "a")])
        .file("a", "")
        .pax(b'g', &[("mtime", "2")])
        .pax(b'x', &[("path", "long")])
        .file("b", "");
    assert_eq!(listed(archive.end()), "a \"\"\nlong \"\"\n");
}

/// Bytes of a sparse file of 2000: a block, a hole, five bytes, and another hole.
fn stored() -> String {
    format!("{}bytes", "x".repeat(512))
}

#[test]
fn sparse_files() {
    let whole = format!(
        "{:\0<1024}bytes{}",
        "x".repeat(512),
        "\0".repeat(2000 - 1029)
    );
    let expected = format!("next \"\"\nsparse {whole:?}\n");
    let old = craft().with(
        header(b'S', "sparse", 517),
        |block| {
            block[257..265].copy_from_slice(b"ustar  \0");
            for (at, value) in [
                (386, 0),
                (398, 512),
                (410, 1024),
                (422, 5),
                (434, 2000),
                (446, 0),
                (483, 2000),
            ] {
                block[at..at + 11].copy_from_slice(format!("{value:011o}").as_bytes());
            }
        },
        stored(),
    );
    let size = ("GNU.sparse.size", "2000");
    let (blocks, name) = (("GNU.sparse.numblocks", "3"), ("GNU.sparse.name", "sparse"));
    let pair = |offset, len| [("GNU.sparse.offset", offset), ("GNU.sparse.numbytes", len)];
    let pairs = [pair("0", "512"), pair("1024", "5"), pair("2000", "0")];
    let v00 = [&[size, blocks][..], pairs.as_flattened()].concat();
    let v00 = craft().pax(b'x', &v00).file("sparse", &stored());
    let map = ("GNU.sparse.map", "0,512,1024,5,2000,0");
    let v01 = craft()
        .pax(b'x', &[size, blocks, name, map])
        .file("x", &stored());
    let map = format!("{:\0<512}{}", "3\n0\n512\n1024\n5\n2000\n0\n", stored());
    let v10 = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        name,
        ("GNU.sparse.realsize", "2000"),
    ];
    let v10 = craft().pax(b'x', &v10).file("GNUSparseFile.0/x", &map);
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
    let version_1 = |bytes: &str| {
        let records = [
            ("GNU.sparse.major", "1"),
            ("GNU.sparse.minor", "0"),
            ("GNU.sparse.name", "sparse"),
            ("GNU.sparse.realsize", "15"),
        ];
        craft().pax(b'x', &records).file("x", bytes).end()
    };
    let version_0 = |blocks: &'static str, map: &'static str, bytes: &str| {
        let records = [
            ("GNU.sparse.size", "15"),
            ("GNU.sparse.numblocks", blocks),
            ("GNU.sparse.name", "sparse"),
            ("GNU.sparse.map", map),
        ];
        craft().pax(b'x', &records).file("x", bytes).end()
    };
    let padded = |map: &str| format!("{map:\0<512}");
    for (archive, what) in [
        (version_1("1\n0\n0\n"), "its sparse map is garbled"),
        (version_1(&padded("1\n0\n")), "its sparse map is garbled"),
        (
            version_1(&padded("1\n0\nx\n")),
            "a number of its extended header is none",
        ),
        (
            version_1(&padded("1\n0\n5\n")),
            "its sparse map does not fit its size",
        ),
        (
            version_0("1", "0,16", "0123456789abcdef"),
            "its sparse map does not fit its size",
        ),
        (
            version_0("2", "2,1,0,1", "xx"),
            "its sparse map is out of order",
        ),
    ] {
        let error = read_tar(&archive).unwrap_err().to_string();
        let expected = format!("cannot read the archive in `sparse`: {what}\n");
        assert!(error.starts_with(&expected), "{error}");
    }
    let odd = version_0("1", "2,1,0", "xx");
    let error = read_tar(&odd).unwrap_err().to_string();
    let expected = "its sparse map has an offset without a length";
    assert!(error.contains(expected), "{error}");
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
