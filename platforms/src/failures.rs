//! Whatever fails of what a script calls that makes an image: the script fails, too.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The programs that the scripts call.
const PROGRAMS: [&str; 17] = [
    "chmod",
    "comm",
    "cp",
    "cpio",
    "find",
    "gzip",
    "mkdir",
    "perl",
    "qemu-img",
    "sed",
    "sha256sum",
    "sort",
    "tar",
    "touch",
    "truncate",
    "wc",
    "xz",
];

/// What a script finds at `/`.
const PLACES: [&str; 11] = [
    "/root.d",
    "/layout.d",
    "/image.d",
    "/files.d",
    "/out",
    "/tmp",
    "/permissions",
    "/special",
    "/config.json",
    "/vhd.pl",
    "/vmdk.pl",
];

/// A script, its arguments, and what it finds.
struct Case {
    name: &'static str,
    script: &'static str,
    args: &'static [&'static str],
    files: &'static [(&'static str, &'static str)],
}

const LAYOUT: Case = Case {
    name: "layout",
    script: include_str!("container/layout.sh"),
    args: &["amd64", "box"],
    files: &[
        ("root.d/etc/motd", "hello"),
        ("root.d/etc/ key ", "secret"),
        (
            "permissions",
            "0600 7 4000000 /etc/ key /\n0700 8 9 /etc/\n",
        ),
        ("special", "etc\0etc/ key \0"),
        ("config.json", "{\"id\":\"sha256:@DIFF_ID@\"}\n"),
    ],
};

const DISK: &[(&str, &str)] = &[
    ("image.d/disk.raw", "not a disk"),
    ("vhd.pl", include_str!("image/vhd.pl")),
    ("vmdk.pl", ""),
];

/// An image layout: two files that name the next one.
const IMAGE: &[(&str, &str)] = &[
    (
        "layout.d/1/index.json",
        "{\"manifests\":[\n{\"mediaType\":\"m\",\"digest\":\"sha256:a\"}\n]}",
    ),
    ("layout.d/1/blobs/sha256/a", "{\"digest\":\"sha256:b\"}\n"),
    ("layout.d/1/blobs/sha256/b", "a layer"),
    (
        "layout.d/index.json",
        "{\"manifests\":[\n{\"mediaType\":\"m\",\"digest\":\"sha256:a\"}\n]}",
    ),
    ("layout.d/oci-layout", "{}"),
    ("layout.d/blobs/sha256/a", "{\"digest\":\"sha256:b\"}\n"),
    ("layout.d/blobs/sha256/b", "a layer"),
];

const ONE_IMAGE: &[(&str, &str)] = &[IMAGE[0], IMAGE[1], IMAGE[2]];

fn cases() -> Vec<Case> {
    let archive = |args| Case {
        name: "archive",
        script: include_str!("container/archive.sh"),
        args,
        files: IMAGE,
    };
    let convert = |args| Case {
        name: "convert",
        script: include_str!("image/convert.sh"),
        args,
        files: DISK,
    };
    let index = Case {
        name: "index",
        script: include_str!("container/index.sh"),
        args: &["both"],
        files: ONE_IMAGE,
    };
    let netboot = Case {
        name: "netboot",
        script: include_str!("netboot/make.sh"),
        args: &[],
        files: &[
            ("image.d/busybox.d/busybox", "busybox"),
            ("image.d/root.squashfs.d/root.squashfs", "root"),
            ("image.d/vmlinuz.d/vmlinuz", "kernel"),
            ("files.d/init", "init"),
            ("files.d/cmdline", "ro"),
            ("files.d/boot.ipxe", "boot"),
        ],
    };
    vec![
        LAYOUT,
        index,
        archive(&["archive"]),
        archive(&["rootfs"]),
        convert(&["qcow2"]),
        convert(&["vmdk"]),
        convert(&["vhd"]),
        convert(&["gce"]),
        convert(&["raw.gz"]),
        convert(&["raw.xz"]),
        convert(&["raw.zst"]),
        netboot,
    ]
}

/// Where a script runs: a directory that stands for `/`, and programs that write down that they are called.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new(case: &Case) -> Place {
        let place = Place {
            directory: TempDir::new().expect("a directory"),
        };
        for directory in ["out", "tmp", "bin"] {
            fs::create_dir(place.path(directory)).expect("a directory");
        }
        for (path, text) in case.files {
            let path = place.path(path);
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
            fs::write(path, text).expect("a file");
        }
        for program in PROGRAMS.iter().chain(&["zstd"]) {
            place.program(program);
        }
        place
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    /// The program of the host; one that the host does not have does something like it. Fails with its work done at
    /// the call whose number is in the environment.
    fn program(&self, name: &str) {
        let host = ["/usr/bin", "/bin", "/usr/sbin"].map(|dir| Path::new(dir).join(name));
        let real = match (name, host.iter().find(|path| path.exists())) {
            // What is no disk is nothing to convert.
            ("qemu-img", _) => "for last; do :; done\necho disk >\"$last\"".to_owned(),
            (_, Some(path)) => format!("{} \"$@\" || exit", path.display()),
            ("cpio", None) => "cat".to_owned(),
            ("zstd", None) => {
                "for last; do :; done\n[ \"$last\" = --quiet ] || echo zstd >\"$last\"".to_owned()
            }
            (_, None) => panic!("the host has no {name}"),
        };
        let calls = self.path("calls");
        let calls = calls.display();
        let text = format!(
            "#!/bin/sh\necho {name} >>{calls}\nnumber=$(/usr/bin/wc -l <{calls})\n{real}\n[ $number -ne $FAILS ]\n"
        );
        let path = self.path("bin").join(name);
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a file");
    }

    /// Runs the script; the call with this number fails.
    fn run(&self, case: &Case, fails: usize) -> Output {
        let mark = "\u{1}";
        let marked = PLACES.iter().fold(case.script.to_owned(), |script, place| {
            script.replace(place, &format!("{mark}{place}"))
        });
        let root = self.directory.path().to_str().expect("UTF-8");
        let script = self.path("script");
        fs::write(&script, marked.replace(mark, root)).expect("a file");
        Command::new("/bin/sh")
            .arg(script)
            .args(case.args)
            .env("PATH", self.path("bin"))
            .env("FAILS", fails.to_string())
            .output()
            .expect("sh runs")
    }

    /// What was called.
    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }
}

#[test]
fn every_call_of_every_script_is_missed_when_it_fails() {
    let mut called: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases() {
        let what = format!("{} {:?}", case.name, case.args);
        let place = Place::new(&case);
        let sound = place.run(&case, 0);
        let said = String::from_utf8_lossy(&sound.stderr);
        assert!(sound.status.success(), "{what}: {said}");
        let calls = place.calls();
        assert!(!calls.is_empty(), "{what} calls nothing");
        for (number, program) in calls.iter().enumerate() {
            let broken = Place::new(&case).run(&case, number + 1);
            assert!(
                !broken.status.success(),
                "{what}: call {number} of {calls:?} fails and nobody notices"
            );
            *called.entry(program.clone()).or_default() += 1;
        }
    }
    let idle: Vec<&str> = PROGRAMS
        .into_iter()
        .filter(|program| !called.contains_key(*program))
        .collect();
    assert_eq!(idle, [""; 0], "nobody calls them");
}

#[test]
fn a_layer_holds_what_is_declared() {
    let place = Place::new(&LAYOUT);
    let output = place.run(&LAYOUT, 0);
    assert!(output.status.success(), "{output:?}");
    let index = fs::read_to_string(place.path("out/index.json")).expect("an index");
    let index: serde_json::Value = serde_json::from_str(&index).expect("JSON");
    let blob = |descriptor: &serde_json::Value| {
        let digest = descriptor["digest"].as_str().expect("a digest");
        let name = digest.strip_prefix("sha256:").expect("a digest");
        let path = place.path("out/blobs/sha256").join(name);
        let size = fs::metadata(&path).expect("a blob").len();
        assert_eq!(descriptor["size"].as_u64(), Some(size), "{digest}");
        path
    };
    let manifest = fs::read_to_string(blob(&index["manifests"][0])).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let config = fs::read_to_string(blob(&manifest["config"])).expect("a config");
    assert!(!config.contains('@') && !config.ends_with('\n'), "{config}");
    let listed = Command::new("tar")
        .args(["--list", "--verbose", "--numeric-owner", "--gzip", "--file"])
        .arg(blob(&manifest["layers"][0]))
        .output()
        .expect("tar runs");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let shown: Vec<(&str, &str)> = listed
        .lines()
        .map(|line| {
            let (mode, rest) = line.split_once(' ').expect("a mode");
            (mode, rest.split_whitespace().next().expect("an owner"))
        })
        .collect();
    let expected = [
        ("-rw-r--r--", "0/0"),
        ("-rw-------", "7/4000000"),
        ("drwx------", "8/9"),
    ];
    assert_eq!(shown, expected, "{listed}");
    assert!(listed.contains("etc/ key \n"), "{listed}");
}
