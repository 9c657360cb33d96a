//! What comes from a cache, which may be anybody's.

use std::io::Write;

use super::*;
use crate::plan::Hash;
use crate::plan::archive::ArchiveError;

/// A tree with unusual modes, and the archive that stands for it.
fn packed(place: &Place) -> (Tree, Vec<u8>) {
    let dir = place.with("dir", &[("bin/su", "program"), ("etc/shadow", "secret")]);
    std::os::unix::fs::symlink("su", dir.join("bin/sh")).unwrap();
    chmod(&dir.join("bin/su"), 0o4755);
    chmod(&dir.join("etc/shadow"), 0o600);
    chmod(&dir.join("etc"), 0o700);
    let setid = PathSet::new(["bin/su"]).unwrap();
    let tree = scan(&dir, &setid, &NEVER).unwrap().into_manifest();
    let (mut archive, stored) = (Vec::new(), StoredTree::open(&dir).unwrap());
    let open = |path: &RelPath| stored.open_file(path);
    crate::plan::archive::pack_zst(&tree, open, &mut archive, 1).unwrap();
    (tree, archive)
}

fn restore(place: &Place, archive: &[u8], manifest: &Tree) -> Result<HashedTree, IntakeError> {
    restore_into(&place.join("out"), archive, manifest, &NEVER)
}

/// The files below a directory, and their bytes together.
fn written(dir: &Utf8Path) -> (usize, u64) {
    let (mut files, mut bytes) = (0, 0);
    for entry in dir.read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        let meta = entry.path().symlink_metadata().unwrap();
        if meta.is_dir() {
            let below = written(entry.path());
            (files, bytes) = (files + below.0, bytes + below.1);
        } else {
            (files, bytes) = (files + 1, bytes + meta.len());
        }
    }
    (files, bytes)
}

fn compressed(tar: &[u8]) -> Vec<u8> {
    zstd::encode_all(tar, 1).unwrap()
}

/// A member of an archive: kind, name, mode, link, bytes.
type Member<'a> = (tar::EntryType, &'a str, u32, &'a str, &'a [u8]);

fn archive(members: &[Member<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, name, mode, link, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(*kind);
        header.set_mode(*mode);
        header.set_size(bytes.len() as u64);
        if link.is_empty() {
            builder.append_data(&mut header, name, *bytes).unwrap();
        } else {
            builder.append_link(&mut header, name, link).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

fn file(mode: u32, text: &str) -> Node {
    Node::File {
        mode: Mode::new(mode),
        size: text.len() as u64,
        hash: Hash::of(text),
    }
}

fn tree(nodes: &[(&str, Node)]) -> Tree {
    let mut tree = Tree::new();
    for (at, node) in nodes {
        tree.insert(path(at), node.clone()).unwrap();
    }
    tree
}

const REGULAR: tar::EntryType = tar::EntryType::Regular;

#[test]
fn restores_what_was_packed_with_its_modes() {
    let place = Place::new();
    let (tree, archive) = packed(&place);
    let restored = restore(&place, &archive, &tree).unwrap();
    assert_eq!(*restored.manifest(), tree);
    assert_is(&place.join("out"), &tree);
}

#[test]
fn refuses_to_restore_anything_else() {
    let place = Place::new();
    let (tree, archive) = packed(&place);
    let without = tree.filter(|path| path.as_str() != "etc/shadow");
    let mut more = tree.clone();
    more.insert(path("etc/more"), Node::DIR).unwrap();
    for (number, (manifest, wrong)) in [(without, "etc/shadow"), (more, "etc/more")]
        .into_iter()
        .enumerate()
    {
        let out = place.join(&format!("out{number}"));
        let error = restore_into(&out, archive.as_slice(), &manifest, &NEVER).unwrap_err();
        let expected = |found: &RelPath| found.as_str() == wrong;
        assert!(
            matches!(&error, IntakeError::NotTheTree { path } if expected(path)),
            "{error}"
        );
    }
}

/// With a hard link, the mode of one name would become that of another.
#[test]
fn refuses_hard_links() {
    let manifest = tree(&[("plain", file(0o755, "text")), ("su", file(0o4755, "text"))]);
    let archive = archive(&[
        (REGULAR, "plain", 0o755, "", b"text"),
        (tar::EntryType::Link, "su", 0o755, "plain", b""),
    ]);
    let place = Place::new();
    let error = restore(&place, &compressed(&archive), &manifest).unwrap_err();
    assert!(
        matches!(&error, IntakeError::NotTheTree { path } if path.as_str() == "su"),
        "{error}"
    );
}

/// Nothing that the manifest does not say is written, not even for a moment.
#[test]
fn what_the_manifest_does_not_say_is_not_written() {
    let large = vec![0; 9 << 20];
    let link = tar::EntryType::Symlink;
    let manifest = tree(&[
        ("dir", Node::DIR),
        ("file", file(0o644, "x")),
        ("program", file(0o755, "x")),
        (
            "link",
            Node::Symlink {
                target: "file".to_owned(),
            },
        ),
    ]);
    for (what, member) in [
        ("too large", (REGULAR, "file", 0o644, "", large.as_slice())),
        (
            "too large for a batch",
            (REGULAR, "program", 0o755, "", &large),
        ),
        ("too small", (REGULAR, "file", 0o644, "", b"")),
        ("not named", (REGULAR, "other", 0o644, "", b"x")),
        (
            "not named, a directory",
            (tar::EntryType::Directory, "other", 0o755, "", b""),
        ),
        (
            "below a directory that is not named",
            (REGULAR, "other/x", 0o644, "", b""),
        ),
        ("executable", (REGULAR, "file", 0o755, "", b"x")),
        ("not executable", (REGULAR, "program", 0o644, "", b"x")),
        ("a file for a directory", (REGULAR, "dir", 0o644, "", b"x")),
        (
            "a directory for a file",
            (tar::EntryType::Directory, "file", 0o755, "", b""),
        ),
        (
            "a link elsewhere",
            (link, "link", 0o777, "/etc/passwd", b""),
        ),
        ("a link for a file", (link, "file", 0o777, "link", b"")),
    ] {
        let place = Place::new();
        let error = restore(&place, &compressed(&archive(&[member])), &manifest).unwrap_err();
        assert!(
            matches!(
                error,
                IntakeError::NotTheTree { .. }
                    | IntakeError::Archive(ArchiveError::TooLarge { .. })
            ),
            "{what}: {error}"
        );
        assert_eq!(written(&place.join("out")), (0, 0), "{what}");
    }
}

#[test]
fn refuses_other_bytes_and_a_file_twice() {
    let manifest = tree(&[("file", file(0o644, "good"))]);
    let place = Place::new();
    let bad = archive(&[(REGULAR, "file", 0o644, "", b"evil")]);
    let error = restore(&place, &compressed(&bad), &manifest).unwrap_err();
    assert!(matches!(error, IntakeError::NotTheTree { .. }), "{error}");
    let twice = archive(&[
        (REGULAR, "file", 0o644, "", b"good"),
        (REGULAR, "file", 0o644, "", b"good"),
    ]);
    let place = Place::new();
    let error = restore(&place, &compressed(&twice), &manifest).unwrap_err();
    assert!(matches!(error, IntakeError::NotTheTree { .. }), "{error}");
}

/// What lies around the files is bounded, too: here gigabytes of zeros behind the end.
#[test]
fn what_lies_around_the_files_is_bounded() {
    let manifest = tree(&[("file", file(0o644, "x"))]);
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    let tar = archive(&[(REGULAR, "file", 0o644, "", b"x")]);
    encoder.write_all(&tar).unwrap();
    for _ in 0..64 {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let place = Place::new();
    let error = restore(&place, &encoder.finish().unwrap(), &manifest).unwrap_err();
    assert!(
        matches!(error, IntakeError::Archive(ArchiveError::TooLarge { limit, .. }) if limit < 64 << 10),
        "{error}"
    );
    let members: Vec<String> = (0..100).map(|number| format!("d{number}")).collect();
    let members: Vec<Member<'_>> = members
        .iter()
        .map(|name| {
            (
                tar::EntryType::Directory,
                name.as_str(),
                0o755,
                "",
                &b""[..],
            )
        })
        .collect();
    let place = Place::new();
    let error = restore(&place, &compressed(&archive(&members)), &manifest).unwrap_err();
    assert!(matches!(error, IntakeError::NotTheTree { .. }), "{error}");
}

/// Decompression keeps a window in memory: what asks for a gigabyte is refused.
#[test]
fn the_window_is_bounded() {
    let manifest = tree(&[("file", file(0o644, "x"))]);
    let tar = archive(&[(REGULAR, "file", 0o644, "", b"x")]);
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(30).unwrap();
    encoder.write_all(&tar).unwrap();
    let place = Place::new();
    let error = restore(&place, &encoder.finish().unwrap(), &manifest).unwrap_err();
    assert!(
        matches!(error, IntakeError::Archive(ArchiveError::Read { .. })),
        "{error}"
    );
}

#[test]
fn a_tree_with_long_names_fits_its_bounds() {
    let place = Place::new();
    let long = ["n".repeat(200), "m".repeat(200), "o".repeat(255)].join("/");
    let dir = place.with("dir", &[(&long, "text")]);
    std::os::unix::fs::symlink("t".repeat(3000), dir.join("link")).unwrap();
    let tree = scan(&dir, &PathSet::default(), &NEVER)
        .unwrap()
        .into_manifest();
    let (mut archive, stored) = (Vec::new(), StoredTree::open(&dir).unwrap());
    let open = |path: &RelPath| stored.open_file(path);
    crate::plan::archive::pack_zst(&tree, open, &mut archive, 10).unwrap();
    restore(&place, &archive, &tree).unwrap();
    assert_is(&place.join("out"), &tree);
}

#[test]
fn nothing_restores_to_nothing() {
    let place = Place::new();
    let empty = compressed(&archive(&[]));
    assert!(
        restore(&place, &empty, &Tree::new())
            .unwrap()
            .manifest()
            .is_empty()
    );
}

/// Frames in which there is nothing, without end.
#[test]
fn the_compressed_bytes_are_bounded() {
    struct Empty(Vec<u8>, u64);
    impl std::io::Read for Empty {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = buffer.len().min(self.0.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0.rotate_left(count);
            self.1 += count as u64;
            assert!(self.1 < 4 << 20, "this never ends");
            Ok(count)
        }
    }
    // A frame to be skipped: its magic number, its length, and so many bytes.
    let mut frame = vec![0x50, 0x2a, 0x4d, 0x18];
    frame.extend(1000_u32.to_le_bytes());
    frame.resize(1008, 0);
    let manifest = tree(&[("file", file(0o644, "x"))]);
    let place = Place::new();
    let error = restore_into(&place.join("out"), Empty(frame, 0), &manifest, &NEVER).unwrap_err();
    assert!(
        matches!(error, IntakeError::Archive(ArchiveError::Read { .. })),
        "{error}"
    );
}

/// Such a manifest is the cache's fault; an error of the file system would end the run.
#[test]
fn what_no_file_system_takes_is_refused() {
    let long = ["n".repeat(200).as_str(); 21].join("/");
    let target = "t".repeat(4096);
    for manifest in [
        tree(&[(&long, file(0o644, "x"))]),
        tree(&[("link", Node::Symlink { target })]),
    ] {
        let place = Place::new();
        let error = restore(&place, &compressed(&archive(&[])), &manifest).unwrap_err();
        assert!(matches!(error, IntakeError::TooLong { .. }), "{error}");
    }
}
