//! Cargo's commands, and the configuration that they all have.

use crate::package::script::Words;

/// Where cargo builds. It lies beside the source, and is the same for the crates and for the program: rustc and
/// build scripts write it down.
pub(super) const TARGET: &str = "/src/.target";

/// Where cargo's configuration lies: below a directory, which cargo takes for that of a project.
pub(super) const CONFIGURATION: &str = "cargo/config.toml";

/// What cargo is told: that crates lie in `vendor`, and that there is no network.
pub(super) fn configuration(vendor: &str) -> String {
    format!(
        "[source.crates-io]\nreplace-with = \"vendored\"\n\n\
         [source.vendored]\ndirectory = \"{vendor}\"\n\n\
         [net]\noffline = true\n"
    )
}

/// Cargo, for one program.
pub(super) struct Command {
    /// What rustc calls the host.
    pub(super) target: String,
    /// Options that choose what is built.
    pub(super) chosen: Words,
}

impl Command {
    /// Builds what is chosen.
    pub(super) fn build(&self) -> Words {
        self.run("build").with(self.chosen.clone())
    }

    /// Takes away what was built of these packages.
    pub(super) fn clean(&self, packages: &[String]) -> Words {
        let option = |package: &String| ["-p".to_owned(), package.clone()];
        let named: Vec<String> = packages.iter().flat_map(option).collect();
        self.run("clean").with(named)
    }

    /// Where the programs lie.
    pub(super) fn programs(&self) -> String {
        format!("{TARGET}/{}/release", self.target)
    }

    fn run(&self, command: &str) -> Words {
        let configuration = format!("/{CONFIGURATION}");
        Words::from(["cargo", "--config", &configuration, command]).with([
            "--release",
            "--locked",
            "--target",
            &self.target,
        ])
    }
}
