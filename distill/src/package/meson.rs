//! The template for what Meson configures and ninja builds.

use super::build_system;
use super::cc::Cc;
use super::definition::Config;
use super::env::{self, Flags};
use super::meson_machine as machine;
use super::ninja::{self, DIRECTORY, Steps};
use super::recipe::{common, template};
use super::script::{Script, Words};
use crate::plan::{Artifact, Hint, Mode, Plan};

template! {
    /// A package that Meson configures and ninja builds and installs: static libraries and programs,
    /// optimised as the config says. It finds the libraries in `libs`, and none of the build machine's. What
    /// nobody needs in an image (manuals) is removed and programs are stripped.
    Meson {
        /// Runs before everything else.
        prepare: Script,
        /// Where `meson.build` lies, below the source; in the source itself if empty.
        subdir: String,
        /// Further words after `meson setup`, such as `-Dtests=false`.
        options: Words,
        /// What ninja builds: everything, if nothing is named.
        targets: Words,
        /// Further words after `meson install`, such as `--tags` and their names.
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
        seen: &["contain a build file meson.build"],
        text: "`subdir` says where `meson.build` lies, below the source; a source without one wants \
               `cmmi_package!`, `cmake_package!` or, with a script, `cc_package!`",
    },
    Hint {
        seen: &[
            "ERROR: Dependency ",
            "ERROR: C shared or static library",
            "ERROR: C++ shared or static library",
        ],
        text: "Meson finds the libraries that `libs` names; what is optional is switched off in `options`",
    },
];

/// The words that every Meson project takes: the toolchain, the usual directories, the config's own
/// optimisation, no shared libraries, nothing fetched.
pub fn meson_words(config: &Config) -> Words {
    let native = |file| ["--native-file".to_owned(), format!("/{file}")];
    let machines = match config.is_native() {
        true => native(machine::HOST).to_vec(),
        false => {
            let cross = ["--cross-file".to_owned(), format!("/{}", machine::HOST)];
            [cross, native(machine::BUILD)].concat()
        }
    };
    Words::from(machines).with([
        "--prefix=/usr",
        "--libdir=lib",
        "--sysconfdir=/etc",
        "--localstatedir=/var",
        "--buildtype=plain",
        "--default-library=static",
        "--wrap-mode=nodownload",
    ])
}

impl Meson {
    /// The plan. A recipe with a mistake gives a plan that says so, and where.
    pub fn plan(mut self) -> Plan {
        let script = self.script();
        let tools = build_system::meson(&self.config, self.location);
        let files = self.machine_files();
        self.tools.extend(tools);
        self.files.extend(files);
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

    /// What Meson has to know of the host and, if that is another machine, of the build machine.
    fn machine_files(&self) -> Vec<Artifact> {
        let config = &self.config;
        let file = |name, text: String| Artifact::file(machine::path(name), Mode::FILE, text);
        let compiler = |compiler: machine::Compiler| {
            let (path, text) = (machine::path(compiler.path), compiler.script(config));
            Artifact::file(path, Mode::EXECUTABLE, text)
        };
        let flags = Flags::new(config, &self.cflags, &self.ldflags);
        let mut files = vec![file(machine::HOST, machine::host(config, self.cxx, &flags))];
        if !config.is_native() {
            let text = machine::build(env::for_build(config), self.cxx);
            files.push(file(machine::BUILD, text));
        }
        files.extend(
            machine::compilers(config, self.cxx)
                .into_iter()
                .map(compiler),
        );
        files
    }

    fn script(&self) -> Script {
        let source = ninja::source(&self.subdir);
        let configure = Words::from(["meson", "setup"])
            .with(meson_words)
            .with(&self.options)
            .with([DIRECTORY, source]);
        let install = Words::from(["meson", "install", "-C", DIRECTORY, "--no-rebuild"]);
        let install = install.with(&self.install);
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
