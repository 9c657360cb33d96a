//! dosfstools: makes and checks FAT file systems.

use distill::cmmi_package;
use distill::package::Config;
use distill::plan::Plan;

/// `mkfs.fat`, `fsck.fat`, `fatlabel`.
pub fn dosfstools(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "dosfstools", version: "4.2",
        licence: "GPL-3.0-or-later", homepage: "https://github.com/dosfstools/dosfstools", cpe: "dosfstools_project:dosfstools",
        source: github("dosfstools/dosfstools/releases/download/v$version/dosfstools-$version.tar.gz",
            sha256("64926eebf90092dca21b14259a5301b7b98e7b1943e8a201c7d726084809b527"))
            .or_debian("d/dosfstools/dosfstools_$version.orig.tar.gz"),
        extra_configure: ["--without-iconv"],
        make: ["-C", "src"],
        install: ["-C", "src", "install", "DESTDIR=/out"],
    }
}
