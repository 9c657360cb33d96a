//! The template for what CMake configures and ninja builds.

use super::build_system;
use super::cc::Cc;
use super::cmake_toolchain as toolchain;
use super::definition::Config;
use super::ninja::{self, DIRECTORY, Steps};
use super::recipe::{common, template};
use super::script::{Script, Words};
use crate::plan::{Artifact, Hint, Mode, Plan};

template! {
    /// A package that CMake configures and ninja builds and installs: static libraries and programs for
    /// release, optimised as the config says. It finds the libraries in `libs`, and none of the build
    /// machine's. What nobody needs in an image (manuals) is removed and programs are stripped.
    Cmake {
        /// Runs before everything else.
        prepare: Script,
        /// Where `CMakeLists.txt` lies, below the source; in the source itself if empty.
        subdir: String,
        /// Further words after `cmake`, such as `-DWITH_TOOLS=OFF`.
        options: Words,
        /// What ninja builds: everything, if nothing is named.
        targets: Words,
        /// Further words after `cmake --install`, such as `--component` and its name.
        install: Words,
        /// Runs after everything is installed in `/out`.
        cleanup: Script,
        /// The package is in C++, or a part of it is: see [`Cc::cxx`].
        cxx: bool,
        /// For the compilers, after the config's own flags.
        cflags: Vec<String>,
        /// For linking, after the config's own flags.
        ldflags: Vec<String>,
    }
}

const HINTS: [Hint; 2] = [
    Hint {
        seen: &["does not appear to contain CMakeLists.txt"],
        text: "`subdir` says where `CMakeLists.txt` lies, below the source; a source without one wants \
               `cmmi_package!`, `meson_package!` or, with a script, `cc_package!`",
    },
    Hint {
        // Behind `-- ` the same is said of what can be done without.
        seen: &[
            "  Could NOT find",
            "  Could not find a package configuration file",
            "  The following required packages were not found",
        ],
        text: "CMake finds the libraries that `libs` names; what is optional is switched off in `options`",
    },
];

/// The words that every CMake project takes: the toolchain, the usual directories, a release, no shared
/// libraries, no tests.
pub fn cmake_words(_: &Config) -> Words {
    Words::from(["-G", "Ninja"]).with([
        format!("-DCMAKE_TOOLCHAIN_FILE=/{}", toolchain::PATH),
        "-DCMAKE_BUILD_TYPE=Release".into(),
        "-DCMAKE_INSTALL_PREFIX=/usr".into(),
        "-DCMAKE_INSTALL_LIBDIR=lib".into(),
        "-DCMAKE_INSTALL_SYSCONFDIR=/etc".into(),
        "-DCMAKE_INSTALL_LOCALSTATEDIR=/var".into(),
        "-DCMAKE_SKIP_RPATH=ON".into(),
        "-DBUILD_SHARED_LIBS=OFF".into(),
        "-DBUILD_TESTING=OFF".into(),
    ])
}

impl Cmake {
    /// The plan. A recipe with a mistake gives a plan that says so, and where.
    pub fn plan(mut self) -> Plan {
        let (script, config) = (self.script(), &self.config);
        let text = toolchain::text(config, self.cxx);
        self.tools
            .extend(build_system::cmake(config, self.location));
        self.files
            .push(Artifact::file(toolchain::path(), Mode::FILE, text));
        self.hints.extend(HINTS);
        common!(self => Cc {
            script: script,
            cxx: self.cxx,
            no_libc: false,
            cflags: self.cflags,
            ldflags: self.ldflags,
        })
        .plan()
    }

    fn script(&self) -> Script {
        let source = ninja::source(&self.subdir);
        let configure = Words::from(["cmake", "-S", source, "-B", DIRECTORY])
            .with(cmake_words)
            .with(&self.options);
        let install = Words::from(["cmake", "--install", DIRECTORY]).with(&self.install);
        Steps {
            prepare: &self.prepare,
            configure,
            targets: &self.targets,
            install,
            cleanup: &self.cleanup,
        }
        .script()
    }
}
