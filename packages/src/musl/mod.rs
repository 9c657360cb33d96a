//! musl: a C library for static programs.

use distill::cmmi_package;
use distill::package::{Config, execline};
use distill::plan::Plan;

/// musl: the C library of everything that lands in an image. Headers and static libraries only.
///
/// Its flags are its own: with any `-g` among them its configure assembles with debug information,
/// which names directories.
pub fn musl(config: &Config) -> Plan {
    cmmi_package! { config,
        name: "musl", version: "1.2.5",
        licence: "MIT", homepage: "https://musl.libc.org/", cpe: "musl-libc:musl",
        source: url("https://musl.libc.org/releases/musl-$version.tar.gz",
            sha256("a9a118bbe84d8764da0ea0d28b3ab3fae8477fc7e4085d90102b8596fc7c75e4"))
            .or_debian("m/musl/musl_$version.orig.tar.gz"),
        // Debian's patches for CVE-2025-26519: iconv wrote outside its buffer.
        sources: [debian("m/musl/musl_$version-3.debian.tar.xz",
            sha256("e786776d6a3f382255ae4abcd8cc41287adb6365d1f123ad72769f0737c62072"))
            .at("/src/debian")],
        prepare: execline! {
            if { patch -p1 -i "/src/debian/patches/CVE-2025-26519-0001_iconv_fix_erroneous_input_validation_in_EUC_KR_decod.patch" }
            if { patch -p1 -i "/src/debian/patches/CVE-2025-26519-0002_iconv_harden_UTF_8_output_code_path_against_input_de.patch" }
        },
        no_libc: true,
        configure: [
            "--prefix=/usr", "--syslibdir=/lib", "--disable-shared", "--disable-wrapper",
            "--target=x86_64-linux-musl",
            "CC=gcc", "AR=ar", "RANLIB=ranlib", "CROSS_COMPILE= ", "CFLAGS=-O2 -pipe", "LDFLAGS=",
        ],
    }
}
