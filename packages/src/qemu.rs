//! QEMU with its firmware: Debian's binaries, for `run` and for tests; and `qemu-img`, which converts
//! disk images.
//!
//! It never lands in an image. It runs on the host by its own dynamic loader, so that nothing of
//! the host's libraries matters. What it links with was found by its `DT_NEEDED` entries; its
//! declared dependencies would be more than twice as many packages.

use distill::package::{Config, Placed, merged};
use distill::plan::{AbsPath, Plan};

use crate::seed::{self, Row};

/// What QEMU links with among the packages that are also needed for something else, and UEFI.
const SHARED: [&str; 13] = [
    "libc6",
    "libcap2",
    "libelf1t64",
    "libffi8",
    "libgmp10",
    "libpcre2-8-0",
    "libselinux1",
    "libssl3t64",
    "libunistring5",
    "libuuid1",
    "libzstd1",
    "ovmf",
    "zlib1g",
];

/// `qemu-system-x86_64`, its libraries, BIOS, UEFI and the firmware of network cards.
pub fn qemu(_: &Config) -> Plan {
    let wanted = |row: &Row| row.group == "qemu" || SHARED.contains(&row.name);
    let packages = seed::rows().filter(wanted).map(|row| Placed {
        at: Some(AbsPath::root()),
        of: seed::unpacked(&row),
    });
    merged("qemu", packages)
}

/// What `qemu-img` comes in and links with, beside what every build has.
const IMG: [&str; 14] = [
    "libaio1t64",
    "libatomic1",
    "libffi8",
    "libglib2.0-0t64",
    "libgnutls30t64",
    "libhogweed6t64",
    "libidn2-0",
    "libnettle8t64",
    "libnuma1",
    "libp11-kit0",
    "libtasn1-6",
    "libunistring5",
    "liburing2",
    "qemu-utils",
];

/// `qemu-img`, for builds that convert disk images.
pub fn qemu_img(_: &Config) -> Plan {
    let packages = seed::rows()
        .filter(|row| IMG.contains(&row.name))
        .map(|row| Placed {
            at: Some(AbsPath::root()),
            of: seed::unpacked(&row),
        });
    merged("qemu-img", packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_qemu_img_is_a_row_and_not_what_builds_have_anyway() {
        for name in IMG {
            let row = seed::rows().find(|row| row.name == name);
            assert!(row.is_some_and(|row| row.group != "core"), "{name}");
        }
    }

    #[test]
    fn every_shared_package_is_a_row() {
        for name in SHARED {
            let row = seed::rows().find(|row| row.name == name);
            assert!(row.is_some_and(|row| row.group != "qemu"), "{name}");
        }
    }
}
