//! What the builds run on: one file with a shell and everything that a script needs.

use distill::package::source::{debian, sha256};
use distill::package::{Placed, merged};
use distill::plan::{
    AbsPath, Action, Arch, Artifact, Build, BuildPlatform, Input, Mode, Name, OutputKind, PathSet,
    Plan, RelPath,
};

/// busybox, linked statically, as Debian has it.
pub(crate) fn shell() -> Plan {
    let pin = debian(
        "b/busybox/busybox-static_1.35.0-4+deb12u1+b1_amd64.deb",
        sha256("3d3fdbe91d4660c873e14b092c213fe81c1da6362daa236eb25d0171eb108744"),
    );
    let busybox = pin.keep_top().include(["bin/busybox"]);
    let busybox = busybox.tree("busybox", "1.35.0").expect("a sound pin");
    let link = Artifact::symlink(path("bin/sh"), "busybox");
    merged("shell", [busybox, link].map(|of| Placed { at: None, of }))
}

/// A build that runs `script`; what `inputs` made lies at `/in/<name>`.
#[track_caller]
pub(crate) fn build(name: &str, shell: &Plan, inputs: &[&Plan], script: &str) -> Plan {
    Plan::named(named(name)).action(action(shell, inputs, OutputKind::Tree, script))
}

/// The same, whose output is the one file `/out/<file>`.
#[track_caller]
pub(crate) fn build_file(
    name: &str,
    shell: &Plan,
    inputs: &[&Plan],
    file: &str,
    script: &str,
) -> Plan {
    let output = OutputKind::File(path(file));
    Plan::named(named(name)).action(action(shell, inputs, output, script))
}

fn action(shell: &Plan, inputs: &[&Plan], output: OutputKind, script: &str) -> Action<Artifact> {
    let program = format!("#!/bin/sh -e\n{script}\n");
    let root = |of: Artifact| Input {
        at: AbsPath::root(),
        of,
    };
    let below = |plan: &&Plan| Input {
        at: AbsPath::new(format!("/in/{}", plan.name())).expect("a name is a component"),
        of: (*plan).into(),
    };
    let own = [
        root(shell.into()),
        root(Artifact::file(path("build"), Mode::EXECUTABLE, program)),
    ];
    Action::Build(Build {
        platform: BuildPlatform::any(Arch::X86_64),
        inputs: own.into_iter().chain(inputs.iter().map(below)).collect(),
        output,
        setid: PathSet::default(),
    })
}

pub(crate) fn named(name: &str) -> Name {
    Name::new(name).expect("a constant")
}

pub(crate) fn path(text: &str) -> RelPath {
    RelPath::new(text).expect("a constant")
}
