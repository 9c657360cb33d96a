//! One program in Rust, from a directory beside its recipe.

use distill::cargo_package;
use distill::package::{Config, Script, execline};
use distill::plan::Plan;
use distill_packages::{quick, zlib};

use crate::build::build;
use crate::linked::elf;
use crate::mistakes::tells;

/// Keeps what the program says.
fn run() -> Script {
    execline! { if { redirfd -w 1 "/out/said" "/out/usr/bin/shelf" } }
}

fn shelf(config: &Config) -> Plan {
    cargo_package! { config,
        name: "shelf", version: "0.1.0",
        source: local!("tests/languages/shelf"),
        features: ["loud"],
        libs: [zlib],
        cleanup: run(),
    }
}

/// What the program says, with the version of the zlib that lies in the sysroot.
const SAID: &str = "\
books: one two
unwound: true true
zlib: 92b68425 1.3.1
for: x86_64-unknown-linux-musl!
";

#[test]
#[ignore = "needs namespaces, Debian's pool and crates"]
fn a_program_with_crates_a_macro_and_a_library_in_c() {
    let tree = build(&shelf(&quick())).tree();
    let said = std::fs::read_to_string(tree.join("said")).expect("text");
    assert_eq!(said, SAID);
    let program = elf(&tree.join("usr/bin/shelf"));
    assert!(!program.interpreter && program.needed == 0, "{program:?}");
}

/// A JSON formatter, as crates.io has it.
fn jsonxf(config: &Config) -> Plan {
    cargo_package! { config,
        name: "jsonxf", version: "1.1.1",
        licence: "MIT", homepage: "https://github.com/gamache/jsonxf",
        source: crates_io("$name", "$version",
            sha256("50d6889ea54a6add10ed8a757719ec88293201265fa7fe56e09ae66b6df038a6")),
        lock: include_str!("jsonxf.lock"),
        cleanup: execline! {
            if { redirfd -w 1 "/out/said" pipeline { printf "{\"a\": [1, 2]}" } "/out/usr/bin/jsonxf" -m }
        },
    }
}

#[test]
#[ignore = "needs namespaces, Debian's pool and crates"]
fn a_program_of_crates_io() {
    let tree = build(&jsonxf(&quick())).tree();
    let said = std::fs::read_to_string(tree.join("said")).expect("text");
    assert_eq!(said.trim_end(), r#"{"a":[1,2]}"#);
}

/// A program beside its recipe, which has the mistake in question.
struct Mistaken(tempfile::TempDir);

impl Mistaken {
    /// With this in its manifest, and these files.
    fn new(manifest: &str, files: &[(&str, &str)]) -> Mistaken {
        const LOCK: &str = "version = 4\n[[package]]\nname = \"mistake\"\nversion = \"1.0.0\"\n";
        let directory = tempfile::tempdir().expect("a directory");
        let package = "[package]\nname = \"mistake\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
        let manifest = format!("{package}{manifest}");
        let own = [("Cargo.toml", manifest.as_str()), ("Cargo.lock", LOCK)];
        for (name, text) in own.iter().chain(files) {
            std::fs::write(directory.path().join(name), text).expect("a file");
        }
        Mistaken(directory)
    }

    fn plan(&self) -> Plan {
        let directory = self.0.path().to_str().expect("UTF-8");
        let source = distill::package::source::local(directory);
        cargo_package! { &quick(), name: "mistake", version: "1", source, bins: ["mistake"] }
    }
}

#[test]
#[ignore = "needs namespaces, Debian's pool and crates"]
fn mistakes_are_told_with_what_to_write() {
    let bin = "[[bin]]\nname = \"mistake\"\npath = \"main.rs\"\n";
    let with = |text: &str| format!("{text}\n{bin}");
    let main = ("main.rs", "fn main() {}\n");
    let links = "#[link(name = \"shelf\")]\nunsafe extern \"C\" { fn shelf(); }\nfn main() { unsafe { shelf() } }\n";
    for (manifest, file, said, hint) in [
        (
            with("[dependencies]\nitoa = \"1\""),
            main,
            "itoa",
            "cargo update --workspace",
        ),
        (
            with("rust-version = \"1.999\""),
            main,
            "1.999",
            "`Target::rust`",
        ),
        (bin.to_owned(), ("main.rs", links), "-lshelf", "`libs`"),
        (
            "[lib]\npath = \"lib.rs\"\n".to_owned(),
            ("lib.rs", ""),
            "no bin target named `mistake`",
            "`bins`",
        ),
    ] {
        tells(&Mistaken::new(&manifest, &[file]).plan(), said, hint);
    }
}
