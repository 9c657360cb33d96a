//! What lies in the image: nothing that needs a dynamic loader, nothing that nobody reads.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::elf::Elf;
use crate::program::DROPLET;

/// What is not built here, but taken from Debian with the C library that it needs: see
/// `packages/src/s6_debian.rs`, which names the same.
fn is_debians(path: &str) -> bool {
    let prefixes = [
        "usr/bin/s6-",
        "usr/bin/execlineb",
        "usr/lib/execline/bin/",
        "usr/lib/x86_64-linux-gnu/",
    ];
    prefixes.iter().any(|prefix| path.starts_with(prefix))
}

/// What of a file in an image is wrong.
fn mistakes(path: &str, file: &Path) -> Vec<&'static str> {
    let mut mistakes = Vec::new();
    let mode = file.metadata().expect("a file").permissions().mode();
    if mode & 0o6000 != 0 {
        mistakes.push("runs with the rights of another user or group");
    }
    if path.starts_with("usr/share/man/") || path.starts_with("usr/share/info/") {
        mistakes.push("is a manual");
    }
    if Path::new(path)
        .extension()
        .is_some_and(|ending| ending == "la" || ending == "a")
    {
        mistakes.push("is for linking only");
    }
    let Some(elf) = Elf::parse(&fs::read(file).expect("a file that can be read")) else {
        return mistakes;
    };
    if elf.symbols {
        mistakes.push("is not stripped");
    }
    if (elf.interpreter || elf.needed > 0) && !is_debians(path) {
        mistakes.push("is not static");
    }
    mistakes
}

/// All plain files below a directory.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
}

#[test]
#[ignore = "builds what lies in an image"]
fn everything_is_static_stripped_and_of_use() {
    let scratch = TempDir::new().expect("a scratch directory");
    let tree = DROPLET.build(scratch.path(), &["droplet-tree"]);
    let mut found = Vec::new();
    files(&tree, &mut found);
    let name = |file: &Path| {
        let path = file.strip_prefix(&tree).expect("below the tree");
        path.to_str().expect("UTF-8").to_owned()
    };
    let programs = found.iter().filter(|file| {
        let bytes = fs::read(file).expect("a file that can be read");
        Elf::parse(&bytes).is_some()
    });
    assert!(programs.count() > 100, "the tree was not read");
    let wrong: Vec<String> = found
        .iter()
        .flat_map(|file| {
            let path = name(file);
            let mistakes = mistakes(&path, file);
            mistakes
                .into_iter()
                .map(move |mistake| format!("{path} {mistake}"))
        })
        .collect();
    assert_eq!(wrong, [""; 0]);
}
