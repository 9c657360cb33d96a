//! XZ Utils: LZMA compression.

use distill::cmmi_package;
use distill::package::{Config, Package, subpackage};
use distill::plan::Plan;

/// XZ Utils: `xz` and its library.
pub fn xz(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "xz", version: "5.8.1",
        licence: "0BSD", homepage: "https://tukaani.org/xz/", cpe: "tukaani:xz",
        source: debian("x/xz-utils/xz-utils_$version.orig.tar.xz",
            sha256("0b54f79df85912504de0b14aec7971e3f964491af1812d83447005807513cd9e"))
            .or_url("https://github.com/tukaani-project/xz/releases/download/v$version/xz-$version.tar.xz"),
        extra_configure: [
            "--disable-doc", "--disable-scripts", "--disable-lzmadec", "--disable-lzmainfo", "--disable-rpath",
        ],
    }
}

/// The library of [`xz`] alone.
pub fn libxz(_: &Config) -> Package {
    subpackage(xz, "libxz", ["usr/lib", "usr/include"])
}
