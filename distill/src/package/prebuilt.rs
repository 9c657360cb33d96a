//! The template for programs that come as binaries.

use super::execline;
use super::recipe::{Recipe, common, template};
use super::script::Script;
use crate::plan::{Arch, Artifact, Hint, Mode, Plan, RelPath};

template! {
    /// A program that somebody else has built: what its sources hold is what lands in an image. It is marked as such
    /// (`plan` says `binary`), for nothing vouches for what is in it but its pin.
    ///
    /// A source with a place of its own (`.at("/src/lib")`) is there for the script alone.
    Prebuilt {
        /// The programs, by their paths in the output. Each must be one for the config's architecture, and what it
        /// is loaded by and linked with must be there, too; a static one needs neither.
        programs: Vec<String>,
        /// Runs where the source lies, before all that is there is the output.
        prepare: Script,
    }
}

/// What programs meet that are not static.
const HINTS: [Hint; 2] = [
    Hint {
        seen: &["which is not among the sources"],
        text: "name the package that has the library among `sources`, unpacked to the same place \
               (`.at(…)`), or take a program that is static",
    },
    Hint {
        seen: &["prebuilt: "],
        text: "`programs` are paths in the source, such as `usr/bin/tool`; `.keep_top()` keeps an archive's only directory",
    },
];

impl Prebuilt {
    /// The plan. A recipe with a mistake gives a plan that says so, and where.
    pub fn plan(mut self) -> Plan {
        const CHECK: &str = "check.sh";
        let path = RelPath::new(CHECK).expect("a constant");
        let check = Artifact::file(path, Mode::FILE, include_str!("prebuilt/check.sh"));
        self.files.push(check);
        self.hints.extend(HINTS);
        // As readelf calls them.
        let machine = match self.config.arch() {
            Arch::X86_64 => "X86-64",
            Arch::Aarch64 => "AArch64",
            Arch::Ppc64le => "PowerPC64",
            Arch::Riscv64 => "RISC-V",
        };
        let script = execline! {
            #{self.prepare.clone()}
            if { cp -a . "/out" }
            sh /#{CHECK} #{machine} #{self.programs.clone()}
        };
        let recipe = common!(self => Recipe { script: script });
        recipe.prebuilt()
    }
}
