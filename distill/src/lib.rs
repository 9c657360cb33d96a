//! Distill turns a Rust program into a bootable, immutable Linux disk image.
//!
//! The library is a stack; each layer knows only those below it (`docs/architecture.md`).

// The macros' output names this crate as a user of it does, also inside it.
extern crate self as distill;

pub mod cli;
pub mod disk;
pub mod engine;
pub mod fetch;
pub mod machine;
pub mod objects;
pub mod package;
pub mod plan;
pub mod store;
pub mod system;
pub mod unique;

/// A [`Script`](package::Script), written as execline is written.
///
/// ```
/// use distill::execline;
/// use distill::package::{Config, Script};
///
/// fn cc(_: &Config) -> [&'static str; 2] { ["gcc", "-pipe"] }
///
/// fn build(args: &[&'static str]) -> Script {
///     execline! {
///         importas -i n JOBS
///         if { ./configure --prefix=/usr CC=#{cc} } // one word: `CC=gcc -pipe`
///         if { make -j$n "CFLAGS=-Os -g0" }
///         make install #{args}
///     }
/// }
/// # build(&[]);
/// ```
///
/// - **Words** are what stands together without white space: `--prefix=/usr` is one.
/// - **`{ … }`** is a block, between white space.
/// - **`"…"`** is text, with the escapes of a Rust string; it joins with what it touches. It may
///   hold anything; `b"…"` holds bytes that need not be UTF-8.
/// - **`$name`, `${name}`, `$1`, `$@`** are replaced when the script runs, by a command such as
///   `importas` or by the interpreter (see [`script`](package::script)). In quotes, they are text.
/// - **`#{ expression }`** splices in Rust: whatever [`Words`](package::Words) can be made of, so
///   text, lists, scripts, functions of the config. What it touches joins with it to one word.
/// - **Comments** are Rust's: `// …`.
/// - **Lines** are kept for the printed text: what begins on a new line, indented no deeper than the
///   line of the first one, begins a command there.
/// - **No shell** reads it. `&&`, `|`, `;`, `>`, `$(…)` and their like are refused, unless they stand in
///   quotes, with what to write instead; so is a command behind one that runs nothing after itself (`make`,
///   `mkdir`, `cp`, …), which belongs into a block: `if { make }`.
///
/// What cannot be a Rust token must be quoted: backslashes, single quotes, backticks, and numbers
/// that run into letters in ways that Rust objects to (`"0b2"`). Mind what is a token, but another
/// one: `//` begins a comment (`"https://…"`), `/*` too (`"src/*.c"`), and a letter right before a
/// quote or a `#` is a prefix (`"-Ia b"`, not `-I"a b"`; `"-j"#{n}`, not `-j#{n}`).
///
/// It stands for calls of [`Script::command`](package::Script::command),
/// [`Words::with`](package::Words::with), [`Words::block`](package::Words::block),
/// [`Words::joined`](package::Words::joined) and [`Word::var`](package::Word::var).
pub use distill_macros::execline;

/// The plan of a [`Recipe`](package::Recipe): inputs and a script, nothing more.
///
/// `package! { config, field: value, … }`: first the config, then fields of the template, in any
/// order; `name` is required. A field without a value takes the variable of its name.
///
/// ```
/// use distill::package::Config;
/// use distill::plan::Plan;
/// use distill::{execline, package};
///
/// fn greeting(config: &Config) -> Plan {
///     package! { config,
///         name: "greeting",
///         script: execline! {
///             redirfd -w 1 "/out/greeting"
///             echo hello
///         },
///     }
/// }
/// # let _ = greeting;
/// ```
///
/// A list in brackets may mix whatever the field's items can be made of (see
/// [`field`](package::field)): `libs: [zlib, libressl("4.0")]`. The functions of
/// [`package::source`] are in scope for the values.
///
/// It stands for the struct and its method `plan`:
///
/// ```
/// # use distill::package::{Config, Recipe, Script};
/// # use distill::plan::Plan;
/// fn greeting(config: &Config) -> Plan {
///     Recipe {
///         name: "greeting".to_owned(),
///         script: Script::new()
///             .command(["redirfd", "-w", "1", "/out/greeting"])
///             .command(["echo", "hello"]),
///         ..Recipe::new(config)
///     }
///     .plan()
/// }
/// # let _ = greeting;
/// ```
pub use distill_macros::package;

/// The plan of a [`Cc`](package::Cc): a script, run where the config's toolchain is.
///
/// Written like [`package!`]; `name`, `version`, `source` and `script` are required.
///
/// ```
/// use distill::package::Config;
/// use distill::plan::Plan;
/// use distill::{cc_package, execline};
///
/// fn lzip(config: &Config) -> Plan {
///     cc_package! { config,
///         name: "minised", version: "1.16",
///         source: url("https://example.org/$name-$version.tar.gz",
///             sha256("46e072d5d45c9fd3d5b268523501bbea0ad016232b2d3f366a7aad0b1e7b3f71")),
///         cflags: ["-Os"],
///         script: execline! {
///             importas -i cc CC
///             if { make CC=$cc }
///             make install "DESTDIR=/out"
///         },
///     }
/// }
/// # let _ = lzip;
/// ```
pub use distill_macros::cc_package;

/// The plan of a [`Cmmi`](package::Cmmi): `./configure`, `make`, `make install`.
///
/// Written like [`package!`]; `name`, `version` and `source` are required.
///
/// ```
/// use distill::cmmi_package;
/// use distill::package::Config;
/// use distill::plan::Plan;
///
/// # fn libgmp(config: &Config) -> Plan { unimplemented!("{config:?}") }
/// fn libmpfr(config: &Config) -> Plan {
///     cmmi_package! { config,
///         name: "mpfr", version: "4.2.2",
///         source: gnu("mpfr/mpfr-$version.tar.xz",
///             sha256("b67ba0383ef7e8a8563734e2e889ef5ec3c3b898a01d00fa0a6869ad81c6ce01")),
///         libs: [libgmp],
///     }
/// }
/// # let _ = libmpfr;
/// ```
pub use distill_macros::cmmi_package;

/// The plan of a [`Cmake`](package::Cmake): CMake, ninja, and their installation.
///
/// Written like [`package!`]; `name`, `version` and `source` are required.
///
/// ```
/// use distill::cmake_package;
/// use distill::package::Config;
/// use distill::plan::Plan;
///
/// # fn libsodium(config: &Config) -> Plan { unimplemented!("{config:?}") }
/// fn minisign(config: &Config) -> Plan {
///     cmake_package! { config,
///         name: "minisign", version: "0.12",
///         source: github("jedisct1/minisign/archive/refs/tags/$version.tar.gz",
///             sha256("796dce1376f9bcb1a19ece729c075c47054364355fe0c0c1ebe5104d508c7db0")),
///         libs: [libsodium],
///     }
/// }
/// # let _ = minisign;
/// ```
pub use distill_macros::cmake_package;

/// The plan of a [`Meson`](package::Meson): Meson, ninja, and their installation.
///
/// Written like [`package!`]; `name`, `version` and `source` are required.
///
/// ```
/// use distill::meson_package;
/// use distill::package::Config;
/// use distill::plan::Plan;
///
/// fn inih(config: &Config) -> Plan {
///     meson_package! { config,
///         name: "inih", version: "59",
///         source: github("benhoyt/inih/archive/refs/tags/r$version.tar.gz",
///             sha256("062279922805f5e9a369551a08d5ddb506140fe50774183ffdbb7c22bb97e3f4")),
///         cxx: true, // for `INIReader`
///     }
/// }
/// # let _ = inih;
/// ```
pub use distill_macros::meson_package;

/// The plan of a [`Cargo`](package::Cargo): a program in Rust.
///
/// Written like [`package!`]; `name`, `version` and `source` are required.
///
/// ```no_run
/// use distill::package::Config;
/// use distill::plan::Plan;
/// use distill::cargo_package;
///
/// /// Our web service, from the directory beside this crate.
/// fn shop(config: &Config) -> Plan {
///     cargo_package! { config,
///         name: "shop", version: env!("CARGO_PKG_VERSION"), licence: "MIT",
///         source: local!("../shop"),
///         bins: ["shop"], features: ["tls"],
///     }
/// }
/// # let _ = shop;
/// ```
pub use distill_macros::cargo_package;

/// The plan of a [`Go`](package::Go): a program in Go.
///
/// Written like [`package!`]; `name`, `version` and `source` are required.
///
/// ```no_run
/// use distill::package::Config;
/// use distill::plan::Plan;
/// use distill::go_package;
///
/// fn shop(config: &Config) -> Plan {
///     go_package! { config,
///         name: "shop", version: "1", licence: "MIT",
///         source: local!("../shop"),
///         packages: ["./cmd/shop"],
///     }
/// }
/// # let _ = shop;
/// ```
pub use distill_macros::go_package;

/// The plan of a [`Python`](package::Python): a program in Python.
///
/// Written like [`package!`]; `name`, `version` and `source` are required.
///
/// ```no_run
/// use distill::package::Config;
/// use distill::plan::Plan;
/// use distill::python_package;
///
/// /// Our web service, from the directory beside this crate, with what its `requirements.txt` names.
/// fn shop(config: &Config) -> Plan {
///     python_package! { config,
///         name: "shop", version: "1.2", licence: "MIT",
///         source: local!("../shop"),
///     }
/// }
/// # let _ = shop;
/// ```
pub use distill_macros::python_package;

/// The plan of a [`Prebuilt`](package::Prebuilt): a program that comes as a binary.
///
/// Written like [`package!`]; `name`, `version`, `source` and `programs` are required.
///
/// ```
/// use distill::package::Config;
/// use distill::plan::Plan;
/// use distill::prebuilt;
///
/// fn agent(config: &Config) -> Plan {
///     prebuilt! { config,
///         name: "agent", version: "2.1", licence: "LicenseRef-Vendor",
///         homepage: "https://example.org/agent",
///         source: url("https://example.org/agent-$version-x86_64.tar.gz",
///             sha256("46e072d5d45c9fd3d5b268523501bbea0ad016232b2d3f366a7aad0b1e7b3f71")),
///         programs: ["usr/bin/agent"],
///     }
/// }
/// # let _ = agent;
/// ```
pub use distill_macros::prebuilt;

/// A [`Fragment`](package::kconfig::Fragment) of a configuration: a name, and options as kconfig
/// writes them, without `CONFIG_` and with white space between them.
///
/// ```
/// use distill::kconfig;
///
/// let cmdline = "console=ttyS0";
/// let fragment = kconfig! { "serial console":
///     TTY=y SERIAL_8250=y MODULES=n
///     SERIAL_8250_NR_UARTS=4 PHYSICAL_START=0x1000000
///     LOCALVERSION="" CMDLINE=#{cmdline}
/// };
/// assert_eq!(fragment.options.len(), 7);
/// ```
///
/// It stands for calls of [`Fragment::set`](package::kconfig::Fragment::set);
/// [`Fragment::parse`](package::kconfig::Fragment::parse) makes the same from text.
pub use distill_macros::kconfig;
