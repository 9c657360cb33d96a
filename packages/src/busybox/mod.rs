//! BusyBox: the usual small programs, in one.

use distill::cc_package;
use distill::package::kconfig::{Fragment, KconfigError, Options};
use distill::package::{Config, execline};
use distill::plan::Plan;

/// What options are set over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Nearly everything that it has: what is not named is as upstream would have it.
    Everything,
    /// What is not named is left out.
    Nothing,
}

/// BusyBox with nearly everything that it has, all below `/usr`.
pub fn busybox(config: &Config) -> Plan {
    let options = Options::merge([full()]);
    busybox_with(config, "busybox", Base::Everything, options)
}

/// BusyBox with what boot scripts and a rescue shell need, and nothing else.
pub fn busybox_core(config: &Config) -> Plan {
    let options = Options::merge([core()]);
    busybox_with(config, "busybox-core", Base::Nothing, options)
}

/// The options of [`busybox`], over [`Base::Everything`], to be put together with others.
pub fn full() -> Fragment {
    Fragment::parse("busybox", include_str!("full.config")).expect("a constant")
}

/// The options of [`busybox_core`], over [`Base::Nothing`], to be put together with others.
pub fn core() -> Fragment {
    Fragment::parse("busybox-core", include_str!("core.config")).expect("a constant")
}

/// BusyBox with these options; one that kconfig drops fails the build.
///
/// ```
/// use distill::kconfig;
/// use distill::package::{Config, kconfig::Options};
/// use distill::plan::Plan;
/// use distill_packages::busybox::{self, Base};
///
/// /// A rescue shell that can also serve files.
/// fn busybox_web(config: &Config) -> Plan {
///     let web = kconfig! { "web": HTTPD=y };
///     let options = Options::merge([busybox::core(), web]);
///     busybox::busybox_with(config, "busybox-web", Base::Nothing, options)
/// }
/// # assert!(busybox_web(&distill_packages::quick()).action().is_ok());
/// ```
#[track_caller]
pub fn busybox_with(
    config: &Config,
    name: &str,
    base: Base,
    options: Result<Options, KconfigError>,
) -> Plan {
    let options = match options {
        Ok(options) => options,
        Err(error) => return error.plan(name),
    };
    cc_package! { config,
        name: name, version: "1.37.0",
        licence: "GPL-2.0-only AND bzip2-1.0.6", homepage: "https://busybox.net/", cpe: "busybox:busybox",
        source: url("https://busybox.net/downloads/busybox-$version.tar.bz2",
            sha256("3311dff32e746499f4df0d5df04d7eb396382d7e108bb9250e7b519b837043a4"))
            .or_debian("b/busybox/busybox_$version.orig.tar.bz2"),
        files: [options.files()],
        script: execline! {
            if { cp #{options.path()} "configs/full_defconfig" }
            if { sh -ec #{configure(base)} }
            #{options.check(".config")}
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

/// Makes `.config` of `configs/full_defconfig`.
fn configure(base: Base) -> &'static str {
    match base {
        Base::Everything => "make full_defconfig HOSTCC=gcc",
        // In this kconfig the first mention of a symbol wins.
        Base::Nothing => {
            "make allnoconfig HOSTCC=gcc && cat .config >> configs/full_defconfig && make full_defconfig HOSTCC=gcc"
        }
    }
}
