//! Every form of an image has the files, modes and owners that its system declares, as that form's own readers find
//! them.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::{Command, Stdio};

use camino::Utf8Path;
use distill::cli::Target;
use distill::package::{Config, Item, Package};
use distill::plan::{AbsPath, Artifact, Literal, LiteralNode, Mode, RelPath};
use distill::system::{File, Owner, Platform, Root, System, User};
use distill_packages::{busybox, squashfs_tools, zstd};
use distill_platforms::{container, container_rootfs, disk, netboot_x86_64, qemu_x86_64};
use distill_testing::{Lab, LabError};

use crate::succeed;

/// A file's kind (as `ls` shows it), permission bits, user, group, and where it points to.
type Entry = (char, u32, u64, u64, String);
type Listing = BTreeMap<String, Entry>;

/// The bits of a link, which mean nothing and differ from reader to reader.
const LINK: u32 = 0o777;

fn path(text: &str) -> RelPath {
    RelPath::new(text).expect("a path")
}

/// What a package brings.
fn tool() -> Literal {
    let file = |mode| LiteralNode::File {
        mode: Some(Mode::new(mode)),
        contents: "a tool".into(),
    };
    let link = LiteralNode::Symlink {
        target: "tool".to_owned(),
    };
    Literal(BTreeMap::from([
        (path("usr/bin/tool"), file(0o755)),
        (path("usr/bin/tool.link"), link),
        (path("usr/bin/other"), file(0o755)),
        (path("usr/share/read me"), file(0o444)),
        (
            path("usr/share/closed"),
            LiteralNode::Dir {
                mode: Mode::new(0o700),
            },
        ),
    ]))
}

/// Names that one reader or another takes for something else, and ids that do not fit into a header's digits.
fn system() -> System {
    let far = Owner::new("far", "far");
    let long = format!("/etc/{}/{}", "long".repeat(30), "name".repeat(50));
    let own = [
        File::new("/etc/secret", "s")
            .mode(0o640)
            .owner(Owner::new("root", "reader")),
        File::dir("/etc/own.d")
            .mode(0o2750)
            .owner(Owner::new("reader", "reader")),
        File::new("/etc/own.d/inside", "i")
            .mode(0o600)
            .owner(far.clone()),
        File::new("/etc/own.d/plain", "p"),
        File::symlink("/etc/own.d/link", "../secret").owner(far.clone()),
        File::new("/etc/ white  space ", "w")
            .mode(0o600)
            .owner(far.clone()),
        File::new("/etc/#hash \"quotes\" it's \\ [x]*?", "q")
            .mode(0o604)
            .owner(far.clone()),
        File::new("/etc/-d", "d").owner(Owner::new("reader", "root")),
        File::new("/etc/grün", "g").mode(0o606).owner(far.clone()),
        File::new(long, "l").mode(0o660).owner(far.clone()),
        File::new("/etc/sticky", "t").mode(0o1644),
    ];
    let package = |_: &Config| Item::At(AbsPath::root(), Artifact::Literal(tool()));
    let system = System::new()
        .user(User::system("reader"))
        .user(User::system("far").uid(4_000_000))
        .package(Package::from(package))
        .permission("/usr/bin/tool", 0o4750, Owner::new("root", "reader"))
        .permission("/usr/share/read me", 0o440, far)
        .permission("/usr/share", 0o751, Owner::new("root", "reader"));
    own.into_iter().fold(system, System::file)
}

/// The platform without programs of its own.
fn bare(platform: Platform) -> Platform {
    Platform {
        packages: Vec::new(),
        fallback: Vec::new(),
        ..platform
    }
}

/// The root file system with nothing but what the system declares.
fn root(platform: &Platform) -> Root {
    let packages = system().packages;
    Root {
        packages,
        ..platform.root(&system()).expect("a system")
    }
}

/// What a root declares.
fn declared(root: &Root) -> Listing {
    let mut all = Listing::new();
    let release = LiteralNode::File {
        mode: None,
        contents: "".into(),
    };
    let mut nodes = root.files.0.clone();
    nodes.extend(tool().0);
    nodes.insert(path("etc/os-release"), release);
    for (path, node) in &nodes {
        for above in path.ancestors() {
            let directory = ('d', Mode::DIR.bits(), 0, 0, String::new());
            all.entry(above.to_owned()).or_insert(directory);
        }
        let entry = match node {
            LiteralNode::Dir { mode } => ('d', mode.bits(), 0, 0, String::new()),
            LiteralNode::Symlink { target } => ('l', LINK, 0, 0, target.clone()),
            LiteralNode::File { mode, .. } => {
                let mode = mode.unwrap_or(Mode::FILE).bits();
                ('-', mode, 0, 0, String::new())
            }
        };
        all.insert(path.to_string(), entry);
    }
    for each in &root.permissions {
        let entry = all.get_mut(each.path.as_str()).expect("it is there");
        let bits = if entry.0 == 'l' {
            LINK
        } else {
            each.mode.bits()
        };
        (entry.1, entry.2, entry.3) = (bits, each.uid.into(), each.gid.into());
    }
    all
}

/// The bits of `rwsr-x--t`.
fn bits(text: &str) -> u32 {
    let bit = |(place, letter): (usize, char)| {
        let low = 1 << (8 - place);
        let high = 1 << (11 - place / 3);
        match letter {
            '-' => 0,
            's' | 't' => low | high,
            'S' | 'T' => high,
            _ => low,
        }
    };
    text.chars().enumerate().map(bit).sum()
}

/// Reads lines such as `drwxr-xr-x 0/0 … PREFIX/path -> target`.
fn read(listed: &str, prefix: &str) -> Listing {
    let entry = |line: &str| {
        let (mode, rest) = line.split_at(10);
        let kind = mode.chars().next()?;
        let owner = rest.split_whitespace().next()?;
        let (uid, gid) = owner.split_once('/')?;
        let (_, name) = line.split_once(&format!(" {prefix}"))?;
        let (name, target) = match kind {
            'l' => name.split_once(" -> ")?,
            _ => (name, ""),
        };
        let bits = if kind == 'l' { LINK } else { bits(&mode[1..]) };
        let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
        let name = name.trim_matches('/');
        let entry = (kind, bits, uid, gid, target.to_owned());
        (!name.is_empty()).then(|| (name.to_owned(), entry))
    };
    listed.lines().filter_map(entry).collect()
}

fn squashfs(lab: &Lab, file: &Utf8Path) -> Result<Listing, LabError> {
    let config = qemu_x86_64().config;
    let program = lab.program(&config, squashfs_tools, "usr/bin/unsquashfs")?;
    let mut command = Command::new(program);
    let listed = succeed(command.args(["-lln"]).arg(file).env("LC_ALL", "C"));
    Ok(read(&listed, "squashfs-root"))
}

/// Reads a gzipped layer twice, by two readers.
fn layer(file: &Utf8Path) -> Listing {
    let words = [
        "--list",
        "--verbose",
        "--gzip",
        "--numeric-owner",
        "--full-time",
    ];
    let mut tar = Command::new("tar");
    tar.args(words)
        .args(["--quoting-style=literal", "--file"])
        .arg(file);
    // `-rw-r--r-- 0/0  5 1970-01-01 00:00:00 path`
    let by_tar = read(&succeed(&mut tar), "1970-01-01 00:00:00 ");

    let mut gunzip = Command::new("gzip");
    gunzip.args(["--decompress", "--stdout"]).arg(file);
    let output = gunzip.output().expect("gzip runs");
    let mut archive = tar::Archive::new(&output.stdout[..]);
    let entries = archive.entries().expect("an archive");
    let by_library: Listing = entries
        .map(|entry| {
            let entry = entry.expect("a member");
            let header = entry.header();
            let target = entry.link_name().expect("a target");
            let target = target.map(|target| target.to_str().expect("UTF-8").to_owned());
            let (kind, mode) = match header.entry_type() {
                tar::EntryType::Directory => ('d', header.mode().expect("a mode")),
                tar::EntryType::Symlink => ('l', LINK),
                _ => ('-', header.mode().expect("a mode")),
            };
            let path = entry.path().expect("a path");
            let path = path
                .to_str()
                .expect("UTF-8")
                .trim_end_matches('/')
                .to_owned();
            let (uid, gid) = (header.uid().expect("an id"), header.gid().expect("an id"));
            (path, (kind, mode, uid, gid, target.unwrap_or_default()))
        })
        .collect();
    assert_eq!(by_tar, by_library, "two readers of one archive");
    by_library
}

/// Asserts that what is found is what is declared, and says only what is not.
#[track_caller]
fn assert_same(found: &Listing, declared: &Listing, what: &str) {
    let wrong: Vec<_> = found
        .iter()
        .filter(|(path, entry)| declared.get(*path) != Some(entry))
        .collect();
    let lost: Vec<_> = declared
        .iter()
        .filter(|(path, entry)| found.get(*path) != Some(entry))
        .collect();
    assert!(
        wrong.is_empty() && lost.is_empty(),
        "{what}: found {wrong:#?}, declared {lost:#?}"
    );
    assert!(
        declared.values().any(|entry| entry.2 == 4_000_000),
        "{what}"
    );
}

#[test]
#[ignore = "builds images"]
fn a_disk_has_them() -> Result<(), LabError> {
    let (lab, platform) = (Lab::new()?, bare(qemu_x86_64()));
    let root = root(&platform);
    let image = lab.image(&Target::from(disk::squashfs(&platform, &root)))?;
    assert_same(&squashfs(&lab, &image)?, &declared(&root), "squashfs");
    Ok(())
}

#[test]
#[ignore = "builds images"]
fn a_container_has_them_in_every_form() -> Result<(), LabError> {
    let (lab, platform) = (Lab::new()?, bare(container_rootfs()));
    let root = root(&platform);
    let layout = container::image(&platform, &root);
    let expected = declared(&root);
    let forms = platform.forms.iter();
    let mut images: Vec<(String, _)> = forms
        .map(|form| (form.name.clone(), form.of(&platform.config, layout.clone())))
        .collect();
    images.push(("layout".to_owned(), layout));
    for (name, image) in images {
        let image = lab.image(&Target::from(image))?;
        let directory = lab.directory().join(format!("unpacked-{name}"));
        let layer_file = match name.as_str() {
            "rootfs" => image,
            "layout" => last_layer(&image),
            "oci" => {
                std::fs::create_dir(&directory).expect("a directory");
                let mut tar = Command::new("tar");
                tar.arg("--extract").arg("--file").arg(&image);
                succeed(tar.arg("--directory").arg(&directory));
                last_layer(&directory)
            }
            other => panic!("nothing reads {other}"),
        };
        assert_same(&layer(&layer_file), &expected, &name);
    }
    Ok(())
}

/// The layer of an image layout of one image of one layer.
fn last_layer(layout: &Utf8Path) -> camino::Utf8PathBuf {
    let blob = |file: &Utf8Path| {
        let text = std::fs::read_to_string(file).expect("JSON");
        let (_, digest) = text.rsplit_once("sha256:").expect("a digest");
        let digest = digest.split('"').next().expect("a digest");
        layout.join("blobs/sha256").join(digest)
    };
    blob(&blob(&layout.join("index.json")))
}

#[test]
#[ignore = "builds images"]
fn what_boots_from_a_server_has_them() -> Result<(), LabError> {
    let (lab, platform) = (Lab::new()?, bare(netboot_x86_64()));
    let root = platform.root(&system()).expect("a system");
    assert_eq!(root.packages.len(), 1, "no service brings a program");
    let image = lab.image(&Target::from(platform.image(&system()).expect("a system")))?;
    let config = platform.config.clone();
    let unpack = lab.program(&config, zstd, "usr/bin/zstd")?;
    let program = lab.program(&config, busybox, "usr/bin/busybox")?;
    let input = std::fs::File::open(image.join("initramfs")).expect("an archive");
    let output = Command::new(unpack).arg("-dc").stdin(input).output();
    let archive = output.expect("zstd runs").stdout;
    assert!(!archive.is_empty(), "an archive");

    let cpio = |words: &[&str]| {
        let mut child = Command::new(&program)
            .args(["cpio", "--quiet"])
            .args(words)
            .current_dir(lab.directory())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cpio runs");
        let mut input = child.stdin.take().expect("a pipe");
        let mut printed = String::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                use std::io::Write as _;
                let _ = input.write_all(&archive);
                drop(input);
            });
            let output = child.stdout.as_mut().expect("a pipe");
            output.read_to_string(&mut printed).expect("text");
        });
        assert!(child.wait().expect("a child").success());
        printed
    };
    // `drwxr-xr-x 2 0 0 0 Jan 1 1970 bin`, or with a slash between the ids.
    let listed = cpio(&["-t", "-v"]);
    for line in listed.lines() {
        let owner = line.split_whitespace().nth(1).expect("an owner");
        assert!(owner == "0/0" || owner == "root/root", "{line}");
    }
    cpio(&["-i", "root.squashfs"]);
    let found = squashfs(&lab, &lab.directory().join("root.squashfs"))?;
    assert_same(&found, &declared(&root), "netboot");
    Ok(())
}
