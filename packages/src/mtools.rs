//! mtools: FAT file systems without mounting them.

use distill::cmmi_package;
use distill::package::Config;
use distill::plan::Plan;

/// `mtools`, with the links `mcopy`, `mdir` and so on.
pub fn mtools(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "mtools", version: "4.0.32",
        licence: "GPL-3.0-or-later", homepage: "https://www.gnu.org/software/mtools/", cpe: "gnu:mtools",
        // Debian's file is repacked, so it is not GNU's.
        source: debian("m/mtools/mtools_4.0.33-1+really$version.orig.tar.bz2",
            sha256("d540ca05fb1726d7218bb9f8df8742e6cb301129a20333b0b41c6b2c357c788e")),
        extra_configure: ["--without-x", "--disable-floppyd"],
        install: ["install-links", "DESTDIR=/out"],
    }
}
