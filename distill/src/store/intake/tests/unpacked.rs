use std::io::{Read, Write};

use super::*;
use crate::plan::archive::{ArchiveError, Format, Options};

/// An archive made by the `tar` crate.
struct Archive(tar::Builder<Vec<u8>>);

impl Default for Archive {
    fn default() -> Archive {
        Archive(tar::Builder::new(Vec::new()))
    }
}

impl Archive {
    fn add(
        mut self,
        kind: tar::EntryType,
        name: &str,
        link: &str,
        mode: u32,
        bytes: &[u8],
    ) -> Archive {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(bytes.len() as u64);
        header.set_mtime(1_700_000_000);
        header.set_uid(1234);
        if link.is_empty() {
            self.0.append_data(&mut header, name, bytes).unwrap();
        } else {
            self.0.append_link(&mut header, name, link).unwrap();
        }
        self
    }

    fn file(self, name: &str, mode: u32, bytes: &[u8]) -> Archive {
        self.add(tar::EntryType::Regular, name, "", mode, bytes)
    }

    fn dir(self, name: &str, mode: u32) -> Archive {
        self.add(tar::EntryType::Directory, name, "", mode, b"")
    }

    fn symlink(self, name: &str, target: &str) -> Archive {
        self.add(tar::EntryType::Symlink, name, target, 0o777, b"")
    }

    fn hard_link(self, name: &str, to: &str) -> Archive {
        self.add(tar::EntryType::Link, name, to, 0o600, b"")
    }

    fn end(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

fn unpack_to(dir: &Utf8Path, bytes: impl Read + Send, strip: bool) -> Result<Tree, IntakeError> {
    let options = Options::new(Format::Tar);
    unpack_into(dir, bytes, &options, strip, &NEVER).map(HashedTree::into_manifest)
}

fn unpack_tar(place: &Place, bytes: &[u8], strip: bool) -> Result<Tree, IntakeError> {
    unpack_to(&place.join("out"), bytes, strip)
}

fn specimen() -> Vec<u8> {
    Archive::default()
        .dir("pkg-1.0", 0o700)
        .file("pkg-1.0/configure", 0o4711, b"#!/bin/sh\n")
        .file("pkg-1.0/src/a.c", 0o600, b"int a;\n")
        .file("pkg-1.0/empty", 0o666, b"")
        .dir("pkg-1.0/pkg-1.0", 0o2777)
        .symlink("pkg-1.0/link", "/etc/passwd")
        .hard_link("pkg-1.0/again", "pkg-1.0/configure")
        .end()
}

#[test]
fn files_and_manifest_agree() {
    let place = Place::new();
    let tree = unpack_tar(&place, &specimen(), false).unwrap();
    insta::assert_snapshot!(listing(&tree));
    assert_is(&place.join("out"), &tree);
}

#[test]
fn strips_one_directory_at_the_top() {
    let place = Place::new();
    let whole = unpack_tar(&place, &specimen(), false).unwrap();
    let stripped = unpack_to(&place.join("stripped"), &specimen()[..], true).unwrap();
    assert_eq!(stripped, whole.inside(&path("pkg-1.0")));
    assert!(
        stripped.get("pkg-1.0").is_some(),
        "one of the same name lies inside"
    );
    assert_is(&place.join("stripped"), &stripped);
}

#[test]
fn strips_nothing_else() {
    for archive in [
        Archive::default()
            .file("a/x", 0o644, b"")
            .file("b/x", 0o644, b""),
        Archive::default()
            .file("a/x", 0o644, b"")
            .file("b", 0o644, b""),
        Archive::default().file("a", 0o644, b""),
        Archive::default().symlink("a", "b"),
        Archive::default(),
    ] {
        let (place, archive) = (Place::new(), archive.end());
        let stripped = unpack_tar(&place, &archive, true).unwrap();
        let other = Place::new();
        assert_eq!(stripped, unpack_tar(&other, &archive, false).unwrap());
        assert_is(&place.join("out"), &stripped);
    }
}

/// Enough files and bytes for several batches, and files too large for one.
#[test]
fn many_files_and_large_ones() {
    let mut archive = Archive::default();
    for index in 0..2000 {
        let name = format!("d{}/f{index}", index % 7);
        archive = archive.file(&name, 0o644, name.repeat(index % 300).as_bytes());
    }
    let noise: Vec<u8> = (0..3_000_000_u32)
        .map(|i| (i.wrapping_mul(i) >> 9).to_le_bytes()[0])
        .collect();
    let holes = [
        &noise[..100],
        &vec![0; 2_000_000][..],
        &noise[..70_000],
        &vec![0; 600_000][..],
    ]
    .concat();
    let archive = archive
        .file("large", 0o755, &noise)
        .file("holes", 0o644, &holes)
        .hard_link("more", "large")
        .end();
    let place = Place::new();
    let tree = unpack_tar(&place, &archive, false).unwrap();
    assert_eq!(tree.len(), 2000 + 7 + 3);
    assert_is(&place.join("out"), &tree);
    let meta = fs::metadata(place.join("out/holes")).unwrap();
    assert!(
        meta.blocks() * 512 < 500_000,
        "the holes are holes on disk: {}",
        meta.blocks()
    );
}

#[test]
fn the_same_twice_is_compared() {
    let noise = vec![7; 900_000];
    let twice = |again: &[u8]| {
        Archive::default()
            .file("a", 0o644, b"text")
            .file("large", 0o644, &noise)
            .file("a", 0o644, b"text")
            .file("large", 0o644, again)
            .end()
    };
    let place = Place::new();
    let tree = unpack_tar(&place, &twice(&noise), false).unwrap();
    assert_is(&place.join("out"), &tree);
    let mut other = noise.clone();
    other[899_999] = 8;
    let error = unpack_tar(&Place::new(), &twice(&other), false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot unpack `large`: the archive holds it twice, and not the same\nhint: `exclude` leaves out both"
    );
}

#[test]
fn escapes_leave_nothing_outside() {
    let place = Place::new();
    let outside = place.with("outside", &[]);
    for archive in [
        Archive::default()
            .symlink("l", outside.as_str())
            .file("l/x", 0o644, b"x"),
        Archive::default()
            .symlink("l", "../outside")
            .hard_link("m", "l")
            .file("m/x", 0o644, b"x"),
    ] {
        let error = unpack_tar(&place, &archive.end(), false).unwrap_err();
        assert!(
            matches!(
                error,
                IntakeError::Archive(ArchiveError::ThroughLink { .. })
            ),
            "{error}"
        );
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
        remove_tree(&place.join("out")).unwrap();
    }
}

/// A reader that fails after some bytes.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer) {
            Ok(0) => Err(std::io::Error::other("the disk is on fire")),
            read => read,
        }
    }
}

#[test]
fn errors_of_the_input_are_told() {
    let archive = Archive::default().file("a", 0o644, &[1; 5000]).end();
    let place = Place::new();
    let error = unpack_to(&place.join("out"), Failing(&archive[..3000]), false);
    let error = error.unwrap_err();
    assert_eq!(error.to_string(), "cannot read the archive in `a`");
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "the disk is on fire");
}

#[test]
fn fills_only_what_is_empty() {
    let place = Place::new();
    let out = place.with("out", &[("there", "before")]);
    let error = unpack_tar(&place, &specimen(), false).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot fill `{out}`: it is not empty")
    );
    fs::remove_file(out.join("there")).unwrap();
    chmod(&out, 0o2700);
    let tree = unpack_tar(&place, &specimen(), false).unwrap();
    assert_is(&out, &tree);
}

#[test]
fn names_the_file_that_cannot_be_written() {
    let long = format!(
        "{0}/{0}/{0}/{0}/{0}/{0}/{0}/{0}/{0}/{0}/{0}/{0}/{0}/{0}/{0}/{0}/{0}",
        "x".repeat(250)
    );
    let archive = Archive::default().file(&long, 0o644, b"x").end();
    let place = Place::new();
    let error = unpack_tar(&place, &archive, false).unwrap_err();
    let IntakeError::Io { path, source, .. } = error else {
        panic!("{error}");
    };
    assert!(path.starts_with(place.join("out")));
    assert_eq!(source.raw_os_error(), Some(nix::libc::ENAMETOOLONG));
}

#[test]
fn compressed_and_in_parallel() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.write_all(&specimen()).unwrap();
    let archive = encoder.finish().unwrap();
    let place = Place::new();
    let tree = unpack_into(
        &place.join("out"),
        &archive[..],
        &Options::new(Format::TarZst),
        true,
        &NEVER,
    )
    .unwrap();
    assert_is(&place.join("out"), tree.manifest());
}

/// Each name is a file of its own, also of a large file, whose holes stay holes.
#[test]
fn hard_links_become_files() {
    let noise = vec![7; 700_000];
    let holes = [&noise[..], &vec![0; 8 << 20], b"end"].concat();
    let archive = Archive::default()
        .file("a", 0o755, b"program")
        .hard_link("b", "a")
        .file("holes", 0o644, &holes)
        .hard_link("d/holes", "holes")
        .end();
    let place = Place::new();
    let tree = unpack_tar(&place, &archive, false).unwrap();
    let out = place.join("out");
    assert_is(&out, &tree);
    fs::write(out.join("a"), "changed").unwrap();
    assert_eq!(fs::read_to_string(out.join("b")).unwrap(), "program");
    let blocks = fs::metadata(out.join("d/holes")).unwrap().blocks();
    assert!(blocks * 512 < 2 << 20, "the holes are filled: {blocks}");
}

/// A small archive must not become a large tree.
#[test]
fn hard_links_count_like_files() {
    let mut archive = Archive::default().file("a", 0o644, &[1; 10_000]);
    for number in 0..10 {
        archive = archive.hard_link(&format!("b{number}"), "a");
    }
    let mut options = Options::new(Format::Tar);
    options.limits.bytes = 50_000;
    let place = Place::new();
    let error = unpack_into(
        &place.join("out"),
        &archive.end()[..],
        &options,
        false,
        &NEVER,
    );
    let error = error.unwrap_err();
    assert!(
        matches!(error, IntakeError::Archive(ArchiveError::TooLarge { .. })),
        "{error}"
    );
}

#[test]
fn a_wish_to_stop_ends_unpacking() {
    let archive = Archive::default().file("a", 0o644, b"text").end();
    let place = Place::new();
    let (options, stop) = (Options::new(Format::Tar), AtomicBool::new(true));
    let error = unpack_into(&place.join("out"), &archive[..], &options, false, &stop);
    assert!(matches!(error, Err(IntakeError::Stopped)), "{error:?}");
}
