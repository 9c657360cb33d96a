//! Whole commands, run in this process: a store of their own, no environment but what a test gives,
//! and plans that need no sandbox.

mod build;
mod command_line;
mod explain;
mod keeping;
mod permissions;
mod sharing;

use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Environment, Host, Target, run_on};
use crate::disk::{DiskSize, Guid, Layout, SectorSize};
use crate::engine::Cancel;
use crate::plan::{
    AbsPath, Action, Artifact, Hash, Input, Merge, Meta, Mode, Name, Origin, Place, Plan, RelPath,
    Source, Version,
};

/// A stream whose contents can be looked at.
#[derive(Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A directory with a store, a working directory, and an empty `/` for configuration.
pub(super) struct World {
    _directory: tempfile::TempDir,
    root: Utf8PathBuf,
}

/// What came of a command.
struct Ran {
    code: u8,
    stdout: String,
    stderr: String,
}

impl World {
    pub(super) fn new() -> World {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(directory.path().canonicalize().unwrap()).unwrap();
        for name in ["work", "etc", "store"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        World {
            _directory: directory,
            root,
        }
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        self.root.join(name)
    }

    fn store(&self) -> crate::store::Store {
        crate::store::Store::open(&self.path("store")).unwrap()
    }

    pub(super) fn host(&self, args: &[&str]) -> (Host, Shared, Shared) {
        let (stdout, stderr) = (Shared::default(), Shared::default());
        let store = self.path("store");
        let host = Host {
            args: std::iter::once("droplet")
                .chain(args.iter().copied())
                .map(OsString::from)
                .collect(),
            env: Environment::from_iter([("DISTILL_STORE", store.as_str())]),
            directory: self.path("work"),
            root: self.root.clone(),
            stdin: Box::new(io::empty()),
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            stdout_is_terminal: false,
            terminal: None,
            signals: false,
            cancel: Cancel::default(),
        };
        (host, stdout, stderr)
    }

    fn run(&self, target: &Target, args: &[&str]) -> Ran {
        let (host, stdout, stderr) = self.host(args);
        self.run_host(target, host, &stdout, &stderr)
    }

    fn run_host(&self, target: &Target, host: Host, stdout: &Shared, stderr: &Shared) -> Ran {
        let code = run_on(host, target);
        let text = |stream: &Shared| self.normal(&stream.text());
        Ran {
            code,
            stdout: text(stdout),
            stderr: text(stderr),
        }
    }

    /// The text without what differs from run to run: this directory, times, time stamps.
    pub(super) fn normal(&self, text: &str) -> String {
        let text = text.replace(self.root.as_str(), "/world");
        let mut normal = String::new();
        for line in text.split_inclusive('\n') {
            normal += &settled(line);
        }
        normal
    }
}

/// `0.1 s` becomes `TIME`, and the place of a recipe `RECIPE`.
fn settled(line: &str) -> String {
    let mut words: Vec<String> = located(line).split(' ').map(ToOwned::to_owned).collect();
    for at in 1..words.len() {
        let number = words[at - 1].parse::<f64>().is_ok();
        if number && matches!(words[at].trim_end_matches([',', '\n', ')']), "s") {
            words[at - 1] = "TIME".to_owned();
            words[at].replace_range(..1, "");
        }
    }
    words.join(" ").replace("TIME ", "TIME")
}

/// The line with `RECIPE` for the place of one: a file of Rust, a line and a column.
fn located(line: &str) -> String {
    let Some(at) = line.find(".rs:") else {
        return line.to_owned();
    };
    let begin = line[..at]
        .rfind([' ', '(', '"'])
        .map_or(0, |before| before + 1);
    let rest = line[at + 4..].trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{}RECIPE{}", &line[..begin], located(rest))
}

impl Ran {
    /// All of it, for a snapshot.
    fn shown(&self) -> String {
        let Ran {
            code,
            stdout,
            stderr,
        } = self;
        format!("exit status {code}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn merge(plan: &str, inputs: impl IntoIterator<Item = Artifact>) -> Plan {
    let input = |of| Input {
        at: AbsPath::root(),
        of,
    };
    let inputs = inputs.into_iter().map(input).collect();
    Plan::named(name(plan)).action(Action::Merge(Merge { inputs }))
}

fn file(at: &str, text: &str) -> Artifact {
    Artifact::file(path(at), Mode::FILE, text)
}

/// A source that lies in the world's directory.
fn source(world: &World, file_name: &str, text: &str) -> Source {
    let at = world.path(file_name);
    std::fs::write(&at, text).unwrap();
    Source::new(Hash::of(text), Origin::File(at))
}

/// `zlib-1.3.1` of a source, `base` that needs it, and an image that needs both.
fn target(world: &World) -> Target {
    let zlib = source(world, "zlib.h", "a header\n");
    let meta = Meta {
        version: Some(Version::new("1.3.1").unwrap()),
        ..Meta::default()
    };
    let place = Place {
        blob: zlib.into(),
        path: path("usr/include/zlib.h"),
        mode: Mode::FILE,
    };
    let zlib = Plan::named(name("zlib"))
        .meta(meta)
        .action(Action::Place(place));
    let base = merge("base", [zlib.clone().into(), file("etc/motd", "hello\n")]);
    Target::new(
        "droplet",
        merge("image", [base.into(), file("init", "#!/bin/sh\n")]),
    )
}

/// An image that is bytes, as real ones are.
fn disk(seed: &str) -> Target {
    let layout = Layout {
        sector_size: SectorSize::B512,
        alignment: 1 << 20,
        size: DiskSize::Minimal { slack: 1 << 20 },
        guid: Guid::derive(seed.as_bytes(), "disk"),
        bios: None,
        partitions: Vec::new(),
    };
    Target::new(
        "droplet",
        Plan::named(name("image")).action(Action::Disk(layout)),
    )
}

fn read(path: &Utf8Path) -> String {
    std::fs::read_to_string(path).unwrap()
}
