//! Python and its standard library, and a program in it with what it needs.

use std::collections::BTreeSet;
use std::path::Path;

use distill::package::{Config, execline};
use distill::plan::{Artifact, Mode, Plan, RelPath};
use distill::{package, python_package};
use distill_packages::{python, python3, quick};

use crate::build::build;
use crate::linked::elf;
use crate::mistakes::tells;

/// A file that lies at `/` where it is run.
fn file(name: &str, text: &str) -> Artifact {
    Artifact::file(RelPath::new(name).expect("a name"), Mode::FILE, text)
}

/// Keeps what a program of this directory says, and nothing else.
fn said(config: &Config, program: &str) -> Plan {
    let run = format!("python3 -I /{program} >/out/said");
    package! { config,
        name: "python-said",
        cross: [python3],
        files: [
            file("modules.py", include_str!("python/modules.py")),
            file("abilities.py", include_str!("python/abilities.py")),
            file("shop.test.pem", include_str!("python/shop.test.pem")),
        ],
        script: execline! { sh -ec #{run} },
    }
}

/// What was kept.
fn text(tree: &Path) -> String {
    std::fs::read_to_string(tree.join("said")).expect("text")
}

/// Modules of the library that are for other systems than Linux.
const ELSEWHERE: [&str; 13] = [
    "_ios_support",
    "_overlapped",
    "_scproxy",
    "_winapi",
    "_wmi",
    "asyncio.windows_events",
    "asyncio.windows_utils",
    "encodings.mbcs",
    "encodings.oem",
    "msvcrt",
    "nt",
    "winreg",
    "winsound",
];

#[test]
#[ignore = "needs namespaces, Debian's pool and crates"]
fn the_library_lacks_what_is_said_and_nothing_else() {
    let tree = build(&said(&quick(), "modules.py")).tree();
    let documented = python::MISSING.iter().map(|(name, _)| *name);
    let lacking: BTreeSet<&str> = documented.chain(ELSEWHERE).collect();
    assert_eq!(text(&tree).lines().collect::<BTreeSet<_>>(), lacking);
}

#[test]
#[ignore = "needs namespaces, Debian's pool and crates"]
fn it_does_what_services_do() {
    let tree = build(&said(&quick(), "abilities.py")).tree();
    let text = text(&tree);
    assert!(text.starts_with("CPython 1970 1\n"), "{text}");
    let failed: Vec<&str> = text
        .lines()
        .skip(1)
        .filter(|line| !line.ends_with(": True"))
        .collect();
    assert!(failed.is_empty() && text.lines().count() == 17, "{text}");
}

/// Each module below `directory` is compiled by its contents, which are not looked at again, and says where it lies
/// in an image: how many there are.
fn compiled(directory: &Path) -> usize {
    let mut number = 0;
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            number += compiled(&path);
        } else if path.extension().is_some_and(|extension| extension == "pyc") {
            let bytes = std::fs::read(&path).expect("a file");
            // After the number of the format: https://peps.python.org/pep-0552/.
            assert_eq!(bytes[4..8], 1_u32.to_le_bytes(), "{}", path.display());
            let elsewhere = bytes.windows(5).any(|found| found == b"/out/");
            assert!(!elsewhere, "{}", path.display());
            number += 1;
        }
    }
    number
}

#[test]
#[ignore = "needs namespaces, Debian's pool and crates"]
fn what_is_compiled_is_the_same_whenever_it_is_built() {
    let library = compiled(&build(&python3(&quick())).tree().join("usr/lib"));
    assert!(library > 500, "{library}");
    assert_eq!(compiled(&build(&shop(&quick())).tree().join("usr/lib")), 17);
}

#[test]
#[ignore = "needs namespaces, Debian's pool and crates"]
fn the_interpreter_is_one_static_program() {
    let tree = build(&python3(&quick())).tree();
    let program = elf(&tree.join("usr/bin/python3.13"));
    assert!(!program.interpreter && program.needed == 0, "{program:?}");
    let bytes = std::fs::read(tree.join("usr/bin/python3.13")).expect("a program");
    let says = |text: &str| {
        bytes
            .windows(text.len())
            .any(|found| found == text.as_bytes())
    };
    assert!(!says("/src/"), "it says where it was built");
}

fn shop(config: &Config) -> Plan {
    python_package! { config,
        name: "shop", version: "1.2",
        source: local!("tests/languages/python/shop"),
    }
}

/// Where there is no other Python than the one that is built.
fn shop_said(config: &Config) -> Plan {
    package! { config,
        name: "shop-said",
        cross: [python3, shop],
        script: execline! { redirfd -w 1 "/out/said" shop "bücher.example" },
    }
}

#[test]
#[ignore = "needs namespaces, Debian's pool, crates and the Python Package Index"]
fn a_program_with_a_wheel_and_a_source() {
    let text = text(&build(&shop_said(&quick())).tree());
    let signed = "xn--bcher-kva.example xn--bcher-kva.example.";
    assert!(text.starts_with(signed), "{text}");
    let site = build(&shop(&quick()))
        .tree()
        .join("usr/lib/python3.13/site-packages");
    for file in [
        "idna/__pycache__/core.cpython-313.pyc",
        "itsdangerous/signer.py",
        "__pycache__/shop.cpython-313.pyc",
    ] {
        assert!(site.join(file).exists(), "{file}");
    }
}

/// A project beside its recipe, which has the mistake in question.
struct Mistaken(tempfile::TempDir);

impl Mistaken {
    /// With this in its `pyproject.toml`.
    fn new(project: &str) -> Mistaken {
        let directory = tempfile::tempdir().expect("a directory");
        let project = format!("[project]\nname = \"mistake\"\nversion = \"1\"\n{project}\n");
        std::fs::create_dir(directory.path().join("mistake")).expect("a directory");
        for (name, text) in [
            ("pyproject.toml", project.as_str()),
            ("mistake/__init__.py", ""),
            ("mistake/part.so", ""),
        ] {
            std::fs::write(directory.path().join(name), text).expect("a file");
        }
        Mistaken(directory)
    }

    fn plan(&self) -> Plan {
        let directory = self.0.path().to_str().expect("UTF-8");
        let source = distill::package::source::local(directory);
        python_package! { &quick(), name: "mistake", version: "1", source }
    }
}

#[test]
#[ignore = "needs namespaces and Debian's pool"]
fn mistakes_are_told_with_what_to_write() {
    for (project, said, hint) in [
        (
            "dependencies = [\"idna\"]",
            "mistake needs idna, and there is none",
            "not whole",
        ),
        (
            "[build-system]\nrequires = []\nbuild-backend = \"unknown_backend\"",
            "there is no build system `unknown_backend`",
            "`Target::python`",
        ),
        (
            "[tool.setuptools.package-data]\nmistake = [\"*.so\"]",
            "it is not pure",
            "without a part in C",
        ),
    ] {
        tells(&Mistaken::new(project).plan(), said, hint);
    }
}
