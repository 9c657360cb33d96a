//! One package for every mistake that a recipe can make.

use distill::package::{Arch, Config, Placed, Target, merged};
use distill::plan::archive::Format;
use distill::plan::{
    Action, Artifact, Extract, Hash, Literal, LiteralNode, Mode, Origin, PathSet, Place, Plan,
    Source, Unpack,
};

use crate::shell::{build, named, path};

/// The packages, by name.
pub(crate) fn all(shell: &Plan) -> Vec<(&'static str, Plan)> {
    let script = |name: &'static str, script: &str| (name, build(name, shell, &[], script));
    vec![
        // Every Linux has this file, and none has these bytes in it.
        (
            "wrong-pin",
            source("wrong-pin", Origin::File("/proc/version".into())),
        ),
        (
            "unreachable",
            source(
                "unreachable",
                Origin::Url("http://127.0.0.1:1/paint.txt".into()),
            ),
        ),
        ("truncated", unpacked("truncated", truncated())),
        ("bomb", unpacked("bomb", header("zeros", 65 << 30))),
        ("escape", unpacked("escape", header("../escape", 0))),
        (
            "recipe-cycle",
            merged("recipe-cycle", config().expand(&chicken.into())),
        ),
        ("conflict", conflict(shell)),
        ("many-files", many_files()),
        script("no-output", "echo nothing"),
        script("set-user-id", "cp /bin/busybox /out/su\nchmod 4755 /out/su"),
        // The one device that a user namespace lets anybody make.
        script("device", "mknod /out/device c 0 0"),
        script("failing", "seq 100 140\necho it cannot be done >&2\nexit 3"),
        script(
            "large",
            "for number in $(seq 500); do echo paint > /out/$number; done",
        ),
        script("slow", "sleep 1000"),
        script(
            "random",
            "echo same > /out/same\nhead -c 9 /dev/urandom > /out/differs",
        ),
    ]
}

/// A file of a source with a pin that nothing has.
#[track_caller]
fn source(name: &str, origin: Origin) -> Plan {
    Plan::named(named(name)).action(Action::Place(Place {
        blob: Source::new(Hash::of("what nobody has"), origin).into(),
        path: path("file"),
        mode: Mode::FILE,
    }))
}

/// The tree of an archive that the recipe itself holds.
#[track_caller]
fn unpacked(name: &str, archive: Vec<u8>) -> Plan {
    let archive = Artifact::file(path("archive.tar"), Mode::FILE, archive);
    let blob = Plan::named(named("archive.tar")).action(Action::Extract(Extract {
        tree: archive,
        path: path("archive.tar"),
    }));
    Plan::named(named(name)).action(Action::Unpack(Unpack {
        archive: blob.into(),
        format: Format::Tar,
        strip: false,
        include: PathSet::default(),
        exclude: PathSet::default(),
        no_end_marker: false,
    }))
}

/// The header of a file in an archive.
fn header(name: &str, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    // Not by `set_path`, which refuses what an attacker would write.
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// An archive that ends in the middle of a file.
fn truncated() -> Vec<u8> {
    [header("paint.txt", 1000), b"red".to_vec()].concat()
}

/// Two inputs with one file.
fn conflict(shell: &Plan) -> Plan {
    let [one, other] = ["one", "other"].map(|name| {
        let file = Artifact::file(path("etc/paint"), Mode::FILE, name);
        merged(name, [Placed { at: None, of: file }])
    });
    let placed = [shell, &one, &other].map(|plan| Placed {
        at: None,
        of: plan.into(),
    });
    merged("conflict", placed)
}

/// More files than a small disk has room for.
fn many_files() -> Plan {
    let file = |number: u32| {
        let node = LiteralNode::File {
            mode: Some(Mode::FILE),
            contents: "paint".into(),
        };
        (path(&format!("file-{number}")), node)
    };
    let files = Artifact::Literal(Literal((0..500).map(file).collect()));
    merged(
        "many-files",
        [Placed {
            at: None,
            of: files,
        }],
    )
}

fn chicken(config: &Config) -> Plan {
    merged("chicken", config.expand(&egg.into()))
}

fn egg(config: &Config) -> Plan {
    merged("egg", config.expand(&chicken.into()))
}

/// A config without tools.
fn config() -> Config {
    Config::new(Target::new(Arch::X86_64, "x86_64-linux-musl"))
}
