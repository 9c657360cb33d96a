//! Archives that are refused, each for its reason, and with the words that a person sees.

use super::craft::{Craft, header};
use super::*;
use crate::plan::archive::block::BLOCK;

/// The message, with all lines.
fn whole_refusal(archive: &[u8]) -> String {
    match read_tar(archive) {
        Err(error) => error.to_string(),
        Ok(got) => panic!("accepted:\n{}", listing(&got)),
    }
}

/// What is wrong. What to do about it is said, too, but is not the point.
fn refusal(archive: &[u8]) -> String {
    let whole = whole_refusal(archive);
    let (what, hint) = whole
        .split_once("\nhint: ")
        .unwrap_or_else(|| panic!("no hint: {whole}"));
    assert!(hint.len() > 10, "{whole}");
    what.to_owned()
}

fn craft() -> Craft {
    Craft::default()
}

#[test]
fn names_that_lead_out() {
    for (name, why) in [
        ("/etc/passwd", "it is absolute"),
        ("//x", "it is absolute"),
        ("../x", "it has a `..` component"),
        ("a/../../x", "it has a `..` component"),
        ("a/..", "it has a `..` component"),
        ("./../x", "it has a `..` component"),
    ] {
        for archive in [
            craft().file(name, "x").end(),
            craft().dir(name).end(),
            craft().symlink(name, "x").end(),
            craft()
                .pax(b'x', &[("path", name)])
                .file("plain", "x")
                .end(),
            craft()
                .with(
                    header(b'L', "././@LongLink", name.len() as u64),
                    |_| {},
                    name,
                )
                .file("plain", "x")
                .end(),
        ] {
            let message = refusal(&archive);
            let expected = format!("cannot unpack `{name}`: its name is refused, {why}");
            assert!(message.starts_with(&expected), "{message}");
        }
    }
}

#[test]
fn names_that_no_tree_has() {
    let long = "x".repeat(256);
    for (archive, message) in [
        (
            craft().file(b"caf\xe9", "").end(),
            "cannot unpack `caf\\xe9`: its name is refused, it is not UTF-8\nhint: `exclude` leaves members out; a `*` stands for what is not UTF-8",
        ),
        (
            craft().file("", "x").end(),
            "cannot unpack ``: its name is refused, it is empty\nhint: pin another archive of the same release",
        ),
        (
            craft().symlink(".", "x").end(),
            "cannot unpack `.`: its name is refused, it is empty\nhint: pin another archive of the same release",
        ),
        (
            craft().pax(b'x', &[("path", "a\0b")]).file("x", "").end(),
            "cannot unpack `a\\u{0}b`: programs would find different things in the archive, since its name, or what it links to, holds a NUL byte\nhint: pin an archive that was packed anew, or another one of the same release",
        ),
        (
            craft().pax(b'x', &[("path", &long)]).file("x", "").end(),
            &format!(
                "cannot unpack `{long}`: its name is refused, a component is longer than 255 bytes\nhint: pin another archive of the same release"
            ),
        ),
        (
            craft()
                .file("\u{1b}[31mred", "")
                .with(header(b'6', "\u{1b}[31mred", 0), |_| {}, "")
                .end(),
            "cannot unpack `\\u{1b}[31mred`: it is a named pipe\nhint: `exclude` leaves members out",
        ),
    ] {
        assert_eq!(whole_refusal(&archive), message);
    }
}

#[test]
fn what_is_no_file() {
    for (kind, what) in [
        (b'3', "a character device"),
        (b'4', "a block device"),
        (b'6', "a named pipe"),
        (b'D', "a directory of an incremental backup"),
        (b'M', "a file that began in another volume"),
        (b'Z', "of a kind that is not known"),
        (b'N', "of a kind that is not known"),
    ] {
        let archive = craft().with(header(kind, "odd", 0), |_| {}, "").end();
        let expected =
            format!("cannot unpack `odd`: it is {what}\nhint: `exclude` leaves members out");
        assert_eq!(whole_refusal(&archive), expected);
    }
}

#[test]
fn hard_links_to_outside_or_nothing() {
    let nowhere =
        |to: &str| format!("cannot unpack the hard link `b`: no file `{to}` comes before it");
    let outside = |to: &str, why: &str| {
        format!("cannot unpack the hard link `b` to `{to}`: the name is refused, {why}")
    };
    for (archive, message) in [
        (
            craft().hard_link("b", "/etc/passwd").end(),
            outside("/etc/passwd", "it is absolute"),
        ),
        (
            craft().hard_link("b", "../x").end(),
            outside("../x", "it has a `..` component"),
        ),
        (craft().hard_link("b", "").end(), outside("", "it is empty")),
        (
            craft().hard_link("b", b"\xff").end(),
            outside("\\xff", "it is not UTF-8"),
        ),
        (craft().hard_link("b", "a").end(), nowhere("a")),
        (craft().hard_link("b", "b").end(), nowhere("b")),
        (craft().dir("a").hard_link("b", "a").end(), nowhere("a")),
        // A file that comes later.
        (
            craft().hard_link("b", "a").file("a", "x").end(),
            nowhere("a"),
        ),
        // Through a link: what lies there is not in the archive.
        (
            craft()
                .symlink("l", "/etc")
                .hard_link("b", "l/passwd")
                .end(),
            nowhere("l/passwd"),
        ),
    ] {
        assert_eq!(refusal(&archive), message);
    }
}

#[test]
fn hard_link_to_what_is_left_out() {
    let archive = craft().file("a/x", "x").hard_link("b/x", "a/x").end();
    let mut options = Options::new(Format::Tar);
    options.exclude = set(&["a"]);
    assert_eq!(
        read(&archive, &options).unwrap_err().to_string(),
        "cannot unpack the hard link `b/x`: no file `a/x` comes before it\n\
         hint: it is left out; take both or neither"
    );
}

#[test]
fn members_through_a_link() {
    for archive in [
        craft().symlink("a", "/etc").file("a/passwd", "x").end(),
        craft().symlink("a", ".").dir("a/b").end(),
        craft().symlink("a", "b").dir("b").symlink("a/c", "x").end(),
        craft()
            .file("x", "")
            .symlink("a", "b")
            .hard_link("a/c", "x")
            .end(),
        craft()
            .symlink("b", "/")
            .hard_link("a", "b")
            .file("a/c", "")
            .end(),
    ] {
        let message = refusal(&archive);
        assert!(
            message.contains("`a` above it is a symbolic link"),
            "{message}"
        );
    }
    assert_eq!(
        refusal(&craft().file("a", "").file("a/b", "").end()),
        "cannot unpack `a/b`: `a` above it is a file"
    );
    assert_eq!(
        refusal(
            &craft()
                .file("x", "")
                .hard_link("a", "x")
                .file("a/b", "")
                .end()
        ),
        "cannot unpack `a/b`: `a` above it is a file"
    );
}

#[test]
fn two_of_one_name() {
    for archive in [
        craft().file("a", "x").file("a", "y"),
        craft().file("a", "x").file("./a", "xx"),
        craft().file("a", "x").program("a", "x"),
        craft().file("a", "x").dir("a"),
        craft().dir("a").file("a", "x"),
        craft().file("a/b", "x").symlink("a", "c"),
        craft().symlink("a", "b").dir("a"),
        craft().symlink("a", "b").symlink("a", "c"),
        craft().symlink("a", "b").file("a", "x"),
        craft().file("a", "x").symlink("a", "x"),
        craft()
            .file("x", "x")
            .file("y", "y")
            .hard_link("a", "x")
            .hard_link("a", "y"),
        craft().file("x", "x").hard_link("a", "x").file("a", "y"),
        craft().file("x", "x").file("a", "x").hard_link("a", "x"),
    ] {
        assert_eq!(
            refusal(&archive.end()),
            "cannot unpack `a`: the archive holds it twice, and not the same"
        );
    }
}

#[test]
fn archives_that_are_cut_short() {
    let whole = craft()
        .dir("d")
        .file("d/a", &"x".repeat(1000))
        .pax(b'x', &[("path", "d/b")])
        .file("x", "y");
    let members = whole.0.len();
    let whole = whole.end();
    for cut in 0..members {
        let message = refusal(&whole[..cut]);
        // Behind `d`, and behind the file in it, could be its end.
        let what = match cut {
            512 | 2048 => "the archive has no end marker after `d",
            _ => "the archive is cut short ",
        };
        assert!(message.starts_with(what), "{cut}: {message}");
    }
    assert_eq!(
        refusal(&whole[..0]),
        "the archive is cut short at its beginning"
    );
    assert_eq!(refusal(&whole[..513]), "the archive is cut short after `d`");
    assert_eq!(refusal(&whole[..1536]), "the archive is cut short in `d/a`");
    // One block of zeros is enough of a mark; half of one is none.
    assert!(read_tar(&whole[..members + BLOCK]).is_ok());
    assert!(read_tar(&whole[..=members + BLOCK]).is_ok());
    assert!(read_tar(&whole[..members + BLOCK - 1]).is_err());
}

#[test]
fn an_end_that_is_not_marked() {
    let bare = craft().file("a", "x").0;
    assert_eq!(
        whole_refusal(&bare),
        "the archive has no end marker after `a`\n\
         hint: it may be cut short there; if upstream's is like that, too, `no_end_marker` in the recipe accepts it"
    );
    let mut options = Options::new(Format::Tar);
    options.no_end_marker = true;
    assert_eq!(listing(&read(&bare, &options).unwrap()), "a \"x\"\n");
    // Nothing else is accepted that is cut short.
    let described = craft().file("a", "x").pax(b'x', &[("path", "b")]).0;
    for cut in [
        &bare[..0],
        &bare[..1023],
        &bare[..700],
        &bare[..100],
        &described,
    ] {
        let error = read(cut, &options).unwrap_err();
        assert!(matches!(error, ArchiveError::Truncated { .. }), "{error}");
    }
    assert!(read(&craft().file("a", "x").end(), &options).is_ok());
}

#[test]
fn what_stands_behind_the_end() {
    let end = craft().file("a", "x").end();
    let padded = [&end[..], &[0; 10_240]].concat();
    assert!(read_tar(&padded).is_ok());
    // tar writes records of 20 blocks: up to the end of the last one, what was in memory may stand.
    let more = craft().file("b", "").end();
    for stale in [&b"\n"[..], &more, &[b'x'; 10_240 - 2048]] {
        let whole = [&end, stale].concat();
        assert_eq!(listing(&read_tar(&whole).unwrap()), "a \"x\"\n");
        // Behind it come zeros or nothing.
        let mut longer = whole.clone();
        longer.resize(10_240, b'x');
        assert!(read_tar(&[&longer[..], &[0; 512]].concat()).is_ok());
        let message = "the archive goes on behind its end, at byte 10240";
        assert_eq!(refusal(&[&longer[..], b"x"].concat()), message);
        assert_eq!(refusal(&[&longer[..], &more].concat()), message);
    }
    // The record is that in which the mark ends.
    let full = craft().file("a", &"x".repeat(10_240 - 1024 - 512)).end();
    assert_eq!(full.len(), 10_240);
    let message = "the archive goes on behind its end, at byte 10240";
    assert_eq!(refusal(&[&full[..], b"x"].concat()), message);
    // A lone block of zeros is an end for some, and not for others.
    let message = "the archive has a single block of zeros before byte 1024, where some programs find its end and others go on";
    let lone = craft().file("a", "").bytes([0; BLOCK]);
    assert_eq!(refusal(&lone.clone().file("b", "").end()), message);
    assert_eq!(refusal(&[&lone.0[..], b"x"].concat()), message);
}

#[test]
fn garbled_headers() {
    let mut wrong_sum = craft().file("a", "x");
    wrong_sum.0[0] ^= 1;
    let text = craft().bytes("x".repeat(600));
    let field = |at: usize, text: &'static [u8]| {
        move |block: &mut [u8; BLOCK]| block[at..at + text.len()].copy_from_slice(text)
    };
    for (archive, message) in [
        (
            wrong_sum,
            "at its beginning: the checksum of a header is wrong",
        ),
        (text, "at its beginning: its checksum is no number"),
        (
            craft().with(header(b'0', "a", 0), field(124, b"0000000009\0"), ""),
            "in `a`: its size is no number",
        ),
        (
            craft().with(
                header(b'0', "a", 0),
                field(124, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
                "",
            ),
            "in `a`: its size is no number",
        ),
        (
            craft().file("a", "").pax(b'x', &[]).bytes([0; 2 * BLOCK]),
            "",
        ),
        (
            craft().with(header(b'x', "x", 4), |_| {}, "abc\n"),
            "at its beginning: its extended header is garbled",
        ),
        (
            craft().with(header(b'L', "x", 2 << 20), |_| {}, ""),
            "at its beginning: an extended header is longer than a mebibyte",
        ),
    ] {
        if !message.is_empty() {
            assert_eq!(
                refusal(&archive.end()),
                format!("cannot read the archive {message}")
            );
        }
    }
    // An extended header at the end describes nothing.
    let archive = craft().file("a", "").pax(b'x', &[("path", "b")]).end();
    assert_eq!(
        refusal(&archive),
        "cannot read the archive after `a`: an extended header describes no member"
    );
}

#[test]
fn symbolic_links_that_hold_nonsense() {
    let message =
        |why: &str| format!("cannot unpack the symbolic link `a`: its target is refused, {why}");
    assert_eq!(
        refusal(&craft().symlink("a", "").end()),
        message("it is empty")
    );
    assert_eq!(
        refusal(&craft().symlink("a", b"\xff").end()),
        message("it is not UTF-8")
    );
}

#[test]
fn more_than_the_limits() {
    let mut options = Options::new(Format::Tar);
    options.limits = Limits {
        members: 4,
        bytes: 10_000,
        ..Limits::default()
    };
    let first_line = |error: ArchiveError| error.to_string().lines().next().map(str::to_owned);
    let refusal = |archive: &Craft| {
        read(&archive.clone().end(), &options)
            .map(drop)
            .map_err(|error| first_line(error).unwrap())
    };
    let three = craft().file("a", "").file("b", "").dir("c");
    assert_eq!(refusal(&three), Ok(()));
    assert_eq!(
        refusal(&three.clone().file("d", "")),
        Err("the archive holds more than 4 members after `d`".to_owned())
    );
    // What is left out counts, too: reading takes time.
    let large = craft()
        .file("a", &"x".repeat(6000))
        .file("b", &"x".repeat(6000));
    let beyond = "the archive holds more than 10000 bytes, at `b`".to_owned();
    assert_eq!(refusal(&large), Err(beyond));
    // So do holes: this one is 512 bytes of archive.
    let sparse = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.name", "hole"),
        ("GNU.sparse.realsize", "1000000000000"),
    ];
    let bomb = craft()
        .pax(b'x', &sparse)
        .file("a", &format!("{:\0<512}", "1\n1000000000000\n0\n"));
    let beyond = "the archive holds more than 10000 bytes, at `hole`".to_owned();
    assert_eq!(refusal(&bomb), Err(beyond));
    // Zeros behind the end have no end themselves.
    let endless = craft()
        .file("a", "")
        .bytes([0; BLOCK])
        .bytes(vec![0; 20_000]);
    assert!(refusal(&endless).is_err());
}

#[test]
fn compressed_bombs_stop_at_the_limit() {
    let mut bomb = zstd::Encoder::new(Vec::new(), 1).unwrap();
    io::copy(
        &mut &craft().with(header(b'0', "zeros", 7 << 30), |_| {}, "").0[..],
        &mut bomb,
    )
    .unwrap();
    io::copy(&mut io::repeat(0).take(64 << 20), &mut bomb).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 200_000);
    let mut options = Options::new(Format::TarZst);
    options.limits.bytes = 1 << 20;
    let error = read(&bomb, &options).unwrap_err();
    assert!(
        matches!(
            error,
            ArchiveError::TooLarge {
                limit: 0x10_0000,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn wanted_patterns_that_match_nothing() {
    let archive = craft().file("a/b", "x").end();
    let mut options = Options::new(Format::Tar);
    options.include = set(&["a", "c/*"]);
    let error = read(&archive, &options).unwrap_err().to_string();
    assert_eq!(
        error,
        "the pattern `c/*` matches nothing in the archive\n\
         hint: patterns are held against the names in the archive, the directory at its top included"
    );
    // What is not there need not be left out.
    options.include = set(&["a"]);
    options.exclude = set(&["**/*.la"]);
    assert!(read(&archive, &options).is_ok());
}

#[test]
fn the_sink_fails() {
    struct Full;
    impl Sink for Full {
        fn dir(&mut self, _: &RelPath) -> io::Result<()> {
            Ok(())
        }
        fn file(&mut self, _: &RelPath, _: bool, _: u64, _: &mut dyn Read) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn symlink(&mut self, _: &RelPath, _: &str) -> io::Result<()> {
            unreachable!()
        }
        fn hard_link(&mut self, _: &RelPath, _: &RelPath) -> io::Result<()> {
            unreachable!()
        }
        fn is_same(&mut self, _: &RelPath, _: &mut dyn Read) -> io::Result<bool> {
            unreachable!()
        }
    }
    let archive = craft().file("a/b", "x").symlink("c", "d").end();
    let error = unpack(&archive[..], &Options::new(Format::Tar), &mut Full).unwrap_err();
    assert_eq!(error.to_string(), "cannot unpack `a/b`");
    assert!(
        matches!(error, ArchiveError::Sink { source, .. } if source.kind() == io::ErrorKind::StorageFull)
    );
}
