//! What each operation makes of a sample: a change here is a change of what the operation means.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use camino::Utf8PathBuf;

use super::super::sandbox::Method;
use super::super::{Builder, Cancel, Local, Options};
use super::lab::{NoSources, path};
use crate::disk::{
    Attributes, Contents as DiskContents, DiskSize, FatFile, FatLabel, FatPath, FatVolume, Guid,
    Label, Layout, Partition, PartitionType, SectorSize, Size, VolumeId,
};
use crate::plan::{
    AbsPath, Action, Artifact, Extract, Fill, Input, Literal, LiteralNode, Merge, Mode, Name,
    Operation, PathSet, Pick, Place, Plan, Unpack, archive::Format,
};
use crate::store::Store;

fn plan(action: Action<Artifact>) -> Plan {
    Plan::named(Name::new("sample").unwrap()).action(action)
}

/// A literal tree with a file, a program, a link and an empty directory.
fn tree() -> Artifact {
    let file = |mode, text: &str| LiteralNode::File {
        mode: Some(mode),
        contents: text.into(),
    };
    let target = "file".to_owned();
    Artifact::Literal(Literal(BTreeMap::from([
        (path("bin/tool"), file(Mode::EXECUTABLE, "#!/bin/sh\n")),
        (path("empty"), LiteralNode::Dir { mode: Mode::DIR }),
        (path("etc/file"), file(Mode::FILE, "text\n")),
        (path("etc/link"), LiteralNode::Symlink { target }),
    ])))
}

fn extract(tree: Artifact, from: &str) -> Action<Artifact> {
    let path = path(from);
    Action::Extract(Extract { tree, path })
}

fn blob(bytes: Vec<u8>) -> Artifact {
    let file = Artifact::file(path("file"), Mode::FILE, bytes);
    plan(extract(file, "file")).into()
}

/// One member of a tar archive in the format of POSIX, with an owner and a time.
fn member(name: &str, mode: &str, kind: u8, link: &str, contents: &[u8]) -> Vec<u8> {
    let size = format!("{:011o}", contents.len());
    let fields = [
        (0, name),
        (100, mode),
        (108, "0001750"),
        (116, "0001750"),
        (124, &size),
        (136, "14000000000"),
        (157, link),
        (257, "ustar\x0000"),
    ];
    let mut block = vec![0; 512];
    for (at, text) in fields {
        block[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    block[156] = kind;
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.extend(contents);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

fn archive() -> Artifact {
    let mut bytes = [
        member("top/", "0000700", b'5', "", b""),
        member("top/file", "0000600", b'0', "", b"text\n"),
        member("top/tool", "0004711", b'0', "", b"#!/bin/sh\n"),
        member("top/link", "0000777", b'2', "file", b""),
        member("top/same", "0000600", b'1', "top/file", b""),
    ]
    .concat();
    bytes.resize(bytes.len() + 1024, 0);
    blob(bytes)
}

fn layout() -> Layout<Artifact> {
    let partition = |name: &str, kind, contents| Partition {
        label: Label::new(name).unwrap(),
        kind,
        guid: Guid::derive(b"golden", name),
        attributes: Attributes::NONE,
        size: Size::Minimal,
        contents,
    };
    let file = FatFile::Raw(blob(b"text\n".to_vec()));
    let volume = FatVolume {
        label: FatLabel::new("GOLDEN").unwrap(),
        id: VolumeId(1),
        files: BTreeMap::from([(FatPath::new("dir/a long name.txt").unwrap(), file)]),
    };
    let (esp, root) = (
        DiskContents::Fat(volume),
        DiskContents::Raw(blob(vec![7; 999])),
    );
    Layout {
        sector_size: SectorSize::B512,
        alignment: 1 << 20,
        size: DiskSize::Minimal { slack: 0 },
        guid: Guid::derive(b"golden", "disk"),
        bios: None,
        partitions: vec![
            partition("esp", PartitionType::Esp, esp),
            partition("root", PartitionType::LinuxRootX86_64, root),
        ],
    }
}

/// A sample of every operation but `build`, whose meaning is not this library's alone.
fn samples() -> Vec<Action<Artifact>> {
    let none = PathSet::default;
    let set = |pattern| PathSet::new([pattern]).unwrap();
    let input = |at: &str, of| Input {
        at: AbsPath::new(at).unwrap(),
        of,
    };
    let other = || Artifact::file(path("etc/file"), Mode::FILE, "other\n");
    vec![
        Action::Unpack(Unpack {
            archive: archive(),
            format: Format::Tar,
            strip: true,
            include: none(),
            exclude: none(),
            no_end_marker: false,
        }),
        Action::Place(Place {
            blob: blob(b"text\n".to_vec()),
            path: path("usr/bin/tool"),
            mode: Mode::new(0o4755),
        }),
        extract(tree(), "etc/file"),
        Action::Pick(Pick {
            tree: tree(),
            include: set("etc"),
            exclude: set("etc/l*"),
        }),
        Action::Merge(Merge {
            inputs: vec![input("/", tree()), input("/usr/share", other())],
        }),
        Action::Fill(Fill {
            tree: other(),
            from: tree(),
        }),
        Action::Disk(layout()),
    ]
}

/// If this fails because an operation makes something else now, the operation needs a new version
/// (`plan/version.rs`): stores and caches hold outputs of the old meaning under the old hashes.
#[test]
fn outputs_of_operations_are_golden() {
    let dir = tempfile::tempdir().unwrap();
    let root = Utf8PathBuf::from_path_buf(dir.path().join("store")).unwrap();
    let store = Store::open(&root).unwrap();
    let local = Local::new(&store, 1, Method::Copy).unwrap();
    let builder = Builder {
        store: &store,
        executor: &local,
        supplier: &NoSources,
        options: &Options::default(),
        events: &|_| {},
        cancel: &Cancel::default(),
    };
    let (mut table, mut seen) = (String::new(), vec![Operation::Build]);
    for action in samples() {
        let operation = action.operation();
        let output = builder.build(&[plan(action)]).unwrap()[0];
        let version = operation.version();
        writeln!(table, "{operation} version {version}: {output}").unwrap();
        seen.push(operation);
    }
    assert_eq!(seen, Operation::ALL);
    insta::assert_snapshot!(table);
}
