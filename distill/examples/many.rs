//! A program of Distill with so many builds as the variable `MANY` says, each of which copies a file
//! of five bytes and does nothing else: what is measured with it is Distill. See `bench/many`.
#![expect(clippy::print_stderr, reason = "there is nothing else to say it with")]

use std::process::ExitCode;

use distill::cli::Target;
use distill::plan::{
    AbsPath, Action, Arch, Artifact, Build, BuildPlatform, Contents, Input, Merge, Mode, Name,
    OutputKind, PathSet, Plan, RelPath,
};

#[path = "../benches/elf/mod.rs"]
mod elf;

/// x86-64: open `/in`, create `/out/x`, `sendfile` from one to the other, and exit with 0 if that were five bytes.
const COPY: &[u8] = &[
    0xb8, 0x02, 0x00, 0x00, 0x00, 0x48, 0x8d, 0x3d, 0x3f, 0x00, 0x00, 0x00, 0x31, 0xf6, 0x0f, 0x05,
    0x41, 0x89, 0xc4, 0xb8, 0x02, 0x00, 0x00, 0x00, 0x48, 0x8d, 0x3d, 0x30, 0x00, 0x00, 0x00, 0xbe,
    0x41, 0x00, 0x00, 0x00, 0xba, 0xa4, 0x01, 0x00, 0x00, 0x0f, 0x05, 0x89, 0xc7, 0x44, 0x89, 0xe6,
    0x31, 0xd2, 0x41, 0xba, 0x00, 0x10, 0x00, 0x00, 0xb8, 0x28, 0x00, 0x00, 0x00, 0x0f, 0x05, 0x83,
    0xe8, 0x05, 0x89, 0xc7, 0xb8, 0x3c, 0x00, 0x00, 0x00, 0x0f, 0x05, b'/', b'i', b'n', 0x00, b'/',
    b'o', b'u', b't', b'/', b'x', 0x00,
];

fn main() -> ExitCode {
    if !cfg!(target_arch = "x86_64") {
        eprintln!("many: there is a program for x86-64 only");
        return ExitCode::FAILURE;
    }
    let many = std::env::var("MANY").ok();
    let many = many.and_then(|many| many.parse().ok()).unwrap_or(1000);
    let program = file("build", Mode::EXECUTABLE, elf::executable(COPY));
    let inputs = (0..many).map(|number| Input {
        at: AbsPath::root().join(&path(&number.to_string())),
        of: build(number, &program).into(),
    });
    let all = Merge {
        inputs: inputs.collect(),
    };
    let all = Plan::named(name("all")).action(Action::Merge(all));
    distill::cli::main(Target::new("all", all))
}

/// One of many.
fn build(number: u32, program: &Artifact) -> Plan {
    let text = file("in", Mode::FILE, format!("{number:05}"));
    let inputs = [program.clone(), text].map(|of| Input {
        at: AbsPath::root(),
        of,
    });
    let build = Build {
        platform: BuildPlatform::any(Arch::X86_64),
        inputs: inputs.into(),
        output: OutputKind::Tree,
        setid: PathSet::default(),
    };
    Plan::named(name(&format!("copy-{number}"))).action(Action::Build(build))
}

fn file(at: &str, mode: Mode, contents: impl Into<Contents>) -> Artifact {
    Artifact::file(path(at), mode, contents)
}

fn name(name: &str) -> Name {
    Name::new(name).expect("a name")
}

fn path(path: &str) -> RelPath {
    RelPath::new(path).expect("a path")
}
