//! BusyBox: the usual small programs, in one.

use distill::cc_package;
use distill::package::{Config, execline};
use distill::plan::{Artifact, Mode, Plan, RelPath};

/// BusyBox with nearly everything that it has, all below `/usr`.
pub fn busybox(config: &Config) -> Plan {
    build(
        config,
        "busybox",
        "make full_defconfig HOSTCC=gcc",
        include_str!("full.config"),
    )
}

/// BusyBox with what boot scripts and a rescue shell need, and nothing else.
pub fn busybox_core(config: &Config) -> Plan {
    // In this kconfig the first mention of a symbol wins.
    let configure = "make allnoconfig HOSTCC=gcc && cat .config >> configs/full_defconfig && make full_defconfig HOSTCC=gcc";
    build(
        config,
        "busybox-core",
        configure,
        include_str!("core.config"),
    )
}

fn build(config: &Config, name: &str, configure: &'static str, options: &str) -> Plan {
    let fragment = RelPath::new(format!("src/{name}-1.37.0.config")).expect("made of constants");
    cc_package! { config,
        name: name, version: "1.37.0",
        licence: "GPL-2.0-only AND bzip2-1.0.6", homepage: "https://busybox.net/", cpe: "busybox:busybox",
        source: url("https://busybox.net/downloads/busybox-$version.tar.bz2",
            sha256("3311dff32e746499f4df0d5df04d7eb396382d7e108bb9250e7b519b837043a4"))
            .or_debian("b/busybox/busybox_$version.orig.tar.bz2"),
        files: [Artifact::file(fragment.clone(), Mode::FILE, options)],
        script: execline! {
            if { cp #{format!("/{fragment}")} "configs/full_defconfig" }
            if { sh -ec #{configure} }
            importas -i cc CC
            importas -i ar AR
            importas -i strip STRIP
            // Its own flags stay: on the command line they would replace what its Makefile adds.
            emptyenv -p
            define overrides "HOSTCC=gcc"
            if { make CC=$cc AR=$ar STRIP=$strip HOSTCC=gcc SKIP_STRIP=y busybox }
            if { $strip busybox }
            make install CC=$cc AR=$ar STRIP=$strip HOSTCC=gcc SKIP_STRIP=y CONFIG_PREFIX="/out/usr"
        },
    }
}
