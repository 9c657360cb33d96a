//! The template for `./configure && make && make install`.

use super::build_system;
use super::cc::Cc;
use super::definition::Config;
use super::env;
use super::recipe::{common, template};
use super::script::{Script, Words};
use crate::plan::{Hint, Plan};

template! {
    /// A package that is configured, made and installed, as GNU's are. What nobody needs in an
    /// image (manuals, libtool's `.la` files) is removed and programs are stripped.
    Cmmi {
        /// Runs before everything else.
        prepare: Script,
        /// Makes `configure` first, for a source that comes without: with autoconf, automake and libtool,
        /// and the macros of `libs`.
        autoreconf: bool,
        /// The words after `configure`, instead of the usual ones.
        configure: Option<Words>,
        /// Further words after `configure`.
        extra_configure: Words,
        /// The words after `make`.
        make: Words,
        /// The words after `make` when installing: `DESTDIR=/out install` if there are none.
        install: Option<Words>,
        /// Runs after `make install`.
        cleanup: Script,
        /// Builds in a directory of its own, beside the source.
        out_of_tree: bool,
        /// Builds with one job: for Makefiles that lack dependencies.
        serial: bool,
        /// The package is in C++, or a part of it is: see [`Cc::cxx`].
        cxx: bool,
        /// Leaves out the C library and the kernel's headers: for what the C library itself needs.
        no_libc: bool,
        /// For the compilers, after the config's own flags.
        cflags: Vec<String>,
        /// For linking, after the config's own flags.
        ldflags: Vec<String>,
    }
}

/// The words that every `configure` made by autoconf takes: the triples, the usual directories, no
/// shared libraries, no translations.
pub fn configure_words(config: &Config) -> Words {
    Words::from([
        Words::joined([Words::from("--build="), env::build_triple(config).into()]),
        Words::joined([Words::from("--host="), env::triple(config).into()]),
        "--prefix=/usr".into(),
        "--sysconfdir=/etc".into(),
        "--localstatedir=/var".into(),
        "--disable-shared".into(),
        "--enable-static".into(),
        "--disable-nls".into(),
        "--disable-dependency-tracking".into(),
    ])
}

/// What a source without `configure` meets.
const NO_CONFIGURE: Hint = Hint {
    seen: &[
        "unable to spawn ./configure",
        "unable to spawn ../configure",
    ],
    text: "a source that has `configure.ac` and no `configure` wants `autoreconf: true`; what is built otherwise \
           wants `cmake_package!`, `meson_package!` or, with a script, `cc_package!`",
};

impl Cmmi {
    /// The plan. A recipe with a mistake gives a plan that says so, and where.
    pub fn plan(mut self) -> Plan {
        let script = self.script();
        if self.autoreconf {
            let autotools = build_system::autotools(&self.config, self.location);
            self.tools.extend(autotools);
        } else {
            self.hints.push(NO_CONFIGURE);
        }
        common!(self => Cc {
            script: script,
            cxx: self.cxx,
            no_libc: self.no_libc,
            cflags: self.cflags,
            ldflags: self.ldflags,
        })
        .plan()
    }

    fn script(&self) -> Script {
        let configure = match &self.configure {
            Some(words) => words.clone(),
            None => configure_words.into(),
        };
        let make = || {
            Words::from("make").with(if self.serial {
                "-j1".into()
            } else {
                Words::new()
            })
        };
        let install = match &self.install {
            Some(words) => words.clone(),
            None => ["DESTDIR=/out", "install"].into(),
        };
        let (enter, program) = match self.out_of_tree {
            true => (out_of_tree(), "../configure"),
            false => (Script::new(), "./configure"),
        };
        let configure = Words::from(program)
            .with(configure)
            .with(self.extra_configure.clone());
        let autoreconf = match self.autoreconf {
            true => autoreconf(&self.config),
            false => Script::new(),
        };
        self.prepare
            .clone()
            .then(autoreconf)
            .then(enter)
            .with_block("if", Script::new().command(configure))
            .with_block("if", Script::new().command(make().with(self.make.clone())))
            .with_block("if", Script::new().command(make().with(install)))
            .then(self.cleanup.clone())
            .then(tidy())
    }
}

/// Makes `configure`, and what belongs to it, from `configure.ac`.
fn autoreconf(config: &Config) -> Script {
    let macros = format!("{}/usr/share/aclocal", config.sysroot());
    let words = ["autoreconf", "--force", "--install", "--verbose"];
    let make = Script::export("ACLOCAL_PATH", macros).command(words);
    Script::new().with_block("if", make)
}

/// Goes to a fresh directory inside the source.
fn out_of_tree() -> Script {
    Script::new()
        .with_block("if", Script::new().command(["mkdir", "_build"]))
        .then(Script::cd("_build"))
}

/// Removes what no image needs from `/out`, and symbols from its programs.
pub fn tidy() -> Script {
    let manuals = ["man", "info", "doc", "locale"].map(|name| format!("/out/usr/share/{name}"));
    Script::new()
        .with_block(
            "if",
            Script::new().command(("rm", "-rf", Words::from_iter(manuals))),
        )
        .with_block(
            "if",
            Script::new().command(["find", "/out", "-name", "*.la", "-delete"]),
        )
        .then(strip_all())
}

/// Strips every ELF program in `/out`. (Objects and archives keep their symbols: they are linked.)
pub fn strip_all() -> Script {
    const STRIP: &str = r#"for file do
  if [ "$(head -c 4 "$file")" = "$(printf '\177ELF')" ]; then "$STRIP" "$file" || exit 1; fi
done"#;
    let find = [
        "find", "/out", "-type", "f", "-perm", "-u+x", "-exec", "sh", "-c", STRIP, "sh", "{}", "+",
    ];
    Script::new().command(find)
}
