//! inih: reads `.ini` files.

use distill::meson_package;
use distill::package::Config;
use distill::plan::Plan;

/// inih: reads `.ini` files, as a library for C, and for C++ by the name of `INIReader`.
pub fn libinih(config: &Config) -> Plan {
    meson_package! { config,
        name: "libinih", version: "59",
        licence: "BSD-3-Clause", homepage: "https://github.com/benhoyt/inih", cpe: "benhoyt:inih",
        source: github("benhoyt/inih/archive/refs/tags/r$version.tar.gz",
            sha256("062279922805f5e9a369551a08d5ddb506140fe50774183ffdbb7c22bb97e3f4"))
            .or_debian("libi/libinih/libinih_$version.orig.tar.gz"),
        cxx: true,
        options: ["-Ddistro_install=true", "-Dwith_INIReader=true"],
    }
}
