//! `/var`: made on the first boot, whatever happens meanwhile, and grown with the disk.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::disk::{assert_table_is_sound, partition};
use crate::machine::{Boot, Key, Machine};
use crate::program::{DROPLET, tool};

const SECTOR: u64 = 512;

/// A moment of a first boot.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The console says this.
    Said(&'static str),
    /// The table's second copy is at the end of the disk.
    SecondTableMoved,
    /// The table has a partition `var`.
    TableWritten,
}

impl Moment {
    fn wait(self, machine: &mut Machine, disk: &Path) {
        match self {
            Moment::Said(text) => machine.wait_console(text, 1),
            Moment::SecondTableMoved => {
                machine.wait("the second table", |_| has_table(disk, end(disk) - 1));
            }
            Moment::TableWritten => machine.wait("the partition", |_| names_var(disk)),
        }
    }
}

fn end(disk: &Path) -> u64 {
    disk.metadata().expect("a disk").len() / SECTOR
}

/// Whether a sector holds the header of a partition table.
fn has_table(disk: &Path, sector: u64) -> bool {
    let mut signature = [0; 8];
    let disk = File::open(disk).expect("a disk");
    disk.read_exact_at(&mut signature, sector * SECTOR)
        .expect("a sector");
    &signature == b"EFI PART"
}

/// Whether the first table names a partition `var`.
fn names_var(disk: &Path) -> bool {
    let mut table = vec![0; 34 * 512];
    let disk = File::open(disk).expect("a disk");
    disk.read_exact_at(&mut table, 0).expect("a table");
    let name: Vec<u8> = "var\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    table.windows(name.len()).any(|window| window == name)
}

/// A droplet with a disk of 512 MiB.
fn small(disk: PathBuf, key: &Key) -> Boot<'_> {
    Boot {
        program: DROPLET,
        disk,
        key: Some(key),
        arguments: &["--disk-size", "512M"],
    }
}

/// Looks for damage in `/var`, of which nothing is repaired.
#[track_caller]
fn assert_var_is_sound(disk: &Path) {
    let (start, _) = partition(disk, "var");
    let output = Command::new(tool("e2fsprogs-bin", "usr/sbin/e2fsck"))
        .args(["-f", "-n"])
        .arg(format!("{}?offset={start}", disk.display()))
        .output()
        .expect("e2fsck runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "/var is damaged: {said}");
}

#[test]
#[ignore = "builds an image and boots it ten times"]
fn power_cuts_during_a_first_boot_do_no_harm() {
    let scratch = TempDir::new().expect("a scratch directory");
    let key = Key::new(scratch.path(), "key");
    let moments = [
        Moment::Said("Run /init"),
        Moment::Said("var-mount: formatting"),
        Moment::SecondTableMoved,
        Moment::TableWritten,
        Moment::Said("mounted filesystem"),
    ];
    for (number, moment) in moments.into_iter().enumerate() {
        let boot = small(scratch.path().join(format!("disk{number}")), &key);
        let mut machine = boot.start();
        moment.wait(&mut machine, &boot.disk);
        machine.cut_power();
        drop(machine);
        crate::say(&format!("the power is cut at {moment:?}"));

        let mut machine = boot.start();
        machine.wait_ssh(&key);
        machine.check(
            &key,
            "grep -q ' /var ext4 rw' /proc/mounts && touch /var/lib/x",
        );
        let console = machine.console();
        assert!(!console.contains("cannot"), "after a cut at {moment:?}");
        machine.power_off(&key);
        assert_var_is_sound(&boot.disk);
        assert!(has_table(&boot.disk, end(&boot.disk) - 1), "{moment:?}");
        std::fs::remove_file(&boot.disk).expect("the disk is not in use");
    }
}

#[test]
#[ignore = "builds an image and boots it"]
fn a_power_cut_within_the_first_table_does_no_harm() {
    let scratch = TempDir::new().expect("a scratch directory");
    let key = Key::new(scratch.path(), "key");
    let boot = small(scratch.path().join("disk"), &key);
    let mut machine = boot.start();
    machine.wait_ssh(&key);
    machine.check(&key, "echo kept > /var/lib/kept");
    machine.power_off(&key);

    // The partitions are written, and the header with their sum is not.
    let disk = File::options().write(true).open(&boot.disk);
    let disk = disk.expect("a disk");
    disk.write_all_at(&[0; 4], SECTOR + 88).expect("a header");
    let mut machine = boot.start();
    machine.wait_ssh(&key);
    assert_eq!(machine.check(&key, "cat /var/lib/kept"), "kept");
    let console = machine.console();
    assert!(console.contains("var-mount: mending the partition table"));
    machine.power_off(&key);
    assert_table_is_sound(&boot.disk);
    assert_var_is_sound(&boot.disk);
}

#[test]
#[ignore = "builds an image and boots it"]
fn var_grows_with_the_disk() {
    const SIZES: [u64; 2] = [512 << 20, 1 << 30];
    let scratch = TempDir::new().expect("a scratch directory");
    let key = Key::new(scratch.path(), "key");
    let boot = small(scratch.path().join("disk"), &key);
    let available = |machine: &Machine| -> u64 {
        let line = machine.check(&key, "df -P -k /var | tail -n 1");
        line.split_whitespace()
            .nth(1)
            .expect("blocks")
            .parse()
            .expect("a number")
    };
    let mut machine = boot.start();
    machine.wait_ssh(&key);
    let before = available(&machine);
    machine.check(&key, "echo kept > /var/lib/kept");
    machine.power_off(&key);

    let disk = File::options()
        .write(true)
        .open(&boot.disk)
        .expect("a disk");
    disk.set_len(SIZES[1]).expect("room");
    let mut machine = boot.start();
    machine.wait_ssh(&key);
    let gained = (available(&machine) - before) << 10;
    // What the file system needs for itself grows, too.
    assert!(
        gained > (SIZES[1] - SIZES[0]) / 10 * 9,
        "{gained} bytes more"
    );
    assert_eq!(machine.check(&key, "cat /var/lib/kept"), "kept");
    let console = machine.console();
    assert!(console.contains("var-mount: growing"), "{console}");
    assert!(!console.contains("cannot"), "growing is quiet");
    machine.power_off(&key);
    assert!(has_table(&boot.disk, end(&boot.disk) - 1));
    assert_var_is_sound(&boot.disk);
    assert_table_is_sound(&boot.disk);
}
