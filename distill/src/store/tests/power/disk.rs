//! Real disks: a process writes to a file system, whose device is copied at many moments. Each copy is
//! what a power cut at that moment leaves. Needs root, loop devices and `mkfs.ext4`:
//!
//! ```text
//! POWER_CUTS=100 cargo test -p distill --lib power::disk::copies -- --ignored --nocapture
//! ```
//! `POWER_CUT_FS` names another file system than `ext4`.
//!
//! The device is a file on a second file system, which is frozen (`fsfreeze`) while it is copied: so a
//! copy is the state of one moment, with the writes in the middle of which that came.
#![allow(
    clippy::print_stderr,
    reason = "a test says why it is skipped, and what it found"
)]

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::crash::Dice;
use super::*;

/// Where the process under test has its store.
const STORE: &str = "POWER_CUT_STORE";

/// Runs a program, and answers with what it says.
fn tool(program: &str, args: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(args).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(format!("{program} {args:?}: {}", text(&output.stderr))),
    }
}

/// A file as a disk, mounted.
struct Disk {
    device: String,
    mount: Utf8PathBuf,
}

impl Disk {
    fn mount(image: &Utf8Path, kind: &str, mount: &Utf8Path) -> Result<Disk, String> {
        std::fs::create_dir_all(mount).map_err(|error| error.to_string())?;
        let device = tool("losetup", &["-f", "--show", image.as_str()])?;
        // The original of a copy is mounted meanwhile, which has the same identity.
        let options = if kind == "xfs" { "nouuid" } else { "rw" };
        let mounted = tool("mount", &["-o", options, &device, mount.as_str()]);
        let disk = Disk {
            device,
            mount: mount.to_owned(),
        };
        mounted.map(|_| disk)
    }

    fn make(image: &Utf8Path, size: u64, kind: &str, mount: &Utf8Path) -> Result<Disk, String> {
        let file = std::fs::File::create_new(image).map_err(|error| error.to_string())?;
        file.set_len(size).map_err(|error| error.to_string())?;
        let mkfs = format!("mkfs.{kind}");
        match kind {
            "ext4" => tool(&mkfs, &["-q", "-F", image.as_str()])?,
            _ => tool(&mkfs, &[image.as_str()])?,
        };
        Disk::mount(image, kind, mount)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = tool("fsfreeze", &["-u", self.mount.as_str()]);
        let _ = tool("umount", &[self.mount.as_str()]);
        let _ = tool("losetup", &["-d", &self.device]);
    }
}

/// A process that writes until it is killed.
struct Writer(Child);

impl Writer {
    fn start(store: &Utf8Path) -> Writer {
        let test = concat!(module_path!(), "::a_process_that_writes");
        let test = test.split_once("::").expect("the crate's name").1;
        let child = Command::new(std::env::current_exe().expect("a program"))
            .args([test, "--exact", "--ignored"])
            .env(STORE, store)
            .stdout(Stdio::null())
            .spawn();
        Writer(child.expect("a process"))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Lands trees and blobs of many sizes, with records; ends now and then, and begins again.
#[test]
#[ignore = "the process that `copies` starts"]
fn a_process_that_writes() {
    let Ok(root) = std::env::var(STORE) else {
        eprintln!("skipped: no store is named");
        return;
    };
    let mut dice = Dice::new(std::process::id().into());
    for round in 0..u64::MAX {
        let store = Store::open_in(Utf8Path::new(&root), Boot::named("first")).unwrap();
        // Some rounds last longer than a file system waits until it writes names, some do not.
        for number in 0..[10, 50, 1500][usize::try_from(dice.roll(3)).unwrap()] {
            let length = usize::try_from(dice.roll(3) * dice.roll(40_000)).unwrap();
            let text = format!("{round}-{number}-").repeat(1 + length / 8);
            Course::make(&store, &text, &|| 0);
            std::thread::sleep(Duration::from_millis(dice.roll(20)));
        }
        // Some come to their end, and what they landed lasts.
        match dice.roll(3) {
            0 => store.kill(),
            _ => drop(store),
        }
        if store_size(Utf8Path::new(&root)) > 1500 {
            let store = Store::open_in(Utf8Path::new(&root), Boot::named("first")).unwrap();
            let keep = gc::Keep::default();
            store.collect(&store.garbage(&keep).unwrap()).unwrap();
        }
    }
}

fn store_size(root: &Utf8Path) -> usize {
    let count = |name: &str| root.join(name).read_dir_utf8().unwrap().count();
    count("trees") + count("blobs")
}

/// What was found in the copies.
#[derive(Debug, Default)]
struct Tally {
    recovered: usize,
    objects: usize,
    verified: usize,
    damaged: usize,
}

#[test]
#[ignore = "needs root, loop devices and minutes"]
fn copies() {
    let cuts = std::env::var("POWER_CUTS")
        .ok()
        .and_then(|cuts| cuts.parse().ok());
    let kind = std::env::var("POWER_CUT_FS").unwrap_or_else(|_| "ext4".to_owned());
    let directory = tempfile::tempdir().unwrap();
    let top = Utf8Path::from_path(directory.path()).unwrap();
    let outer = Disk::make(&top.join("outer.img"), 1 << 30, "ext4", &top.join("outer"));
    let both = outer.and_then(|outer| {
        let image = top.join("outer/inner.img");
        let inner = Disk::make(&image, 512 << 20, &kind, &top.join("inner"))?;
        Ok((outer, inner))
    });
    // If the test fails, what was mounted last goes first.
    let (outer, inner) = match both {
        Ok(disks) => disks,
        Err(why) => {
            eprintln!("skipped: {why}");
            return;
        }
    };
    let (mut dice, mut tally) = (Dice::new(1), Tally::default());
    let writer = Writer::start(&top.join("inner/store"));
    for cut in 0..cuts.unwrap_or(100_usize) {
        std::thread::sleep(Duration::from_millis(dice.roll(1500)));
        copy(&outer, &top.join("copy.img"));
        look_into((&top.join("copy.img"), &kind), top, cut, &mut tally);
        eprintln!("{}: {tally:?}", cut + 1);
    }
    drop((writer, inner, outer));
}

/// Copies the inner disk while nothing can be written to it.
fn copy(outer: &Disk, to: &Utf8Path) {
    let _ = std::fs::remove_file(to);
    tool("fsfreeze", &["-f", outer.mount.as_str()]).unwrap();
    let image = outer.mount.join("inner.img");
    let copied = tool("cp", &["--sparse=always", image.as_str(), to.as_str()]);
    tool("fsfreeze", &["-u", outer.mount.as_str()]).unwrap();
    copied.unwrap();
}

fn look_into((image, kind): (&Utf8Path, &str), top: &Utf8Path, cut: usize, tally: &mut Tally) {
    let disk = Disk::mount(image, kind, &top.join("copy")).unwrap();
    let root = disk.mount.join("store");
    let store = Store::open_in(&root, Boot::named("second")).unwrap();
    if let Some(report) = store.recovered() {
        tally.recovered += 1;
        tally.verified += report.objects;
        tally.damaged += report.damages.len();
    }
    let report = store.verify(&|_| {}).unwrap();
    assert_eq!(report.damages, [], "cut {cut}");
    tally.objects += report.objects;
}
