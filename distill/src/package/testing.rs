//! Configs to test with, and what a plan's build consists of.

use super::definition::{
    BuildSystems, Config, GoToolchain, Package, PythonToolchain, RustToolchain, Target, Toolchain,
};
use crate::plan::{
    Action, Arch, Artifact, Build, Contents, Literal, LiteralNode, Mode, Plan, RelPath, closure,
};

/// A config without tools.
pub(super) fn config() -> Config {
    Config::new(Target::new(Arch::X86_64, "x86_64-linux-musl"))
}

/// A package of one file, which has the package's name.
fn marker(name: &'static str) -> Package {
    let path = RelPath::new(name).expect("a name");
    Package::from(Artifact::file(path, Mode::FILE, ""))
}

/// A toolchain whose programs are called `<triple>-…`, and its packages what they are for.
fn toolchain(triple: &str) -> Toolchain {
    let tool = |name: &str| format!("{triple}-{name}");
    Toolchain {
        tools: vec![marker("cc-tools")],
        cxx_tools: vec![marker("cxx-tools")],
        libc: vec![marker("libc")],
        libcxx: vec![marker("libcxx")],
        cc: tool("cc"),
        cxx: tool("c++"),
        ld: tool("ld"),
        ar: tool("ar"),
        assembler: tool("as"),
        nm: tool("nm"),
        ranlib: tool("ranlib"),
        strip: tool("strip"),
        objcopy: tool("objcopy"),
        readelf: tool("readelf"),
        cflags: vec!["-Os".into()],
        cxxflags: vec!["-O3".into()],
        ldflags: vec!["-Wl,-O1".into()],
    }
}

/// What a config has that builds on the machine that it builds for, with programs of `triple`'s.
pub(super) fn native(arch: Arch, triple: &str) -> Target {
    let build = Target {
        toolchain: Toolchain {
            cxx_tools: vec![marker("build-cxx-tools")],
            ..toolchain("build")
        },
        ..Target::new(arch, "x86_64-linux-gnu")
    };
    Target {
        toolchain: toolchain(triple),
        build_systems: BuildSystems {
            autotools: vec![marker("autotools")],
            cmake: vec![marker("cmake")],
            meson: vec![marker("meson")],
        },
        rust: RustToolchain {
            tools: vec![marker("rust-tools")],
            std: vec![marker("rust-std")],
            version: "1.96.0".into(),
            target: triple.replacen('-', "-unknown-", 1),
            flags: vec!["-Clink-self-contained=no".into()],
        },
        go: GoToolchain {
            tools: vec![marker("go-tools")],
            version: "1.24.4".into(),
            arch: "amd64".into(),
        },
        python: PythonToolchain {
            tools: vec![marker("python-tools")],
            series: "3.13".into(),
        },
        bootstrap: Some(Config::new(build)),
        ..Target::new(arch, triple)
    }
}

/// A config whose programs run where they are built.
pub(super) fn here() -> Config {
    Config::new(native(Arch::X86_64, "x86_64-linux-musl"))
}

/// A config for another machine, built on that of [`here`].
pub(super) fn crossed() -> Config {
    Config::new(Target {
        build: Some(here()),
        ..native(Arch::Ppc64le, "powerpc64le-linux-musl")
    })
}

fn build(plan: &Plan) -> &Build<Artifact> {
    match plan.action() {
        Ok(Action::Build(build)) => build,
        other => panic!("{other:?}"),
    }
}

/// The paths of all literal files that a plan's build sees.
pub(super) fn paths(plan: &Plan) -> Vec<String> {
    let literals = build(plan)
        .inputs
        .iter()
        .filter_map(|input| match &input.of {
            Artifact::Literal(Literal(files)) => Some((&input.at, files)),
            _ => None,
        });
    let paths = literals.flat_map(|(at, files)| files.keys().map(|path| at.join(path).to_string()));
    paths.collect()
}

/// The text of a literal file that a plan's build sees at `/` and `path`.
pub(super) fn text(plan: &Plan, path: &str) -> String {
    let path = RelPath::new(path).expect("a path");
    let found = build(plan).inputs.iter().find_map(|input| match &input.of {
        Artifact::Literal(Literal(files)) if input.at.relative().is_none() => files.get(&path),
        _ => None,
    });
    match found {
        Some(LiteralNode::File {
            contents: Contents::Bytes(bytes),
            ..
        }) => String::from_utf8(bytes.to_vec()).expect("text"),
        other => panic!("{path}: {other:?}"),
    }
}

/// All mistakes of a plan and of what it needs.
pub(super) fn mistakes(plan: &Plan) -> Vec<String> {
    let errors = closure([plan])
        .into_iter()
        .filter_map(|plan| plan.action().err());
    errors.map(ToString::to_string).collect()
}
