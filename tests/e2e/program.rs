//! The compiled examples, called by somebody who has nothing but a home.

use std::path::{Path, PathBuf};
use std::process::Command;

/// An example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Program(&'static str);

pub(crate) const DROPLET: Program = Program("droplet");
pub(crate) const QEMU: Program = Program("qemu");

impl Program {
    /// Where it is compiled to: beside this test, or where the environment says.
    fn path(self) -> PathBuf {
        let directory = std::env::var_os("DISTILL_E2E_PROGRAMS").map_or_else(
            || {
                let test = std::env::current_exe().expect("this program has a path");
                let target = test.parent().and_then(Path::parent);
                target.expect("cargo's directories").join("examples")
            },
            PathBuf::from,
        );
        directory.join(self.0)
    }

    /// A call with nothing of the environment but a home, and nothing in `PATH`.
    pub(crate) fn command(self, directory: &Path) -> Command {
        let mut command = Command::new(self.path());
        command
            .env_clear()
            .env("HOME", std::env::var_os("HOME").expect("a home"))
            .env("PATH", "")
            .current_dir(directory);
        command
    }

    /// Builds the image, or what is named; the path that is printed last.
    pub(crate) fn build(self, directory: &Path, what: &[&str]) -> PathBuf {
        let output = self
            .command(directory)
            .arg("build")
            .args(what)
            .output()
            .expect("the examples are compiled: `cargo build --examples`");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{what:?} was not built:\n{stderr}");
        let stdout = String::from_utf8_lossy(&output.stdout);
        let last = stdout.lines().last().expect("a path is printed");
        directory.join(last)
    }
}

/// A program of the image's packages, which are static: they run here, too.
pub(crate) fn tool(package: &str, path: &str) -> PathBuf {
    let anywhere = std::env::temp_dir();
    let program = DROPLET.build(&anywhere, &[package]).join(path);
    assert!(program.is_file(), "{} is not there", program.display());
    program
}
