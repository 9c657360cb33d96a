//! A release of Distill, built by Distill: programs that run on every Linux, in one archive.
//!
//! ```sh
//! cargo run --example release                 # of what is committed here
//! cargo run --example release -- v0.1.0       # of another commit
//! ```
//!
//! - **The source is a commit**, and nothing that lies around beside it.
//! - **The programs are static**, so that they need nothing of the machine that they run on. `droplet` builds the
//!   same image as the one that cargo builds here; `release` builds this archive again, to the byte.
//! - **The archive says what is in it**: each crate with its checksum and its licence, and the licences' texts.

use std::error::Error;
use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};

use camino::{Utf8Path, Utf8PathBuf};
use distill::cli::{Host, Target, run_on};
use distill::package::{Config, Crate, Package, crates_of, vendored};
use distill::plan::{AbsPath, Artifact, Mode, Plan, RelPath};
use distill::{cargo_package, execline, package};
use distill_packages::quick;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const LICENCE: &str = "MIT OR Apache-2.0";

/// The programs, which are examples of this repository.
const PROGRAMS: [&str; 2] = ["droplet", "release"];

/// The programs, from the source in `source`.
fn programs(config: &Config, source: &Utf8Path) -> Plan {
    cargo_package! { config,
        name: "distill", version: VERSION, licence: LICENCE,
        source: local(source),
        package: "distill-examples",
        examples: PROGRAMS,
    }
}

/// The archive, and its checksum.
fn archive(config: &Config, source: &Utf8Path, crates: &[Crate]) -> Plan {
    let programs = programs(config, source);
    let all = vendored("distill-crates", crates);
    let all = Package::at(AbsPath::new("/crates").expect("a constant"), all);
    let line = |one: &Crate| format!("{} {} {}\n", one.directory(), one.purl(), one.checksum());
    let crates: String = crates.iter().map(line).collect();
    let list: String = PROGRAMS.map(|program| format!("{program}\n")).concat();
    let file = |name: &str, text: &str| {
        let path = format!("release/{name}");
        Artifact::file(RelPath::new(path).expect("a path"), Mode::FILE, text)
    };
    let name = format!("distill-{VERSION}-{}-linux", config.arch().name());
    package! { config,
        name: "distill-release", version: VERSION, licence: LICENCE,
        source: local(source).include(["LICENSE-*", "README.md", "CHANGELOG.md"]),
        cross: [programs],
        tools: [all],
        files: [
            file("archive.sh", include_str!("release/archive.sh")),
            file("programs", &list),
            file("crates", &crates),
        ],
        script: execline! { sh "/release/archive.sh" #{name} },
    }
}

/// What git says; an error if it fails.
fn git(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new("git").args(arguments).output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?.trim().to_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().into()),
    }
}

/// The files of a commit, in a directory that is called after it and made once.
fn checked_out(commit: &str) -> Result<Utf8PathBuf, Box<dyn Error>> {
    let top = Utf8PathBuf::from(git(&["rev-parse", "--show-toplevel"])?);
    let all = top.join("target/release-source");
    let directory = all.join(commit);
    if directory.exists() {
        return Ok(directory);
    }
    let temp = all.join(format!("{commit}.{}", std::process::id()));
    std::fs::create_dir_all(&temp)?;
    let mut packing = Command::new("git")
        .args(["-C", top.as_str(), "archive", "--format=tar", commit])
        .stdout(Stdio::piped())
        .spawn()?;
    let packed = packing.stdout.take().expect("it was asked for");
    let unpacked = Command::new("tar")
        .args(["-x", "-C", temp.as_str()])
        .stdin(packed)
        .status()?;
    if !packing.wait()?.success() || !unpacked.success() {
        return Err(format!("cannot take the files of {commit} out of the repository").into());
    }
    std::fs::rename(&temp, &directory)?;
    Ok(directory)
}

/// Takes the commit out of the arguments: the first one, if it is one, or what is checked out.
fn commit(arguments: &mut Vec<OsString>) -> Result<String, Box<dyn Error>> {
    let named = arguments.get(1).and_then(|argument| argument.to_str());
    let found = named.filter(|name| !name.starts_with('-')).map(|name| {
        let name = format!("{name}^{{commit}}");
        git(&["rev-parse", "--verify", "--quiet", &name])
    });
    match found {
        Some(Ok(commit)) => {
            arguments.remove(1);
            Ok(commit)
        }
        _ => git(&["rev-parse", "--verify", "HEAD^{commit}"]),
    }
}

fn run() -> Result<u8, Box<dyn Error>> {
    let mut host = Host::process()?;
    let source = checked_out(&commit(&mut host.args)?)?;
    let crates = crates_of(&std::fs::read_to_string(source.join("Cargo.lock"))?)?;
    let config = quick();
    let target = Target::new("release", archive(&config, &source, &crates))
        .with_package("distill", programs(&config, &source));
    Ok(run_on(host, &target))
}

#[allow(
    clippy::print_stderr,
    reason = "there is no command line yet that could tell it"
)]
fn main() -> ExitCode {
    match run() {
        Ok(code) => code.into(),
        Err(error) => {
            eprintln!("release: {error}");
            ExitCode::FAILURE
        }
    }
}
