//! What other people's tools say about a disk. Each test needs the tool in its name.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::*;

/// A directory that goes away by itself, with the sample disk in it as `disk`.
struct Fixture {
    directory: tempfile::TempDir,
    map: DiskMap,
}

impl Fixture {
    fn new(layout: &Layout<Vec<u8>>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(directory.path().join("disk"))
            .unwrap();
        let map = write_disk(layout, &mut file).unwrap();
        Self { directory, map }
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.directory.path())
            .unwrap()
            .join(name)
    }

    /// Copies a partition into a file of its own.
    fn partition(&self, number: usize) -> Utf8PathBuf {
        let entry = &self.map.table.entries[number];
        let disk = File::open(self.path("disk")).unwrap();
        let bytes = Region::new(&disk)
            .unwrap()
            .read(entry.first * SECTOR, entry.sectors() * SECTOR)
            .unwrap();
        let path = self.path("partition");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The unified kernel image as a file of its own.
    fn uki(&self) -> Utf8PathBuf {
        let disk = File::open(self.path("disk")).unwrap();
        let bytes = &files(&disk, &self.map.table.entries[1])["EFI/BOOT/BOOTX64.EFI"];
        let path = self.path("uki.efi");
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// What Python says where the module is missing (Debian: python3-pefile).
const NO_PEFILE: &str = "No module named 'pefile'";

/// Runs a tool: whether it succeeded, and all that it said. Nothing if it is not installed.
fn run(program: &str, arguments: &[&str], input: &[u8]) -> Option<(bool, String)> {
    let with_sbin = format!(
        "{}:/usr/sbin:/sbin",
        std::env::var("PATH").unwrap_or_default()
    );
    let spawned = Command::new(program)
        .args(arguments)
        .env("PATH", with_sbin)
        .env("LC_ALL", "C.UTF-8")
        .env("MTOOLS_SKIP_CHECK", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        // "Permission denied" is what one hears of a directory in PATH that is somebody else's.
        Err(cause)
            if matches!(
                cause.kind(),
                ErrorKind::NotFound | ErrorKind::PermissionDenied
            ) =>
        {
            skipped(&format!("`{program}` is not installed"));
            return None;
        }
        Err(cause) => panic!("{program}: {cause}"),
    };
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    Some((
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    ))
}

#[test]
fn needs_sgdisk_it_finds_no_problems() {
    let fixture = Fixture::new(&sample());
    let Some((ok, said)) = run("sgdisk", &["-v", fixture.path("disk").as_str()], b"") else {
        return;
    };
    assert!(ok && said.contains("No problems found"), "{said}");
    assert!(
        !said.contains("Caution") && !said.contains("Warning"),
        "{said}"
    );
    let info = |number: &str| {
        run(
            "sgdisk",
            &["-i", number, fixture.path("disk").as_str()],
            b"",
        )
        .unwrap()
        .1
    };
    assert!(
        info("1").contains("Partition GUID code: 21686148-6449-6E6F-744E-656564454649 (BIOS boot")
    );
    assert!(
        info("3").contains("Attribute flags: 1000000000000000"),
        "{}",
        info("3")
    );
    assert!(
        info("4").contains("Partition name: 'root-b'"),
        "{}",
        info("4")
    );
}

#[test]
fn needs_sfdisk_it_verifies_the_table() {
    let fixture = Fixture::new(&sample());
    let Some((ok, said)) = run("sfdisk", &["--verify", fixture.path("disk").as_str()], b"") else {
        return;
    };
    assert!(ok && said.contains("No errors detected"), "{said}");
    let (_, dump) = run("sfdisk", &["--dump", fixture.path("disk").as_str()], b"").unwrap();
    assert!(
        dump.contains("first-lba: 34") && dump.contains("last-lba: 79838"),
        "{dump}"
    );
    let guid = Guid::derive(b"test", "root").to_string().to_uppercase();
    let root = dump
        .lines()
        .find(|line| line.contains(&guid))
        .unwrap_or_else(|| panic!("{dump}"));
    assert!(
        root.contains("start=       69632, size=        2048"),
        "{root}"
    );
    assert!(root.contains("name=\"root\", attrs=\"GUID:60\""), "{root}");
}

#[test]
fn needs_fsck_vfat_it_finds_nothing_to_repair() {
    let many = (0..300).map(|n| {
        (
            path(&format!("many/A name of more than 8.3, number {n}")),
            vec![1; n],
        )
    });
    let mut layout = sample();
    let Contents::Fat(volume) = &mut layout.partitions[0].contents else {
        panic!()
    };
    volume
        .files
        .extend(many.map(|(path, bytes)| (path, FatFile::Raw(bytes))));
    for size in [Size::Minimal, Size::AtLeast(300 * MIB)] {
        layout.partitions[0].size = size;
        let fixture = Fixture::new(&layout);
        let partition = fixture.partition(1);
        let Some((ok, said)) = run("fsck.vfat", &["-n", "-v", partition.as_str()], b"") else {
            return;
        };
        assert!(ok, "{said}");
        for complaint in [
            "differ",
            "wrong",
            "invalid",
            "Bad",
            "bad",
            "auto-correct",
            "Dirty",
            "dirty",
            "backup",
        ] {
            assert!(!said.contains(complaint), "{complaint}: {said}");
        }
    }
}

#[test]
fn needs_mtools_they_list_and_read_the_files() {
    let fixture = Fixture::new(&sample());
    let partition = fixture.partition(1);
    let Some((ok, said)) = run("mdir", &["-i", partition.as_str(), "-/", "-b", "::"], b"") else {
        return;
    };
    assert!(ok, "{said}");
    let mut listed: Vec<&str> = said.lines().filter(|line| !line.ends_with('/')).collect();
    listed.sort_unstable();
    assert_eq!(
        listed,
        [
            "::/EFI/BOOT/BOOTX64.EFI",
            "::/empty",
            "::/loader/A file with a long name.conf"
        ]
    );
    let file = "::/loader/A file with a long name.conf";
    assert_eq!(
        run("mtype", &["-i", partition.as_str(), file], b"").unwrap(),
        (true, "text\n".into())
    );
    let (_, long) = run("mdir", &["-i", partition.as_str(), "::"], b"").unwrap();
    assert!(
        long.contains("Volume in drive : is ESP")
            && long.contains("Volume Serial Number is 5EED-0001"),
        "{long}"
    );
    assert!(long.contains("1980-01-01   0:00"), "{long}");
}

#[test]
fn needs_objdump_it_reads_the_unified_kernel_image() {
    let fixture = Fixture::new(&sample());
    let image = fixture.uki();
    let Some((ok, said)) = run("objdump", &["-h", "-p", image.as_str()], b"") else {
        return;
    };
    assert!(ok && said.contains("pei-x86-64"), "{said}");
    assert!(said.contains("EFI application"), "{said}");
    assert!(
        said.contains("Time/Date\t\tThu Jan  1 00:00:00 1970") || said.contains("Time/Date"),
        "{said}"
    );
    let linux = said.lines().find(|line| line.contains(".linux")).unwrap();
    assert!(linux.contains("000186a0"), "100000 bytes: {linux}");
    let kernel = fixture.path("kernel");
    let arguments = [
        "-O",
        "binary",
        "--only-section=.linux",
        image.as_str(),
        kernel.as_str(),
    ];
    let (ok, said) = run("objcopy", &arguments, b"").unwrap();
    assert!(ok, "{said}");
    assert!(
        std::fs::read(kernel).unwrap() == uki(100_000).linux,
        "objcopy takes out another kernel"
    );
}

#[test]
fn needs_ukify_it_inspects_the_unified_kernel_image() {
    let fixture = Fixture::new(&sample());
    let image = fixture.uki();
    let Some((ok, said)) = run("ukify", &["inspect", image.as_str()], b"") else {
        return;
    };
    if said.contains(NO_PEFILE) {
        return skipped("the Python module `pefile` is not installed");
    }
    assert!(ok, "{said}");
    let kernel = "  size: 100000 bytes";
    let texts = ["root=PARTLABEL=root ro", "PRETTY_NAME=\"Distill\""];
    for part in [".linux:", ".initrd:", ".osrel:", ".cmdline:", kernel]
        .iter()
        .chain(&texts)
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn needs_pefile_it_warns_of_nothing() {
    let fixture = Fixture::new(&sample());
    let script = "import pefile, sys\n\
                  p = pefile.PE(sys.argv[1])\n\
                  print(p.get_warnings(), p.OPTIONAL_HEADER.Subsystem)";
    let Some((ok, said)) = run("python3", &["-c", script, fixture.uki().as_str()], b"") else {
        return;
    };
    if said.contains(NO_PEFILE) {
        return skipped("the Python module `pefile` is not installed");
    }
    assert!(ok, "{said}");
    assert_eq!(said.trim(), "[] 10");
}

#[test]
fn needs_sbverify_it_warns_of_no_gap() {
    let fixture = Fixture::new(&sample());
    let Some((_, said)) = run("sbverify", &["--list", fixture.uki().as_str()], b"") else {
        return;
    };
    assert_eq!(said.trim(), "No signature table present");
}
