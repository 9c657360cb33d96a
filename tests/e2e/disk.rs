//! The disk, as other people's tools see it: those of the host.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::program::{self, DROPLET};
use crate::say;

/// Runs a tool, which has to succeed; what it says. Nothing if the host does not have it, which is a
/// failure where everything is expected to be there.
#[track_caller]
fn tool(name: &str, args: &[&str]) -> Option<String> {
    match Command::new(name).args(args).output() {
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said).into_owned();
            assert!(output.status.success(), "{name} {args:?}: {said}");
            Some(said)
        }
        Err(error) => {
            say(&format!("skipped: {name}: {error}"));
            assert_ne!(
                std::env::var("CI").as_deref(),
                Ok("true"),
                "{name}: {error}"
            );
            None
        }
    }
}

/// The partition table has no problems, and both of its copies are where they belong.
#[track_caller]
pub(crate) fn assert_table_is_sound(disk: &Path) {
    let disk = disk.to_str().expect("a path in UTF-8");
    if let Some(said) = tool("/usr/sbin/sgdisk", &["-v", disk]) {
        assert!(said.contains("No problems found"), "{said}");
    }
    if let Some(said) = tool("/usr/sbin/sfdisk", &["--verify", disk]) {
        assert!(said.contains("No errors detected"), "{said}");
    }
}

/// Where the partition of this name lies: its first byte, and how many there are.
#[track_caller]
pub(crate) fn partition(disk: &Path, name: &str) -> (u64, u64) {
    const SECTOR: u64 = 512;
    let output = Command::new(program::tool("partitioning", "usr/sbin/sfdisk"))
        .arg("--dump")
        .arg(disk)
        .output()
        .expect("sfdisk runs");
    let table = String::from_utf8(output.stdout).expect("text");
    let named = format!("name=\"{name}\"");
    let line = table.lines().find(|line| line.contains(&named));
    let line = line.unwrap_or_else(|| panic!("no partition `{name}`:\n{table}"));
    let field = |name: &str| {
        let value = line.split(name).nth(1).expect("the field is there");
        let value = value.split(',').next().expect("a first part").trim();
        value.parse::<u64>().expect("a number") * SECTOR
    };
    (field("start="), field("size="))
}

/// Copies a part of a file.
fn extract(from: &Path, (start, size): (u64, u64), to: &Path) {
    let mut from = File::open(from).expect("a disk");
    from.seek(SeekFrom::Start(start)).expect("a place in it");
    let mut to = File::create(to).expect("a new file");
    std::io::copy(&mut from.take(size), &mut to).expect("room");
}

#[test]
#[ignore = "builds an image; needs gdisk, fdisk, dosfstools, mtools, binutils, squashfs-tools"]
fn other_peoples_tools_find_the_disk_sound() {
    let scratch = TempDir::new().expect("a scratch directory");
    let image = DROPLET.build(scratch.path(), &[]);
    assert_table_is_sound(&image);
    let place = |name: &str| {
        let path = scratch.path().join(name);
        path.into_os_string()
            .into_string()
            .expect("a path in UTF-8")
    };

    let file = place("esp");
    extract(&image, partition(&image, "esp"), Path::new(&file));
    tool("/usr/sbin/fsck.vfat", &["-n", &file]);
    let uki = place("uki");
    if tool("mcopy", &["-i", &file, "::EFI/BOOT/BOOTX64.EFI", &uki]).is_some()
        && let Some(said) = tool("objdump", &["-h", &uki])
    {
        for section in [".linux", ".cmdline", ".osrel"] {
            assert!(said.contains(section), "no {section}: {said}");
        }
    }

    let file = place("root");
    extract(&image, partition(&image, "root"), Path::new(&file));
    if let Some(said) = tool("unsquashfs", &["-s", &file]) {
        assert!(said.contains("Compression zstd"), "{said}");
    }
}
