//! GNU tar writes, we read; we write, GNU tar reads. It is on every machine that has a compiler.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use super::*;
use crate::plan::{Hash, Mode, Node, Tree};

fn tar(dir: &Path, args: &[&str]) -> Vec<u8> {
    let out = Command::new("tar")
        .current_dir(dir)
        .args(args)
        .env_clear()
        .env("LC_ALL", "C")
        .output();
    let out = out.expect("this test needs GNU tar");
    assert!(
        out.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    out.stdout
}

/// One of each, with long names, a file with holes, and a name that is not ASCII.
fn specimen(dir: &Path) {
    let long = dir.join("long").join("d".repeat(90)).join("e".repeat(120));
    fs::create_dir_all(&long).unwrap();
    fs::write(long.join("f".repeat(200)), "deep").unwrap();
    fs::write(dir.join("gr\u{fc}n"), "text\n").unwrap();
    fs::write(dir.join("run"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(dir.join("run"), fs::Permissions::from_mode(0o751)).unwrap();
    fs::create_dir(dir.join("empty")).unwrap();
    symlink("x".repeat(180), dir.join("link")).unwrap();
    symlink("/nowhere", dir.join("absolute")).unwrap();
    fs::hard_link(dir.join("run"), dir.join("same")).unwrap();
    let hole = fs::File::create(dir.join("holes")).unwrap();
    for at in [0, 1 << 20, 5 << 20] {
        std::os::unix::fs::FileExt::write_all_at(&hole, &[b'x'; 5000], at).unwrap();
    }
    hole.set_len(6 << 20).unwrap();
}

/// The same, read from disk.
fn expected(dir: &Path, below: &str, got: &mut BTreeMap<RelPath, Got>) {
    for entry in fs::read_dir(dir.join(below)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        let (kind, full) = (entry.file_type().unwrap(), entry.path());
        let node = if kind.is_dir() {
            expected(dir, &path, got);
            Got::Dir
        } else if kind.is_symlink() {
            Got::Symlink(
                fs::read_link(full)
                    .unwrap()
                    .into_os_string()
                    .into_string()
                    .unwrap(),
            )
        } else {
            let mode = entry.metadata().unwrap().permissions().mode();
            Got::File(mode & 0o111 != 0, fs::read(full).unwrap())
        };
        got.insert(RelPath::new(path).unwrap(), node);
    }
}

#[test]
fn reads_what_gnu_tar_writes() {
    let dir = tempfile::tempdir().unwrap();
    specimen(dir.path());
    let mut whole = BTreeMap::new();
    expected(dir.path(), "", &mut whole);
    for format in [
        &["--format=gnu"][..],
        &["--format=gnu", "--sparse", "--hole-detection=raw"],
        &["--format=oldgnu"],
        &["--format=pax"],
        &[
            "--format=pax",
            "--sparse",
            "--sparse-version=0.0",
            "--hole-detection=raw",
        ],
        &[
            "--format=pax",
            "--sparse",
            "--sparse-version=0.1",
            "--hole-detection=raw",
        ],
        &[
            "--format=pax",
            "--sparse",
            "--sparse-version=1.0",
            "--hole-detection=raw",
        ],
        &[
            "--format=pax",
            "--xattrs",
            "--pax-option=globexthdr.name=g,comment=hello",
        ],
    ] {
        let archive = tar(dir.path(), &[&["-c"], format, &["."]].concat());
        let is_sparse = archive.len() < 1 << 20;
        assert_eq!(is_sparse, format.contains(&"--sparse"), "{format:?}");
        let got = read_tar(&archive).unwrap_or_else(|error| panic!("{format:?}: {error}"));
        assert!(got == whole, "{format:?}:\n{}", listing(&got));
    }
}

#[test]
fn reads_the_old_formats() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("a/b")).unwrap();
    fs::write(dir.path().join("a/b/c"), "text").unwrap();
    symlink("b/c", dir.path().join("a/d")).unwrap();
    for format in ["--format=v7", "--format=ustar"] {
        let archive = tar(dir.path(), &["-c", format, "a"]);
        let got = read_tar(&archive).unwrap();
        assert_eq!(
            listing(&got),
            "a/\na/b/\na/b/c \"text\"\na/d -> b/c\n",
            "{format}"
        );
    }
}

#[test]
fn gnu_tar_reads_what_we_write() {
    let deep = format!("{}/{}", "d".repeat(120), "e".repeat(120));
    let mut tree = Tree::new();
    let mut add = |path: &str, node| tree.insert(RelPath::new(path).unwrap(), node).unwrap();
    let file = |mode, text: &str| Node::File {
        mode,
        size: text.len() as u64,
        hash: Hash::of(text),
    };
    add(
        "bin",
        Node::Dir {
            mode: Mode::new(0o700),
        },
    );
    add("bin/su", file(Mode::new(0o4755), "bin/su"));
    add(
        &format!("{deep}/{}", "f".repeat(200)),
        file(Mode::FILE, "long"),
    );
    add("gr\u{fc}n", file(Mode::new(0o600), ""));
    add(
        "link",
        Node::Symlink {
            target: "t".repeat(150),
        },
    );
    let open = |path: &RelPath| {
        let text = match path.as_str() {
            "bin/su" => "bin/su",
            "gr\u{fc}n" => "",
            _ => "long",
        };
        Ok(text.as_bytes())
    };
    let mut archive = Vec::new();
    pack(&tree, open, &mut archive).unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("x.tar"), &archive).unwrap();
    fs::create_dir(dir.path().join("out")).unwrap();
    tar(dir.path(), &["-x", "-p", "-f", "x.tar", "-C", "out"]);
    let listing = tar(
        dir.path(),
        &[
            "-t",
            "-v",
            "--numeric-owner",
            "--utc",
            "--quoting-style=escape",
            "-f",
            "x.tar",
        ],
    );
    insta::assert_snapshot!(String::from_utf8(listing).unwrap());
    let mut got = BTreeMap::new();
    expected(&dir.path().join("out"), "", &mut got);
    assert!(got == read_tar(&archive).unwrap());
    assert_eq!(got.len(), tree.len());
}
