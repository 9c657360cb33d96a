//! ncurses: text all over a terminal.

use distill::cmmi_package;
use distill::package::source::{debian, sha256};
use distill::package::{Config, Package, env, execline};
use distill::plan::{Artifact, Plan};

/// The terminals that programs know without a database in the image.
const TERMINALS: [&str; 13] = [
    "ansi",
    "dumb",
    "linux",
    "rxvt",
    "screen",
    "screen-256color",
    "tmux",
    "tmux-256color",
    "vt100",
    "vt102",
    "vt220",
    "xterm",
    "xterm-256color",
];

/// Names the libraries without `w`, too.
const LINKS: &str = "cd /out/usr/lib; ln -s libncursesw.a libcurses.a; \
    for name in form menu ncurses panel; do ln -s lib${name}w.a lib$name.a; done";

/// What compiles and shows the descriptions of terminals, for the build machine.
fn compiler(_: &Config) -> Artifact {
    let pin = debian(
        "n/ncurses/ncurses-bin_6.5+20250216-2_amd64.deb",
        sha256("40a525f4761e9ed4b8adcd1783cb9a6467ff8008215ae99b3597825bdefc61e4"),
    );
    pin.keep_top()
        .include(["usr/bin/tic", "usr/bin/infocmp"])
        .tree("ncurses-bin", "6.5+20250216-2")
        .expect("a constant")
}

/// ncurses for all characters of Unicode, as libraries, also by the names without `w`. The usual terminals are
/// known to it; of others it reads descriptions in `/etc/terminfo` and `/usr/share/terminfo`.
pub fn ncurses(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "ncurses", version: "6.5-20250216",
        licence: "X11-distribute-modifications-variant", homepage: "https://invisible-island.net/ncurses/",
        cpe: "gnu:ncurses",
        source: debian("n/ncurses/ncurses_6.5+20250216.orig.tar.gz",
            sha256("b37baafa436e7133bb12a185cb8f60e1599b1947e9f0181c76f3190acf28b6eb"))
            .or_url("https://invisible-island.net/archives/ncurses/current/ncurses-$version.tgz"),
        tools: [Package::from(compiler)],
        extra_configure: [
            "--enable-widec", "--without-cxx", "--without-cxx-binding",
            "--without-ada", "--without-manpages", "--without-progs",
            "--without-tests", "--without-debug", "--disable-db-install",
            "--disable-stripping", "--enable-pc-files",
            "--with-pkg-config-libdir=/usr/lib/pkgconfig",
            "--with-default-terminfo-dir=/usr/share/terminfo",
            "--with-terminfo-dirs=/etc/terminfo:/usr/share/terminfo",
            "--with-tic-path=/usr/bin/tic", "--with-infocmp-path=/usr/bin/infocmp",
            format!("--with-build-cc={}", env::build_cc(config)),
            format!("--with-fallbacks={}", TERMINALS.join(",")),
        ],
        cleanup: execline! {
            // Programs ask for the libraries by either name; those for all characters serve both.
            if { sh -ec #{LINKS} }
            if { rm -rf "/out/usr/bin" }
        },
    }
}
