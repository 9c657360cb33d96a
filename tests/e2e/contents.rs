//! What lies in the image: nothing that needs a dynamic loader, nothing that nobody reads, nothing
//! that lends the rights of somebody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::elf::Elf;
use crate::program::{DROPLET, tool};

/// What of a file in an image is wrong.
fn mistakes(path: &str, bytes: &[u8], debians: &Path) -> Vec<&'static str> {
    let mut mistakes = Vec::new();
    if ["usr/share/man/", "usr/share/info/", "usr/share/doc/"]
        .iter()
        .any(|manuals| path.starts_with(manuals))
    {
        mistakes.push("is a manual");
    }
    let ending = Path::new(path).extension().unwrap_or_default();
    if ending == "la" || ending == "a" {
        mistakes.push("is for linking only");
    }
    if let Some(elf) = Elf::parse(bytes) {
        if elf.symbols {
            mistakes.push("is not stripped");
        }
        // s6 and execline, and the C library that they need.
        let exempt = debians.join(path).exists();
        if (elf.interpreter || elf.needed > 0) && !exempt {
            mistakes.push("is not static");
        }
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
    let build = |package| DROPLET.build(scratch.path(), &[package]);
    let (tree, debians) = (build("droplet-tree"), build("s6-debian"));
    let mut found = Vec::new();
    files(&tree, &mut found);
    let (mut ours, mut wrong) = (0, Vec::new());
    for file in found {
        let path = file.strip_prefix(&tree).expect("below the tree");
        let path = path.to_str().expect("UTF-8");
        let bytes = fs::read(&file).expect("a file that can be read");
        let is_ours = Elf::parse(&bytes).is_some() && !debians.join(path).exists();
        ours += u32::from(is_ours);
        let mistakes = mistakes(path, &bytes, &debians);
        wrong.extend(mistakes.iter().map(|mistake| format!("{path} {mistake}")));
    }
    assert!(ours > 10, "{ours} programs are not all that were built");
    assert_eq!(wrong, [""; 0]);
}

#[test]
#[ignore = "builds the root of an image"]
fn no_program_runs_with_the_rights_of_somebody_else() {
    let scratch = TempDir::new().expect("a scratch directory");
    let root = DROPLET.build(scratch.path(), &["droplet-root"]);
    let output = Command::new(tool("squashfs-tools", "usr/bin/unsquashfs"))
        .args(["-lln", "-no-progress"])
        .arg(root)
        .output()
        .expect("unsquashfs runs");
    let list = String::from_utf8(output.stdout).expect("text");
    assert!(list.contains("/usr/sbin/sshd"), "the root was not read");
    let lent = list.lines().filter(|line| {
        let mode = line.split(' ').next().unwrap_or_default();
        mode.starts_with('-') && mode.contains(['s', 'S'])
    });
    assert_eq!(lent.collect::<Vec<_>>(), [""; 0]);
}
